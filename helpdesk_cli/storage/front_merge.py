"""The lines of a front matter, merged by key: known keys by their merged value, the others by their lines."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from helpdesk_cli.storage.front_matter import changed_lines
from helpdesk_cli.storage.ticket_values import file_value
from helpdesk_cli.tickets.fields import BY_KEY, FIELDS
from helpdesk_cli.tickets.merge import three_way
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from helpdesk_cli.storage.front_matter import FrontMatter
    from helpdesk_cli.storage.ticket_file import TicketFile
    from helpdesk_cli.tickets.ticket import Ticket

_FIELD_ORDER = [field.key for field in FIELDS]
END = ""  # stands for the end of the block: what comments below the last key stand above


@dataclass(frozen=True, slots=True)
class Keys:
    """The lines of each key of a block, in order, and the comments and empty lines above each."""

    order: list[str]
    own: dict[str, str]
    above: dict[str, str]


def read_keys(front: FrontMatter) -> Keys:
    """The block cut into its keys."""
    order = sorted(front.places, key=lambda key: front.places[key].start)
    own, above = {}, {}
    done = 0
    for key in order:
        place = front.places[key]
        above[key] = "".join(front.lines[done : place.start])
        own[key] = "".join(front.lines[place.start : place.end])
        done = place.end
    above[END] = "".join(front.lines[done:])
    return Keys(order, own, above)


def merge_fronts(
    base: TicketFile | None, ours: TicketFile, theirs: TicketFile, *, ticket: Ticket, conflicts: list[str]
) -> str:
    """The merged block; the files have the same line ends."""
    before = read_keys(base.front) if base else Keys([], {}, {})
    one, other = read_keys(ours.front), read_keys(theirs.front)
    lines = {}
    for key in {*_FIELD_ORDER, *one.order, *other.order}:
        if key in BY_KEY:
            lines[key] = _known_key(key, base, (ours, theirs), ticket)
        else:
            texts = [keys.own.get(key, "") for keys in (before, one, other)]
            lines[key] = _by_line(*texts, name=f'the key "{key}"', conflicts=conflicts)
    pieces = []
    for key in [*_merged_order(before, one, other), END]:
        texts = [keys.above.get(key, "") for keys in (before, one, other)]
        pieces += [_comments(*texts), lines.get(key, "")]
    return "".join(pieces)


def _known_key(
    key: str, base: TicketFile | None, sides: tuple[TicketFile, TicketFile], ticket: Ticket
) -> str:
    """The key's lines brought to the merged value in each version; then how they are written is merged."""
    field = BY_KEY[key]
    value = file_value(ticket, field)
    if not value:
        return ""

    def written(file: TicketFile) -> str:
        place = file.front.places[key]
        if file_value(file.ticket, field) == value:
            return "".join(file.front.lines[place.start : place.end])
        return "".join(changed_lines(file.front, key, value, file.newline))

    texts = [written(side) for side in sides if key in side.front.places]
    before = written(base) if base and key in base.front.places else None
    return three_way(before, texts[0], texts[-1]) or min(texts)


def _by_line(base: str, ours: str, theirs: str, *, name: str, conflicts: list[str]) -> str:
    clear = three_way(base, ours, theirs)
    if clear is not None:
        return clear
    # A process of git's is started only where hands changed the same key on both sides.
    merged, is_clean = import_module("helpdesk_cli.storage.line_merge").merge_lines(base, ours, theirs)
    if not is_clean:
        conflicts.append(name)
    return str(merged)


def _comments(base: str, ours: str, theirs: str) -> str:
    """Comments never conflict, for a conflict here makes the ticket unreadable: both stay."""
    clear = three_way(base, ours, theirs)
    return "".join(sorted({ours, theirs})) if clear is None else clear


def _merged_order(base: Keys, ours: Keys, theirs: Keys) -> list[str]:
    """All keys: those of both sides in the order of the side that changed it, then what only one side has.

    A key of the desk's goes behind its nearest predecessor, others stay behind the key they stood behind.
    """
    common = [key for key in ours.order if key in theirs.own]
    other = [key for key in theirs.order if key in ours.own]
    before = [key for key in base.order if key in other]
    order = three_way(before, common, other) or min(common, other)
    runs = sorted([*_runs(ours, order), *_runs(theirs, order)], reverse=True)
    for anchor, run in runs:
        at = order.index(anchor) + 1 if anchor else 0
        order[at:at] = run
    missing = {key for keys in (ours, theirs) for key in keys.order if key not in order}
    for key in sorted(missing, key=_FIELD_ORDER.index):
        rank = _FIELD_ORDER.index(key)
        at = max((order.index(known) + 1 for known in _FIELD_ORDER[:rank] if known in order), default=0)
        order.insert(at, key)
    return order


def _runs(keys: Keys, common: Sequence[str]) -> Iterable[tuple[str, list[str]]]:
    """Runs of keys that are neither the desk's nor common, each with the common key above it, or ""."""
    anchor = ""
    run: list[str] = []
    for key in keys.order:
        if key in common:
            if run:
                yield anchor, run
            anchor, run = key, []
        elif key not in BY_KEY:
            run.append(key)
    if run:
        yield anchor, run
