"""`desk ack explain`: which rule decides whether a mail is acknowledged, of a ticket or in a file."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from helpdesk_cli.desk.acknowledge import NEUTRAL, PERSONAL, name_of, template_for
from helpdesk_cli.desk.acquaintance import Acquaintance
from helpdesk_cli.desk.actor import desk_actor
from helpdesk_cli.desk.automatic_counts import read_counts
from helpdesk_cli.desk.automatic_mail import ACKNOWLEDGEMENT, Refusal, refuse_acknowledgement, refuse_mail
from helpdesk_cli.desk.filing import answerable_of, requester_of
from helpdesk_cli.desk.indexing import open_index
from helpdesk_cli.desk.ingest import take_in
from helpdesk_cli.desk.letters import is_server
from helpdesk_cli.desk.outbox import why_held
from helpdesk_cli.desk.outcome import Options
from helpdesk_cli.desk.reading import circumstances_of, read_safely
from helpdesk_cli.desk.record import open_door
from helpdesk_cli.desk.show import show
from helpdesk_cli.errors import DeskError, NotFoundError
from helpdesk_cli.mail.answerable_words import ROWS
from helpdesk_cli.storage.keys import read_key
from helpdesk_cli.tickets.entries import Message
from helpdesk_cli.tickets.person import NOBODY
from helpdesk_cli.tickets.ticket import Ticket
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.mail.received import Envelope, Received

_ASKED_OF_THE_MAIL = tuple(row for row in ROWS if row not in {"A15", "A16"})


@dataclass(frozen=True, slots=True)
class Explained:
    """What decides. `decision`: yes, no or sent; `rule` and `why`: what forbids, "" for yes.

    `rows`: rule -> whether it forbids; None where that is not known any more. `text`: personal, neutral,
    or "". `ticket` is "" for a mail in a file; `held`: why nothing leaves at present.
    """

    ticket: str
    decision: str
    rule: str
    why: str
    rows: tuple[tuple[str, bool | None], ...]
    text: str = ""
    held: str = ""


def explain_ticket(desk: Desk, word: str) -> Explained:
    """What decides for the mail that opened the ticket. Raises NotFoundError where no mail did."""
    ticket = show(desk, word).ticket
    message = next((each for each in ticket.messages if each.direction == "in" and not each.by), None)
    if message is None:
        raise NotFoundError(f"no mail came to {ticket.id}, so there is nothing to acknowledge")
    sent = next((each for each in ticket.messages if each.automatic == ACKNOWLEDGEMENT), None)
    rows = _rows_told(message)
    if sent is not None:
        return Explained(ticket.id, "sent", "", "it was acknowledged", rows)
    refusal = refuse_mail(message) or _noted(desk, message) or refuse_acknowledgement(desk, ticket, message)
    return _decided(desk, ticket, message, refusal, dict(rows))


def explain_mail(desk: Desk, data: bytes, envelope: Envelope) -> Explained:
    """What would decide for this mail if it came in now; nothing is written."""
    options = Options(envelope, live=True)
    received = read_safely(data, envelope, circumstances_of(desk))
    message, ticket = _as_filed(desk, received, options)
    forbid = set(received.kind.reasons)
    rows: dict[str, bool | None] = {row: row in forbid for row in _ASKED_OF_THE_MAIL}
    joins = _joins(desk, received, options, sha256(data).hexdigest())
    rows["A14"] = rows["A14"] or bool(joins) or message.answerable == "late"
    refusal = refuse_mail(message)
    if refusal is None and joins:
        refusal = Refusal("A14", joins)
    refusal = refusal or refuse_acknowledgement(desk, ticket, message)
    return _decided(desk, ticket, message, refusal, rows, is_file=True)


def _decided(
    desk: Desk,
    ticket: Ticket,
    message: Message,
    refusal: Refusal | None,
    rows: dict[str, bool | None],
    *,
    is_file: bool = False,
) -> Explained:
    counted = _counted(desk, message)
    rows["A15"] = desk.settings.automatic_mail != "on" or (counted is not None and counted.rule == "A15")
    rows["A16"] = counted is not None and counted.rule == "A16"
    if refusal is not None and refusal.rule in rows:
        rows[refusal.rule] = True
    refusal = refusal or counted
    text = ""
    if refusal is None:
        index = open_index(desk, full=False)
        try:
            name = template_for(message, Acquaintance(desk, index))
        finally:
            index.close()
        text = {PERSONAL: "personal", NEUTRAL: "neutral"}[name]
    return Explained(
        "" if is_file else ticket.id,
        "no" if refusal else "yes",
        refusal.rule if refusal else "",
        refusal.why if refusal else "",
        tuple((row, rows.get(row)) for row in ROWS),
        text,
        why_held(desk) if refusal is None else "",
    )


def _noted(desk: Desk, message: Message) -> Refusal | None:
    """What refused it when it was to be written, where that is remembered."""
    try:
        why = read_counts(desk).why_refused(name_of(message))
    except (DeskError, OSError):
        return None
    return Refusal("A15", why) if why else None


def _counted(desk: Desk, message: Message) -> Refusal | None:
    """A15 and A16: what went before, and whether that can be known at all."""
    if not read_key(desk.layout).secret and is_server(desk):
        return Refusal("A16", "the desk has no key to sign with; `desk init` makes one")
    try:
        why = read_counts(desk).refusal(message.from_.email, message.subject, name=name_of(message))
    except (DeskError, OSError) as error:
        return Refusal("A16", str(error))
    return Refusal("A15", why) if why else None


def _rows_told(message: Message) -> tuple[tuple[str, bool | None], ...]:
    """What the message's own word tells of each rule: those before the one that decided did not forbid."""
    refusal = refuse_mail(message)
    if refusal is None:
        return tuple((row, False if row in _ASKED_OF_THE_MAIL else None) for row in ROWS)
    if refusal.rule not in _ASKED_OF_THE_MAIL or refusal.rule == "A14":
        return tuple((row, True if row == refusal.rule else None) for row in ROWS)
    at = _ASKED_OF_THE_MAIL.index(refusal.rule)
    told = dict.fromkeys(_ASKED_OF_THE_MAIL[:at], False) | {refusal.rule: True}
    return tuple((row, told.get(row)) for row in ROWS)


def _as_filed(desk: Desk, received: Received, options: Options) -> tuple[Message, Ticket]:
    """The message and the ticket that the mail would be, as far as the decision looks at them."""
    message = Message(
        id=received.entry_id,
        at=desk.now,
        from_=received.mail.from_[0] if received.mail.from_ else NOBODY,
        subject=received.mail.subject,
        message_id=received.message_id,
        authenticated=received.authenticated,
        answerable=answerable_of(received, now=desk.now, live=options.live),
    )
    status = "spam" if received.kind.spam else "new"
    requester = requester_of(received, desk.settings)
    name = f"{desk.settings.prefix}-0"
    return message, Ticket(
        name, received.entry_id, desk.now, status=status, requester=requester, entries=(message,)
    )


def _joins(desk: Desk, received: Received, options: Options, digest: str) -> str:
    """Why the mail would open no new ticket; "" where it would."""
    with open_door(desk, desk_actor(desk), dry_run=True) as door:
        done = take_in(door, received, options, digest=digest, around=circumstances_of(desk))
    return {
        "appended": f"it belongs to {done.ticket}",
        "duplicate": f"it is in {done.ticket} already",
        "deferred": f"it could not be filed: {done.why}",
    }.get(done.outcome, "")
