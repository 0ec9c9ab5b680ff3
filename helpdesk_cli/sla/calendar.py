"""A calendar: when an office is open, in its own time zone."""

from __future__ import annotations

from datetime import time
from typing import TYPE_CHECKING

from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from datetime import date, datetime, tzinfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Interval:
    """From `start` until `end` of one day, the end excluded; `end` None is midnight, the end of the day."""

    start: time
    end: time | None = None

    def holds(self, at: time) -> bool:
        """Whether that time of day lies in it."""
        return self.start <= at and (self.end is None or at < self.end)


ALL_DAY = (Interval(time(0)),)


@dataclass(frozen=True, slots=True)
class SpecialDays:
    """The days from `first` to `last`, both included, with hours of their own; () is closed."""

    first: date
    last: date
    hours: tuple[Interval, ...] = ()


@dataclass(frozen=True, slots=True)
class Calendar:
    """Hours for each day of the week, from Monday on; `special` days come first. Intervals are in order."""

    name: str
    zone: tzinfo
    week: tuple[tuple[Interval, ...], ...]
    special: tuple[SpecialDays, ...] = ()

    @property
    def is_always_open(self) -> bool:
        """Whether it never closes: then its days are plain days."""
        return not self.special and all(hours == ALL_DAY for hours in self.week)

    def hours_on(self, day: date) -> tuple[Interval, ...]:
        """When it is open on that day."""
        for special in self.special:
            if special.first <= day <= special.last:
                return special.hours
        return self.week[day.weekday()]


def is_open(calendar: Calendar, at: datetime) -> bool:
    """Whether the office is open at that moment (with a time zone: `at` is compared in the calendar's)."""
    local = at.astimezone(calendar.zone)
    return any(hours.holds(local.time()) for hours in calendar.hours_on(local.date()))
