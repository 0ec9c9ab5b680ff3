"""A calendar: when an office is open, in its own time zone."""

from __future__ import annotations

from datetime import time
from typing import TYPE_CHECKING

from helpdesk_cli.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date, datetime, tzinfo

    # The public holidays of a year, by name. Whoever makes a calendar knows where they come from.
    Holidays = Callable[[int], Mapping[date, str]]

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HOUR = 3_600_000  # milliseconds
DAY = 24 * HOUR


@dataclass(frozen=True, slots=True)
class Interval:
    """From `start` until `end` of one day, the end excluded; `end` None is midnight, the end of the day."""

    start: time
    end: time | None = None

    def holds(self, at: time) -> bool:
        """Whether that time of day lies in it."""
        return self.start <= at and (self.end is None or at < self.end)

    @property
    def bounds(self) -> tuple[int, int]:
        """Milliseconds since midnight of its two ends."""
        return _since_midnight(self.start), DAY if self.end is None else _since_midnight(self.end)

    def __str__(self) -> str:
        """`09:00-12:30`."""
        return f"{self.start:%H:%M}-{'24:00' if self.end is None else f'{self.end:%H:%M}'}"


ALL_DAY = (Interval(time(0)),)


@dataclass(frozen=True, slots=True)
class SpecialDays:
    """The days from `first` to `last`, both included, with hours of their own; () is closed."""

    first: date
    last: date
    hours: tuple[Interval, ...] = ()


@dataclass(frozen=True, slots=True)
class Calendar:
    """Hours for each day of the week, from Monday on. Intervals are in order.

    Days of its own (`special`) come first, then the public holidays of `regions`, then the week.
    """

    name: str
    zone: tzinfo
    week: tuple[tuple[Interval, ...], ...]
    special: tuple[SpecialDays, ...] = ()
    regions: tuple[str, ...] = ()
    holidays: Holidays | None = None
    line: int = field(default=0, compare=False)

    @property
    def is_always_open(self) -> bool:
        """Whether it never closes: then its days are plain days."""
        return not (self.special or self.regions) and all(hours == ALL_DAY for hours in self.week)

    @property
    def working_day(self) -> int:
        """How long a working day is, in milliseconds: the hours of a week by the days on which it opens."""
        lengths = [sum(end - start for start, end in map(_bounds, hours)) for hours in self.week if hours]
        return sum(lengths) // len(lengths) // 1000 * 1000 if lengths else 0

    def hours_on(self, day: date) -> tuple[Interval, ...]:
        """When it is open on that day."""
        for special in self.special:
            if special.first <= day <= special.last:
                return special.hours
        if self.holidays is not None and day in self.holidays(day.year):
            return ()
        return self.week[day.weekday()]

    def why_closed(self, day: date) -> str:
        """The name of the public holiday on that day; "" where there is none or own hours come before it."""
        if self.holidays is None or any(special.first <= day <= special.last for special in self.special):
            return ""
        return self.holidays(day.year).get(day, "")


def is_open(calendar: Calendar, at: datetime) -> bool:
    """Whether the office is open at that moment (with a time zone: `at` is compared in the calendar's)."""
    local = at.astimezone(calendar.zone)
    return any(hours.holds(local.time()) for hours in calendar.hours_on(local.date()))


def week_text(calendar: Calendar) -> str:
    """`Mon-Thu 09:00-12:30 13:30-17:00, Fri 09:00-15:00`; "always" where it never closes."""
    if calendar.is_always_open:
        return "always"
    groups: list[tuple[int, int]] = []
    for day, hours in enumerate(calendar.week):
        if groups and calendar.week[groups[-1][0]] == hours:
            groups[-1] = (groups[-1][0], day)
        else:
            groups.append((day, day))
    said = []
    for first, last in groups:
        if hours := calendar.week[first]:
            names = [DAYS[day].capitalize() for day in dict.fromkeys((first, last))]
            said.append(f"{'-'.join(names)} {' '.join(map(str, hours))}")
    return ", ".join(said) or "never"


def _bounds(interval: Interval) -> tuple[int, int]:
    return interval.bounds


def _since_midnight(at: time) -> int:
    return (at.hour * 60 + at.minute) * 60_000
