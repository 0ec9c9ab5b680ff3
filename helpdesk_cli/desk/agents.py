"""`desk agent list`: who works here, who is here now, and how much everybody has."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

from helpdesk_cli.desk.indexing import open_index
from helpdesk_cli.desk.routing import Roster, capacity_of
from helpdesk_cli.desk.staff import staff_of
from helpdesk_cli.errors import UsageError
from helpdesk_cli.storage.settings import suggest
from helpdesk_cli.tickets.as_json import SCHEMA
from helpdesk_cli.tickets.times import write_time
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from datetime import datetime

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.staff import Present
    from helpdesk_cli.storage.settings import Agent


@dataclass(frozen=True, slots=True)
class Listed:
    """An agent now. `capacity` 0: no limit. `last_at`: when they were last given a ticket, None = never."""

    agent: Agent
    present: Present
    load: int
    capacity: int
    last_at: datetime | None
    leads: tuple[str, ...] = ()

    def json(self) -> dict[str, Any]:
        """As docs/JSON.md has it."""
        agent, away, present = self.agent, self.agent.away, self.present
        return {
            "key": agent.key,
            "name": agent.name,
            "email": agent.email or None,
            "teams": list(agent.teams),
            "leads": list(self.leads),
            "skills": list(agent.skills),
            "here": not present.absent,
            "absent": present.absent or None,
            "away": {"from": away.start or None, "until": away.end or None, "why": away.why or None}
            if away
            else None,
            "hours": agent.hours or None,
            "next_at": write_time(present.next_at) if present.next_at else None,
            "load": self.load,
            "capacity": self.capacity or None,
            "last_assigned_at": write_time(self.last_at) if self.last_at else None,
        }


def list_agents(desk: Desk, team: str = "") -> list[Listed]:
    """The agents, those of a team or all, in the order of desk.yaml. Raises UsageError for no team."""
    if team and team not in desk.settings.teams:
        raise UsageError(f'no team "{team}"', "--team", suggest(team, list(desk.settings.teams)))
    with closing(open_index(desk, full=True)) as index:
        roster = Roster.read(desk, index)
    staff = staff_of(desk)
    return [
        Listed(
            agent,
            staff[agent.key],
            roster.loads.get(agent.key, 0),
            capacity_of(desk.settings, agent),
            roster.turns.get(agent.key),
            tuple(name for name, lead in desk.settings.leads if lead == agent.key),
        )
        for agent in desk.settings.agents
        if not team or team in agent.teams
    ]


def agents_json(listed: list[Listed]) -> dict[str, Any]:
    """As docs/JSON.md has it."""
    items = [each.json() for each in listed]
    return {"schema": SCHEMA, "kind": "agents", "total": len(items), "items": items}
