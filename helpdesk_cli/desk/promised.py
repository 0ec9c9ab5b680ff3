"""Which policy of sla.yaml counts for a ticket: chosen when it is opened, and recorded then (DECISIONS 29).

The opening event's fact `policy` is `NAME@VERSION`; a later one, by `desk sla reapply`, takes its place.
Used by every mail that opens a ticket: the modules of queries are loaded only where a policy has a condition.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from helpdesk_cli.errors import DeskError
from helpdesk_cli.storage.sla_copy import load_choices
from helpdesk_cli.values import replace

if TYPE_CHECKING:
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.storage.index import Index
    from helpdesk_cli.tickets.ticket import Ticket

POLICY = "policy"


def with_policy(desk: Desk, index: Index, ticket: Ticket) -> Ticket:
    """A ticket that is being opened, with the policy that counts for it in its opening event."""
    opening = next((event for event in ticket.events if event.what == "opened"), None)
    if opening is None or opening.all_facts(POLICY):
        return ticket
    chosen = choose(desk, index, ticket)
    if not chosen:
        return ticket
    told = replace(opening, facts=(*opening.facts, (POLICY, chosen)))
    return replace(
        ticket, entries=tuple(told if entry.id == opening.id else entry for entry in ticket.entries)
    )


def choose(desk: Desk, index: Index, ticket: Ticket) -> str:
    """`NAME@VERSION` of the first policy whose condition holds for the ticket now; "" for none.

    A sla.yaml that cannot be read stops nothing: the ticket has the policy that fits it when it can be.
    """
    choices = load_choices(desk.layout, desk.settings)
    for name, condition in choices.policies:
        try:
            if not condition or _holds(desk, index, condition, ticket):
                return f"{name}@{choices.version}"
        except DeskError:
            return ""
    return ""


def _holds(desk: Desk, index: Index, condition: str, ticket: Ticket) -> bool:
    conditions = importlib.import_module("helpdesk_cli.desk.conditions")
    found: bool = conditions.holds(desk, index, condition, ticket)
    return found
