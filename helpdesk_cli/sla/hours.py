"""The working time of a calendar: how much lies between two moments, and when so much has passed.

A moment is open exactly where `calendar.is_open` says so, whatever the clocks do: an hour that comes twice
counts twice, an hour that is skipped not at all. A year is worked out when it is first asked for, as a list
of stretches with their running sum, so that ten thousand tickets cost a search each.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING

from helpdesk_cli.sla.calendar import DAY, HOUR
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpdesk_cli.sla.calendar import Calendar
    from helpdesk_cli.sla.policies import Span

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_UNITS = {"minute": 60_000, "hour": HOUR}
# Who promises more, or an office that is closed for so long, gets no moment at all.
_FURTHEST_YEARS = 40
# A hand can write any year into a ticket: before 1970 nobody was here, and the calendar ends with 9999.
_FIRST, _FIRST_YEAR, _LAST_YEAR = 0, 1970, 9000


@dataclass(frozen=True, slots=True)
class _Year:
    """The open stretches of a year (of UTC), and how much is open up to the end of each."""

    starts: tuple[int, ...]
    ends: tuple[int, ...]
    sums: tuple[int, ...]

    @property
    def total(self) -> int:
        return self.sums[-1] if self.sums else 0

    def until(self, moment: int) -> int:
        """How much of it is open before that moment."""
        place = bisect_right(self.starts, moment) - 1
        if place < 0:
            return 0
        return self.sums[place] - max(0, self.ends[place] - moment)

    def within(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        for place in range(max(0, bisect_right(self.starts, start) - 1), bisect_left(self.starts, end)):
            first, last = max(start, self.starts[place]), min(end, self.ends[place])
            if first < last:
                yield first, last


_CLOSED = _Year((), (), ())


class Hours:
    """The working time of one calendar. Moments and lengths are milliseconds, moments since 1970 in UTC."""

    def __init__(self, calendar: Calendar) -> None:
        """Nothing is worked out before it is asked for."""
        self.calendar = calendar
        self._is_always = calendar.is_always_open
        self._years: dict[int, _Year] = {}
        self._working_day = calendar.working_day

    def length(self, span: Span) -> int:
        """How much working time the span is; of one by the wall, time."""
        if span.unit == "day":
            return span.amount * (DAY if span.wall else self._working_day)
        return span.amount * _UNITS[span.unit]

    def between(self, start: int, end: int) -> int:
        """How much of the time from `start` to `end` is open; 0 where the end is not later."""
        if end <= start:
            return 0
        if self._is_always:
            return end - start
        start = max(start, _FIRST)
        first, last = _year_of(start), _year_of(end)
        whole = sum(self._year(year).total for year in range(first, last))
        return whole + self._year(last).until(end) - self._year(first).until(start)

    def after(self, start: int, length: int) -> int | None:
        """The first moment at which so much has passed since `start`; None where none comes in 40 years."""
        if length <= 0:
            return start
        if self._is_always:
            return start + length
        start = max(start, _FIRST)
        year = _year_of(start)
        needed = length + self._year(year).until(start)
        for each in range(year, year + _FURTHEST_YEARS):
            found = self._year(each)
            if needed <= found.total:
                place = bisect_left(found.sums, needed)
                return found.ends[place] - (found.sums[place] - needed)
            needed -= found.total
        return None

    def before(self, end: int, length: int) -> int | None:
        """The last moment from which on so much passes until `end`; None where none was in 40 years."""
        if self._is_always:
            return end - length
        year = _year_of(end)
        needed = self._year(year).until(end) - length
        for each in range(year, year - _FURTHEST_YEARS, -1):
            found = self._year(each)
            if 0 <= needed < found.total:
                place = bisect_right(found.sums, needed)
                return found.ends[place] - (found.sums[place] - needed)
            needed += self._year(each - 1).total
        return None

    def stretches(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """The open stretches from `start` to `end`, in order."""
        if end <= start:
            return
        if self._is_always:
            yield start, end
            return
        last: tuple[int, int] | None = None
        start = max(start, _FIRST)
        for year in range(_year_of(start), _year_of(end) + 1):
            for opens, closes in self._year(year).within(start, end):
                if last is not None and last[1] == opens:
                    # One that goes on at midnight of New Year's Eve.
                    last = (last[0], closes)
                    continue
                if last is not None:
                    yield last
                last = (opens, closes)
        if last is not None:
            yield last

    def _year(self, year: int) -> _Year:
        if not _FIRST_YEAR <= year <= _LAST_YEAR:
            return _CLOSED
        if year not in self._years:
            self._years[year] = _work_out(self.calendar, year)
        return self._years[year]


@lru_cache(maxsize=64)
def hours_of(calendar: Calendar) -> Hours:
    """The working time of that calendar."""
    return Hours(calendar)


def working_time_between(start: datetime, end: datetime, calendar: Calendar) -> timedelta:
    """How much of the time from `start` to `end` the calendar is open; nothing where the end is not later."""
    return hours_of(calendar).between(ms_of(start), ms_of(end)) * _MILLISECOND


def add_working_time(start: datetime, span: Span, calendar: Calendar) -> datetime | None:
    """When the span is over that begins at `start`, in UTC; None where that is not within 40 years."""
    hours = hours_of(calendar)
    length = hours.length(span)
    end = ms_of(start) + length if span.wall else hours.after(ms_of(start), length)
    return None if end is None else moment_of(end)


def ms_of(moment: datetime) -> int:
    """Milliseconds since 1970 in UTC."""
    return (moment - _EPOCH) // _MILLISECOND


def moment_of(milliseconds: int) -> datetime:
    """The moment in UTC."""
    return _EPOCH + milliseconds * _MILLISECOND


def _year_of(moment: int) -> int:
    return moment_of(moment).year


def _work_out(calendar: Calendar, year: int) -> _Year:
    start, end = (ms_of(datetime(each, 1, 1, tzinfo=UTC)) for each in (year, year + 1))
    found: list[list[int]] = []
    for first, last in _open_stretches(calendar, start, end):
        if found and found[-1][1] == first:
            found[-1][1] = last
        else:
            found.append([first, last])
    lengths = accumulate(last - first for first, last in found)
    return _Year(tuple(first for first, _ in found), tuple(last for _, last in found), tuple(lengths))


def _open_stretches(calendar: Calendar, start: int, end: int) -> Iterator[tuple[int, int]]:
    """What is open, day by day; where the clocks are changed a day has two parts, each with its offset."""
    for first, last, offset in _same_offset(calendar, start, end):
        for number in range((first + offset) // DAY, -(-(last + offset) // DAY)):
            midnight = number * DAY - offset
            for interval in calendar.hours_on(date.fromordinal(_EPOCH_DAY + number)):
                opens, closes = interval.bounds
                opens, closes = max(midnight + opens, first), min(midnight + closes, last)
                if opens < closes:
                    yield opens, closes


def _same_offset(calendar: Calendar, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """(from, to, offset) of the parts of that time in which the zone's clocks are so far from UTC."""

    def offset_at(moment: int) -> int:
        offset = moment_of(moment).astimezone(calendar.zone).utcoffset()
        return 0 if offset is None else offset // _MILLISECOND

    since, offset = start, offset_at(start)
    for moment in range(start + DAY, end + DAY, DAY):
        at = min(moment, end - 1)
        later = offset_at(at)
        if later != offset:
            before, after = at - DAY, at
            # Clocks are changed on whole seconds.
            while after - before > 1:
                middle = (before + after) // 2
                before, after = (middle, after) if offset_at(middle) == offset else (before, middle)
            yield since, after, offset
            since, offset = after, later
    yield since, end, offset
