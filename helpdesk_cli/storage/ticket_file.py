"""A ticket file and the ticket it holds; a change rewrites the lines that changed and no other.

`docs/FORMAT.md` specifies the file. Structure is only what stands at column 0 as `<!-- desk:` or
`<!-- /desk:`; hand-written text between entries, unknown keys, comments, line ends and a byte
order mark survive every change.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

from helpdesk_cli.errors import InvalidFileError
from helpdesk_cli.storage.entry_text import RawEntry, read_entry, write_entry
from helpdesk_cli.storage.front_matter import (
    LARGEST,
    FrontMatter,
    Nested,
    Value,
    change_front_matter,
    read_front_matter,
)
from helpdesk_cli.tickets.entries import sort_key
from helpdesk_cli.tickets.fields import BY_KEY, FIELDS
from helpdesk_cli.tickets.ids import is_id
from helpdesk_cli.tickets.person import Person
from helpdesk_cli.tickets.ticket import Ticket
from helpdesk_cli.tickets.times import read_time, write_time

if TYPE_CHECKING:
    from datetime import datetime

    from helpdesk_cli.tickets.entries import Entry
    from helpdesk_cli.tickets.fields import Field

_BOM = "\ufeff"
# Marks a line that ends in a bare LF in a file of CRLF lines; no bytes decode to it (0x0A is ASCII).
_BARE_END = "\udc0a"
_OPEN = re.compile(r"<!-- desk:([a-z][a-z0-9-]*) ([0-9A-Za-z]+)")
_CLOSE = re.compile(r"<!-- /desk:([a-z][a-z0-9-]*) ([0-9A-Za-z]+) -->")
_MARKER = re.compile(r"<!-- /?desk:")
_CONFLICT = re.compile(r"(?:<{7}|>{7}|\|{7}) ?|={7}$")


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive lines of the file below the front matter: one entry, or text that a hand put there."""

    lines: tuple[str, ...]
    entry: Entry | None = None


@dataclass(frozen=True, slots=True)
class TicketFile:
    """A ticket with the exact lines it was read from."""

    ticket: Ticket
    front: FrontMatter
    chunks: tuple[Chunk, ...]
    bom: bool = False
    newline: str = "\n"
    final_newline: bool = True

    def __str__(self) -> str:
        """The file's text; equal to what was read as long as nothing was changed."""
        lines = ["---", *self.front.lines, "---", *(line for chunk in self.chunks for line in chunk.lines)]
        text = self.newline.join(lines) + (self.newline if self.final_newline else "")
        if self.newline == "\r\n":
            text = text.replace(_BARE_END + self.newline, "\n").replace(_BARE_END, "")
        return _BOM + text if self.bom else text

    def to_bytes(self) -> bytes:
        """The file's bytes, UTF-8."""
        return str(self).encode("utf-8", "surrogateescape")


def read_ticket_file(data: bytes, *, place: str) -> TicketFile:
    """The ticket in these bytes. Raises InvalidFileError that names file, line and remedy."""
    text = data.decode("utf-8", "surrogateescape")
    bom = text.startswith(_BOM)
    text = text.removeprefix(_BOM)
    final_newline = text.endswith("\n")
    exact = (text[:-1] if final_newline else text).split("\n")
    newline = "\r\n" if exact[0].endswith("\r") else "\n"
    lines = exact
    if newline == "\r\n":
        lines = [line.removesuffix("\r") for line in exact]
        exact = [
            line if whole.endswith("\r") else line + _BARE_END
            for line, whole in zip(lines, exact, strict=True)
        ]
        if not final_newline:
            exact[-1] = exact[-1].removesuffix(_BARE_END)
    if lines[0] != "---":
        raise InvalidFileError(
            "the file does not begin with a line `---`", f"{place}:1", "git log -p shows what it was."
        )
    end = _front_matter_end(lines, place)
    front = replace(read_front_matter(lines[1:end], place=place), lines=tuple(exact[1:end]))
    chunks = _read_chunks(lines, exact, start=end + 1, place=place)
    ticket = _read_ticket(front, tuple(chunk.entry for chunk in chunks if chunk.entry), place)
    return TicketFile(ticket, front, tuple(chunks), bom, newline, final_newline)


def _front_matter_end(lines: list[str], place: str) -> int:
    size = 0
    for number, line in enumerate(lines[1:], 1):
        if line == "---":
            return number
        if _CONFLICT.match(line):
            raise InvalidFileError(
                "git left a conflict here",
                f"{place}:{number + 1}",
                "Run `desk fsck --repair`, or resolve it by hand.",
            )
        size += len(line) + 1
        if size > LARGEST:
            break
    raise InvalidFileError(
        f"the front matter has no closing `---` within {LARGEST // 1024} kB", f"{place}:1", "Put it back."
    )


def _read_chunks(lines: list[str], exact: list[str], *, start: int, place: str) -> list[Chunk]:
    chunks: list[Chunk] = []
    seen: dict[str, int] = {}
    hand = number = start
    while number < len(lines):
        if not _MARKER.match(lines[number]):
            number += 1
            continue
        opening = _OPEN.fullmatch(lines[number])
        here = f"{place}:{number + 1}"
        if opening is None:
            raise InvalidFileError(
                "an end marker without its beginning", here, "Restore the line it belongs to."
            )
        kind, entry_id = opening[1], opening[2]
        if entry_id in seen:
            raise InvalidFileError(
                f"the entry {entry_id} stands twice (first in line {seen[entry_id]})", here
            )
        seen[entry_id] = number + 1
        end = _entry_end(lines, number, kind=kind, entry_id=entry_id, place=place) + 1
        own = tuple(lines[number:end])
        if hand < number:
            chunks.append(Chunk(tuple(exact[hand:number])))
        raw = _raw_entry(own, kind=kind, entry_id=entry_id, place=here)
        chunks.append(Chunk(tuple(exact[number:end]), read_entry(raw, own)))
        hand = number = end
    if hand < len(lines):
        chunks.append(Chunk(tuple(exact[hand:])))
    return chunks


def _entry_end(lines: list[str], start: int, *, kind: str, entry_id: str, place: str) -> int:
    for number in range(start + 1, len(lines)):
        if not _MARKER.match(lines[number]):
            continue
        closing = _CLOSE.fullmatch(lines[number])
        if closing and (closing[1], closing[2]) == (kind, entry_id):
            return number
        raise InvalidFileError(
            f"the {kind} {entry_id} (line {start + 1}) is not closed before this line",
            f"{place}:{number + 1}",
            f"Put `<!-- /desk:{kind} {entry_id} -->` where it ends.",
        )
    raise InvalidFileError(
        f"the {kind} {entry_id} is never closed",
        f"{place}:{start + 1}",
        f"End it with `<!-- /desk:{kind} {entry_id} -->`.",
    )


def _raw_entry(lines: tuple[str, ...], *, kind: str, entry_id: str, place: str) -> RawEntry:
    pairs: list[tuple[str, str]] = []
    for number, line in enumerate(lines[1:-1], 1):
        if line == "-->":
            return RawEntry(kind, entry_id, tuple(pairs), lines[number + 1 : -1], place)
        key, colon, value = line.partition(":")
        if not colon:
            break
        pairs.append((key.strip(), value.strip(" ")))
    raise InvalidFileError(
        f"the header of the {kind} {entry_id} is broken",
        place,
        "It is `key: value` lines and then a line `-->`.",
    )


def _read_ticket(front: FrontMatter, entries: tuple[Entry, ...], place: str) -> Ticket:
    values = dict(front.values)
    known: dict[str, object] = {}
    for field in FIELDS:
        if field.key in values:
            known[field.attribute] = _read_value(field, values.pop(field.key), front, place)
    for key in ("id", "uid", "created"):
        if not known.get(BY_KEY[key].attribute):
            raise InvalidFileError(
                f'the front matter has no "{key}"', f"{place}:2", "git log -p shows what it was."
            )
    if not is_id(cast("str", known["uid"])):
        raise InvalidFileError(
            f'the uid "{known["uid"]}" is not sixteen letters and digits', _at(front, "uid", place)
        )
    if re.fullmatch(r"[A-Za-z][A-Za-z0-9]*-[1-9]\d{0,8}", cast("str", known["id"])) is None:
        raise InvalidFileError(
            f'the id "{known["id"]}" does not look like TICKET-42', _at(front, "id", place)
        )
    other = tuple(values.items())
    ordered = tuple(sorted(entries, key=sort_key))
    return Ticket(other=other, entries=ordered, **known)  # type: ignore[arg-type] # the table says which type each has


def _read_value(field: Field, value: Value, front: FrontMatter, place: str) -> object:
    if isinstance(value, Nested):
        raise InvalidFileError(
            f'"{field.key}" must be a word or a list of words', _at(front, field.key, place)
        )
    if field.shape in {"list", "people"}:
        items = tuple(item for item in value if item) if isinstance(value, tuple) else tuple(value.split())
        return tuple(map(Person.read, items)) if field.shape == "people" else tuple(sorted(set(items)))
    if isinstance(value, tuple):
        raise InvalidFileError(f'"{field.key}" must be one value, not a list', _at(front, field.key, place))
    if field.shape == "person":
        return Person.read(value)
    if field.shape == "time":
        return _read_moment(value, _at(front, field.key, place))
    return value


def _read_moment(value: str, place: str) -> datetime:
    try:
        return read_time(value)
    except ValueError:
        raise InvalidFileError(
            f'"{value}" is not a time', place, "Write it as 2026-11-20T09:12:41Z."
        ) from None


def _at(front: FrontMatter, key: str, place: str) -> str:
    return f"{place}:{front.spans[key][0] + 2}"


def file_value(ticket: Ticket, field: Field) -> Value:
    """What the front matter writes for that field; "" or () when it writes nothing."""
    value = getattr(ticket, field.attribute)
    if field.shape in {"list", "people"}:
        return tuple(sorted(str(item) for item in value))
    return write_time(value) if field.shape == "time" else str(value)


def new_ticket_file(ticket: Ticket) -> TicketFile:
    """The file of a ticket that had none."""
    changed = {field.key: file_value(ticket, field) for field in FIELDS} | dict(ticket.other)
    order = [field.key for field in FIELDS]
    lines = change_front_matter(FrontMatter((), {}, {}), changed, order)
    front = read_front_matter(lines, place=ticket.id)
    chunks = [Chunk(("", *write_entry(entry)), entry) for entry in sorted(ticket.entries, key=sort_key)]
    return TicketFile(ticket, front, tuple(chunks))


def change_ticket_file(file: TicketFile, ticket: Ticket) -> TicketFile:
    """The file with its ticket brought to `ticket`: changed keys, added and removed entries, nothing else."""
    before = file.ticket
    changed = {
        field.key: file_value(ticket, field)
        for field in FIELDS
        if getattr(before, field.attribute) != getattr(ticket, field.attribute)
    }
    changed |= {key: value for key, value in ticket.other if dict(before.other).get(key) != value}
    changed |= {key: "" for key, _ in before.other if key not in dict(ticket.other)}
    front = file.front
    if changed:
        lines = change_front_matter(front, changed, [field.key for field in FIELDS])
        front = read_front_matter(lines, place=ticket.id)
    chunks = _change_chunks(file.chunks, ticket.entries)
    final_newline = file.final_newline or len(chunks) != len(file.chunks)
    return replace(file, ticket=ticket, front=front, chunks=tuple(chunks), final_newline=final_newline)


def _change_chunks(chunks: tuple[Chunk, ...], entries: tuple[Entry, ...]) -> list[Chunk]:
    wanted = {entry.id for entry in entries}
    present = {chunk.entry.id for chunk in chunks if chunk.entry}
    result = [chunk for chunk in chunks if chunk.entry is None or chunk.entry.id in wanted]
    for entry in sorted((entry for entry in entries if entry.id not in present), key=sort_key):
        result.insert(_place_of(entry, result), Chunk(("", *write_entry(entry)), entry))
    return result


def _place_of(entry: Entry, chunks: list[Chunk]) -> int:
    """Behind the last entry that is earlier, or behind all; hand text stays with what stands above it."""
    known = [(place, chunk.entry) for place, chunk in enumerate(chunks) if chunk.entry]
    if not known or sort_key(known[-1][1]) < sort_key(entry):
        return len(chunks)
    earlier = [place for place, other in known if sort_key(other) < sort_key(entry)]
    return earlier[-1] + 1 if earlier else known[0][0]
