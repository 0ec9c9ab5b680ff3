"""`desk agent away`, `desk agent back`: who is away stands in desk.yaml; their tickets can be handed over."""

from __future__ import annotations

import importlib
import re
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from helpdesk_cli.desk.asking import zone_of
from helpdesk_cli.desk.assign import find_assignee
from helpdesk_cli.desk.auto_assign import Assigned, auto_assign
from helpdesk_cli.desk.indexing import open_index
from helpdesk_cli.desk.routing import is_active_in
from helpdesk_cli.desk.settings_change import SettingsChanged, change_settings
from helpdesk_cli.desk.snooze import read_until
from helpdesk_cli.errors import UsageError
from helpdesk_cli.query.dates import is_length, read_when, shift
from helpdesk_cli.routing.away import Away, check_order, read_bound
from helpdesk_cli.storage.index_turns import active_of
from helpdesk_cli.storage.settings_patch import patched
from helpdesk_cli.values import replace

if TYPE_CHECKING:
    from datetime import tzinfo

    from helpdesk_cli.desk.actor import Actor
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.storage.settings import Settings

_EXAMPLES = "Write `friday`, `2w`, `2027-01-02` (the last day away), or `17:00`."
_CLOCK = re.compile(r"(?:.*\s)?\d{1,2}[:.]\d{2}", re.DOTALL)
_WEEKDAY = re.compile(r"(?:next )?(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*")
_WEEK = timedelta(days=7)
_MOST_WHY = 200


def away(desk: Desk, key: str, absence: Away, *, actor: Actor, dry_run: bool = False) -> SettingsChanged:
    """Write that the agent is away, whatever stood there before. Raises InvalidFileError, ConflictError."""
    until = f" until {absence.end}" if absence.end else ""
    return _change(desk, key, absence, f"{key} is away{until}", actor=actor, dry_run=dry_run)


def back(desk: Desk, key: str, *, actor: Actor, dry_run: bool = False) -> SettingsChanged:
    """Write that the agent is here. Raises as `away`."""
    return _change(desk, key, None, f"{key} is back", actor=actor, dry_run=dry_run)


def read_absence(desk: Desk, *, start: str, end: str, why: str) -> Away:
    """The absence that a person means. Raises UsageError for what is no time, or is past."""
    said = " ".join(why.split())
    if not said.isprintable() or len(said) > _MOST_WHY:
        raise UsageError("the reason is one line of text, and not a long one", "--why")
    zone = zone_of(desk)
    found = Away(
        _bound(start, desk.now, zone, option="--from", is_end=False) if start else "",
        _bound(end, desk.now, zone, option="--until", is_end=True) if end else "",
        said,
    )
    try:
        check_order(found)
    except ValueError as error:
        raise UsageError(str(error), "--until", _EXAMPLES) from error
    if found.end and found.is_over(desk.now, zone):
        raise UsageError(f"{found.end} is past", "--until", _EXAMPLES)
    return found


def absence_now(desk: Desk, key: str) -> Away | None:
    """The absence that stands in desk.yaml and is going on; None where there is none."""
    agent = desk.settings.agent(key)
    found = agent.away if agent else None
    return found if found is not None and found.covers(desk.now, zone_of(desk)) else None


def active_tickets(desk: Desk, key: str) -> list[str]:
    """The ids of the active tickets of an agent, the oldest first."""
    with closing(open_index(desk, full=False)) as index:
        return active_of(index, key, is_active_in(desk.settings))


def hand_over(
    desk: Desk, settings: Settings, key: str, tickets: list[str], *, actor: Actor, dry_run: bool = False
) -> Assigned:
    """Give an agent's tickets to others as their teams do it; what nobody can take is nobody's, and waits."""
    changed = replace(desk, settings=settings)
    return auto_assign(changed, tickets, taken_from=key, actor=actor, dry_run=dry_run)


def agent_key(desk: Desk, who: str, actor: Actor) -> str:
    """The agent whom a name, an address or `me` means. Raises UsageError for somebody who is none."""
    key = find_assignee(desk, who, actor=actor)
    if not key:
        raise UsageError("name an agent", "", "`desk agent list` shows who there is.")
    return key


def _change(
    desk: Desk, key: str, absence: Away | None, summary: str, *, actor: Actor, dry_run: bool
) -> SettingsChanged:
    written = None if absence is None else _written(absence)

    def patch(text: str) -> str:
        return patched(text, ("agents", key, "away"), written, place=desk.layout.config.name)

    def expected(settings: Settings) -> Settings:
        agents = tuple(
            replace(agent, away=absence) if agent.key == key else agent for agent in settings.agents
        )
        return replace(settings, agents=agents)

    return change_settings(desk, patch, expected, summary=summary, actor=actor, dry_run=dry_run)


def _written(absence: Away) -> str:
    """The absence as desk.yaml has it, on one line."""
    parts = [("from", absence.start), ("until", absence.end)]
    found = [f"{key}: {_quoted_moment(value)}" for key, value in parts if value]
    if absence.why:
        # A string of JSON is one of YAML; only who says why needs the module.
        text = importlib.import_module("json").dumps(absence.why, ensure_ascii=False)
        found.append(f"why: {text}")
    return f"{{{', '.join(found)}}}" if found else "yes"


def _quoted_moment(text: str) -> str:
    return f'"{text}"' if ":" in text else text


def _bound(text: str, now: datetime, zone: tzinfo, *, option: str, is_end: bool) -> str:
    """A day, or where an hour was said a moment, as desk.yaml has it."""
    said = text.strip().casefold()
    try:
        found = read_bound(text.strip())
    except ValueError:
        found = None
    if found is not None:
        return text.strip() if not isinstance(found, datetime) else _moment(found)
    try:
        if is_length(said.removeprefix("+")):
            moment = shift(now, said.removeprefix("+"), zone, ahead=True)
            return _moment(moment) if said[-1] in "hm" and not said.endswith("mo") else _day(moment, zone)
        if _CLOCK.fullmatch(said):
            return _moment(read_until(said, now, zone, hour="00:00"))
        span = read_when(said.removeprefix("next "), now, zone)
    except ValueError as error:
        raise UsageError(str(error), option, _EXAMPLES) from error
    start, end = span.start, span.end - timedelta(seconds=1)
    if end < now and _WEEKDAY.fullmatch(said):
        start, end = start + _WEEK, end + _WEEK
    return _day(end if is_end else start, zone)


def _day(moment: datetime, zone: tzinfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d}"


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%MZ}"
