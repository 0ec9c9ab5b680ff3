"""The working time of a calendar: how much lies between two moments, and when so much has passed.

A moment is open exactly where `calendar.is_open` says so, whatever the clocks do: an hour that comes twice
counts twice, an hour that is skipped not at all. The years that are asked for are worked out, and those
between them, as one list of stretches with their running sum, so that ten thousand tickets cost a search
each.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import accumulate, chain
from typing import TYPE_CHECKING

from helpdesk_cli.sla.calendar import DAY, HOUR

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
_FAR = (_FURTHEST_YEARS - 1) * 365 * DAY
# A hand can write any year into a ticket: before 1970 nobody was here, and the calendar ends with 9999.
_FIRST, _FIRST_YEAR, _LAST_YEAR = 0, 1970, 9000


class Hours:
    """The working time of one calendar. Moments and lengths are milliseconds, moments since 1970 in UTC."""

    def __init__(self, calendar: Calendar) -> None:
        """Nothing is worked out before it is asked for."""
        self.calendar = calendar
        self._is_always = calendar.is_always_open
        self._working_day = calendar.working_day
        # The open stretches of the years (of UTC) from `_first` on, before `_last`; how much is open from the
        # first of them up to the end of each; and from when to when these years are.
        self._first = self._last = 0
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._sums: list[int] = []
        self._since = self._until = 0

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
        if start < self._since or end >= self._until:
            self._cover(_year_of(start), _year_of(end))
        return self._open_before(end) - self._open_before(start)

    def after(self, start: int, length: int) -> int | None:
        """The first moment at which so much has passed since `start`; None where none comes in 40 years."""
        if length <= 0:
            return start
        if self._is_always:
            return start + length
        start = max(start, _FIRST)
        if not self._since <= start < self._until:
            self._cover(_year_of(start), _year_of(start))
        needed = length + self._open_before(start)
        if not self._sums or needed > self._sums[-1]:
            year = _year_of(start)
            for each in range(year, year + _FURTHEST_YEARS):
                self._cover(year, each)
                if self._sums and needed <= self._sums[-1]:
                    break
            else:
                return None
        place = bisect_left(self._sums, needed)
        opens = self._starts[place]
        if opens - start > _FAR and opens >= _start_of(_year_of(start) + _FURTHEST_YEARS):
            return None
        return self._ends[place] - (self._sums[place] - needed)

    def before(self, end: int, length: int) -> int | None:
        """The last moment from which on so much passes until `end`; None where none was in 40 years."""
        if self._is_always:
            return end - length
        year = _year_of(end)
        for each in range(year, year - _FURTHEST_YEARS, -1):
            self._cover(each, year)
            needed = self._open_before(end) - length
            if needed >= 0:
                place = bisect_right(self._sums, needed)
                is_near = place < len(self._sums) and self._starts[place] >= _start_of(
                    year - _FURTHEST_YEARS + 1
                )
                return self._ends[place] - (self._sums[place] - needed) if is_near else None
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
        self._cover(_year_of(start), _year_of(end))
        first = max(0, bisect_right(self._starts, start) - 1)
        for place in range(first, bisect_left(self._starts, end)):
            opens, closes = max(start, self._starts[place]), min(end, self._ends[place])
            if opens >= closes:
                continue
            if last is not None and last[1] == opens:
                # One that goes on at midnight of New Year's Eve.
                last = (last[0], closes)
                continue
            if last is not None:
                yield last
            last = (opens, closes)
        if last is not None:
            yield last

    def _open_before(self, moment: int) -> int:
        """How much was open before that moment, from the first year on; the years are covered."""
        place = bisect_right(self._starts, moment) - 1
        if place < 0:
            return 0
        left = self._ends[place] - moment
        return self._sums[place] - left if left > 0 else self._sums[place]

    def _cover(self, first: int, last: int) -> None:
        """Work out these years and all between them, so far as a calendar goes."""
        first, last = max(min(first, _LAST_YEAR), _FIRST_YEAR), min(last, _LAST_YEAR) + 1
        if self._first <= first and last <= self._last:
            return
        if first > self._last + _FURTHEST_YEARS or last < self._first - _FURTHEST_YEARS:
            # Far away: what lies between is nobody's time.
            self._first = self._last = first
            self._starts, self._ends = [], []
        earlier = [_work_out(self.calendar, year) for year in range(first, self._first)]
        later = [_work_out(self.calendar, year) for year in range(self._last, last)]
        stretches = [
            *chain.from_iterable(earlier),
            *zip(self._starts, self._ends, strict=True),
            *chain.from_iterable(later),
        ]
        self._starts = [start for start, _ in stretches]
        self._ends = [end for _, end in stretches]
        self._sums = list(accumulate(end - start for start, end in stretches))
        self._first, self._last = min(first, self._first), max(last, self._last)
        self._since, self._until = _start_of(self._first), _start_of(self._last)


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


def _start_of(year: int) -> int:
    return ms_of(datetime(year, 1, 1, tzinfo=UTC))


def _work_out(calendar: Calendar, year: int) -> list[tuple[int, int]]:
    """The open stretches of a year, in order."""
    found: list[tuple[int, int]] = []
    for first, last in _open_stretches(calendar, _start_of(year), _start_of(year + 1)):
        if found and found[-1][1] == first:
            found[-1] = (found[-1][0], last)
        else:
            found.append((first, last))
    return found


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
