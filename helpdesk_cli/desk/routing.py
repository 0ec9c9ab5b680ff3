"""Whose ticket it becomes, on this desk and now: the members of a team as the files have them.

`choose` decides and writes nothing. Whoever assigns calls it with the desk's lock held, writes what it
gives (`assignee`, and `facts` with the event), and asks again for the next ticket: the index that the door
keeps has what was written a moment ago, so that two who assign at once never give out the same room twice.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from helpdesk_cli.desk.staff import staff_of
from helpdesk_cli.errors import UsageError
from helpdesk_cli.routing.choosing import BY_HAND, WAYS, Decision, Member, asked_skills, decide
from helpdesk_cli.storage.index_turns import last_turns, loads
from helpdesk_cli.storage.settings import suggest
from helpdesk_cli.tickets.turns import NO_TEAM, ROUTED, UNROUTED, given_back_by, read_turn, turn_text
from helpdesk_cli.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.routing.choosing import How, Standing
    from helpdesk_cli.storage.index import Index
    from helpdesk_cli.storage.settings import Agent, Settings
    from helpdesk_cli.tickets.ticket import Ticket

# A turn that a wrong clock, or a hand, put further into the future counts for nothing.
_AHEAD = timedelta(hours=1)
_STEP = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Choice:
    """Who it is, "" = nobody, and why; `facts` belong to the event that assigns, or that says nobody could.

    `team` "": everybody on the desk was considered. `asked`: the skills that the ticket asks for.
    """

    agent: str
    why: str
    how: How
    team: str = ""
    asked: tuple[str, ...] = ()
    standings: tuple[Standing, ...] = ()
    facts: tuple[tuple[str, str], ...] = field(default=())


def choose(
    desk: Desk,
    index: Index,
    ticket: Ticket,
    how: str = "",
    *,
    team: str | None = None,
    without: Collection[str] = (),
) -> Choice:
    """Whose ticket it becomes: `how` is round-robin, least-loaded or by-skill, "" = as the team does it.

    `team` None: the ticket's own; "" = everybody on the desk. `without`: agents who are passed over. Raises
    UsageError for a way or a team that there is not, and where the team's way is by-hand.
    """
    team = ticket.team if team is None else team
    way = check_way(desk.settings, how, team)
    members = [agent for agent in desk.settings.agents if not team or team in agent.teams]
    asked = asked_skills(words_of(ticket), known_skills(desk.settings)) if way == "by-skill" else frozenset()
    passed = dict.fromkeys(without, "left out")
    if back := given_back_by(ticket):
        passed.setdefault(back, "gave it back")
    found, turn = _members(desk, index, members)
    decision = decide(found, way, asked=asked, passed=passed)
    facts = (_fact(decision, way, team or NO_TEAM, turn),)
    return Choice(decision.agent, decision.why, way, team, tuple(sorted(asked)), decision.standings, facts)


def check_way(settings: Settings, how: str, team: str) -> How:
    """The way of assignment that `how` names, "" = that of the team. Raises UsageError with a suggestion."""
    if team and team not in settings.teams:
        raise UsageError(f'no team "{team}"', "", suggest(team, list(settings.teams)))
    way = how or settings.way_of(team)
    if way in WAYS:
        return way
    if way == BY_HAND and not how:
        whose = f"tickets of {team} are" if team else "tickets without a team are"
        hint = f"Say --how {', '.join(WAYS[:-1])} or {WAYS[-1]}; or write `assign:` in desk.yaml."
        raise UsageError(f"{whose} assigned by hand", "desk.yaml", hint)
    raise UsageError(f'there is no way of assignment "{how}"', "", suggest(how, list(WAYS)))


def words_of(ticket: Ticket) -> tuple[str, ...]:
    """What of a ticket can name a skill."""
    return (ticket.category, ticket.type, ticket.product, *ticket.tags)


def known_skills(settings: Settings) -> frozenset[str]:
    """Every skill that somebody on this desk has."""
    return frozenset(skill for agent in settings.agents for skill in agent.skills)


def capacity_of(settings: Settings, agent: Agent) -> int:
    """How many active tickets the agent is given at most; 0 = no limit."""
    return agent.capacity or settings.default_capacity


def is_active_in(settings: Settings) -> Callable[[str], bool]:
    """Whether a status, as a file has it, is one in which somebody works on the ticket."""
    kinds = {
        spelling.casefold(): word.kind
        for word in settings.statuses
        for spelling in (word.name, *word.aliases)
    }
    return lambda status: kinds.get(status.casefold(), "active") == "active"


def loads_of(desk: Desk, index: Index) -> dict[str, int]:
    """How many active tickets each agent has."""
    return loads(index, [agent.key for agent in desk.settings.agents], is_active_in(desk.settings))


def turns_of(desk: Desk, index: Index) -> dict[str, datetime]:
    """When each agent was last given a ticket; who never was is left out."""
    until = turn_text(desk.now + _AHEAD)
    found = last_turns(index, [agent.key for agent in desk.settings.agents], until=until)
    return {agent: read_turn(text) for agent, text in found.items() if text}


def _members(desk: Desk, index: Index, agents: list[Agent]) -> tuple[list[Member], datetime]:
    """The agents as members, and the moment that the next turn is said to be: later than every one before."""
    staff, turns = staff_of(desk), turns_of(desk, index)
    load = loads(index, [agent.key for agent in agents], is_active_in(desk.settings))
    members = [
        Member(
            agent.key,
            frozenset(agent.skills),
            capacity_of(desk.settings, agent),
            load[agent.key],
            _milliseconds(turns.get(agent.key)),
            staff[agent.key].absent,
        )
        for agent in agents
    ]
    latest = max(turns.values(), default=None)
    now = desk.now.replace(microsecond=0)
    return members, now if latest is None or latest < now else latest + _STEP


def _milliseconds(moment: datetime | None) -> int:
    return 0 if moment is None else round(moment.timestamp() * 1000)


def _fact(decision: Decision, way: How, team: str, turn: datetime) -> tuple[str, str]:
    if not decision.agent:
        return UNROUTED, f"{way} {team}"
    return ROUTED, f"{way} {team} {turn_text(turn)}"
