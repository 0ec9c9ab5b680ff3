"""What stands below the front matter, merged: entries by id, hand-written text by the entry above it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from helpdesk_cli.storage.entry_text import write_entry
from helpdesk_cli.tickets.merge import three_way

if TYPE_CHECKING:
    from collections.abc import Collection

    from helpdesk_cli.storage.ticket_file import TicketFile
    from helpdesk_cli.tickets.entries import Entry
    from helpdesk_cli.tickets.ticket import Ticket

HEAD = ""  # stands for the front matter: what hand-written text above the first entry stands under


class Body:
    """Entries and hand-written text by the entry's id; the empty line before an entry belongs to it."""

    def __init__(self, file: TicketFile, surviving: Collection[str]) -> None:
        """Text under an entry that does not survive stands under the one above it."""
        self.entries: dict[str, tuple[Entry, str]] = {}
        self.spaced: dict[str, bool] = {}
        self.under: dict[str, str] = {HEAD: ""}
        anchor, hand = HEAD, ""
        for chunk in file.chunks:
            if chunk.entry is None:
                hand += chunk.text
                continue
            kept = _without_empty_line(hand, file.newline)
            self.spaced[chunk.entry.id] = kept is not None
            self.under[anchor] += hand if kept is None else kept
            hand = ""
            self.entries[chunk.entry.id] = (chunk.entry, chunk.text)
            if chunk.entry.id in surviving:
                anchor = chunk.entry.id
                self.under[anchor] = ""
        self.under[anchor] += hand


def merge_bodies(
    base: TicketFile | None, ours: TicketFile, theirs: TicketFile, *, ticket: Ticket, conflicts: list[str]
) -> str:
    """The merged text; the files have the same line ends and the merged ticket's id."""
    surviving = {entry.id for entry in ticket.entries}
    before = Body(base, surviving) if base else None
    sides = Body(ours, surviving), Body(theirs, surviving)
    newline = ours.newline
    pieces = [_hand_text(HEAD, before, sides, conflicts)]
    for entry in ticket.entries:
        if _is_spaced(entry.id, before, sides):
            pieces.append(newline)
        pieces.append(_entry_text(entry, before, sides) or _written(entry, ticket.id, newline))
        pieces.append(_hand_text(entry.id, before, sides, conflicts))
    return "".join(pieces)


def _without_empty_line(hand: str, newline: str) -> str | None:
    """The text less the empty line at its end; None when it has none."""
    if hand == newline or hand.endswith(("\n" + newline, "\n\n")):
        return hand.removesuffix("\n").removesuffix("\r")
    return None


def _is_spaced(entry_id: str, base: Body | None, sides: tuple[Body, Body]) -> bool:
    known = [side.spaced[entry_id] for side in sides if entry_id in side.spaced]
    if len(known) == 2:  # noqa: PLR2004 - both sides
        before = base.spaced.get(entry_id) if base else None
        return three_way(before, *known) is not False
    return all(known)


def _entry_text(entry: Entry, base: Body | None, sides: tuple[Body, Body]) -> str:
    """The text of a side that has this very entry; "" when none has."""
    taken = (side.entries.get(entry.id, (None, "")) for side in sides)
    texts = [text for known, text in taken if known == entry]
    if len(texts) < 2:  # noqa: PLR2004 - both sides
        return "".join(texts)
    before = base.entries.get(entry.id) if base else None
    return three_way(before[1] if before else None, *texts) or min(texts)


def _written(entry: Entry, folder: str, newline: str) -> str:
    return write_entry(entry, folder=folder).replace("\n", newline)


def _hand_text(anchor: str, base: Body | None, sides: tuple[Body, Body], conflicts: list[str]) -> str:
    texts = [side.under[anchor] for side in sides if anchor in side.under]
    if len(texts) < 2:  # noqa: PLR2004 - both sides
        return "".join(texts)
    before = base.under.get(anchor, "") if base else ""
    clear = three_way(before, *texts)
    if clear is not None:
        return clear
    # A process of git's is started only where hands changed the same text on both sides.
    merged, is_clean = import_module("helpdesk_cli.storage.line_merge").merge_lines(before, *texts)
    if not is_clean:
        conflicts.append("text written by hand between the entries")
    return str(merged)
