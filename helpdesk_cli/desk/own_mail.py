"""Mail of our own in an old mailbox: what somebody of us answered then, filed as what it was.

Only `desk import` asks for this. Mail that comes in and bears our address is never taken for ours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.desk.filing import file_message, message_time, open_ticket
from helpdesk_cli.desk.known import duplicate
from helpdesk_cli.desk.outcome import Ingested
from helpdesk_cli.mail.identity import ticket_uid
from helpdesk_cli.storage import large
from helpdesk_cli.tickets.changes import EntryAdded
from helpdesk_cli.tickets.entries import Message
from helpdesk_cli.tickets.times import next_time
from helpdesk_cli.values import dataclass, replace

if TYPE_CHECKING:
    from datetime import datetime

    from helpdesk_cli.desk.filing import Filed
    from helpdesk_cli.desk.lookup import TicketLookup
    from helpdesk_cli.desk.outcome import Options
    from helpdesk_cli.desk.record import Door, Held
    from helpdesk_cli.mail.own import OwnAddresses
    from helpdesk_cli.mail.received import Received
    from helpdesk_cli.tickets.person import Person
    from helpdesk_cli.tickets.ticket import Ticket

_MOST_REFERENCES = 20


@dataclass(frozen=True, slots=True)
class _Sent:
    """A mail of ours: by whom, to whom else."""

    received: Received
    by: str
    others: tuple[Person, ...]


def take(
    door: Door,
    lookup: TicketLookup,
    received: Received,
    options: Options,
    *,
    digest: str,
    own: OwnAddresses,
) -> Ingested | None:
    """What became of a mail that we sent to others; None for every other mail.

    It joins the ticket of what it answers, where somebody it went to takes part in that. Raises
    BrokenTicketError.
    """
    sent = _read(door, received, own)
    if sent is None:
        return None
    for held in lookup.holders(received.message_id, "message"):
        for number, entry in held.ticket.numbered:
            if isinstance(entry, Message) and _is_it(entry, received):
                # The desk itself wrote it, or it was entered by other means.
                return duplicate(door, held, number)
    at = message_time(received, now=door.desk.now, live=False)
    answered = _answered(lookup, sent)
    if answered is not None:
        return _append(door, answered, sent, digest=digest, at=at)
    return _open(door, sent, options, digest=digest, at=at)


def _is_it(message: Message, received: Received) -> bool:
    return message.direction == "out" and message.message_id == received.message_id


def _read(door: Door, received: Received, own: OwnAddresses) -> _Sent | None:
    settings, mail = door.desk.settings, received.mail
    if len(mail.from_) != 1 or received.kind.bounce or received.kind.spam or received.unparsed:
        return None
    sender = mail.from_[0]
    agent = settings.agent_by_email(sender.email)
    if agent is None and not own.has(sender.email):
        return None
    people = [person for person in (*mail.to, *mail.cc) if person.email]
    others = [each for each in people if not own.has(each.email) and not settings.agent_by_email(each.email)]
    if not others:
        return None
    return _Sent(received, agent.key if agent else sender.key, tuple(others))


def _answered(lookup: TicketLookup, sent: _Sent) -> Held | None:
    mail = sent.received.mail
    for reference in dict.fromkeys([mail.in_reply_to, *reversed(mail.references[-_MOST_REFERENCES:])]):
        for candidate in lookup.by_message_id(reference) if reference else ():
            if any(person.key in candidate.participants for person in sent.others):
                return lookup.read.get(candidate.uid)
    return None


def _file(door: Door, sent: _Sent, ticket_id: str, folder: str, *, digest: str, at: datetime) -> Filed:
    filed = file_message(
        sent.received,
        ticket_id=ticket_id,
        folder=folder,
        at=next_time(at, None),
        threaded_by="reference",
        inbox="",
        raw_sha256=digest,
        settings=door.desk.settings,
    )
    message = replace(
        filed.message,
        direction="out",
        by=sent.by,
        automatic="" if filed.message.automatic == "loop" else filed.message.automatic,
        other=(*filed.message.other, ("imported", "mailbox")),
    )
    if not door.dry_run:
        for content in filed.large:
            large.keep(door.desk.layout, content)
    return replace(filed, message=message)


def _append(door: Door, held: Held, sent: _Sent, *, digest: str, at: datetime) -> Ingested:
    ticket = held.ticket
    filed = _file(door, sent, ticket.id, held.path.rpartition("/")[0], digest=digest, at=at)
    summary = f"{ticket.id}: an old answer by {sent.by}"
    after = door.change(held, [EntryAdded(filed.message)], summary=summary, files=filed.files)
    number = next((n for n, entry in after.ticket.numbered if entry.id == filed.message.id), 0)
    return Ingested("appended", ticket.id, number)


def _open(door: Door, sent: _Sent, options: Options, *, digest: str, at: datetime) -> Ingested:
    """A conversation that we began, or of which only our part is there: it is whom we wrote to who asks."""
    received, settings = sent.received, door.desk.settings
    files: list[tuple[str, bytes]] = []

    def make(ticket_id: str) -> Ticket:
        folder = f"tickets/{at.year:04d}/{at.month:02d}"
        filed = _file(door, sent, ticket_id, folder, digest=digest, at=at)
        files[:] = filed.files
        return open_ticket(
            replace(filed.message, threaded_by="new"),
            at=filed.message.at,
            ticket_id=ticket_id,
            uid=ticket_uid(received.entry_id),
            subject=received.mail.subject,
            requester=sent.others[0],
            event_id=ticket_uid(f"opened {received.entry_id}"),
            by=door.actor.key,
            status=options.status or "closed",
            tags=options.tags,
            channel="email",
            inbox=None,
            settings=settings,
        )

    held = door.create(make, summary=f"an old mail by {sent.by}", files=lambda _: files)
    return Ingested("created", held.ticket.id, 1)
