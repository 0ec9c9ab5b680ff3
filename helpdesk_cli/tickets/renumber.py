"""A ticket under another number: its id, where its attachments lie, and what it was called."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from helpdesk_cli.tickets.entries import Message, Note

if TYPE_CHECKING:
    from helpdesk_cli.tickets.entries import Attachment, Entry
    from helpdesk_cli.tickets.ticket import Ticket


def with_id(ticket: Ticket, ticket_id: str) -> Ticket:
    """The ticket as `ticket_id`; its attachments lie in that folder, and its old id is among `formerly`."""
    if ticket.id == ticket_id:
        return ticket
    formerly = {*ticket.formerly, ticket.id} - {ticket_id}
    entries = tuple(_moved(entry, ticket.id, ticket_id) for entry in ticket.entries)
    return replace(ticket, id=ticket_id, formerly=tuple(sorted(formerly)), entries=entries)


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
