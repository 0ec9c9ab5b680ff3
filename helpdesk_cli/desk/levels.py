"""The service levels of tickets: which policy counts for each, and what its clocks say now.

From the index for many, from the ticket itself for one. A ticket that records no policy (opened before there
was one, or by hand) has the one that fits it now; so has one whose recorded version nobody has any more.
"""

from __future__ import annotations

import importlib
from contextlib import closing
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from helpdesk_cli.customers.fields import KEYS as CUSTOMER_KEYS
from helpdesk_cli.desk.asking import ALWAYS_DONE, vocabulary_of
from helpdesk_cli.desk.indexing import open_index
from helpdesk_cli.query.folding import fold
from helpdesk_cli.sla.clocks import Clock, clocks_of
from helpdesk_cli.sla.course import Course, course_of
from helpdesk_cli.sla.hours import ms_of
from helpdesk_cli.sla.policies import first_response_words
from helpdesk_cli.storage.sla_copy import load_choices
from helpdesk_cli.storage.sla_file import load_sla
from helpdesk_cli.storage.sla_versions import read_version
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.sla.calendar import Calendar
    from helpdesk_cli.sla.course import Namer
    from helpdesk_cli.sla.policies import Policy, Sla
    from helpdesk_cli.sla.rests import Kind
    from helpdesk_cli.storage.index import Index
    from helpdesk_cli.storage.settings import Settings
    from helpdesk_cli.tickets.ticket import Ticket

_WORDS = 1000
_NAMED = ("status", "priority", "type")


@dataclass(frozen=True, slots=True)
class Level:
    """What is promised for a ticket; without a policy nothing. `remark`: why it is not the recorded one."""

    course: Course
    policy: Policy | None = None
    calendar: Calendar | None = None
    clocks: tuple[Clock, ...] = ()
    remark: str = ""

    @property
    def open_clocks(self) -> tuple[Clock, ...]:
        """Those for which something is still to be done, what is due first in front."""
        found = [clock for clock in self.clocks if clock.is_open]
        return tuple(sorted(found, key=lambda clock: (clock.due is None, clock.due or 0)))

    @property
    def next_clock(self) -> Clock | None:
        """The one that is due next, or else one that rests; None where nothing is to be done."""
        return next(iter(self.open_clocks), None)


class Levels:
    """The service levels of this desk, at its time; or, with `sla`, as that would have them."""

    def __init__(
        self, desk: Desk, index: Index, *, sla: Sla | None = None, in_force: Sla | None = None
    ) -> None:
        """`in_force` stands for today's sla.yaml; without it, InvalidFileError is raised for a broken one."""
        self._desk, self._index = desk, index
        self._now = ms_of(desk.now)
        self._is_other = sla is not None
        self.sla = sla or in_force or load_sla(desk.layout, desk.settings)
        # It is read, so that it can be chosen from; the copy spares its digest.
        self._version = "" if sla or in_force else load_choices(desk.layout, desk.settings).version
        self._versions: dict[str, Sla | None] = {self._version: self.sla}
        self._fitting: list[tuple[Policy, frozenset[str] | None]] | None = None
        self.name = namer_of(desk.settings)
        self._kind_of = kinds_of(desk.settings)

    def of(
        self, paths: Sequence[str], *, as_of: int | None = None, only_open: bool = False
    ) -> Iterator[tuple[str, Level]]:
        """The level of each of these tickets, in that order, from the index.

        `as_of`: as it was then, in milliseconds since 1970. `only_open`: only clocks that have not stopped.
        """
        courses = importlib.import_module("helpdesk_cli.storage.index_courses")
        for path, course in courses.courses_of(self._index, paths, name=self.name):
            yield path, self.of_course(path, course, as_of=as_of, only_open=only_open)

    def of_course(
        self, path: str, course: Course, *, as_of: int | None = None, only_open: bool = False
    ) -> Level:
        """The level of the ticket in that file, to who has read its course already."""
        return self._level(course, partial(self._fits_now, path), as_of=as_of, only_open=only_open)

    def prepare(self, recorded: Iterable[str]) -> None:
        """Ask the index all that tickets need that record these policies, so that no more is asked later."""
        for policy in set(recorded):
            name, _, version = policy.rpartition("@")
            if not name or self._version_of(version) is None:
                self._find_fitting()

    def of_ticket(self, ticket: Ticket, *, fitting: Callable[[], Policy | None] | None = None) -> Level:
        """The level of a ticket as it is, whatever the index has of it.

        `fitting` gives the policy where none is recorded, to who has found it already.
        """
        return self._level(course_of(ticket, name=self.name), fitting or partial(self.fits, ticket))

    def _level(
        self,
        course: Course,
        fitting: Callable[[], Policy | None],
        *,
        as_of: int | None = None,
        only_open: bool = False,
    ) -> Level:
        policy, sla, remark = self._policy_of(course, fitting)
        if policy is None:
            return Level(course, remark=remark)
        calendar = sla.calendar(policy.calendar)
        if calendar is None:
            return Level(course, policy, remark=f'its calendar "{policy.calendar}" is missing')
        now = self._now if as_of is None else min(as_of, self._now)
        if as_of is not None:
            course = course.until(now)
        clocks = clocks_of(course, policy, calendar, now=now, kind_of=self._kind_of, only_open=only_open)
        return Level(course, policy, calendar, clocks, remark)

    def _policy_of(
        self, course: Course, fitting: Callable[[], Policy | None]
    ) -> tuple[Policy | None, Sla, str]:
        """The policy, the file that it stands in, and why it is not the recorded one."""
        name, _, version = course.policy.rpartition("@")
        if self._is_other or not name:
            return fitting(), self.sla, ""
        recorded = self._version_of(version)
        if recorded is not None:
            return recorded.policy(name), recorded, ""
        remark = f"the sla.yaml {version} that counts for it is nowhere; that of today counts"
        return self.sla.policy(name) or fitting(), self.sla, remark

    def _version_of(self, version: str) -> Sla | None:
        """The sla.yaml of that version; None where nobody has it any more."""
        if version not in self._versions:
            self._versions[version] = read_version(self._desk.layout, version)
        return self._versions[version]

    def policy_of(self, ticket: Ticket) -> tuple[Policy | None, Sla]:
        """The policy that counts for a ticket, and the file that it stands in."""
        return self._policy_of(course_of(ticket, name=self.name), partial(self.fits, ticket))[:2]

    def fits(self, ticket: Ticket) -> Policy | None:
        """The first policy whose condition the ticket fulfils now."""
        # Loaded where one is to be decided: a ticket that records its policy needs no condition.
        conditions = importlib.import_module("helpdesk_cli.desk.conditions")
        return next(
            (
                policy
                for policy in self.sla.policies
                if not policy.when or conditions.holds(self._desk, self._index, policy.when, ticket)
            ),
            None,
        )

    def _fits_now(self, path: str) -> Policy | None:
        """The first policy whose condition the ticket of that file fulfils; each is asked once for all."""
        return next(
            (policy for policy, paths in self._find_fitting() if paths is None or path in paths), None
        )

    def _find_fitting(self) -> list[tuple[Policy, frozenset[str] | None]]:
        """Each policy and the files that its condition fits; None for all."""
        if self._fitting is None:
            self._fitting = [
                (policy, self._paths_of(policy.when) if policy.when else None) for policy in self.sla.policies
            ]
        return self._fitting

    def _paths_of(self, condition: str) -> frozenset[str]:
        query = importlib.import_module("helpdesk_cli.desk.conditions").read_condition(self._desk, condition)
        if not CUSTOMER_KEYS.isdisjoint(query.fields):
            customers = importlib.import_module("helpdesk_cli.desk.customers")
            customers.customers_in(self._desk, self._index).refresh_requesters()
        find = importlib.import_module("helpdesk_cli.storage.index_find")
        return frozenset(find.paths_where(self._index, query))


def level_of(desk: Desk, ticket: Ticket) -> Level:
    """What is promised for one ticket, and how it stands. Raises InvalidFileError for a broken sla.yaml."""
    with closing(open_index(desk, full=False)) as index:
        return Levels(desk, index).of_ticket(ticket)


def promised_answer(desk: Desk, ticket: Ticket) -> str:
    """How soon a first answer is promised for this ticket, in words; "" where nothing is."""
    with closing(open_index(desk, full=False)) as index:
        levels = Levels(desk, index)
        policy, sla = levels.policy_of(ticket)
    if policy is None:
        return ""
    priority, type_ = (levels.name(field, value) for field, value in _words(ticket))
    return first_response_words(sla, priority=priority, type_=type_, policy=policy)


def _words(ticket: Ticket) -> tuple[tuple[str, str], ...]:
    return (("priority", ticket.priority), ("type", ticket.type))


def namer_of(settings: Settings) -> Namer:
    """From a word in a ticket file to the declared one, by its aliases."""
    words = vocabulary_of(settings).words
    names: dict[str, dict[str, str]] = {
        field: {spelling: word[0] for word in words.get(field, ()) for spelling in word} for field in _NAMED
    }
    folded = {field: {fold(spelling): name for spelling, name in names[field].items()} for field in _NAMED}

    # Few words, asked for a hundred thousand times; not all that people type is remembered for ever.
    @lru_cache(maxsize=_WORDS)
    def name(field: str, word: str) -> str:
        known = names.get(field)
        if known is None:
            return word
        return known.get(word) or folded[field].get(fold(word), word)

    return name


def kinds_of(settings: Settings) -> Callable[[str], Kind]:
    """Whether a status is active, waiting or done; what nobody declared is active."""
    kinds: dict[str, Kind] = {word.name: word.kind for word in settings.statuses}
    kinds.update(dict.fromkeys(ALWAYS_DONE, "done"))
    return lru_cache(maxsize=_WORDS)(lambda status: kinds.get(status, "active"))
