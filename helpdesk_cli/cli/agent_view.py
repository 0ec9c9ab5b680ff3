"""Agents as people read them: the list, and why a ticket became whose."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from helpdesk_cli.table import Column, Table, Toned
from helpdesk_cli.tickets.as_json import SCHEMA
from helpdesk_cli.tickets.times import write_time

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import tzinfo

    from helpdesk_cli.cli.output import Piece
    from helpdesk_cli.desk.agents import Listed
    from helpdesk_cli.desk.routing import Choice
    from helpdesk_cli.routing.choosing import Member, Standing
    from helpdesk_cli.table import Value

_COLUMNS = (
    Column("agent", "AGENT"),
    Column("here", "HERE"),
    Column("load", "HAS", "right"),
    Column("capacity", "OF", "right"),
    Column("last", "LAST GIVEN"),
    Column("teams", "TEAMS"),
    Column("skills", "SKILLS", shrinks=True),
    Column("absent", "ABSENT", hidden=True),
    Column("name", "NAME", hidden=True),
    Column("email", "EMAIL", hidden=True),
)


def agent_table(listed: Sequence[Listed], zone: tzinfo, *, for_people: bool) -> Table:
    """The list; for people with times of the desk's zone and why somebody is not here."""
    return Table("agents", _COLUMNS, tuple(_row(each, zone, for_people=for_people) for each in listed))


def _row(each: Listed, zone: tzinfo, *, for_people: bool) -> tuple[Value | Toned, ...]:
    agent, present = each.agent, each.present
    here: Value | Toned = not present.absent
    last: Value = each.last_at
    if for_people:
        closes = present.next_at.astimezone(zone) if present.next_at and not present.absent else None
        here = (
            Toned(present.absent, "faint") if present.absent else f"until {closes:%H:%M}" if closes else "yes"
        )
        last = f"{each.last_at.astimezone(zone):%Y-%m-%d %H:%M}" if each.last_at else "–"
    is_full = 0 < each.capacity <= each.load
    is_left = bool(present.is_away and each.load)
    return (
        agent.key,
        here,
        Toned(each.load, "alarm" if is_left else "notice" if is_full else "plain"),
        each.capacity or None,
        last,
        _teams(each, for_people=for_people),
        ", ".join(agent.skills) if for_people else agent.skills,
        present.absent or None,
        agent.name,
        agent.email or None,
    )


def _teams(each: Listed, *, for_people: bool) -> Value:
    if not for_people:
        return each.agent.teams
    return ", ".join(f"{team} (lead)" if team in each.leads else team for team in each.agent.teams)


def choice_lines(choices: Mapping[str, Choice], zone: tzinfo) -> Iterator[list[Piece]]:
    """Why each ticket became whose: the reason, then everybody who was considered."""
    for number, (name, choice) in enumerate(choices.items()):
        if number:
            yield [""]
        whose = choice.agent or "nobody"
        team = f" of {choice.team}" if choice.team else ""
        asked = f", asks for {', '.join(choice.asked)}" if choice.asked else ""
        why = f": {choice.why}" if choice.agent else ""
        yield [Toned(f"{name} → {whose}", "strong"), f"{why} ({choice.how}{team}{asked})"]
        width = max((len(each.member.key) for each in choice.standings), default=0)
        loads = [_room(each.member) for each in choice.standings]
        wide = max(map(len, loads), default=0)
        for each, load in zip(choice.standings, loads, strict=True):
            verdict = "chosen" if each.is_chosen else each.why
            line = f"  {each.member.key:<{width}}  {load:<{wide}}  {_last(each, zone)}  "
            yield [line, Toned(verdict, "good" if each.is_chosen else "faint")]


def _room(member: Member) -> str:
    return f"has {member.load} of {member.capacity}" if member.capacity else f"has {member.load}"


def _last(standing: Standing, zone: tzinfo) -> str:
    at = _moment(standing.member.last)
    return f"last given {at.astimezone(zone):%Y-%m-%d %H:%M:%S}" if at else f"{'never given one':<30}"


def _moment(milliseconds: int) -> datetime | None:
    return datetime.fromtimestamp(milliseconds / 1000, UTC) if milliseconds else None


def choices_json(choices: Mapping[str, Choice]) -> dict[str, Any]:
    """As docs/JSON.md has it."""
    items = [
        {
            "id": name,
            "agent": choice.agent or None,
            "why": choice.why,
            "how": choice.how,
            "team": choice.team or None,
            "asked": list(choice.asked),
            "members": [_member_json(each) for each in choice.standings],
        }
        for name, choice in choices.items()
    ]
    return {"schema": SCHEMA, "kind": "assignments", "total": len(items), "items": items}


def _member_json(standing: Standing) -> dict[str, Any]:
    member = standing.member
    last_at = _moment(member.last)
    return {
        "key": member.key,
        "chosen": standing.is_chosen,
        "why_not": None if standing.is_chosen else standing.why,
        "here": not member.absent,
        "load": member.load,
        "capacity": member.capacity or None,
        "last_assigned_at": write_time(last_at) if last_at else None,
        "has": list(standing.has),
    }
