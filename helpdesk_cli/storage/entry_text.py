"""An entry of a ticket and its Markdown: `write_entry` and `read_entry` are inverses.

An entry is `<!-- desk:KIND ID`, one `key: value` a line, `-->`, decoration and fenced bodies,
`<!-- /desk:KIND ID -->`. Everything outside the header and the fences is decoration, never read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.errors import InvalidFileError
from helpdesk_cli.storage.decoration import event_line, tombstone_line
from helpdesk_cli.storage.entry_header import read_row, write_header, write_row, write_value
from helpdesk_cli.storage.message_text import (
    read_message,
    read_message_id,
    read_note,
    write_message,
    write_message_id,
    write_note,
)
from helpdesk_cli.tickets.changes import FieldSet, ListChanged
from helpdesk_cli.tickets.entries import Event, Message, Note, Opaque, Tombstone
from helpdesk_cli.tickets.times import read_time, write_time

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from helpdesk_cli.storage.entry_header import Pair, RawEntry
    from helpdesk_cli.tickets.changes import FieldChange
    from helpdesk_cli.tickets.entries import Entry

_EVENT_KEYS = frozenset({"at", "by", "what", "set", "list"})
_TOMBSTONE_KEYS = frozenset({"at", "by", "covers", "reason", "removed-at", "message-id"})


def write_entry(entry: Entry, *, folder: str) -> str:
    """The entry's text with LF line ends. `folder`: the ticket's attachment folder, `TICKET-42`."""
    if isinstance(entry, Opaque):
        return "".join(f"{line}\n" for line in entry.lines)
    header, below = _write(entry, folder)
    return f"<!-- desk:{entry.kind} {entry.id}\n{header}-->\n{below}<!-- /desk:{entry.kind} {entry.id} -->\n"


def read_entry(raw: RawEntry) -> Entry:
    """The entry that this text says. Raises InvalidFileError with the place of the entry."""
    try:
        at = read_time(raw.one("at"))
    except ValueError:
        value = raw.one("at")
        raise InvalidFileError(
            f'the {raw.kind} {raw.id} has no readable time (at: "{value}")',
            raw.place,
            "Write it as 2026-11-20T09:12:41Z.",
        ) from None
    reader = _READERS.get(raw.kind)
    return reader(raw, at) if reader else Opaque(raw.id, at, raw.kind, tuple(raw.text[:-1].split("\n")))


def _write(entry: Message | Note | Event | Tombstone, folder: str) -> tuple[str, str]:
    match entry:
        case Message():
            return write_message(entry, folder)
        case Note():
            return write_note(entry, folder)
        case Event():
            return _write_event(entry)
        case Tombstone():
            return _write_tombstone(entry)


def _write_change(change: FieldChange) -> Pair:
    if isinstance(change, FieldSet):
        return ("set", write_row(change.field, change.old, change.new))
    items = [*(f"+{item}" for item in change.added), *(f"-{item}" for item in change.removed)]
    return ("list", write_row(change.field, *items))


def _write_event(entry: Event) -> tuple[str, str]:
    pairs = [
        ("at", write_time(entry.at)),
        ("by", write_value(entry.by)),
        ("what", write_value(entry.what)),
        *map(_write_change, entry.changes),
    ]
    return write_header(pairs, entry.facts), f"{event_line(entry)}\n"


def _read_event(raw: RawEntry, at: datetime) -> Event:
    changes: list[FieldChange] = []
    for key, value in raw.pairs:
        if key == "set":
            field, old, new = [*read_row(value), "", ""][:3]
            changes.append(FieldSet(field, old, new))
        elif key == "list":
            field, *items = read_row(value)
            added = tuple(item[1:] for item in items if item.startswith("+"))
            removed = tuple(item[1:] for item in items if item.startswith("-"))
            changes.append(ListChanged(field, added, removed))
    return Event(raw.id, at, raw.one("by"), raw.one("what"), tuple(changes), raw.other(_EVENT_KEYS))


def _write_tombstone(entry: Tombstone) -> tuple[str, str]:
    pairs = [
        ("at", write_time(entry.at)),
        ("by", write_value(entry.by)),
        ("covers", write_value(entry.covers)),
        ("reason", write_value(entry.reason)),
        ("removed-at", write_time(entry.removed_at) if entry.removed_at else ""),
        ("message-id", write_message_id(entry.message_id)),
    ]
    return write_header(pairs, entry.facts), f"{tombstone_line(entry)}\n"


def _read_tombstone(raw: RawEntry, at: datetime) -> Tombstone:
    try:
        removed_at = read_time(raw.one("removed-at"))
    except ValueError:
        removed_at = None
    return Tombstone(
        raw.id,
        at,
        raw.one("by"),
        raw.one("covers"),
        reason=raw.one("reason"),
        removed_at=removed_at,
        message_id=read_message_id(raw.one("message-id")),
        facts=raw.other(_TOMBSTONE_KEYS),
    )


_READERS: dict[str, Callable[[RawEntry, datetime], Entry]] = {
    "message": read_message,
    "note": read_note,
    "event": _read_event,
    "tombstone": _read_tombstone,
}
