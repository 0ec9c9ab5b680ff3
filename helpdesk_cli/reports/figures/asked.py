"""What is asked of a report: the period, how it is grouped, what counts as time, and what this desk knows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from helpdesk_cli.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import tzinfo

    from helpdesk_cli.reports.figures.goals import Goal
    from helpdesk_cli.reports.figures.history import Kind

DAY = 86_400_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def wall(start: int, end: int) -> int:
    """The time from `start` to `end` by the clock on the wall; none where the end is not later."""
    return max(0, end - start)


def _active(_: str) -> Kind:
    return "active"


@dataclass(frozen=True, slots=True)
class Topic:
    """An article, by what it is about: its tags and the words of its title."""

    name: str
    tags: tuple[str, ...] = ()
    title: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A report is of what happened from `start` up to `end`, as it was known at `now`.

    Moments in milliseconds since 1970. `between` is how much time lies between two moments: working time of
    the calendar named `calendar`, or "" by the wall. `office` is the same by the desk's calendar, also where
    times are told by the wall, and `working_day` how long a day of it is: what is held against a working day.
    `words` are the desk's declared words of a field, in their order. `previous` is the period before.
    """

    start: int
    end: int
    now: int
    zone: tzinfo = UTC
    by: str = ""
    between: Callable[[int, int], int] = wall
    calendar: str = ""
    working_day: int = DAY
    kind_of: Callable[[str], Kind] = _active
    goals: Mapping[str, Goal] = field(default_factory=dict)
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    previous: tuple[int, int] = (0, 0)
    articles: tuple[Topic, ...] = ()
    tags: tuple[tuple[str, int, int], ...] = ()  # every tag, on how many tickets, when the last was opened
    top: int = 10
    office: Callable[[int, int], int] = wall

    @property
    def until(self) -> int:
        """The end of the period, or now where it is not over."""
        return min(self.end, self.now)

    @property
    def day(self) -> int:
        """How long a day is of the time that is told."""
        return self.working_day if self.calendar else DAY

    @property
    def time_name(self) -> str:
        """What counts as time, in words."""
        if not self.calendar:
            return "Time is that of the clock on the wall."
        return f'Time is working time of the calendar "{self.calendar}".'

    def holds(self, moment: int) -> bool:
        """Whether that moment is in the period."""
        return self.start <= moment < self.end

    def local(self, moment: int) -> datetime:
        """That moment by the desk's own clock."""
        return (_EPOCH + timedelta(milliseconds=moment)).astimezone(self.zone)
