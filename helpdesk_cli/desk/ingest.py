"""Mail goes in, tickets come out. Durable first, understood second, committed third; nothing is lost.

The order of RELIABILITY G1: the original is on the disk, then it is read in a limited child, then
under the lock the ticket file is written; git and index follow and never undo it. A mail that
cannot be parsed becomes an unparsed message, one whose ticket file is broken waits beside it, and
one that meets a fault of ours is set aside: `desk ingest --retry` takes up both.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from helpdesk_cli.desk.actor import desk_actor
from helpdesk_cli.desk.filing import (
    answerable_of,
    bounced,
    file_message,
    follow_up,
    inbox_of,
    is_full,
    is_long_closed,
    message_time,
    open_ticket,
    requester_of,
)
from helpdesk_cli.desk.known import duplicate, find_known, same_message
from helpdesk_cli.desk.lookup import BrokenTicketError, TicketLookup
from helpdesk_cli.desk.outcome import Ingested, Options
from helpdesk_cli.desk.reading import Reading, circumstances_of
from helpdesk_cli.desk.record import open_door
from helpdesk_cli.desk.rules_hook import CREATED, REPLIED, MailRules
from helpdesk_cli.errors import DeskError, TryAgainError, where
from helpdesk_cli.mail.identity import ticket_uid
from helpdesk_cli.mail.received import Envelope
from helpdesk_cli.mail.threading import Decision, decide
from helpdesk_cli.storage import large, raw, records, waiting
from helpdesk_cli.storage.layout import prepare
from helpdesk_cli.storage.space import require_space
from helpdesk_cli.tickets.changes import EntryAdded
from helpdesk_cli.tickets.person import NOBODY
from helpdesk_cli.tickets.times import next_time, read_time

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from helpdesk_cli.desk.agent_mail import Ordinary
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.record import Door, Held
    from helpdesk_cli.desk.rules_mail import Joined
    from helpdesk_cli.mail.own import OwnAddresses
    from helpdesk_cli.mail.received import Circumstances, Received
    from helpdesk_cli.storage.settings import Settings
    from helpdesk_cli.tickets.changes import Change, FieldChange
    from helpdesk_cli.tickets.ticket import Ticket


def ingest(desk: Desk, data: bytes, options: Options, *, reading: Reading | None = None) -> Ingested:
    """Take in one mail; durable when this returns. Raises TryAgainError when it could not be kept.

    `reading` is this mail's, where the caller has started it already.
    """
    around = circumstances_of(desk)
    reading = reading or Reading(data, options.envelope, around)
    prepare(desk.layout)
    require_space(desk.layout.state, len(data), floor=desk.settings.free_space)
    digest = raw.keep(desk.layout.state, data)
    received = reading.result()

    def file() -> Ingested:
        with open_door(desk, desk_actor(desk)) as door:
            return take_in(door, received, options, digest=digest, around=around)

    return file_safely(desk, digest, options, file)


def file_safely(desk: Desk, digest: str, options: Options, file: Callable[[], Ingested]) -> Ingested:
    """What `file` answers; a mail that it cannot file is set aside: kept, visible, and not asked for again.

    Raises what passes by itself: TryAgainError, OSError, MemoryError. The mail server tries again.
    """
    try:
        return file()
    except (TryAgainError, OSError, MemoryError):
        raise
    except (DeskError, BrokenTicketError) as error:
        return set_aside(desk, digest, options, why=str(error))
    except Exception as error:  # noqa: BLE001 - a mistake in our own code costs a mail its ticket for now, never the mail
        return set_aside(desk, digest, options, why=f"{type(error).__name__} {where(error)}")


def take_in(
    door: Door, received: Received, options: Options, *, digest: str, around: Circumstances
) -> Ingested:
    """File a mail that was read, under the lock. A mail for a broken ticket waits beside it."""
    lookup = TicketLookup(door, around.own)
    if settled := _settled(door, lookup, received, options, digest=digest, own=around.own):
        return settled
    try:
        same = same_message(lookup, received)
        decision = (
            Decision(same.ticket.uid, "new") if same else _decide(door, lookup, received, options, around)
        )
    except BrokenTicketError as error:
        if not door.dry_run:
            waiting.put(
                door.desk.layout, error.path, digest, {"why": error.problem, **_remember(door.desk, options)}
            )
        return Ingested("deferred", why=error.problem)
    held = same or (lookup.read.get(decision.join) if decision.join else None)
    if held and any(entry.id == received.entry_id for entry in held.ticket.entries):
        # The index did not say so: the file was mended in its place a moment ago.
        number = next((n for n, entry in held.ticket.numbered if entry.id == received.entry_id), 0)
        return duplicate(door, held, number)
    by_agent = _from_agent(door, held, received, options, digest=digest) if held and not same else None
    if isinstance(by_agent, Ingested):
        return by_agent
    at = options.came_at or message_time(received, now=door.desk.now, live=options.live)
    is_over = held and is_long_closed(held.ticket, at=at, settings=door.desk.settings)
    if held and is_over and _rated(door, held.ticket, received, options, otherwise=[]) is not None:
        # An answer to our question is about this ticket, however long it has been closed.
        is_over = False
    if held and (is_over or is_full(held.file)):
        decision = Decision(possible_parent=held.ticket.number)
        held = None
    if held is None:
        return _open(door, received, options, own=around.own, digest=digest, at=at, decision=decision)
    threaded_by = "same-message-id" if same else decision.threaded_by
    flags = ["other content under a known message-id"] if same else []
    flags += ["joined by subject only"] if decision.flagged else []
    flags += by_agent.flags if by_agent else ()
    return _append(
        door,
        held,
        received,
        options,
        own=around.own,
        digest=digest,
        at=at,
        threaded_by=threaded_by,
        flags=flags,
        facts=by_agent.facts if by_agent else (),
        rules=MailRules.of(door, received, options),
    )


def _settled(
    door: Door, lookup: TicketLookup, received: Received, options: Options, *, digest: str, own: OwnAddresses
) -> Ingested | None:
    """The answer for a mail that is here already, or that we sent ourselves; None for any other."""
    known = find_known(door, lookup, received, options, digest=digest)
    if known or not options.knows_own:
        return known
    # Old mailboxes are seldom taken over.
    own_mail = importlib.import_module("helpdesk_cli.desk.own_mail")
    sent: Ingested | None = own_mail.take(door, lookup, received, options, digest=digest, own=own)
    return sent


def _from_agent(
    door: Door, held: Held, received: Received, options: Options, *, digest: str
) -> Ingested | Ordinary | None:
    """What became of a mail that bears an agent's address, proven or not; None for anybody else's."""
    senders = received.mail.from_
    agent = door.desk.settings.agent_by_email(senders[0].email) if len(senders) == 1 else None
    if agent is None:
        return None
    # Brings with it what it takes to answer; customers' mail does not wait for that.
    agent_mail = importlib.import_module("helpdesk_cli.desk.agent_mail")
    found: Ingested | Ordinary = agent_mail.take(door, held, received, options, agent=agent, digest=digest)
    return found


def set_aside(desk: Desk, digest: str, options: Options, *, why: str) -> Ingested:
    """Remember a mail that no ticket could be made of; its original is durable already."""
    aside = records.set_aside(desk.layout)
    known = aside.peek(digest)
    if known is None or known.get("why") != why:
        aside.put(digest, {"why": why, **_remember(desk, options)})
    return Ingested("deferred", why=why)


def recall(record: dict[str, object]) -> Options:
    """The options that a set-aside or waiting record remembers. A retry never acts as live mail."""
    recipients = record.get("recipients")
    tags = record.get("tags")
    sender = record.get("sender")
    envelope = Envelope(
        str(sender) if isinstance(sender, str) else None,
        tuple(map(str, recipients)) if isinstance(recipients, list) else (),
    )
    return Options(
        envelope,
        live=False,
        came_at=_moment(str(record.get("at", ""))) if record.get("live") else None,
        status=str(record.get("status", "")),
        tags=tuple(map(str, tags)) if isinstance(tags, list) else (),
    )


def _moment(text: str) -> datetime | None:
    try:
        return read_time(text)
    except ValueError:
        return None


def _remember(desk: Desk, options: Options) -> dict[str, object]:
    return {
        "at": desk.now.isoformat(),
        "live": options.live,
        "sender": options.envelope.sender,
        "recipients": list(options.envelope.recipients),
        "status": options.status,
        "tags": list(options.tags),
    }


def _decide(
    door: Door, lookup: TicketLookup, received: Received, options: Options, around: Circumstances
) -> Decision:
    bounce = received.kind.bounce
    return decide(
        received.mail,
        lookup,
        own=around.own,
        prefix=door.desk.settings.prefix,
        recipients=options.envelope.recipients,
        returned_ids=bounce.original_message_ids if bounce else (),
    )


def _open(
    door: Door,
    received: Received,
    options: Options,
    *,
    own: OwnAddresses,
    digest: str,
    at: datetime,
    decision: Decision,
) -> Ingested:
    desk = door.desk
    settings = desk.settings
    inbox = inbox_of(received, options.envelope, settings)
    parent = f"{settings.prefix}-{decision.possible_parent}" if decision.possible_parent else ""
    status = options.status or ("spam" if received.kind.spam else "new")
    filed_files: list[tuple[str, bytes]] = []
    event_id = _event_id(received)
    rules = MailRules.of(door, received, options)

    def make(ticket_id: str) -> Ticket:
        filed_files.clear()
        filed = file_message(
            received,
            ticket_id=ticket_id,
            folder=f"tickets/{at.year:04d}/{at.month:02d}",
            at=next_time(at, None),
            threaded_by=decision.threaded_by,
            inbox=inbox.name if inbox else "",
            raw_sha256=digest,
            settings=settings,
            answerable=answerable_of(received, now=desk.now, live=options.live, came_at=options.came_at),
            flags=[f"possible parent {parent}"] if parent else [],
            headers=rules.found.headers,
            recipients=rules.recipients,
        )
        filed_files.extend(filed.files)
        _keep_large(door, filed.large)
        return open_ticket(
            filed.message,
            at=filed.message.at,
            ticket_id=ticket_id,
            uid=ticket_uid(received.entry_id),
            subject=received.mail.subject,
            requester=requester_of(received, settings),
            event_id=event_id,
            by=door.actor.key,
            status=status,
            tags=options.tags,
            channel="email",
            inbox=inbox,
            settings=settings,
        )

    joined = rules.find_alert(make)
    if joined is not None and not is_full(joined.held.file):
        return _append(
            door,
            joined.held,
            received,
            options,
            own=own,
            digest=digest,
            at=at,
            threaded_by="alert",
            flags=[],
            facts=(),
            rules=rules,
            joined=joined,
        )
    summary = _summary(received, settings=settings)
    held = rules.around(CREATED, lambda: door.create(make, summary=summary, files=lambda _: filed_files))
    return Ingested("unparsed" if received.unparsed else "created", held.ticket.id, 1)


def _append(
    door: Door,
    held: Held,
    received: Received,
    options: Options,
    *,
    own: OwnAddresses,
    digest: str,
    at: datetime,
    threaded_by: str,
    flags: list[str],
    facts: tuple[tuple[str, str], ...],
    rules: MailRules,
    joined: Joined | None = None,
) -> Ingested:
    settings = door.desk.settings
    ticket = held.ticket
    inbox = inbox_of(received, options.envelope, settings)
    moment = next_time(at, ticket.last_at) if options.live else next_time(at, None)
    filed = file_message(
        received,
        ticket_id=ticket.id,
        folder=held.path.rpartition("/")[0],
        at=moment,
        threaded_by=threaded_by,
        inbox=inbox.name if inbox else "",
        raw_sha256=digest,
        settings=settings,
        answerable=answerable_of(received, now=door.desk.now, live=options.live, came_at=options.came_at),
        flags=flags,
        headers=rules.found.headers,
        recipients=rules.recipients,
    )
    _keep_large(door, filed.large)
    changes: list[Change] = [EntryAdded(filed.message)]
    further, told = follow_up(ticket, received, settings=settings)
    if received.kind.bounce:
        further, told = bounced(ticket, received, options.envelope, own=own, settings=settings)
    if options.status or (not options.live and _is_past(ticket, moment)):
        # An import tells what was; it moves nothing that has moved on since (DECISIONS 19).
        further, told = [], tuple(fact for fact in told if fact[0] == "delivery")
    rated = _rated(door, ticket, received, options, otherwise=further)
    further, told = rated or (further, told)
    changes += further
    summary = f"{ticket.id}: {_summary(received, ticket=ticket, changes=further, settings=settings)}"
    after = rules.around(
        REPLIED,
        lambda: door.change(held, changes, summary=summary, facts=(*told, *facts), files=filed.files),
        joined=joined,
    )
    number = next((n for n, entry in after.ticket.numbered if entry.id == filed.message.id), 0)
    return Ingested("unparsed" if received.unparsed else "appended", ticket.id, number)


def _rated(
    door: Door, ticket: Ticket, received: Received, options: Options, *, otherwise: list[FieldChange]
) -> tuple[list[FieldChange], tuple[tuple[str, str], ...]] | None:
    """What an answer to our question how it went changes, with its facts; None for any other mail."""
    if not any(message.automatic == "csat" for message in ticket.messages):
        return None
    if not (options.live or options.came_at):
        return None
    # Few mails come here.
    answers = importlib.import_module("helpdesk_cli.desk.csat_answers")
    found: tuple[list[FieldChange], tuple[tuple[str, str], ...]] | None = answers.take_answer(
        door, ticket, received, otherwise=otherwise
    )
    return found


def _is_past(ticket: Ticket, moment: datetime) -> bool:
    """Whether the ticket's state was set after that moment."""
    changes = [
        event.at for event in ticket.events if any(change.field == "status" for change in event.changes)
    ]
    return bool(changes) and moment < max(changes)


def _keep_large(door: Door, contents: tuple[bytes, ...]) -> None:
    if not door.dry_run:
        for content in contents:
            large.keep(door.desk.layout, content)


def _event_id(received: Received) -> str:
    """The opening event has an id of its own mail, so that two clones that take it in write one event."""
    return ticket_uid(f"opened {received.entry_id}")


def _summary(
    received: Received,
    *,
    settings: Settings,
    ticket: Ticket | None = None,
    changes: Sequence[FieldChange] = (),
) -> str:
    """What git's log says of the mail: who wrote in which role, never their words."""
    kind = received.kind
    reopens = any(change.field == "status" for change in changes)
    if kind.automatic:
        what = {"auto-reply": "an automatic reply", "bounce": "a bounce", "loop": "our own mail came back"}
        said = what.get(kind.automatic, "an automatic mail")
        return f"{said}, status {ticket.status} → open" if ticket and reopens else said
    if kind.spam:
        return "spam"
    if ticket is None:
        return "opened by a mail"
    sender = received.mail.from_[0] if received.mail.from_ else NOBODY
    agent = settings.agent_by_email(sender.email)
    role = "the requester" if sender.key == ticket.requester.key else agent.key if agent else "somebody else"
    if received.thanks and not reopens and settings.status_kind(ticket.status) == "done":
        return f"thanks from {role}"
    return f"mail from {role}, status {ticket.status} → open" if reopens else f"mail from {role}"
