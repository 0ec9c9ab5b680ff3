"""Whom `team-lead` means, and what escalating comes to: for rules and warnings of service levels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.rules.actions import ESCALATED
from helpdesk_cli.rules.around import Escalation
from helpdesk_cli.tickets.changes import field_value, set_field

if TYPE_CHECKING:
    from helpdesk_cli.storage.settings import Settings
    from helpdesk_cli.tickets.ticket import Ticket


def people(settings: Settings, ticket: Ticket, word: str) -> list[str]:
    """The agents whom `assignee`, `team-lead`, `team`, `everybody` or a name mean for this ticket.

    Where there is no such person the next circle is told, so that nobody being there is not nobody told:
    the assignee, the lead of the team, the team, everybody.
    """
    agents = [agent.key for agent in settings.agents]
    leads = settings.leads_of(ticket.team)
    team = [agent.key for agent in settings.agents if ticket.team and ticket.team in agent.teams]
    if word in agents:
        return [word]
    circles = {
        "assignee": [[ticket.assignee], leads, team, agents],
        "team-lead": [leads, team, agents],
        "team": [team, agents],
    }.get(word, [agents])
    found = ([agent for agent in circle if agent in agents] for circle in circles)
    return next((circle for circle in found if circle), [])


def escalation(settings: Settings, ticket: Ticket, to: str, why: str) -> Escalation:
    """The next more urgent priority, and `to` is told: without one the team's lead."""
    raised = _raised(settings, field_value(ticket, "priority"))
    told = tuple(people(settings, ticket, to or "team-lead"))
    return Escalation(tuple(set_field(ticket, "priority", raised)), told, facts=((ESCALATED, why),))


def _raised(settings: Settings, priority: str) -> str:
    """The next more urgent one; the most urgent stays."""
    names = [word.name for word in settings.priorities]
    place = names.index(priority) if priority in names else len(names)
    return names[max(0, place - 1)] if names else priority
