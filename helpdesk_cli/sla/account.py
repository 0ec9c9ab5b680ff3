"""A clock's account: every stretch that counted and every one that did not, to be added up by hand."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from helpdesk_cli.sla.hours import hours_of, moment_of, ms_of
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from helpdesk_cli.sla.calendar import Calendar
    from helpdesk_cli.sla.clocks import Clock
    from helpdesk_cli.sla.rests import Piece

_SECOND = 1000
_DAY = timedelta(days=1)
# As many days off as anybody reads.
_MOST_DAYS = 1000


@dataclass(frozen=True, slots=True)
class Entry:
    """From `start` to `end` (milliseconds since 1970, on whole seconds) `counted` of it counted; or why not.

    `is_day`: it is a whole day on which the office would have been open.
    """

    start: int
    end: int
    counted: int
    why: str = ""
    is_day: bool = False


def account_of(clock: Clock, calendar: Calendar) -> Iterator[Entry]:
    """The entries in order of time; what counted adds up to what the clock used, in whole seconds."""
    for piece in clock.pieces:
        start, end = _whole(piece.start), _whole(piece.end)
        if piece.rests:
            yield Entry(start, end, 0, f"rests: {piece.rests}")
        elif clock.span.wall:
            yield Entry(start, end, end - start)
        else:
            yield from _stretches(piece, calendar)


def _stretches(piece: Piece, calendar: Calendar) -> Iterator[Entry]:
    found = [
        Entry(_whole(start), _whole(end), _whole(end) - _whole(start))
        for start, end in hours_of(calendar).stretches(piece.start, piece.end)
    ]
    if not found and piece.start < piece.end:
        found.append(Entry(_whole(piece.start), _whole(piece.end), 0, "closed"))
    yield from sorted(
        [*found, *_days_off(piece, calendar)], key=lambda entry: (entry.start, not entry.is_day)
    )


def _days_off(piece: Piece, calendar: Calendar) -> Iterator[Entry]:
    """The days on which the office would be open by its week, but is not."""
    first = moment_of(piece.start).astimezone(calendar.zone)
    last = moment_of(piece.end).astimezone(calendar.zone)
    day = first.date()
    while day <= last.date() and (day - first.date()).days < _MOST_DAYS:
        if calendar.week[day.weekday()] and not calendar.hours_on(day):
            at = _whole(max(piece.start, _midnight(day, calendar)))
            yield Entry(at, at, 0, calendar.why_closed(day) or "closed", is_day=True)
        day += _DAY


def _midnight(day: date, calendar: Calendar) -> int:
    return ms_of(datetime.combine(day, time(), calendar.zone))


def _whole(moment: int) -> int:
    """The second in which it lies: events of one second are told apart by milliseconds."""
    return moment // _SECOND * _SECOND
