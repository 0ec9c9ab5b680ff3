"""Three versions of a ticket file made one: what the desk wrote by its meaning, what hands wrote by line.

The result's bytes do not depend on the order of merges for what the desk wrote. Where both sides changed
the same hand-written lines differently, git's markers stand there for a person to resolve.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.storage.body_merge import merge_bodies
from helpdesk_cli.storage.front_merge import merge_fronts
from helpdesk_cli.storage.ticket_file import TicketFile, change_ticket_file
from helpdesk_cli.tickets.merge import merge, three_way
from helpdesk_cli.tickets.renumber import with_id
from helpdesk_cli.values import dataclass, replace

if TYPE_CHECKING:
    from helpdesk_cli.storage.front_matter import FrontMatter
    from helpdesk_cli.tickets.ticket import Ticket


@dataclass(frozen=True, slots=True)
class MergedFile:
    """The text of the merged file, the ticket it holds, and what a person must resolve in it."""

    text: str
    ticket: Ticket
    conflicts: tuple[str, ...] = ()

    def to_bytes(self) -> bytes:
        """The file's bytes."""
        return self.text.encode("utf-8", "surrogateescape")


def merge_ticket_files(base: TicketFile | None, ours: TicketFile, theirs: TicketFile) -> MergedFile:
    """Both files in one. `base`: the version both come from; None when there is none.

    Raises ConflictError when they hold different tickets (by uid).
    """
    merged = merge(base.ticket if base else None, ours.ticket, theirs.ticket)
    ticket = merged.ticket
    newline = three_way(base.newline if base else None, ours.newline, theirs.newline) or "\n"
    bom = bool(three_way(base.bom if base else False, ours.bom, theirs.bom))
    if base is not None and base.ticket.uid != ticket.uid:
        base = None
    before = _even(base, ticket.id, newline) if base else None
    sides = _even(ours, ticket.id, newline), _even(theirs, ticket.id, newline)
    conflicts = list(merged.conflicts)
    front = merge_fronts(before, *sides, ticket=ticket, conflicts=conflicts)
    body = merge_bodies(before, *sides, ticket=ticket, conflicts=conflicts)
    text = f"---{newline}{front}---{newline}{body}"
    return MergedFile("\ufeff" + text if bom else text, ticket, tuple(dict.fromkeys(conflicts)))


def _even(file: TicketFile, ticket_id: str, newline: str) -> TicketFile:
    """The file under the merged id and with the merged line ends, so that only what differs differs."""
    if file.ticket.id != ticket_id:
        file = change_ticket_file(file, with_id(file.ticket, ticket_id))
    front, chunks = file.front, file.chunks
    if file.newline != newline:
        front = _ended(front, newline)
        chunks = tuple(replace(chunk, text=_text(chunk.text, newline)) for chunk in chunks)
    if chunks and not chunks[-1].text.endswith("\n"):
        chunks = (*chunks[:-1], replace(chunks[-1], text=chunks[-1].text + newline))
    return replace(file, front=front, chunks=chunks, newline=newline)


def _ended(front: FrontMatter, newline: str) -> FrontMatter:
    return replace(front, lines=tuple(_text(line, newline) for line in front.lines))


def _text(text: str, newline: str) -> str:
    return text.replace("\r\n", "\n").replace("\n", newline)
