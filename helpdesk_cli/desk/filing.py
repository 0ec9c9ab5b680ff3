"""From a received mail to changes: what it adds to which ticket, and what it sets in motion. Decides only."""

from __future__ import annotations

import re
from datetime import timedelta
from hashlib import sha256
from itertools import accumulate
from typing import TYPE_CHECKING

from helpdesk_cli.mail.token import read_address, read_nonce
from helpdesk_cli.storage.front_matter import write_scalar
from helpdesk_cli.tickets.changes import EntryAdded, FieldChange, FieldSet, ListChanged, apply_all, set_field
from helpdesk_cli.tickets.entries import Attachment, Event, Message, origin_of
from helpdesk_cli.tickets.person import NOBODY, Person
from helpdesk_cli.tickets.snooze import WOKE, is_woken_by_mail, wake
from helpdesk_cli.tickets.ticket import Ticket
from helpdesk_cli.tickets.times import next_time
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from helpdesk_cli.mail.model import Part
    from helpdesk_cli.mail.own import OwnAddresses
    from helpdesk_cli.mail.received import Envelope, Received
    from helpdesk_cli.storage.settings import Inbox, Settings
    from helpdesk_cli.storage.ticket_file import TicketFile

_LATE = 60.0
_OLDEST = timedelta(days=3)
# Of the front matter's 64 kB: a ticket takes over as many people in Cc as fit, the message names all.
_ROOM_FOR_CC = 16_000
# Characters. A ticket file is read whole by every command and not at all above 64 MB: whoever sends a
# megabyte a minute shall not close their ticket to everybody.
_FULL = 16_000_000
_MOST_NAMED = 5
_MOST_RECIPIENTS = 50


@dataclass(frozen=True, slots=True)
class Filed:
    """Where the parts of a mail go: paths from the desk's root, and what is too large for git."""

    message: Message
    files: tuple[tuple[str, bytes], ...]
    large: tuple[bytes, ...]


def requester_of(received: Received, settings: Settings) -> Person:
    """Who asks: the sender, or the person for whom a form (DECISIONS 20) or an agent hands a mail on.

    An agent is believed where our own mail server vouches for the mail.
    """
    mail, text = received.mail, "".join(segment.text for segment in received.body)
    sender = mail.from_[0] if mail.from_ else NOBODY
    if received.forwarded_from and received.authenticated and settings.agent_by_email(sender.email):
        return received.forwarded_from
    form = next(
        (form for form in settings.forms if form.sender.casefold() == sender.key and sender.email), None
    )
    if form is None:
        return sender
    if form.requester == "reply-to":
        return mail.reply_to[0] if mail.reply_to else sender
    # Few marks before the label, and on its own line: each place is tried once, so that time is linear.
    found = re.search(
        rf"^[^\w\n]{{0,100}}{re.escape(form.requester)}\s*(\S{{1,64}}@\S{{1,255}})(?!\S)",
        text[:100_000],
        re.MULTILINE | re.IGNORECASE,
    )
    return Person(email=found[1].strip("<>,;\"'")) if found else sender


def inbox_of(received: Received, envelope: Envelope, settings: Settings) -> Inbox | None:
    """The inbox this mail came to: by the envelope, else by To and Cc."""
    people = [Person(email=address) for address in envelope.recipients]
    people += [
        *received.mail.to,
        *received.mail.cc,
        *(Person(email=address) for address in _delivered_to(received)),
    ]
    return settings.inbox_of(tuple(people))


def recipients_of(received: Received, envelope: Envelope) -> tuple[str, ...]:
    """Where the mail was delivered, as the envelope and the mail servers on its way say."""
    return tuple(dict.fromkeys(filter(None, (*envelope.recipients, *_delivered_to(received)))))[
        :_MOST_RECIPIENTS
    ]


def _delivered_to(received: Received) -> list[str]:
    found = received.mail.all_headers("delivered-to") + received.mail.all_headers("x-original-to")
    return [address.strip("<> ") for address in found]


def message_time(received: Received, *, now: datetime, live: bool) -> datetime:
    """When the mail happened: for live mail now; for imported mail its Date, unless that is in the future."""
    date = received.mail.date
    return now if live or date is None or date > now else date


def answerable_of(received: Received, *, now: datetime, live: bool, came_at: datetime | None = None) -> str:
    """What the entry says of automatic answers: "yes", the rule that forbids them, "" for an import.

    Nothing that is not live sets anything in motion, nor does what was written or delivered (`came_at`) more
    than three days ago (DECISIONS 19).
    """
    if not live:
        return ""
    if any(moment is not None and now - moment > _OLDEST for moment in (received.mail.date, came_at)):
        return "late"
    return received.kind.may_answer or "yes"


def file_message(
    received: Received,
    *,
    ticket_id: str,
    folder: str,
    at: datetime,
    threaded_by: str,
    inbox: str,
    raw_sha256: str,
    settings: Settings,
    answerable: str = "",
    flags: Sequence[str] = (),
    headers: Sequence[str] = (),
    recipients: Sequence[str] = (),
) -> Filed:
    """The message entry of a mail, with the files to write for its attachments.

    `folder` is that of the ticket file, from the desk's root. `headers` and `recipients`: what rules ask for,
    and is kept for them.
    """
    mail = received.mail
    attachments, files, large = [], [], []
    for part in mail.parts:
        attachment = _attachment(part, ticket_id, keep=len(part.content) <= settings.attachment_limit)
        attachments.append(attachment)
        if attachment.path:
            files.append((f"{folder}/{attachment.path}", part.content))
        else:
            large.append(part.content)
    date = mail.date if mail.date and abs((mail.date - at).total_seconds()) > _LATE else None
    message = Message(
        id=received.entry_id,
        at=at,
        from_=mail.from_[0] if mail.from_ else NOBODY,
        to=mail.to,
        cc=mail.cc,
        reply_to=tuple(
            person for person in mail.reply_to if person.key not in {sender.key for sender in mail.from_}
        ),
        subject=mail.subject,
        date=date,
        message_id=received.message_id,
        in_reply_to=mail.in_reply_to,
        references=mail.references,
        threaded_by=threaded_by,
        inbox=inbox,
        automatic=received.kind.automatic or "",
        bulk=received.kind.bulk or "",
        spam=received.kind.spam,
        answerable=answerable,
        authenticated=received.authenticated,
        failed_recipients=received.kind.bounce.failed_recipients if received.kind.bounce else (),
        flags=(*flags, *mail.problems),
        headers=tuple(
            (name, value) for name, value in mail.headers if name in settings.keep_headers or name in headers
        ),
        raw=raw_sha256,
        body=received.body,
        attachments=tuple(attachments),
        other=(
            *((("suggested-requester", str(received.forwarded_from)),) if received.forwarded_from else ()),
            *(("recipient", address) for address in recipients),
        ),
    )
    return Filed(message, tuple(files), tuple(large))


def _attachment(part: Part, ticket_id: str, *, keep: bool) -> Attachment:
    digest = sha256(part.content).hexdigest()
    path = f"{ticket_id}/{digest[:8]}-{part.filename}" if keep else ""
    return Attachment(part.filename, part.content_type, len(part.content), digest, path, part.original_name)


def open_ticket(
    message: Message | None,
    *,
    at: datetime,
    ticket_id: str,
    uid: str,
    subject: str,
    requester: Person,
    event_id: str,
    by: str,
    status: str,
    tags: Sequence[str],
    channel: str,
    inbox: Inbox | None,
    settings: Settings,
    fields: Mapping[str, str] | None = None,
) -> Ticket:
    """A new ticket with its first message, if any, and the event that says what it began as.

    `fields` are further front matter values; they win over those of the inbox and the defaults.
    """
    state = {
        "subject": subject or "(no subject)",
        "status": status,
        "priority": settings.default_priority,
        "team": inbox.team if inbox else "",
        "inbox": inbox.name if inbox else "",
        "channel": channel,
        "requester": str(requester),
        **(fields or {}),
    }
    changes: list[FieldChange] = [FieldSet(key, "", value) for key, value in state.items() if value]
    lists = {"cc": _fitting(message.cc) if message else [], "tags": tags}
    changes += [ListChanged(key, tuple(sorted(set(items)))) for key, items in lists.items() if items]
    ticket = Ticket(id=ticket_id, uid=uid, created_at=at)
    event = Event(event_id, next_time(at, at) if message else at, by, "opened", tuple(changes))
    added = [EntryAdded(message)] if message else []
    return apply_all(ticket, [*changes, *added, EntryAdded(event)])


def _fitting(people: Sequence[Person]) -> list[str]:
    """The first of them, as many as the front matter has room for."""
    sizes = accumulate(len(write_scalar(str(person))) for person in people)
    return [str(person) for person, size in zip(people, sizes, strict=True) if size <= _ROOM_FOR_CC]


def follow_up(
    ticket: Ticket, received: Received, *, settings: Settings
) -> tuple[list[FieldChange], tuple[tuple[str, str], ...]]:
    """What a further mail changes besides being added, with facts for the event. DECISIONS 22, 23.

    A ticket that rests is woken, too, unless who put it to rest wanted it to rest on.
    """
    if received.kind.automatic or received.kind.spam or ticket.status in {"spam", "merged"}:
        return [], ()
    kind = settings.status_kind(ticket.status)
    if received.thanks and settings.thanks == "confirm":
        if kind == "done":
            return [], (("confirmed", received.entry_id),)
        if ticket.snoozed_until:
            # Who thanks for the answer that they shall wait for does not end the waiting.
            return [], ()
    if ticket.snoozed_until and not is_woken_by_mail(ticket):
        return [], ()
    changes: list[FieldChange] = [] if kind == "active" else [*set_field(ticket, "status", "open")]
    if woken := wake(ticket):
        return [*changes, *woken], ((WOKE, "mail"),)
    return changes, ()


def bounced(
    ticket: Ticket, received: Received, envelope: Envelope, *, own: OwnAddresses, settings: Settings
) -> tuple[list[FieldChange], tuple[tuple[str, str], ...]]:
    """What a report on a mail of ours changes: the message is marked, what an agent wrote is taken up again.

    Believed is what brings back an id that we signed, or comes to an address that we did and names a
    recipient (RELIABILITY T43). A report that delivery is only late changes nothing.
    """
    report = received.kind.bounce
    if report is None or report.temporary:
        return [], ()
    found = _returned(ticket, received, envelope, own.key)
    if found is None:
        return [], ()
    reached = [person.email for person in (*found.to, *found.cc)]
    failed = report.failed_recipients or (reached if len(reached) == 1 else ())
    told = f"{found.id} bounced {', '.join(failed[:_MOST_NAMED])}".rstrip()
    is_rested = settings.status_kind(ticket.status) != "active" and ticket.status not in {"spam", "merged"}
    # A person must look after what a person wrote; that an acknowledgement bounced is nobody's work.
    changes: list[FieldChange] = []
    if found.by and not found.automatic:
        changes = [*(set_field(ticket, "status", "open") if is_rested else []), *wake(ticket)]
    return changes, (("delivery", told),)


def _returned(ticket: Ticket, received: Received, envelope: Envelope, key: bytes) -> Message | None:
    """The message of ours that the report is about."""
    report = received.kind.bounce
    ours = [message for message in ticket.messages if message.direction == "out"]
    if report is None or not ours:
        return None
    returned = {nonce for each in report.original_message_ids if (nonce := read_nonce(each, key))}
    if by_id := next((each for each in ours if {each.id, origin_of(each)} & returned), None):
        return by_id
    if ticket.uid not in {read_address(address, key) for address in envelope.recipients}:
        return None
    failed = {address.casefold() for address in report.failed_recipients}
    return next(
        (each for each in reversed(ours) if failed & {person.key for person in (*each.to, *each.cc)}), None
    )


def is_full(file: TicketFile) -> bool:
    """Whether a ticket holds so much that the next mail of the conversation opens another."""
    return sum(len(chunk.text) for chunk in file.chunks) > _FULL


def is_long_closed(ticket: Ticket, *, at: datetime, settings: Settings) -> bool:
    """Whether a closed ticket has rested too long to be reopened by a mail."""
    if ticket.status != "closed" or ticket.last_at is None:
        return False
    return at - ticket.last_at > settings.reopen_within
