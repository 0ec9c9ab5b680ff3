"""Merges that somebody made without desk's driver: a forge's button, another git, a careless `commit -a`.

git merges ticket files by line then: a status without its event, one side's entries gone, markers that were
committed. Each such merge is made again by meaning from its parents and compared with what it holds; where
entries are missing, or the lines are git's own, the file that stands at the tip is mended.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.desk.merge_driver import merge_bytes
from helpdesk_cli.desk.tree_merge import is_ticket
from helpdesk_cli.errors import InvalidFileError
from helpdesk_cli.storage import trees
from helpdesk_cli.storage.line_merge import merge_lines
from helpdesk_cli.storage.ticket_file import read_ticket_file
from helpdesk_cli.storage.ticket_merge import merge_ticket_files
from helpdesk_cli.tickets.changes import without_covered
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from helpdesk_cli.storage.layout import Layout
    from helpdesk_cli.storage.ticket_file import TicketFile
_MARKERS = ("<<<<<<< ", "||||||| ", "=======", ">>>>>>> ")


@dataclass(frozen=True, slots=True)
class Spoilt:
    """A ticket file that a merge holds (`made`), and what merging by meaning gives (`right`)."""

    path: str
    made: bytes
    right: bytes


def mended(
    layout: Layout, known: str, tip: str, *, environment: Mapping[str, str | None] | None = None
) -> dict[str, bytes]:
    """The ticket files of `tip` that merges since `known` ("": none is) have spoilt, as they should be."""
    found: dict[str, bytes] = {}
    for commit, parents in trees.merges_since(layout, known, tip):
        for spoilt in _spoilt(layout, commit, (parents[0], parents[1]), environment):
            standing = found.get(spoilt.path) or _at(layout, tip, spoilt.path, environment)
            if standing is None:
                continue
            better = spoilt.right if standing == spoilt.made else _mend(spoilt, standing)
            if better is not None and better != standing:
                found[spoilt.path] = better
    return found


def _spoilt(
    layout: Layout, commit: str, parents: tuple[str, str], environment: Mapping[str, str | None] | None
) -> Iterator[Spoilt]:
    bases = trees.merge_bases(layout, *parents)
    if not bases:
        return
    one, other = (trees.compare(layout, bases[0], parent) for parent in parents)
    both = [path for path in one.keys() & other.keys() if is_ticket(layout, path)]
    both = [path for path in both if one[path].new and other[path].new and one[path].new != other[path].new]
    result = trees.leaves(layout, commit, both)
    wanted = [
        leaf for path in both for leaf in (one[path].old, one[path].new, other[path].new, result.get(path))
    ]
    names = sorted({leaf.blob for leaf in wanted if leaf and leaf.is_file})
    blobs = dict(trees.contents(layout, names, environment=environment))
    for path in sorted(both):
        versions = (one[path].old, one[path].new, other[path].new, result.get(path))
        base, ours, theirs, made = (blobs.get(leaf.blob) if leaf else None for leaf in versions)
        if ours is None or theirs is None or made is None:
            continue
        right, left = merge_bytes(base or b"", ours, theirs, path=path)
        if not left and right != made and _is_spoilt(base or b"", ours, theirs, made=made, right=right):
            yield Spoilt(path, made, right)


def _is_spoilt(base: bytes, ours: bytes, theirs: bytes, *, made: bytes, right: bytes) -> bool:
    """Whether it is git's merge by line, markers and all, or lacks entries; else a person wanted it so."""
    present = _read(made)
    if present is not None and _lacks(present, right):
        return True
    text, *texts = (data.decode("utf-8", "surrogateescape") for data in (made, base, ours, theirs))
    lines, _ = merge_lines(*texts)
    return _without_markers(lines) == _without_markers(text)


def _without_markers(text: str) -> list[str]:
    """The lines, without git's markers: behind them stand names of branches that nobody here knows."""
    return [line for line in text.split("\n") if not line.startswith(_MARKERS)]


def _mend(spoilt: Spoilt, standing: bytes) -> bytes | None:
    """What somebody went on with after a merge that spoilt it; None where it cannot be read."""
    present, right = _read(standing), _read(spoilt.right)
    if present is None or right is None or present.ticket.uid != right.ticket.uid:
        return None
    base = _read(spoilt.made)
    if base is not None and base.ticket.uid == right.ticket.uid and not _lacks(base, spoilt.right):
        merged, left = merge_bytes(spoilt.made, standing, spoilt.right, path=spoilt.path)
        return None if left else merged
    if not _lacks(present, spoilt.right):
        return standing
    both = merge_ticket_files(None, present, right)
    return None if both.conflicts else both.to_bytes()


def _lacks(present: TicketFile, right: bytes) -> bool:
    """Whether entries are missing in it."""
    whole = _read(right)
    if whole is None or whole.ticket.uid != present.ticket.uid:
        return False
    every = without_covered([*present.ticket.entries, *whole.ticket.entries])
    return bool({entry.id for entry in every} - {entry.id for entry in present.ticket.entries})


def _read(data: bytes) -> TicketFile | None:
    try:
        return read_ticket_file(data, place="")
    except InvalidFileError:
        return None


def _at(layout: Layout, tip: str, path: str, environment: Mapping[str, str | None] | None) -> bytes | None:
    leaf = trees.leaves(layout, tip, [path]).get(path)
    if leaf is None or not leaf.is_file:
        return None
    return next(iter(trees.contents(layout, [leaf.blob], environment=environment)))[1]
