"""`desk assign --auto`, and the step of `desk cron` that gives out what waits, the oldest first.

With the lock held each ticket is read again and asked for: what somebody took meanwhile stays theirs.
"""

from __future__ import annotations

from contextlib import closing, suppress
from typing import TYPE_CHECKING

from helpdesk_cli.desk.actor import desk_actor
from helpdesk_cli.desk.assign import given_to
from helpdesk_cli.desk.changing import Decided, Outcome, change_each
from helpdesk_cli.desk.indexing import open_index
from helpdesk_cli.desk.letters import is_server
from helpdesk_cli.desk.record import find_path
from helpdesk_cli.desk.routing import GAVE_BACK, Choice, Roster, check_way, is_active_in
from helpdesk_cli.desk.staff import problems_of
from helpdesk_cli.desk.status import check_stands
from helpdesk_cli.errors import ConflictError, DeskError, UsageError
from helpdesk_cli.routing.choosing import BY_HAND, WAYS, asked_skills
from helpdesk_cli.storage.index_turns import unassigned
from helpdesk_cli.storage.settings_cache import load_settings
from helpdesk_cli.tickets.snooze import is_asleep
from helpdesk_cli.tickets.times import write_time
from helpdesk_cli.tickets.turns import NO_TEAM, UNROUTED, unrouted
from helpdesk_cli.values import dataclass, field, replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from helpdesk_cli.desk.actor import Actor
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.record import Door
    from helpdesk_cli.storage.index import Index
    from helpdesk_cli.storage.settings import Settings
    from helpdesk_cli.tickets.ticket import Ticket

    # (way, team) in which a ticket waits to be given out.
    _Wish = tuple[str, str]

ACTOR = "routing"
# The way of a team that says none, for who asks all the same.
UNSAID = "round-robin"


@dataclass(slots=True)
class Assigned:
    """What was done, and of each ticket that was asked for the choice, by its id."""

    outcome: Outcome
    choices: dict[str, Choice] = field(default_factory=dict)


def auto_assign(
    desk: Desk,
    words: Iterable[str],
    *,
    how: str = "",
    team: str | None = None,
    taken_from: str = "",
    actor: Actor,
    dry_run: bool = False,
) -> Assigned:
    """Give each of these tickets that is nobody's to whom routing names, the oldest first.

    `how` and `team` as for `routing.choose`. `taken_from`: those of this agent are given to somebody else,
    and where nobody can take one it is nobody's. Raises UsageError for a way or a team that there is not.
    """
    if how or team:
        check_way(desk.settings, how or UNSAID, team or "")
    router = _Router(desk, how, team, taken_from, is_dry=dry_run)
    with closing(open_index(desk, full=False)) as index:
        ordered = _oldest_first(desk, index, words)
    outcome = change_each(desk, ordered, router.decide, actor=actor, dry_run=dry_run)
    return Assigned(outcome, router.choices)


def fill(desk: Desk, *, actor: Actor | None = None) -> Outcome:
    """Give out the tickets that wait for somebody, as far as there is room; the oldest first.

    Waiting is what belongs to a team that is assigned by itself, and what nobody could take before.
    """
    with closing(open_index(desk, full=False)) as index:
        wishes = dict(_fitting(desk, index))
    if not wishes:
        return Outcome()
    router = _Router(desk, "", None, "", is_dry=False, wishes=wishes)
    return change_each(desk, wishes, router.give_out, actor=actor or desk_actor(desk, key=ACTOR))


def fill_due(desk: Desk) -> list[str]:
    """A step of `desk cron`: give out what waits; what is in the way, in words."""
    said = [f"{name}: {error}" for name, error in fill(desk).errors]
    return [*said, *(problems_of(desk) if desk.settings.gives_out else [])]


def fill_room(desk: Desk) -> list[str]:
    """What became whose, in words, now that somebody has more room; only the desk's server gives out."""
    if not is_server(desk):
        return []
    return [changed.summary for changed in fill(desk).recorded]


@dataclass(slots=True)
class _Router:
    """What decides for each ticket; the roster is that of the door that is open."""

    desk: Desk
    how: str
    team: str | None
    taken_from: str
    is_dry: bool
    # Of each ticket by its id how it waited before the lock was held. Who waits goes on waiting, unheard.
    wishes: Mapping[str, _Wish] | None = None
    choices: dict[str, Choice] = field(default_factory=dict)
    _door: Door | None = None
    _roster: Roster | None = None

    def give_out(self, door: Door, ticket: Ticket) -> Decided:
        """What gives a ticket that waits to somebody, if it waits for the same still.

        It may be another team's since, or a person's to give out: then the next run looks at it anew.
        """
        self._roster_of(door)
        wish = _wish(self.desk.settings, ticket.team, unrouted(ticket))
        if wish is None or self.wishes is None or self.wishes.get(ticket.id) != wish:
            return Decided()
        self.how, self.team = wish
        return self.decide(door, ticket)

    def decide(self, door: Door, ticket: Ticket) -> Decided:
        """What gives the ticket to somebody, or says that nobody can take it."""
        check_stands(ticket)
        roster = self._roster_of(door)
        kind = self.desk.settings.status_kind(ticket.status)
        if ticket.assignee and ticket.assignee != self.taken_from:
            return Decided()
        if kind == "done" or (self.is_patient and (kind != "active" or is_asleep(ticket, self.desk.now))):
            if self.is_patient:
                return Decided()
            raise UsageError(f"is {ticket.status}: nobody needs to have it", ticket.id)
        without = (self.taken_from,) if self.taken_from else ()
        team = ticket.team if self.team is None else self.team
        way = self.how or self.desk.settings.way_of(team)
        # Whoever asks for it wants it, also where nothing is given out without being asked.
        how = UNSAID if way == BY_HAND else way
        choice = roster.choose(ticket, how, team=team, without=without)
        self.choices[ticket.id] = choice
        if choice.agent:
            decided = given_to(ticket, choice.agent)
            roster.note(choice.agent, is_active=kind == "active")
            return Decided(decided.changes, decided.summary, choice.facts)
        return self._waits(ticket, choice)

    @property
    def is_patient(self) -> bool:
        """Whether what nobody can take just waits on."""
        return self.wishes is not None

    def _roster_of(self, door: Door) -> Roster:
        if self._roster is None or (self._door is not door and not self.is_dry):
            # Who went away since the program began did so with the lock held.
            with suppress(DeskError):
                self.desk = replace(self.desk, settings=load_settings(self.desk.layout))
            self._door, self._roster = door, Roster.read(self.desk, door.index)
        return self._roster

    def _waits(self, ticket: Ticket, choice: Choice) -> Decided:
        """It stays nobody's, remembered once, so that whoever has room first is given it."""
        if self.is_patient:
            return Decided()
        hint = "It is given to whoever is free first; `desk assign ID AGENT` gives it all the same."
        refused = (ConflictError(f"nobody can take it: {choice.why}", ticket.id, hint),)
        if self.taken_from and ticket.assignee:
            return Decided(given_to(ticket, "").changes, "nobody's", choice.facts, refused=refused)
        facts = () if (UNROUTED, unrouted(ticket)) in choice.facts else choice.facts
        return Decided((), "nobody can take it", facts, refused=refused)


def _oldest_first(desk: Desk, index: Index, words: Iterable[str]) -> list[str]:
    """The words in the order of their tickets' ages; behind them those that name none."""
    paths: dict[str, str] = {}
    lost: list[str] = []
    for word in words:
        try:
            paths.setdefault(find_path(desk, index, word), word)
        except DeskError:
            lost.append(word)
    rows = sorted(index.rows_of(list(paths)), key=lambda row: (row.created_at[:19], row.number, row.path))
    known = {row.path for row in rows}
    return [*(paths[row.path] for row in rows), *(paths[path] for path in paths if path not in known), *lost]


def _fitting(desk: Desk, index: Index) -> list[tuple[str, _Wish]]:
    """(id, (way, team)) of those for whom there is room now: a look ahead, so that no file is read in vain.

    Room only gets less while they are given out: whatever nobody can take now, nobody can take behind it.
    """
    settings = desk.settings
    if not settings.gives_out and not index.paths_named(UNROUTED, UNROUTED):
        # Most desks, every minute.
        return []
    waiting = unassigned(index, is_active_in(settings), now=write_time(desk.now))
    wanted = [(each, wish) for each in waiting if (wish := _wish(settings, each.team, each.wish))]
    if not wanted:
        return []
    roster = Roster.read(desk, index)
    skills = frozenset(skill for agent in settings.agents for skill in agent.skills)
    in_vain: set[tuple[str, str, str, frozenset[str]]] = set()
    found = []
    for each, (how, team) in wanted:
        asked = asked_skills(each.words, skills) if how == "by-skill" else frozenset()
        key = (how, team, each.gave_back, asked)
        if key in in_vain:
            continue
        passed = {each.gave_back: GAVE_BACK} if each.gave_back else {}
        choice = roster.choose_for(each.words, how, team, passed=passed)
        if not choice.agent:
            in_vain.add(key)
            continue
        roster.note(choice.agent)
        found.append((each.id, (how, team)))
    return found


def _wish(settings: Settings, team: str, unrouted: str) -> _Wish | None:
    """How a ticket of that team waits to be given out; None where it waits for a person to do that.

    `unrouted`: `WAY TEAM` where nobody could take it when it was tried.
    """
    how, _, tried = unrouted.partition(" ")
    tried = "" if tried == NO_TEAM else tried
    if how in WAYS and (not tried or tried in settings.teams):
        return how, tried
    way = settings.way_of(team)
    if way == BY_HAND or (team and team not in settings.teams):
        return None
    return way, team
