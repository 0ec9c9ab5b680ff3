"""Whom `team-lead`, `team`, `everybody` and names mean for a ticket; who is away stands back for the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from helpdesk_cli.storage.settings import Settings
    from helpdesk_cli.tickets.ticket import Ticket


def people_of(settings: Settings, ticket: Ticket, word: str, *, away: Collection[str] = ()) -> list[str]:
    """The agents whom `assignee`, `team-lead`, `team`, `everybody`, an agent or a team means.

    Where none of them is here the next circle is meant, so that nobody being there is not nobody told: the
    assignee, the leads of the team, the team, everybody. Where all are away, the first circle that there is.
    """
    agents = [agent.key for agent in settings.agents]
    if word in agents:
        return [word]
    team = word if word in settings.teams else ticket.team
    leads = settings.leads_of(team)
    members = [agent.key for agent in settings.agents if team and team in agent.teams]
    circles = {
        "assignee": [[ticket.assignee], leads, members, agents],
        "team-lead": [leads, members, agents],
        "team": [members, agents],
        "everybody": [agents],
    }.get(word, [leads, members, agents])
    found = [[agent for agent in circle if agent in agents] for circle in circles]
    here = [[agent for agent in circle if agent not in away] for circle in found]
    return next((circle for circle in (*here, *found) if circle), [])
