"""What a redaction leaves in a ticket: a tombstone with ids and hashes, and no word of what was there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.tickets.changes import EntryAdded, FieldSet, apply_all
from helpdesk_cli.tickets.entries import MOVED_FROM, MOVED_TO, Event, Message, Note, Tombstone, origin_of
from helpdesk_cli.tickets.moves import MOVE, home_of, identify
from helpdesk_cli.values import dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from helpdesk_cli.tickets.changes import FieldChange
    from helpdesk_cli.tickets.entries import Attachment, Entry
    from helpdesk_cli.tickets.moves import Said
    from helpdesk_cli.tickets.ticket import Ticket

# Facts of a tombstone: what was redacted (message, note, attachment, subject), the sha256 of the original and
# of each file that went with it.
REDACTED, ORIGINAL, FILE = "redacted", "original", "file"
NO_SUBJECT = "(redacted)"
PART_GONE = "an attachment was redacted"


@dataclass(frozen=True, slots=True)
class Redaction:
    """By whom, when and why."""

    by: str
    at: datetime
    why: str


def redact_entry(ticket: Ticket, entry: Said, redaction: Redaction) -> Ticket:
    """The ticket with a tombstone in place of the message or note."""
    stone = _stone(ticket, entry, redaction, what=entry.kind, files=entry.attachments)
    return apply_all(ticket, [EntryAdded(stone)])


def redact_files(ticket: Ticket, entry: Said, files: Iterable[Attachment], redaction: Redaction) -> Ticket:
    """The ticket with the message or note as it was, but for these attachments and its original."""
    gone = tuple(files)
    copy = replace(
        entry,
        id=identify("redacted", ticket.uid, entry.id, *sorted(file.sha256 for file in gone)),
        attachments=tuple(file for file in entry.attachments if file not in gone),
        other=(
            *(pair for pair in entry.other if pair[0] != MOVED_FROM),
            (MOVED_FROM, f"{home_of(entry, ticket)} {origin_of(entry)}"),
        ),
    )
    if isinstance(copy, Message):
        copy = replace(copy, flags=(*copy.flags, PART_GONE), raw="")
    stone = _stone(ticket, entry, redaction, what="attachment", files=gone)
    stone = replace(stone, facts=((MOVED_TO, f"{ticket.uid} {copy.id}"), (MOVE, "part"), *stone.facts))
    return apply_all(ticket, [EntryAdded(copy), EntryAdded(stone)])


def redact_subject(ticket: Ticket, redaction: Redaction) -> Ticket:
    """The ticket without its subject: in the front matter, and in the events that tell of it."""
    return redact_events(
        replace(ticket, subject=NO_SUBJECT),
        lambda event: replace(event, changes=tuple(map(_without_subject, event.changes))),
        redaction,
        what="subject",
    )


def redact_events(
    ticket: Ticket, without: Callable[[Event], Event], redaction: Redaction, *, what: str
) -> Ticket:
    """The ticket with copies in place of those events that `without` alters; `what` says what went."""
    added: list[EntryAdded] = []
    for event in ticket.events:
        less = without(event)
        if less != event:
            copy = replace(less, id=identify("redacted", ticket.uid, event.id))
            stone = _stone(ticket, event, redaction, what=what)
            added += [EntryAdded(copy), EntryAdded(stone)]
    return apply_all(ticket, added)


def is_redaction(entry: Entry) -> bool:
    """Whether the entry stands for one that was redacted, or of which a part was."""
    return isinstance(entry, Tombstone) and any(key == REDACTED for key, _ in entry.facts)


def redactions_of(ticket: Ticket, origin: str) -> list[Tombstone]:
    """The redactions of what was first written under that id."""
    stones = [entry for entry in ticket.entries if isinstance(entry, Tombstone) and is_redaction(entry)]
    return [stone for stone in stones if origin in {stone.covers, origin_of(stone)}]


def _stone(
    ticket: Ticket,
    entry: Message | Note | Event,
    redaction: Redaction,
    *,
    what: str,
    files: Iterable[Attachment] = (),
) -> Tombstone:
    facts = [(REDACTED, what)]
    if isinstance(entry, Message) and entry.raw:
        facts.append((ORIGINAL, entry.raw))
    facts += [(FILE, file.sha256) for file in files]
    if origin_of(entry) != entry.id:
        facts.append((MOVED_FROM, f"{home_of(entry, ticket)} {origin_of(entry)}"))
    return Tombstone(
        identify("redacted stone", ticket.uid, entry.id),
        entry.at,
        redaction.by,
        entry.id,
        redaction.why or "redacted",
        redaction.at,
        entry.message_id if isinstance(entry, Message) else "",
        tuple(facts),
    )


def _without_subject(change: FieldChange) -> FieldChange:
    if not isinstance(change, FieldSet) or change.field != "subject":
        return change
    return FieldSet("subject", NO_SUBJECT if change.old else "", NO_SUBJECT if change.new else "")
