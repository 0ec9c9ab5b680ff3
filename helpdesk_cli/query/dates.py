"""Dates as people write them: `2026-11-20`, `2026Q3`, `7d`, `monday`, `lastweek`, each a span of time.

A calendar word means a period of the desk's time zone, `7d` and `now` an instant. Weeks are those of
ISO 8601, from Monday. docs/QUERY.md has the table of what each means alone, in a range and in a comparison.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import tzinfo

FIRST_YEAR, LAST_YEAR = 1900, 2999
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
# Compiled when a date is read, which most queries have not.
_compiled = cache(re.compile)
_TIME = r"(\d{4}-\d\d-\d\d)[t ](\d\d):(\d\d)(?::(\d\d)(?:\.\d{1,6})?)?(z|[+-]\d\d:?\d\d)?"
_LENGTH = r"(?:\d{1,6}(?:mo|min|[mhdwy]))+"
_PIECE = r"(\d+)(mo|min|[mhdwy])"
_KNOWN = "Dates are 2026-11-20, 2026-11, 2026, 2026Q3, 2026W47, 7d, today, monday, lastweek and so on."


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` up to, but without, `end`, both in UTC; an instant has start == end."""

    start: datetime
    end: datetime

    @property
    def is_instant(self) -> bool:
        """Whether it has no length."""
        return self.start == self.end


def read_when(text: str, now: datetime, zone: tzinfo) -> Span:
    """The span that a date names. Raises ValueError with the reason and what to write."""
    word = text.strip().casefold()
    try:
        found = _read(word, now.astimezone(UTC), zone)
    except OverflowError as error:
        raise ValueError(f'"{text}" lies too far away') from error
    if found is None:
        raise ValueError(f'"{text}" is no date. {_KNOWN}')
    return found


def read_period(text: str, now: datetime, zone: tzinfo) -> Span:
    """The period that a date or a range names: `2026Q3`, `2026-01..2026-03`, `7d` (until now), `7d..today`.

    Raises ValueError with the reason.
    """
    first, dots, last = text.partition("..")
    if not dots:
        span = read_when(first, now, zone)
        return Span(*sorted((span.start, now.astimezone(UTC)))) if span.is_instant else span
    if not first.strip() or not last.strip():
        raise ValueError(f'"{text}" has only one end; a period has two')
    start, end = read_when(first, now, zone).start, read_when(last, now, zone).end
    if start >= end:
        raise ValueError(f'"{text}" ends before it begins')
    return Span(start, end)


def is_length(text: str) -> bool:
    """Whether the text is a length: `7d`, `12h`, `1d12h`."""
    return _compiled(_LENGTH).fullmatch(text.strip().casefold()) is not None


def shift(now: datetime, length: str, zone: tzinfo, *, ahead: bool = False) -> datetime:
    """The instant that lies `length` before `now`, or `ahead` of it.

    Days, weeks, months and years are those of the calendar (the same hour on the wall), hours and minutes
    are exact. Raises ValueError for what is no length or leads out of the calendar.
    """
    if not is_length(length):
        raise ValueError(f'"{length}" is no length of time. Lengths are 30min, 12h, 7d, 2w, 3mo, 1y, 1d12h.')
    sign = 1 if ahead else -1
    exact = timedelta()
    try:
        moment = now.astimezone(zone).replace(tzinfo=None)
        wall = moment
        for digits, unit in _compiled(_PIECE).findall(length.strip().casefold()):
            number = sign * int(digits)
            if unit in {"y", "mo"}:
                wall = _add_months(wall, number * 12 if unit == "y" else number)
            elif unit in {"d", "w"}:
                wall += timedelta(days=number * 7 if unit == "w" else number)
            else:
                exact += timedelta(hours=number) if unit == "h" else timedelta(minutes=number)
        # The wall's time is only asked where the calendar was: an hour that comes twice stays itself.
        found = now.astimezone(UTC) if wall == moment else wall.replace(tzinfo=zone).astimezone(UTC)
        found += exact
    except (OverflowError, ValueError) as error:
        raise ValueError(f'"{length}" lies too far away') from error
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise ValueError(f'"{length}" lies too far away')
    return found


def _read(word: str, now: datetime, zone: tzinfo) -> Span | None:
    if match := _compiled(_TIME).fullmatch(word):
        return _time(match, zone)
    for pattern, read in _PATTERNS:
        if match := _compiled(pattern).fullmatch(word):
            return read([int(group) for group in match.groups()], zone)
    if word == "now":
        return Span(now, now)
    if is_length(word.removeprefix("+")):
        moment = shift(now, word.removeprefix("+"), zone, ahead=word.startswith("+"))
        return Span(moment, moment)
    today = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    days = _words(re.sub(r"[-_ ]", "", word), today)
    return None if days is None else _span(*days, zone)


def _words(word: str, today: datetime) -> tuple[datetime, datetime] | None:
    """The period, in wall time, that a word names."""
    day = timedelta(days=1)
    if word in {"today", "yesterday", "tomorrow"}:
        start = today + day * ("yesterday", "today", "tomorrow").index(word) - day
        return start, start + day
    weekday = next((place for place, name in enumerate(_DAYS) if word in {name, name[:3]}), None)
    if weekday is not None:
        start = today - day * ((today.weekday() - weekday) % 7)
        return start, start + day
    for name, offset in (("this", 0), ("last", -1), ("next", 1)):
        unit = word.removeprefix(name)
        if unit != word and unit in _UNITS:
            return _UNITS[unit](today, offset)
    return None


def _week(today: datetime, offset: int) -> tuple[datetime, datetime]:
    start = today + timedelta(days=7 * offset - today.weekday())
    return start, start + timedelta(days=7)


def _months(length: int) -> Callable[[datetime, int], tuple[datetime, datetime]]:
    def period(today: datetime, offset: int) -> tuple[datetime, datetime]:
        first = today.replace(month=(today.month - 1) // length * length + 1, day=1)
        start = _add_months(first, offset * length)
        return start, _add_months(start, length)

    return period


_UNITS: dict[str, Callable[[datetime, int], tuple[datetime, datetime]]] = {
    "week": _week,
    "month": _months(1),
    "quarter": _months(3),
    "year": _months(12),
}


def _add_months(moment: datetime, number: int) -> datetime:
    """The same day `number` months on, or the month's last where it has no such day."""
    months = moment.year * 12 + moment.month - 1 + number
    first = moment.replace(year=months // 12, month=months % 12 + 1, day=1)
    following = first.replace(year=(months + 1) // 12, month=(months + 1) % 12 + 1)
    return first.replace(day=min(moment.day, (following - timedelta(days=1)).day))


def _time(match: re.Match[str], zone: tzinfo) -> Span:
    """The minute, or with seconds the second, that is written."""
    day, hour, minute, second, offset = match.groups()
    text = f"{day}T{hour}:{minute}:{second or '00'}"
    try:
        moment = datetime.fromisoformat(text + (offset.upper() if offset else ""))
    except ValueError as error:
        raise ValueError(f'"{match[0]}" is no day and hour of the calendar') from error
    _check_year(moment.year)
    start = (moment if offset else moment.replace(tzinfo=zone)).astimezone(UTC)
    return Span(start, start + (timedelta(seconds=1) if second else timedelta(minutes=1)))


def _year_of(parts: list[int], zone: tzinfo) -> Span:
    return _months_of(parts[0], 1, 12, zone)


def _month_of(parts: list[int], zone: tzinfo) -> Span:
    return _months_of(parts[0], parts[1], 1, zone)


def _quarter_of(parts: list[int], zone: tzinfo) -> Span:
    return _months_of(parts[0], parts[1] * 3 - 2, 3, zone)


def _months_of(year: int, month: int, length: int, zone: tzinfo) -> Span:
    start = _date(year, month, 1)
    return _span(start, _add_months(start, length), zone)


def _week_of(parts: list[int], zone: tzinfo) -> Span:
    _check_year(parts[0])
    try:
        start = datetime.fromisocalendar(parts[0], parts[1], 1)
    except ValueError as error:
        raise ValueError(f"{parts[0]} has no week {parts[1]}") from error
    return _span(start, start + timedelta(days=7), zone)


def _day_of(parts: list[int], zone: tzinfo) -> Span:
    start = _date(*parts)
    return _span(start, start + timedelta(days=1), zone)


_PATTERNS: tuple[tuple[str, Callable[[list[int], tzinfo], Span]], ...] = (
    (r"(\d{4})", _year_of),
    (r"(\d{4})-(\d\d)", _month_of),
    (r"(\d{4})-(\d\d)-(\d\d)", _day_of),
    (r"(\d{4})-?q([1-4])", _quarter_of),
    (r"(\d{4})-?w(\d\d)", _week_of),
)


def _date(year: int, month: int, day: int) -> datetime:
    """Midnight of that day on the wall. Raises ValueError where there is no such day."""
    _check_year(year)
    try:
        return datetime.fromisoformat(f"{year:04d}-{month:02d}-{day:02d}")
    except ValueError as error:
        raise ValueError(f"there is no {year:04d}-{month:02d}-{day:02d}") from error


def _check_year(year: int) -> None:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(f"{year:04d} is no year from {FIRST_YEAR} to {LAST_YEAR}")


def _span(start: datetime, end: datetime, zone: tzinfo) -> Span:
    """Wall times to instants. Where a clock change skips midnight, the day begins with the change."""
    return Span(start.replace(tzinfo=zone).astimezone(UTC), end.replace(tzinfo=zone).astimezone(UTC))
