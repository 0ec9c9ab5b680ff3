"""When the calendars of sla.yaml are open next, or until when they are. Reads YAML and time zones."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from helpdesk_cli.errors import DeskError, InvalidFileError
from helpdesk_cli.sla.hours import hours_of, moment_of, ms_of
from helpdesk_cli.storage.settings import suggest
from helpdesk_cli.storage.settings_cache import read_text
from helpdesk_cli.storage.settings_lines import line_of
from helpdesk_cli.storage.sla_file import load_sla
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.sla.calendar import Calendar
    from helpdesk_cli.storage.settings import Agent

# What a week of holidays and a company's summer hide is still said; what lies further is "none".
_FURTHEST = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Opening:
    """Of a calendar at a moment: when it closes where it is open, else when it opens; None = never.

    `problem`: why neither can be told.
    """

    is_open: bool = False
    next_at: datetime | None = None
    problem: str = ""


def openings(desk: Desk, agents: Sequence[Agent]) -> Mapping[str, Opening]:
    """The opening of each agent's hours at the desk's time, by the agent's key."""
    try:
        calendars = {each.name: each for each in load_sla(desk.layout, desk.settings).calendars}
    except DeskError as error:
        return {agent.key: Opening(problem=str(error)) for agent in agents}
    return {
        agent.key: _opening(calendars[agent.hours], desk.now)
        if agent.hours in calendars
        else Opening(problem=str(_no_such(desk, agent, sorted(calendars))))
        for agent in agents
    }


def _no_such(desk: Desk, agent: Agent, known: list[str]) -> InvalidFileError:
    message = f'sla.yaml has no calendar "{agent.hours}"'
    line = line_of(read_text(desk.layout), f"agents: {agent.key}: hours")
    return InvalidFileError(message, f"{desk.layout.config.name}:{line}", suggest(agent.hours, known))


def _opening(calendar: Calendar, now: datetime) -> Opening:
    if calendar.is_always_open:
        return Opening(is_open=True)
    at = ms_of(now)
    first = next(hours_of(calendar).stretches(at, ms_of(now + _FURTHEST)), None)
    if first is None:
        return Opening()
    start, end = first
    return Opening(start <= at, moment_of(end if start <= at else start))
