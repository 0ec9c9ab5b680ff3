"""A ticket without a person: its messages and notes redacted, and nobody named where the person was."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.tickets.changes import EntryAdded, FieldSet, ListChanged, apply_all
from helpdesk_cli.tickets.entries import Event, Message, Note
from helpdesk_cli.tickets.moves import identify
from helpdesk_cli.tickets.person import NOBODY, Person
from helpdesk_cli.tickets.redaction import redact_entry, redact_events, redact_subject
from helpdesk_cli.values import dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Callable

    from helpdesk_cli.tickets.changes import FieldChange
    from helpdesk_cli.tickets.redaction import Redaction
    from helpdesk_cli.tickets.ticket import Ticket

    IsTheirs = Callable[[Person], bool]

# What stands where a person stood in an event, and what the event is called that tells of it.
SOMEBODY = "erased"
ERASED = "erased"


@dataclass(frozen=True, slots=True)
class Erased:
    """A ticket after it, and the messages and notes that went."""

    ticket: Ticket
    entries: tuple[Message | Note, ...] = ()


def erase_own(ticket: Ticket, is_theirs: IsTheirs, redaction: Redaction) -> Erased:
    """The person's own ticket: every message and note goes, whoever wrote it, and the subject."""
    said = tuple(entry for entry in ticket.entries if isinstance(entry, (Message, Note)))
    after = redact_subject(_without(ticket, said, redaction), redaction)
    return Erased(_nameless(after, is_theirs, redaction), said)


def erase_in(ticket: Ticket, is_theirs: IsTheirs, redaction: Redaction) -> Erased:
    """Somebody else's ticket: what the person wrote goes; what others wrote to them stays."""
    said = tuple(each for each in ticket.messages if each.direction == "in" and is_theirs(each.from_))
    return Erased(_nameless(_without(ticket, said, redaction), is_theirs, redaction), said)


def names_person(ticket: Ticket, is_theirs: IsTheirs) -> list[str]:
    """The ids of the messages that still have the person in From, To, Cc or Reply-To."""
    return [
        each.id
        for each in ticket.messages
        if any(map(is_theirs, (each.from_, *each.to, *each.cc, *each.reply_to)))
    ]


def names_of(ticket: Ticket, is_theirs: IsTheirs) -> set[str]:
    """The names that the ticket gives to the person."""
    said = (person for each in ticket.messages for person in (each.from_, *each.to, *each.cc, *each.reply_to))
    people = (ticket.requester, *ticket.cc, *said)
    return {person.name for person in people if person.name and is_theirs(person)}


def _without(ticket: Ticket, said: tuple[Message | Note, ...], redaction: Redaction) -> Ticket:
    for entry in said:
        ticket = redact_entry(ticket, entry, redaction)
    return ticket


def _nameless(ticket: Ticket, is_theirs: IsTheirs, redaction: Redaction) -> Ticket:
    """The ticket with the person out of front matter and events; as it was where they were in neither."""
    after = redact_events(ticket, lambda event: _anonymous(event, is_theirs), redaction, what="person")
    requester = NOBODY if is_theirs(after.requester) else after.requester
    after = replace(after, requester=requester, cc=tuple(each for each in after.cc if not is_theirs(each)))
    if after == ticket:
        return ticket
    told = Event(identify("erased", ticket.uid, redaction.at.isoformat()), redaction.at, redaction.by, ERASED)
    return apply_all(after, [EntryAdded(told)])


def _anonymous(event: Event, is_theirs: IsTheirs) -> Event:
    changes = tuple(less for change in event.changes if (less := _without_person(change, is_theirs)))
    facts = tuple((key, _without_address(value, is_theirs)) for key, value in event.facts)
    is_same = (changes, facts) == (event.changes, event.facts)
    return event if is_same else replace(event, changes=changes, facts=facts)


def _without_person(change: FieldChange, is_theirs: IsTheirs) -> FieldChange | None:
    """The change without the person; None where nothing is left: what is so now, the front matter says."""
    if isinstance(change, FieldSet):
        named = (Person.read(text) for text in (change.old, change.new))
        return None if change.field == "requester" and any(map(is_theirs, named)) else change
    added = tuple(item for item in change.added if not is_theirs(Person.read(item)))
    removed = tuple(item for item in change.removed if not is_theirs(Person.read(item)))
    return ListChanged(change.field, added, removed) if added or removed else None


def _without_address(value: str, is_theirs: IsTheirs) -> str:
    """`good ada@example.com` as `good erased`."""
    words = value.split(" ")
    return " ".join(
        SOMEBODY if "@" in word and is_theirs(Person.read(word.strip("<>,;:()"))) else word for word in words
    )
