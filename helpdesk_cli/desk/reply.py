"""`desk reply` and `desk forward`: decided here, recorded and queued by `posting`, sent by `outbox`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.desk.chance import draw_id
from helpdesk_cli.desk.letters import compose, ties_of
from helpdesk_cli.desk.posting import post
from helpdesk_cli.desk.record import open_door
from helpdesk_cli.desk.reply_body import clean_body, said_in
from helpdesk_cli.desk.reply_plan import check_may_answer, own_of, read_ticket
from helpdesk_cli.desk.since import CollisionError, came_since
from helpdesk_cli.errors import CancelledError, ConflictError, UsageError
from helpdesk_cli.mail.circle import FORWARD, is_forward
from helpdesk_cli.mail.recipients import check_address
from helpdesk_cli.storage.settings import find_word
from helpdesk_cli.tickets.changes import set_field
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Collection

    from helpdesk_cli.desk.actor import Actor
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.posting import Posted
    from helpdesk_cli.desk.record import Door, Recorded
    from helpdesk_cli.desk.reply_plan import Plan
    from helpdesk_cli.mail.letter import File
    from helpdesk_cli.tickets.changes import Change
    from helpdesk_cli.tickets.entries import Entry, Message
    from helpdesk_cli.tickets.person import Person
    from helpdesk_cli.tickets.ticket import Ticket


@dataclass(frozen=True, slots=True)
class Answer:
    """What is to be sent. `status` "" is the usual one; `spent` seconds; `used` templates and articles.

    `entry` is the id that the message will have: who sends one draft twice sends it once.
    """

    to: tuple[Person, ...]
    cc: tuple[Person, ...]
    subject: str
    text: str
    entry: str
    files: tuple[File, ...] = ()
    status: str = ""
    spent: int = 0
    used: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Audience:
    """Of an answer's recipients: who is new to this ticket's mail, and who gets none though they used to."""

    new: tuple[Person, ...]
    dropped: tuple[Person, ...]


def check_answer(desk: Desk, plan: Plan, answer: Answer) -> Audience:
    """Who is new, who is dropped. Raises UsageError for what cannot be sent, CancelledError for no text."""
    ticket = plan.ticket
    everyone = (*answer.to, *answer.cc)
    if not answer.to:
        raise (
            _nobody(desk, plan)
            if not everyone
            else UsageError("nobody is in To", ticket.id, "Name somebody in To.")
        )
    own = own_of(desk)
    for person in everyone:
        check_address(person.email)
        if own.has(person.email):
            raise UsageError(
                f"{person.email} is this desk's own address: the answer would come back as a request",
                ticket.id,
                "Take it out.",
            )
    if not said_in(answer.text):
        raise CancelledError("the text is empty", ticket.id, "Nothing was sent.")
    if answer.status:
        check_status(desk, answer.status)
    keys = {person.key for person in everyone}
    circle = plan.circle
    return Audience(
        tuple(person for person in everyone if person.key not in circle.known),
        tuple(person for person in (*circle.to, *circle.cc) if person.key not in keys),
    )


def send_reply(
    desk: Desk,
    plan: Plan,
    answer: Answer,
    *,
    actor: Actor,
    seen: Collection[str],
    anyway: bool = False,
    takes: bool = True,
    dry_run: bool = False,
) -> tuple[Posted, Recorded]:
    """Record the answer and queue its mail. Nothing is transmitted here.

    Raises CollisionError (nothing was written) where something came that is not among the entries `seen`,
    unless `anyway`. `takes`: what is nobody's becomes the answering agent's.
    """
    with open_door(desk, actor, dry_run=dry_run) as door:
        posted = post_reply(door, plan, answer, seen=seen, anyway=anyway, takes=takes)
        return posted, door.recorded[-1]


def post_reply(
    door: Door,
    plan: Plan,
    answer: Answer,
    *,
    seen: Collection[str],
    anyway: bool = False,
    takes: bool = True,
    sends: bool | None = None,
) -> Posted:
    """`send_reply` through a door that is open; raises as it does. `sends`: see `ties_of`."""
    held = door.hold(plan.ticket.uid)
    ticket = held.ticket
    check_may_answer(ticket)
    if any(entry.id == answer.entry for entry in ticket.entries):
        hint = f"`desk show {ticket.number}` says what became of it."
        raise ConflictError("this answer is in the ticket already: it is not sent twice", ticket.id, hint)
    news = came_since(ticket, seen, actor=door.actor.key)
    if news and not anyway:
        raise CollisionError(ticket, news)
    is_reply = plan.kind == "reply"
    actor = door.actor.key
    status = next_status(door.desk, ticket, answer.status, is_reply=is_reply)
    changes: list[Change] = [*set_field(ticket, "status", status)]
    if takes and is_reply and not ticket.assignee:
        changes += set_field(ticket, "assignee", actor)
    ties = ties_of(door.desk, ticket, answer.entry, sends=sends)
    letter = compose(
        door.desk,
        ticket,
        ties,
        from_name=plan.from_.name,
        to=answer.to,
        cc=answer.cc,
        subject=answer.subject,
        text=clean_body(answer.text),
        answers=_followed(ticket, plan, answer) if is_reply else None,
        files=answer.files,
    )
    told = f"{actor} replied" if is_reply else f"{actor} forwarded {_numbered(ticket, plan.answered)}"
    told += f", {status}" if status != ticket.status else ""
    carried = ((FORWARD, plan.answered.id),) if plan.answered and not is_reply else ()
    return post(
        door,
        held,
        letter,
        ties,
        entry_id=answer.entry,
        kind=plan.kind,
        summary=f"{ticket.id}: {told}",
        by=actor,
        changes=changes,
        facts=(("spent", str(answer.spent)),) if answer.spent else (),
        other=(*carried, *answer.used),
    )


def next_status(desk: Desk, ticket: Ticket, said: str, *, is_reply: bool = True) -> str:
    """The status after an answer: the one said, else what is active waits for the requester now.

    What waits or is done already stays so: an answer to a thank-you does not take a ticket up again. A
    forward changes nothing by itself.
    """
    if said:
        return check_status(desk, said)
    if not is_reply or desk.settings.status_kind(ticket.status) != "active":
        return ticket.status
    waiting = [word.name for word in desk.settings.statuses if word.kind == "waiting"]
    return "pending" if "pending" in waiting else next(iter(waiting), ticket.status)


def check_status(desk: Desk, said: str) -> str:
    """The declared status of that name or alias. Raises UsageError, also for what no answer leads to."""
    name = find_word(desk.settings, "status", said)
    if name in {"merged", "spam"}:
        raise UsageError(f'"{name}" is no status after an answer')
    return name


def new_answer_id(plan: Plan, actor: Actor) -> str:
    """The id for the message of an answer."""
    return draw_id(plan.ticket.uid, "message", actor.key)


def all_seen(ticket: Ticket) -> frozenset[str]:
    """The ids of the ticket's entries: whoever looks at it now has seen these."""
    return frozenset(entry.id for entry in ticket.entries)


def news_of(desk: Desk, plan: Plan, seen: Collection[str], *, actor: Actor) -> tuple[Entry, ...]:
    """What came to the ticket since, as its file says now."""
    return came_since(read_ticket(desk, plan.ticket.uid)[1], seen, actor=actor.key)


def _numbered(ticket: Ticket, message: Message | None) -> str:
    """`42.3`."""
    number = next((count for count, entry in ticket.numbered if entry is message or entry == message), 0)
    return f"{ticket.number}.{number}"


def _followed(ticket: Ticket, plan: Plan, answer: Answer) -> Message | None:
    """The mail that the answer follows: the answered one, else the last that its recipients have.

    What came by telephone has no id; and the id of somebody else's mail is no business of theirs.
    """
    theirs = {person.key for person in (*answer.to, *answer.cc)}
    if plan.answered and plan.answered.message_id and plan.answered.from_.key in theirs:
        return plan.answered
    mails = [each for each in ticket.messages if each.message_id and not is_forward(each)]
    incoming = [each for each in mails if each.direction == "in" and each.from_.key in theirs]
    ours = [each for each in mails if each.direction == "out" and theirs & _keys(each)]
    return next(reversed([each for each in incoming if not each.automatic] or ours), None)


def _keys(message: Message) -> set[str]:
    return {person.key for person in (*message.to, *message.cc)}


def _nobody(desk: Desk, plan: Plan) -> UsageError:
    ticket = plan.ticket
    who = f"{ticket.requester.label} has" if ticket.requester.label else "its requester is unknown and has"
    by = f" (it came by {ticket.channel})" if ticket.channel not in {"", "email"} else ""
    what, address = f"no mail address{by}", ticket.requester.email
    if own_of(desk).has(address):
        what = "an address of this desk's own"
    elif address:
        what = f"no proper mail address ({address!r})"
    return UsageError(
        f"{who} {what}: there is nobody to send an answer to",
        ticket.id,
        f"`desk set {ticket.number} requester='Ada Lovelace <ada@example.org>'`, or say --to ADDRESS.",
    )
