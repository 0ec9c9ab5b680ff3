"""A ticket file and the ticket it holds; a change rewrites the lines that changed and no other.

`docs/FORMAT.md` specifies the file. Hand-written text between entries, unknown keys, comments, line
ends and a byte order mark survive every change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.storage.entry_text import write_entry
from helpdesk_cli.storage.front_matter import (
    FrontMatter,
    change_front_matter,
    new_front_matter,
    read_front_matter,
)
from helpdesk_cli.storage.ticket_text import BOM, Chunk, read_chunks, split_head
from helpdesk_cli.storage.ticket_values import changed_values, file_value, read_ticket
from helpdesk_cli.tickets.entries import sort_key
from helpdesk_cli.tickets.fields import FIELDS
from helpdesk_cli.values import dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from helpdesk_cli.tickets.entries import Entry
    from helpdesk_cli.tickets.ticket import Ticket

_ORDER = tuple(field.key for field in FIELDS)


@dataclass(frozen=True, slots=True)
class TicketFile:
    """A ticket with the exact text it was read from; `fences` are the two `---` lines."""

    ticket: Ticket
    front: FrontMatter
    chunks: tuple[Chunk, ...]
    bom: bool = False
    newline: str = "\n"
    fences: tuple[str, str] = ("---\n", "---\n")

    def __str__(self) -> str:
        """The file's text; equal to what was read as long as nothing was changed."""
        opening, closing = self.fences
        text = [opening, *self.front.lines, closing, *(chunk.text for chunk in self.chunks)]
        return (BOM if self.bom else "") + "".join(text)

    def to_bytes(self) -> bytes:
        """The file's bytes, UTF-8; bytes that are none come back as they were."""
        return str(self).encode("utf-8", "surrogateescape")


def read_ticket_file(data: bytes, *, place: str) -> TicketFile:
    """The ticket in these bytes. Raises InvalidFileError that names file, line and remedy."""
    head = split_head(data.decode("utf-8", "surrogateescape"), place=place)
    front = read_front_matter(head.lines[1:-1], place=place)
    ticket = read_ticket(front, place)
    chunks = tuple(read_chunks(head, folder=ticket.id, place=place))
    entries = sorted((chunk.entry for chunk in chunks if chunk.entry), key=sort_key)
    ticket = replace(ticket, entries=tuple(entries))
    return TicketFile(ticket, front, chunks, head.bom, head.newline, (head.lines[0], head.lines[-1]))


def new_ticket_file(ticket: Ticket) -> TicketFile:
    """The file of a ticket that had none."""
    front = new_front_matter({field.key: file_value(ticket, field) for field in FIELDS} | dict(ticket.other))
    chunks: list[Chunk] = []
    for entry in sorted(ticket.entries, key=sort_key):
        chunks += (Chunk("\n"), Chunk(write_entry(entry, folder=ticket.id), entry))
    return TicketFile(ticket, front, tuple(chunks))


def change_ticket_file(file: TicketFile, ticket: Ticket) -> TicketFile:
    """The file with its ticket brought to `ticket`: what differs between the two is written, nothing else."""
    front = file.front
    changed = changed_values(file.ticket, ticket)
    if changed:
        lines = change_front_matter(front, changed, _ORDER, newline=file.newline)
        front = read_front_matter(lines, place=ticket.id)
    kept = _without(_rewritten(file.chunks, ticket, file.newline), {entry.id for entry in ticket.entries})
    chunks = tuple(_with(kept, ticket, file.newline))
    opening, closing = file.fences
    if chunks and not closing.endswith("\n"):
        closing += file.newline
    return replace(file, ticket=ticket, front=front, chunks=chunks, fences=(opening, closing))


def _rewritten(chunks: tuple[Chunk, ...], ticket: Ticket, newline: str) -> Iterator[Chunk]:
    """The chunks, those entries written anew that read otherwise now: their attachments lie elsewhere."""
    wanted = {entry.id: entry for entry in ticket.entries}
    for chunk in chunks:
        entry = wanted.get(chunk.entry.id) if chunk.entry else None
        if entry is None or entry is chunk.entry or entry == chunk.entry:
            yield chunk
        else:
            yield Chunk(write_entry(entry, folder=ticket.id).replace("\n", newline), entry)


def _without(chunks: Iterable[Chunk], wanted: set[str]) -> list[Chunk]:
    """The chunks less the entries that are not wanted, each with the empty line before it."""
    kept: list[Chunk] = []
    for chunk in chunks:
        if chunk.entry is None or chunk.entry.id in wanted:
            kept.append(chunk)
        elif kept and kept[-1].entry is None:
            lines = kept[-1].text.removesuffix("\n").removesuffix("\r")
            if not lines or lines.endswith("\n"):
                kept[-1] = Chunk(lines)
    return [chunk for chunk in kept if chunk.text]


def _with(chunks: list[Chunk], ticket: Ticket, newline: str) -> list[Chunk]:
    """The chunks and the ticket's entries that are not among them, each where its time says."""
    present = {chunk.entry.id for chunk in chunks if chunk.entry}
    missing = [entry for entry in ticket.entries if entry.id not in present]
    for entry in sorted(missing, key=sort_key):
        text = write_entry(entry, folder=ticket.id)
        new = Chunk(text.replace("\n", newline) if newline != "\n" else text, entry)
        at = _place_of(entry, chunks)
        if at < len(chunks):
            chunks[at:at] = [new, Chunk(newline)]
            continue
        if chunks and not chunks[-1].text.endswith("\n"):
            chunks[-1] = replace(chunks[-1], text=chunks[-1].text + newline)
        chunks += [Chunk(newline), new]
    return chunks


def _place_of(entry: Entry, chunks: list[Chunk]) -> int:
    """Before the first entry of those at the end that are later; hand text stays with what is above it."""
    place = len(chunks)
    for number in range(len(chunks) - 1, -1, -1):
        other = chunks[number].entry
        if other is None:
            continue
        if sort_key(other) < sort_key(entry):
            return place
        place = number
    return place
