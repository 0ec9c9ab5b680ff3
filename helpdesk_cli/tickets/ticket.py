"""A ticket: the state in its front matter and the entries below it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.tickets.entries import Event, Message, Note, Tombstone, origin_of
from helpdesk_cli.tickets.person import NOBODY, Person
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from helpdesk_cli.tickets.entries import Entry


@dataclass(frozen=True, slots=True)
class Ticket:
    """One request and everything that was said and done about it. "" and () mean not set."""

    id: str
    uid: str
    created_at: datetime
    subject: str = ""
    status: str = ""
    priority: str = ""
    category: str = ""
    type: str = ""
    product: str = ""
    team: str = ""
    assignee: str = ""
    inbox: str = ""
    channel: str = ""
    requester: Person = NOBODY
    cc: tuple[Person, ...] = ()
    tags: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    merged_into: str = ""
    snoozed_until: str = ""  # a time as the file writes it; tickets/snooze reads it
    snooze_on_reply: str = ""  # "keep": mail does not wake it
    formerly: tuple[str, ...] = ()
    other: tuple[tuple[str, str | tuple[str, ...]], ...] = ()  # keys that are not ours, kept as they are
    entries: tuple[Entry, ...] = ()

    @property
    def number(self) -> int:
        """42 of TICKET-42."""
        return int(self.id.rpartition("-")[2])

    @property
    def messages(self) -> list[Message]:
        """The messages in order: `42.3` is the third of these."""
        return [entry for entry in self.entries if isinstance(entry, Message)]

    @property
    def numbered(self) -> Iterator[tuple[int, Message | Note | Tombstone]]:
        """(n, entry) for what people address as `42.n`: messages count, and the stubs that replaced some.

        A message that was moved away and came back, or of which a part was redacted, counts once.
        """
        number = 0
        counted = {origin_of(message) for message in self.messages}
        for entry in self.entries:
            if isinstance(entry, Tombstone) and entry.message_id and origin_of(entry) not in counted:
                counted.add(origin_of(entry))
            elif not isinstance(entry, Message):
                continue
            number += 1
            yield number, entry

    @property
    def events(self) -> list[Event]:
        """The events in order."""
        return [entry for entry in self.entries if isinstance(entry, Event)]

    @property
    def last_at(self) -> datetime | None:
        """When the last entry happened; None for a ticket without entries."""
        return max((entry.at for entry in self.entries), default=None)

    @property
    def participants(self) -> frozenset[str]:
        """Case-folded addresses that were in From, To or Cc of a message, or are the requester."""
        people = [self.requester, *self.cc]
        for message in self.messages:
            people += [message.from_, *message.to, *message.cc, *message.reply_to]
        return frozenset(person.key for person in people if person.email)
