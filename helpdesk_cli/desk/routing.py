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
from helpdesk_cli.routing.choosing import BY_HAND, WAYS, Member, asked_skills, decide
from helpdesk_cli.storage.index_turns import last_turns, loads
from helpdesk_cli.storage.settings import suggest
from helpdesk_cli.tickets.turns import NO_TEAM, ROUTED, UNROUTED, given_back_by, read_turn, turn_text
from helpdesk_cli.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.routing.choosing import How, Standing
    from helpdesk_cli.storage.index import Index
    from helpdesk_cli.storage.settings import Agent, Settings
    from helpdesk_cli.tickets.ticket import Ticket

# A turn that a wrong clock, or a hand, put further into the future counts for nothing.
_AHEAD = timedelta(hours=1)
_STEP = timedelta(milliseconds=1)
GAVE_BACK = "gave it back"


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
    return Roster.read(desk, index).choose(ticket, how, team=team, without=without)


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


@dataclass(slots=True)
class Roster:
    """Everybody on the desk with what they have, as the index had it; `note` what was given out since.

    True as long as nobody else writes: while the lock is held, or for a look ahead.
    """

    desk: Desk
    loads: dict[str, int]
    turns: dict[str, datetime]

    @classmethod
    def read(cls, desk: Desk, index: Index) -> Roster:
        """As the index has it now."""
        agents = [agent.key for agent in desk.settings.agents]
        found = last_turns(index, agents, until=turn_text(desk.now + _AHEAD))
        turns = {agent: read_turn(text) for agent, text in found.items() if text}
        return cls(desk, loads(index, agents, is_active_in(desk.settings)), turns)

    def choose(
        self, ticket: Ticket, how: str = "", *, team: str | None = None, without: Collection[str] = ()
    ) -> Choice:
        """As the function of that name."""
        passed = dict.fromkeys(without, "left out")
        if back := given_back_by(ticket):
            passed.setdefault(back, GAVE_BACK)
        return self.choose_for(words_of(ticket), how, ticket.team if team is None else team, passed=passed)

    def choose_for(
        self, words: Sequence[str], how: str, team: str, *, passed: Mapping[str, str] | None = None
    ) -> Choice:
        """The same for a ticket of which its words are known. `passed`: who is passed over, and why."""
        settings = self.desk.settings
        way = check_way(settings, how, team)
        asked = asked_skills(words, known_skills(settings)) if way == "by-skill" else frozenset()
        decision = decide(self.members(team), way, asked=asked, passed=passed)
        fact = (ROUTED, f"{way} {team or NO_TEAM} {turn_text(self._turn())}")
        if not decision.agent:
            fact = (UNROUTED, f"{way} {team or NO_TEAM}")
        found = tuple(sorted(asked))
        return Choice(decision.agent, decision.why, way, team, found, decision.standings, (fact,))

    def members(self, team: str = "") -> list[Member]:
        """The agents of a team, "" = all, as a choice sees them."""
        staff = staff_of(self.desk)
        return [
            Member(
                agent.key,
                frozenset(agent.skills),
                capacity_of(self.desk.settings, agent),
                self.loads.get(agent.key, 0),
                _milliseconds(self.turns.get(agent.key)),
                staff[agent.key].absent,
            )
            for agent in self.desk.settings.agents
            if not team or team in agent.teams
        ]

    def note(self, agent: str, *, is_active: bool = True) -> None:
        """That the agent was given a ticket just now."""
        self.turns[agent] = self._turn()
        self.loads[agent] = self.loads.get(agent, 0) + is_active

    def _turn(self) -> datetime:
        """The moment that the next turn is said to be: later than every one before."""
        latest, now = max(self.turns.values(), default=None), self.desk.now.replace(microsecond=0)
        return now if latest is None or latest < now else latest + _STEP


def _milliseconds(moment: datetime | None) -> int:
    return 0 if moment is None else round(moment.timestamp() * 1000)
