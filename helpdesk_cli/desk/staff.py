"""Who is here now, and who is not and why: away by desk.yaml, or outside their hours (sla.yaml)."""

from __future__ import annotations

import importlib
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from helpdesk_cli.desk.asking import away_agents, zone_of
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from helpdesk_cli.desk.desk import Desk

_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_NEAR = timedelta(days=6)


@dataclass(frozen=True, slots=True)
class Present:
    """Whether an agent is here now.

    `absent`: why not, in words behind "is"; "" = here. `next_at`: when hours that are open close, or closed
    ones open; None where there are none. `problem`: why the hours cannot be told.
    """

    absent: str = ""
    is_away: bool = False
    next_at: datetime | None = None
    problem: str = ""


def staff_of(desk: Desk) -> Mapping[str, Present]:
    """Each agent, by key, at the desk's time. Whose hours cannot be told is not here."""
    if not any(agent.hours for agent in desk.settings.agents):
        return _staff_of(desk, 0)
    try:
        stamp = (desk.layout.root / "sla.yaml").stat().st_mtime_ns
    except OSError:
        stamp = 0
    return _staff_of(desk, stamp)


def problems_of(desk: Desk) -> list[str]:
    """Why hours of agents cannot be told, each reason once."""
    return list(dict.fromkeys(each.problem for each in staff_of(desk).values() if each.problem))


# A batch of mail asks for each of its mails; the time of the file is in the key.
@lru_cache(maxsize=4)
def _staff_of(desk: Desk, _: int) -> Mapping[str, Present]:
    agents, gone = desk.settings.agents, away_agents(desk)
    timed = [agent for agent in agents if agent.hours]
    # YAML, time zones and holidays: for desks whose agents have hours.
    found = importlib.import_module("helpdesk_cli.desk.openings").openings(desk, timed) if timed else {}
    staff = {}
    for agent in agents:
        away = agent.key in gone
        absent, next_at, problem = str(agent.away) if away else "", None, ""
        if opening := found.get(agent.key):
            next_at, problem = opening.next_at, opening.problem
            if not away and not opening.is_open:
                absent = "not known to be here" if problem else _out_of_hours(desk, next_at)
        staff[agent.key] = Present(absent, is_away=away, next_at=next_at, problem=problem)
    return staff


def _out_of_hours(desk: Desk, opens_at: datetime | None) -> str:
    if opens_at is None:
        return "not here for weeks"
    local, today = opens_at.astimezone(zone_of(desk)), desk.now.astimezone(zone_of(desk))
    day = _WEEKDAYS[local.weekday()] if opens_at - desk.now < _NEAR else f"{local:%Y-%m-%d}"
    return f"not here before {'' if local.date() == today.date() else f'{day} '}{local:%H:%M}"
