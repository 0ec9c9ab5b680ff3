"""What happened on a ticket while somebody was writing: the collisions of DECISIONS 33."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.errors import ConflictError
from helpdesk_cli.tickets.changes import FieldSet
from helpdesk_cli.tickets.entries import Event, Message, Note

if TYPE_CHECKING:
    from collections.abc import Collection

    from helpdesk_cli.tickets.entries import Entry
    from helpdesk_cli.tickets.ticket import Ticket

_FIELDS = frozenset({"status", "assignee", "requester", "merged-into"})


class CollisionError(ConflictError):
    """Something came that the writer has not seen; nothing was sent. `news` are the entries."""

    def __init__(self, ticket: Ticket, news: tuple[Entry, ...]) -> None:
        """What came since, in order of time."""
        count = f"{len(news)} thing{'' if len(news) == 1 else 's'}"
        super().__init__(
            f"{count} happened since this answer was begun; nothing was sent",
            ticket.id,
            "Look at it, then say --anyway if the answer still holds.",
        )
        self.news = news


def came_since(ticket: Ticket, seen: Collection[str], *, actor: str) -> tuple[Entry, ...]:
    """The entries that are not among those seen and may change an answer, in order.

    Every message but automatic ones of our own, every note of others, and what others changed of status,
    assignee or requester. What became of a mail on its way is none of it.
    """
    return tuple(entry for entry in ticket.entries if entry.id not in seen and _matters(entry, actor))


def _matters(entry: Entry, actor: str) -> bool:
    if isinstance(entry, Message):
        return entry.direction == "in" or not entry.automatic
    if isinstance(entry, Note):
        return entry.by != actor
    if not isinstance(entry, Event) or entry.by == actor:
        return False
    return any(isinstance(change, FieldSet) and change.field in _FIELDS for change in entry.changes)
