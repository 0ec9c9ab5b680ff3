"""A ticket under another number: its id, where its attachments lie, and what it was called."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from helpdesk_cli.tickets.changes import EntryAdded, FieldSet, ListChanged, apply, apply_all
from helpdesk_cli.tickets.entries import Event, Message, Note
from helpdesk_cli.tickets.ids import write_id
from helpdesk_cli.tickets.links import rename
from helpdesk_cli.values import replace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from helpdesk_cli.tickets.changes import FieldChange
    from helpdesk_cli.tickets.entries import Attachment, Entry
    from helpdesk_cli.tickets.ticket import Ticket


def with_id(ticket: Ticket, ticket_id: str) -> Ticket:
    """The ticket as `ticket_id`; its attachments lie in that folder, and its old id is among `formerly`."""
    if ticket.id == ticket_id:
        return ticket
    formerly = {*ticket.formerly, ticket.id} - {ticket_id}
    entries = tuple(_moved(entry, ticket.id, ticket_id) for entry in ticket.entries)
    return replace(ticket, id=ticket_id, formerly=tuple(sorted(formerly)), entries=entries)


def renumbered(ticket: Ticket, ticket_id: str) -> Ticket:
    """The ticket as `ticket_id`, with an event that says so: the same event in every clone."""
    moved = with_id(ticket, ticket_id)
    return _told(moved, "renumbered", facts=(("formerly", ticket.id),)) if moved is not ticket else ticket


def relinked(ticket: Ticket, renamed: Mapping[str, str]) -> Ticket:
    """The ticket with other ids in its links, and an event that says so."""
    links = rename(ticket.links, renamed)
    old, new = tuple(sorted(links)), tuple(sorted(links.values()))
    changes: list[FieldChange] = [ListChanged("links", new, old)] if old else []
    if ticket.merged_into in renamed:
        changes.append(FieldSet("merged-into", ticket.merged_into, renamed[ticket.merged_into]))
    if not changes:
        return ticket
    return _told(apply_all(ticket, tuple(changes)), "renumbered", changes=tuple(changes))


def _told(
    ticket: Ticket,
    what: str,
    *,
    changes: tuple[FieldChange, ...] = (),
    facts: tuple[tuple[str, str], ...] = (),
) -> Ticket:
    at = (ticket.last_at or ticket.created_at) + timedelta(milliseconds=1)
    content = repr((what, ticket.uid, ticket.id, changes, facts))
    event_id = write_id(sha256(content.encode("utf-8", "surrogatepass")).digest())
    return apply(ticket, EntryAdded(Event(event_id, at, "desk", what, changes, facts)))


def moved_files(ticket: Ticket, ticket_id: str) -> dict[str, str]:
    """Where each attachment lies, and where it belongs under `ticket_id`; relative to the file's folder."""
    after = with_id(ticket, ticket_id)
    pairs = zip(_files(ticket), _files(after), strict=True)
    return {old.path: new.path for old, new in pairs if old.path != new.path}


def _files(ticket: Ticket) -> list[Attachment]:
    return [
        file for entry in ticket.entries if isinstance(entry, Message | Note) for file in entry.attachments
    ]


def _moved(entry: Entry, old: str, new: str) -> Entry:
    if not isinstance(entry, Message | Note) or not entry.attachments:
        return entry
    files = tuple(
        replace(file, path=f"{new}/{file.path.removeprefix(f'{old}/')}")
        if file.path.startswith(f"{old}/")
        else file
        for file in entry.attachments
    )
    return replace(entry, attachments=files)
