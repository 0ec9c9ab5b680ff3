"""`desk reply`: a public answer. Decided here, recorded and queued by `posting`, sent by `outbox`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from helpdesk_cli.desk.chance import draw_id
from helpdesk_cli.desk.letters import compose, inbox_of, name_of, subject_for, ties_of
from helpdesk_cli.desk.posting import post
from helpdesk_cli.desk.record import LARGEST_TICKET, find_path, open_door
from helpdesk_cli.desk.show import path_of, split_message
from helpdesk_cli.desk.since import CollisionError, came_since
from helpdesk_cli.errors import CancelledError, ConflictError, NotFoundError, UsageError
from helpdesk_cli.mail.circle import FORWARD, Circle, circle_of, is_forward
from helpdesk_cli.mail.own import OwnAddresses
from helpdesk_cli.mail.recipients import check_address
from helpdesk_cli.storage.folder import read_file
from helpdesk_cli.storage.settings import find_word
from helpdesk_cli.storage.ticket_file import read_ticket_file
from helpdesk_cli.tickets.changes import set_field
from helpdesk_cli.tickets.entries import Message
from helpdesk_cli.tickets.person import Person
from helpdesk_cli.values import dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from helpdesk_cli.desk.actor import Actor
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.posting import Posted
    from helpdesk_cli.desk.record import Door, Recorded
    from helpdesk_cli.mail.letter import File
    from helpdesk_cli.storage.index import Index
    from helpdesk_cli.storage.settings import Settings
    from helpdesk_cli.tickets.changes import Change
    from helpdesk_cli.tickets.entries import Entry
    from helpdesk_cli.tickets.ticket import Ticket

SIGNATURE_MARK = "-- "


@dataclass(frozen=True, slots=True)
class Plan:
    """A reply or forward as it begins: `answered` is the message meant, `circle` who gets it unasked."""

    ticket: Ticket
    path: str
    answered: Message | None
    from_: Person
    circle: Circle
    subject: str
    kind: Literal["reply", "forward"] = "reply"


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


def plan_reply(desk: Desk, word: str, *, actor: Actor, index: Index | None = None) -> Plan:
    """The answer to a ticket (`42`: to the last message) or to one of its messages (`42.3`).

    `index` is one that is open already, for many tickets. Raises UsageError for a ticket that is not
    answered (merged, spam), and where the desk has no address or the agent no name.
    """
    path, ticket = read_ticket(desk, split_message(word)[0], index=index)
    check_may_answer(ticket)
    answered = _answered(ticket, split_message(word)[1])
    return Plan(
        ticket,
        path,
        answered,
        sender_of(desk, ticket, actor),
        circle_of(ticket, answered, own=own_of(desk), agents=agent_addresses(desk.settings)),
        subject_for(ticket),
    )


def read_ticket(desk: Desk, word: str, *, index: Index | None = None) -> tuple[str, Ticket]:
    """(path from the desk's root, the ticket) that `word` names. Raises NotFoundError, InvalidFileError."""
    path = path_of(desk, word) if index is None else find_path(desk, index, word)
    data, _ = read_file(desk.path(path), within=desk.layout.root, limit=LARGEST_TICKET)
    return path, read_ticket_file(data, place=path).ticket


def plan_forward(desk: Desk, word: str, *, actor: Actor) -> Plan:
    """A message of a ticket for a third party, who has no part in it. Raises as `plan_reply` does."""
    plan = plan_reply(desk, word, actor=actor)
    if plan.answered is None:
        raise NotFoundError("there is no message to forward", plan.ticket.id)
    subject = plan.subject.removeprefix("Re: ")
    return replace(plan, kind="forward", circle=Circle(), subject=f"Fwd: {subject}")


def plan_again(desk: Desk, plan: Plan, entry: str, *, actor: Actor) -> Plan:
    """The plan for the message of that id, where it is still there: what a draft was begun for."""
    number = next((count for count, each in plan.ticket.numbered if each.id == entry), 0)
    if not number or (plan.answered is not None and plan.answered.id == entry):
        return plan
    make = plan_reply if plan.kind == "reply" else plan_forward
    return make(desk, f"{plan.ticket.number}.{number}", actor=actor)


def sender_of(desk: Desk, ticket: Ticket, actor: Actor) -> Person:
    """Who the answer is from: the agent's name at the inbox the ticket came to. Raises UsageError."""
    agent = desk.settings.agent(actor.key)
    if agent is None:
        raise NotFoundError(f'"{actor.key}" is no agent of this desk', "desk.yaml", "Add it under `agents:`.")
    return Person(name_of(agent), inbox_of(desk, ticket).address)


def tagged(plan: Plan, subject: str) -> str:
    """The subject with the ticket's tag in it, by which an answer that lost all else still finds home."""
    if f"[{plan.ticket.id}]" in subject:
        return subject
    if plan.kind == "forward":
        return f"Fwd: [{plan.ticket.id}] {subject.removeprefix('Fwd:').strip()}"
    return subject_for(plan.ticket, subject)


def recipients(
    plan: Plan, *, to: Sequence[Person] = (), cc: Sequence[Person] = (), only: bool = False
) -> tuple[tuple[Person, ...], tuple[Person, ...]]:
    """(To, Cc): those of the circle and the further ones; `only` the further ones, or only the requester."""
    circle = plan.circle
    if only:
        first, second = tuple(to) or (() if cc else circle.to), tuple(cc)
    else:
        first, second = (*circle.to, *to), (*circle.cc, *cc)
    in_to = {person.key: person for person in reversed(first)}
    in_cc = {person.key: person for person in reversed(second) if person.key not in in_to}
    return tuple(reversed(in_to.values())), tuple(reversed(in_cc.values()))


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


def check_text(text: str, *, place: str) -> str:
    """The text as it is. Raises UsageError where bytes in it were no UTF-8: nobody knows what they meant."""
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        if "\ufffd" in line or any("\ud800" <= char <= "\udfff" for char in line):
            raise UsageError(f"line {number} is not UTF-8", place, "Save it as UTF-8, or write it anew.")
    return text


def check_status(desk: Desk, said: str) -> str:
    """The declared status of that name or alias. Raises UsageError, also for what no answer leads to."""
    name = find_word(desk.settings, "status", said)
    if name in {"merged", "spam"}:
        raise UsageError(f'"{name}" is no status after an answer')
    return name


def check_may_answer(ticket: Ticket) -> None:
    """Raises UsageError where an answer would go to the wrong person, or to a spammer."""
    if ticket.merged_into or ticket.status == "merged":
        into = ticket.merged_into or "another ticket"
        raise UsageError(
            f"was merged into {into}: answers are written there",
            ticket.id,
            f"`desk reply {ticket.merged_into}`." if ticket.merged_into else "",
        )
    if ticket.status == "spam":
        raise UsageError(
            "is spam: an answer would tell its sender that somebody reads this address",
            ticket.id,
            f"If it is none: `desk status {ticket.number} open` first.",
        )


def signed(text: str, signature: str) -> str:
    """The text with the agent's signature below it, unless it has one or there is none."""
    if not signature or SIGNATURE_MARK in text.split("\n") or signature.strip() in text:
        return text
    return f"{text.rstrip()}\n\n{SIGNATURE_MARK}\n{signature.strip()}\n"


def clean_body(text: str) -> str:
    """Typed text with LF line ends, no blank lines around it and no blanks at line ends; "" for none.

    The blank of `-- ` stays, by which mail programs know a signature (RFC 3676 section 4.3).
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    kept = (line if line == SIGNATURE_MARK else line.rstrip() for line in lines)
    body = "\n".join(kept).strip("\n")
    return f"{body}\n" if body else ""


def said_in(text: str) -> str:
    """What the text says above its signature."""
    lines = clean_body(text).split("\n")
    end = lines.index(SIGNATURE_MARK) if SIGNATURE_MARK in lines else len(lines)
    return "\n".join(lines[:end]).strip()


def new_answer_id(plan: Plan, actor: Actor) -> str:
    """The id for the message of an answer."""
    return draw_id(plan.ticket.uid, "message", actor.key)


def all_seen(ticket: Ticket) -> frozenset[str]:
    """The ids of the ticket's entries: whoever looks at it now has seen these."""
    return frozenset(entry.id for entry in ticket.entries)


def news_of(desk: Desk, plan: Plan, seen: Collection[str], *, actor: Actor) -> tuple[Entry, ...]:
    """What came to the ticket since, as its file says now."""
    return came_since(read_ticket(desk, plan.ticket.uid)[1], seen, actor=actor.key)


def own_of(desk: Desk) -> OwnAddresses:
    """The desk's own addresses."""
    return OwnAddresses(desk.settings.own_addresses)


def agent_addresses(settings: Settings) -> frozenset[str]:
    """The agents' addresses, case-folded."""
    return frozenset(agent.email.casefold() for agent in settings.agents if agent.email)


def _numbered(ticket: Ticket, message: Message | None) -> str:
    """`42.3`."""
    number = next((count for count, entry in ticket.numbered if entry is message or entry == message), 0)
    return f"{ticket.number}.{number}"


def _answered(ticket: Ticket, number: int | None) -> Message | None:
    """The message of that number; without one the requester's last, else the last that came in."""
    if number is not None:
        found = next((entry for count, entry in ticket.numbered if count == number), None)
        if not isinstance(found, Message):
            hint = f"`desk show {ticket.number}` has the numbers."
            raise NotFoundError(f"there is no message {number} in it", ticket.id, hint)
        return found
    incoming = [
        each for each in ticket.messages if each.direction == "in" and not each.automatic and not each.spam
    ]
    from_requester = [each for each in incoming if each.from_.key == ticket.requester.key]
    return next(reversed(from_requester or incoming), None)


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
