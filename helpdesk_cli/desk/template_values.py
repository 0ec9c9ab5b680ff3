"""What the variables of a template are for a ticket; only those that are asked for are worked out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.desk.customers import standing_of
from helpdesk_cli.desk.levels import promised_answer
from helpdesk_cli.replies.names import first_name, full_name
from helpdesk_cli.tickets.fields import FIELDS
from helpdesk_cli.tickets.person import Person

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.replies.rendering import Value
    from helpdesk_cli.storage.settings import Agent
    from helpdesk_cli.tickets.ticket import Ticket


def template_values(
    desk: Desk, ticket: Ticket, names: Iterable[str], *, agent: Agent | None
) -> dict[str, Value]:
    """The values of these variables; "" and () where a ticket has none.

    Raises InvalidFileError where sla.yaml is asked and broken.
    """
    settings = desk.settings
    answers = (agent.name if agent else "") or settings.name
    sources: dict[str, Callable[[], Value]] = {
        "customer_name": lambda: _name(desk, ticket),
        "customer_first_name": lambda: first_name(_name(desk, ticket)),
        "customer_email": lambda: ticket.requester.email,
        "customer_tier": lambda: standing_of(desk, ticket.requester).tier,
        "customer_account": lambda: standing_of(desk, ticket.requester).account,
        "organisation": lambda: standing_of(desk, ticket.requester).organisation_name,
        "ticket_id": lambda: str(ticket.number),
        "ticket_ref": lambda: ticket.id,
        "ticket_subject": lambda: ticket.subject,
        "sla_time": lambda: promised_answer(desk, ticket),
        "agent_name": lambda: answers,
        "agent_first_name": lambda: (agent and first_name(agent.name)) or answers,
        "agent_signature": lambda: agent.signature if agent else "",
        "company": lambda: settings.company or settings.name,
        "desk_name": lambda: settings.name,
        "inbox_address": lambda: _inbox_address(desk, ticket),
        "assignee_name": lambda: _name_of(desk, ticket.assignee),
    }
    fields = {field.attribute: field for field in FIELDS}
    found: dict[str, Value] = {}
    for name in names:
        if name in sources:
            found[name] = sources[name]()
        elif name in fields:
            found[name] = _field(ticket, name)
    return found


def customer_name(ticket: Ticket) -> str:
    """The requester's name, else the one that the same address gives in a message; "" where none does."""
    requester = ticket.requester
    people = [
        requester,
        *(message.from_ for message in ticket.messages if message.from_.key == requester.key),
    ]
    return next((name for person in people if (name := full_name(person.name))), "")


def _name(desk: Desk, ticket: Ticket) -> str:
    return customer_name(ticket) or full_name(standing_of(desk, ticket.requester).name)


def _inbox_address(desk: Desk, ticket: Ticket) -> str:
    inboxes = desk.settings.inboxes
    known = {inbox.name: inbox.address for inbox in inboxes}
    return known.get(ticket.inbox, inboxes[0].address if inboxes else "")


def _name_of(desk: Desk, key: str) -> str:
    agent = desk.settings.agent(key)
    return agent.name if agent else ""


def _field(ticket: Ticket, name: str) -> Value:
    value = getattr(ticket, name)
    if name == "created_at":
        return f"{value.day} {value:%B %Y}"
    if isinstance(value, tuple):
        return tuple(map(_text, value))
    return _text(value)


def _text(value: object) -> str:
    return value.label if isinstance(value, Person) else str(value)
