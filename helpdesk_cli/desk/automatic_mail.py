"""Whether the desk may write to a customer by itself: A1 to A18 and B1 to B5 of docs/automatic-mail.md.

The one place that decides. A1 to A13 were decided when the mail came in (`mail/answerable`) and stand in the
message; the rest is asked when the mail is to be written. Every rule only forbids; the first that holds
counts.
"""

from __future__ import annotations

import importlib
from datetime import timedelta
from typing import TYPE_CHECKING

from helpdesk_cli.desk.automatic_counts import domain_of
from helpdesk_cli.desk.reading import circumstances_of
from helpdesk_cli.mail.answerable_words import ROWS
from helpdesk_cli.mail.circle import is_forward
from helpdesk_cli.mail.senders import is_address, is_machine_address
from helpdesk_cli.tickets.changes import FieldSet
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.storage.settings import Settings
    from helpdesk_cli.tickets.entries import Event, Message
    from helpdesk_cli.tickets.ticket import Ticket

ACKNOWLEDGEMENT = "acknowledgement"
CSAT = "csat"
RULE_ANSWER = "rule"
# That mail was received is no news after a day, whatever kept it.
_LATEST = timedelta(days=1)
# What was resolved before that is not asked about: csat was switched on, or the server stood still.
ASKED_WITHIN = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Refusal:
    """The rule that forbids (A6, B3, or "off"), and why, in words."""

    rule: str
    why: str


def refuse_acknowledgement(desk: Desk, ticket: Ticket, message: Message) -> Refusal | None:
    """Why this message is not acknowledged, apart from what was sent before (A15, A16); None when it is."""
    return next(
        filter(
            None,
            (
                refuse_mail(message),
                _not_waiting(desk, ticket, message),
                _not_theirs(desk, ticket, message),
                _switched_off(desk, message),
            ),
        ),
        None,
    )


def refuse_mail(message: Message) -> Refusal | None:
    """What stands in the message itself: A1 to A14, A18."""
    said = message.answerable
    if message.direction == "out" or message.by or not said:
        return Refusal("A14", "it did not come in as live mail")
    if said == "yes":
        return None
    if said == "late":
        return Refusal("A14", "it was older than three days when it came in")
    return Refusal(said, ROWS.get(said, "it could not be read"))


def _not_waiting(desk: Desk, ticket: Ticket, message: Message) -> Refusal | None:
    first = next((each for each in ticket.messages if each.direction == "in"), None)
    done = desk.settings.status_kind(ticket.status) == "done"
    reasons = (
        (first is None or first.id != message.id, "it joined a ticket that was there"),
        (done, f"the ticket is {ticket.status}"),
        (any(map(is_human_reply, ticket.messages)), "somebody has answered already"),
        (desk.now - message.at > _LATEST, "it came in more than a day ago"),
    )
    return next((Refusal("A14", why) for holds, why in reasons if holds), None)


def _not_theirs(desk: Desk, ticket: Ticket, message: Message) -> Refusal | None:
    """Addresses are looked at again: settings may have changed since, and a hand may have edited the file."""
    address = message.from_.email
    if circumstances_of(desk).own.has(address):
        return Refusal("A4", "it is an address of this desk")
    if is_machine_address(address):
        return Refusal("A9", ROWS["A9"])
    if not is_address(address):
        return Refusal("A10", ROWS["A10"])
    if ticket.requester.key != message.from_.key:
        return Refusal("A18", "the ticket is not that of who sent the mail")
    return None


def _switched_off(desk: Desk, message: Message) -> Refusal | None:
    when = desk.settings.acknowledge.when
    if desk.settings.automatic_mail != "on":
        return Refusal("A15", "desk.yaml says `automatic-mail: stopped`")
    if when == "off":
        return Refusal("off", "desk.yaml says `acknowledge: when: off`")
    if when == "outside-office-hours" and _office_is_open(desk, message.at):
        return Refusal("off", "the office was open, and only mail outside of its hours is acknowledged")
    return None


def _office_is_open(desk: Desk, at: datetime) -> bool:
    # YAML and time zones are read where office hours count, and by no other command.
    sla = importlib.import_module("helpdesk_cli.desk.office")
    return bool(sla.is_office_open(desk, at))


# What concerns answers that rules want ------------------------------------------------------------


def answered_message(ticket: Ticket, entry: str) -> Message | None:
    """The mail that such an answer answers: the one that set the rule off, else the requester's last."""
    theirs = [each for each in ticket.messages if each.direction == "in"]
    named = next((each for each in theirs if each.id == entry), None)
    return named or next((each for each in reversed(theirs) if each.from_.key == ticket.requester.key), None)


def refuse_answer(desk: Desk, ticket: Ticket, message: Message | None, *, at: datetime) -> Refusal | None:
    """Why a rule that acted `at` that time answers nobody, apart from what was sent before (A15, A16)."""
    if message is None:
        return Refusal("A14", "the requester wrote no mail")
    if refusal := refuse_mail(message) or _not_theirs(desk, ticket, message):
        return refusal
    if desk.settings.automatic_mail != "on":
        return Refusal("A15", "desk.yaml says `automatic-mail: stopped`")
    if desk.settings.agent_by_email(message.from_.email) is not None:
        return Refusal("B4", "the requester is an agent")
    reasons = (
        (ticket.status in {"spam", "merged"}, f"the ticket is {ticket.status}"),
        (bounced(ticket, message.from_.key), "mail to this address came back"),
        (desk.now - at > _LATEST, "the rule wanted it more than a day ago"),
    )
    return next((Refusal("A14", why) for holds, why in reasons if holds), None)


def is_human_reply(message: Message) -> bool:
    """Whether somebody of the desk wrote it to the customer: what was forwarded to others answers nobody."""
    return message.direction == "out" and not message.automatic and not is_forward(message)


# What concerns questions how it went -------------------------------------------------------------


def refuse_question(desk: Desk, ticket: Ticket) -> Refusal | None:
    """Why nobody is asked how this ticket went: B1, B3, B4; None when they may be.

    What was asked before and who wants no questions (B2, B5) is remembered elsewhere: `csat_memory`.
    """
    if desk.settings.automatic_mail != "on":
        return Refusal("A15", "desk.yaml says `automatic-mail: stopped`")
    if desk.settings.csat.ask != "on":
        return Refusal("off", "desk.yaml says `csat: ask: off`")
    return next(
        filter(
            None,
            (_no_conversation(ticket), _not_asked_now(desk, ticket), _not_to_be_asked(desk, ticket)),
        ),
        None,
    )


def _no_conversation(ticket: Ticket) -> Refusal | None:
    """B1: between people only."""
    if ticket.channel == "test":
        return Refusal("B1", "it is a trial of this desk's own mail")
    inbound = [message for message in ticket.messages if message.direction == "in"]
    if not inbound:
        return Refusal("B1", "the requester wrote no mail")
    for message in inbound:
        if refusal := refuse_mail(message):
            return Refusal(
                "B1", f"a message may not be answered automatically ({refusal.rule}: {refusal.why})"
            )
    answered = [
        message
        for message in ticket.messages
        if is_human_reply(message)
        and ticket.requester.key in {person.key for person in (*message.to, *message.cc)}
    ]
    return None if answered else Refusal("B1", "nobody has answered the requester")


def _not_asked_now(desk: Desk, ticket: Ticket) -> Refusal | None:
    """B2 for this ticket, and B3: an agent resolved it, some time ago, and it stayed so."""
    if any(message.automatic == CSAT for message in ticket.messages):
        return Refusal("B2", "the requester was asked about this ticket")
    if ticket.status in {"spam", "merged"} or desk.settings.status_kind(ticket.status) != "done":
        return Refusal("B3", f"the ticket is {ticket.status}")
    resolved = resolution_of(ticket, desk.settings)
    if resolved is None or desk.settings.agent(resolved.by) is None:
        return Refusal("B3", "no agent resolved it")
    waited = desk.now - resolved.at
    if waited < desk.settings.csat.after:
        return Refusal("B3", "it was resolved a short time ago")
    if waited > desk.settings.csat.after + ASKED_WITHIN:
        return Refusal("B3", "it was resolved more than three days ago")
    return None


def _not_to_be_asked(desk: Desk, ticket: Ticket) -> Refusal | None:
    """B4: the person who wrote, outside of the house, whom mail reaches."""
    requester = ticket.requester
    authors = {message.from_.key for message in ticket.messages if message.direction == "in"}
    domain = domain_of(requester.email)
    internal = desk.settings.csat.internal_domains
    reasons = (
        (requester.key not in authors, "the requester wrote none of the messages"),
        (not is_address(requester.email) or is_machine_address(requester.email), "no such address"),
        (circumstances_of(desk).own.has(requester.email), "it is an address of this desk"),
        (desk.settings.agent_by_email(requester.email) is not None, "the requester is an agent"),
        (any(domain == name or domain.endswith(f".{name}") for name in internal), "the domain is internal"),
        (bounced(ticket, requester.key), "mail to this address came back"),
    )
    return next((Refusal("B4", why) for holds, why in reasons if holds), None)


def bounced(ticket: Ticket, key: str) -> bool:
    """Whether the ticket says that mail to this address came back."""
    named = any(
        address.casefold() == key for message in ticket.messages for address in message.failed_recipients
    )
    facts = [fact for event in ticket.events for fact in event.all_facts("delivery")]
    return named or any(
        state in {"bounced", "failed"} and (key in rest.casefold().split() or not rest)
        for _, state, rest in map(_parted, facts)
    )


def _parted(fact: str) -> tuple[str, str, str]:
    entry, _, rest = fact.partition(" ")
    state, _, details = rest.partition(" ")
    return entry, state, details


def resolution_of(ticket: Ticket, settings: Settings) -> Event | None:
    """The event that brought the ticket from at work into its present end; None where none says so."""
    found = None
    for event in ticket.events:
        for old, new in _steps(event.changes):
            ended, was_over = (settings.status_kind(status) == "done" for status in (new, old))
            found = None if not ended else found if was_over else event
    return found


def _steps(changes: Iterable[object]) -> list[tuple[str, str]]:
    return [
        (change.old, change.new)
        for change in changes
        if isinstance(change, FieldSet) and change.field == "status"
    ]
