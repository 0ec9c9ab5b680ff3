"""Who tickets are given to: hours that cannot be told, teams without anybody, absences that are over."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from helpdesk_cli.desk.asking import away_agents, zone_of
from helpdesk_cli.desk.health.diagnosis import Diagnosis, counted
from helpdesk_cli.desk.indexing import open_index
from helpdesk_cli.desk.routing import is_active_in
from helpdesk_cli.desk.staff import problems_of
from helpdesk_cli.routing.choosing import BY_HAND
from helpdesk_cli.storage.index_turns import loads

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.health.diagnosis import Patient


def check(patient: Patient) -> Iterator[Diagnosis]:
    """Nothing where nothing is odd: most desks give out by hand, and nobody is away."""
    if patient.fault is not None:
        return
    desk = patient.desk
    for problem in problems_of(desk):
        remedy = "Mend the calendar's name, or sla.yaml: nothing is given to that agent until then."
        yield Diagnosis("error", "agent-hours", problem, remedy)
    yield from _teams(desk)
    yield from _absences(desk)


def _teams(desk: Desk) -> Iterator[Diagnosis]:
    settings = desk.settings
    for team in settings.teams:
        if settings.way_of(team) != BY_HAND and not any(team in agent.teams for agent in settings.agents):
            said = f"tickets of {team} are given out by {settings.way_of(team)}, and nobody is in that team"
            remedy = f"Write `teams: [{team}]` at an agent, or take `assign:` out of the team."
            yield Diagnosis("warning", "team-without-agents", said, remedy)


def _absences(desk: Desk) -> Iterator[Diagnosis]:
    zone = zone_of(desk)
    for agent in desk.settings.agents:
        if agent.away is not None and agent.away.is_over(desk.now, zone):
            said = f"{agent.key} was away until {agent.away.end}, and desk.yaml still says so"
            yield Diagnosis("note", "away-over", said, f"`desk agent back {agent.key}` takes it out.")
    away = away_agents(desk)
    if not away:
        return
    with closing(open_index(desk, full=False)) as index:
        found = loads(index, away, is_active_in(desk.settings))
    for key, number in found.items():
        if number:
            said = f"{key} is away and has {counted(number, 'active ticket')}"
            remedy = f"`desk list assignee:{key}`; `desk agent away {key} --hand-over` gives them to others."
            yield Diagnosis("note", "tickets-of-absent", said, remedy)
