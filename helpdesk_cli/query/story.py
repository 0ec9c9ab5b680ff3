"""What a ticket's entries come to, worked out once: what the fields of queries read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from helpdesk_cli.query.folding import fold
from helpdesk_cli.tickets.changes import FieldSet
from helpdesk_cli.tickets.deliveries import delivery_of
from helpdesk_cli.tickets.entries import Message, Note
from helpdesk_cli.tickets.escalations import escalations
from helpdesk_cli.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from helpdesk_cli.tickets.entries import Attachment
    from helpdesk_cli.tickets.escalations import Escalation
    from helpdesk_cli.tickets.person import Person
    from helpdesk_cli.tickets.ticket import Ticket

# What ends a ticket for good reasons of its own is no resolution.
NO_RESOLUTION = frozenset({"spam", "merged"})
DONE = frozenset({"resolved", "solved", "closed"}) | NO_RESOLUTION


@dataclass(frozen=True, slots=True)
class Story:
    """A ticket and what follows from its entries. `extra` is what higher floors know of it.

    A customer message is one that came in and that no machine wrote; an answer is one that went out, was
    not automatic, and followed a customer message.
    """

    ticket: Ticket
    messages: tuple[Message, ...] = ()
    notes: tuple[Note, ...] = ()
    answers: tuple[Message, ...] = ()
    from_customer: tuple[Message, ...] = ()
    unanswered_at: datetime | None = None  # the last customer message, while no answer followed it
    resolved_at: datetime | None = None  # since when it is resolved; None when it is not
    reopened: int = 0
    escalated: tuple[Escalation, ...] = ()  # since it was last done
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def senders(self) -> list[Person]:
        """Who wrote what came in."""
        return [message.from_ for message in self.messages if message.direction == "in"]

    @property
    def recipients(self) -> list[Person]:
        """To whom messages went, either way."""
        return [person for message in self.messages for person in message.to]

    @property
    def copied(self) -> list[Person]:
        """Who was in Cc of the ticket or of a message."""
        return [*self.ticket.cc, *(person for message in self.messages for person in message.cc)]

    @property
    def participants(self) -> list[Person]:
        """Everybody whom a message names."""
        people = [self.ticket.requester, *self.copied, *self.recipients]
        for message in self.messages:
            people += [message.from_, *message.reply_to]
        return people

    @property
    def writers(self) -> list[str]:
        """The agents who wrote messages and notes."""
        return [message.by for message in self.messages] + [note.by for note in self.notes]

    @property
    def files(self) -> list[Attachment]:
        """Every attachment of messages and notes."""
        found = [file for message in self.messages for file in message.attachments]
        return found + [file for note in self.notes for file in note.attachments]

    @property
    def file_names(self) -> list[str]:
        """What files are called, and were called."""
        return [name for file in self.files for name in (file.filename, file.original_name)]

    @property
    def file_types(self) -> list[str]:
        """Media types."""
        return [file.content_type for file in self.files]

    @property
    def other_keys(self) -> list[str]:
        """What a hand wrote into the front matter: `contract`, and `contract=gold`."""
        found = []
        for key, values in self.ticket.other:
            found.append(key)
            found += [f"{key}={value}" for value in ((values,) if isinstance(values, str) else values)]
        return found

    @property
    def message_ids(self) -> list[str]:
        """Without the angle brackets."""
        return [message.message_id.strip("<>") for message in self.messages]

    @property
    def headers(self) -> list[str]:
        """`list-id: <news.example.org>`."""
        return [f"{name}: {value}" for message in self.messages for name, value in message.headers]

    @property
    def automatic(self) -> list[str]:
        """Which machines wrote to us; what we send by ourselves is no news to us."""
        return [message.automatic for message in self.messages if message.direction == "in"]

    @property
    def bulk(self) -> list[str]:
        """How messages travelled."""
        return [message.bulk for message in self.messages]

    @property
    def deliveries(self) -> list[str]:
        """The state of each message of ours."""
        told = [delivery_of(self.ticket, message) for message in self.messages if message.direction == "out"]
        return [text.partition(" ")[0] for text in told]

    @property
    def flags(self) -> list[str]:
        """What was odd about messages."""
        return [flag for message in self.messages for flag in message.flags]

    @property
    def bodies(self) -> list[list[str]]:
        """The pieces of each message."""
        return [[part.text for part in message.body] for message in self.messages]

    @property
    def new(self) -> list[list[str]]:
        """Each piece that a sender newly wrote."""
        return [[part.text] for message in self.messages for part in message.body if part.kind == "text"]

    @property
    def note_bodies(self) -> list[list[str]]:
        """The pieces of each note."""
        return [[part.text for part in note.body] for note in self.notes]

    @property
    def last_at(self) -> datetime:
        """When anything last happened."""
        return self.ticket.last_at or self.ticket.created_at

    @property
    def last_message_at(self) -> datetime | None:
        """When the last message was written."""
        return _last(self.messages)

    @property
    def last_in_at(self) -> datetime | None:
        """When the customer last wrote."""
        return _last(self.from_customer)

    @property
    def last_out_at(self) -> datetime | None:
        """When we last answered."""
        return _last(self.answers)

    @property
    def escalated_at(self) -> datetime | None:
        """When it was last escalated."""
        return self.escalated[-1].at if self.escalated else None

    @property
    def escalation_step(self) -> int:
        """How far up the path it is; 0 where it has taken no step of it."""
        return max((each.step for each in self.escalated), default=0)

    @property
    def first_response_at(self) -> datetime | None:
        """When we first answered."""
        return self.answers[0].at if self.answers else None


def _last(messages: tuple[Message, ...]) -> datetime | None:
    return max((message.at for message in messages), default=None)


def tell(ticket: Ticket, *, done: frozenset[str] = DONE, extra: Mapping[str, Any] | None = None) -> Story:
    """The story of a ticket; `done` are the folded words for statuses that are done, aliases among them."""
    messages = tuple(ticket.messages)
    answers: list[Message] = []
    from_customer: list[Message] = []
    for message in messages:
        if message.automatic:
            continue
        if message.direction == "in":
            from_customer.append(message)
        elif from_customer:
            answers.append(message)
    last = from_customer[-1] if from_customer else None
    is_open_question = last is not None and not any(after.at >= last.at for after in answers)
    resolved_at, reopened = _resolutions(ticket, done)
    return Story(
        ticket,
        messages,
        tuple(entry for entry in ticket.entries if isinstance(entry, Note)),
        tuple(answers),
        tuple(from_customer),
        last.at if last is not None and is_open_question else None,
        resolved_at,
        reopened,
        tuple(escalations(ticket, lambda status: fold(status) in done)),
        extra or {},
    )


def _resolutions(ticket: Ticket, done: frozenset[str]) -> tuple[datetime | None, int]:
    """Since when the ticket is resolved, and how often it was taken up again after it had been done."""
    resolved_at, reopened, was_done = None, 0, False
    for event in ticket.events:
        for change in event.changes:
            if not isinstance(change, FieldSet) or change.field != "status":
                continue
            status = fold(change.new)
            is_done = status in done
            if was_done and not is_done:
                reopened += 1
            if not is_done or status in NO_RESOLUTION:
                resolved_at = None
            elif resolved_at is None:
                resolved_at = event.at
            was_done = is_done
    # The front matter says how it is now, also where no event tells of it.
    status = fold(ticket.status)
    return (resolved_at if status in done and status not in NO_RESOLUTION else None), reopened
