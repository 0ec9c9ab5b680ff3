"""How an answer begins: which message it answers, who it is from, who gets it, how it is called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from helpdesk_cli.desk.letters import inbox_of, name_of, subject_for
from helpdesk_cli.desk.record import LARGEST_TICKET, find_path
from helpdesk_cli.desk.show import path_of, split_message
from helpdesk_cli.errors import NotFoundError, UsageError
from helpdesk_cli.mail.circle import Circle, circle_of
from helpdesk_cli.mail.own import OwnAddresses
from helpdesk_cli.storage.folder import read_file
from helpdesk_cli.storage.ticket_file import read_ticket_file
from helpdesk_cli.tickets.entries import Message
from helpdesk_cli.tickets.person import Person
from helpdesk_cli.values import dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from helpdesk_cli.desk.actor import Actor
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.storage.index import Index
    from helpdesk_cli.storage.settings import Settings
    from helpdesk_cli.tickets.ticket import Ticket


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


def read_ticket(desk: Desk, word: str, *, index: Index | None = None) -> tuple[str, Ticket]:
    """(path from the desk's root, the ticket) that `word` names. Raises NotFoundError, InvalidFileError."""
    path = path_of(desk, word) if index is None else find_path(desk, index, word)
    data, _ = read_file(desk.path(path), within=desk.layout.root, limit=LARGEST_TICKET)
    return path, read_ticket_file(data, place=path).ticket


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


def check_may_answer(ticket: Ticket) -> None:
    """Raises UsageError where an answer would go to the wrong person, or to a spammer."""
    if ticket.merged_into or ticket.status == "merged":
        into = ticket.merged_into or "another ticket"
        raise UsageError(
            f"was merged into {into}: answers are written there",
            ticket.id,
            f"`desk reply {ticket.merged_into}`, or first take it out again: `desk unmerge {ticket.number}`."
            if ticket.merged_into
            else "",
        )
    if ticket.status == "spam":
        raise UsageError(
            "is spam: an answer would tell its sender that somebody reads this address",
            ticket.id,
            f"If it is none: `desk status {ticket.number} open` first.",
        )


def own_of(desk: Desk) -> OwnAddresses:
    """The desk's own addresses."""
    return OwnAddresses(desk.settings.own_addresses)


def agent_addresses(settings: Settings) -> frozenset[str]:
    """The agents' addresses, case-folded."""
    return frozenset(agent.email.casefold() for agent in settings.agents if agent.email)


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
