"""The calendars of `sla.yaml`: weeks, hours and days of their own, every slip with its line."""

from __future__ import annotations

import re
from datetime import date, time
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from helpdesk_cli.errors import InvalidFileError
from helpdesk_cli.sla.calendar import ALL_DAY, DAYS, Calendar, Interval, SpecialDays
from helpdesk_cli.storage import settings_checks as check

if TYPE_CHECKING:
    from helpdesk_cli.storage.public_holidays import PublicHolidays
    from helpdesk_cli.storage.slips import Slips
    from helpdesk_cli.storage.yaml_tree import Node

ALWAYS = "always"
_MOST_DAYS = 1000
_OPEN = "Give one of its days hours: a clock in it would never run out."
_HOURS = re.compile(
    r"([01]?[0-9]|2[0-3]):([0-5][0-9])\s*[-\u2013]\s*(?:([01]?[0-9]|2[0-3]):([0-5][0-9])|24:00)"
)
_DATES = re.compile(r"(\d{4}-\d{2}-\d{2})(?:\.\.(\d{4}-\d{2}-\d{2}))?", re.ASCII)


def with_always(calendars: tuple[Calendar, ...]) -> tuple[Calendar, ...]:
    """With the calendar that never closes and that nobody needs to write down."""
    if any(calendar.name == ALWAYS for calendar in calendars):
        return calendars
    return (*calendars, Calendar(ALWAYS, ZoneInfo("UTC"), (ALL_DAY,) * len(DAYS)))


def read_calendars(node: Node, place: str, slips: Slips, holidays: PublicHolidays) -> tuple[Calendar, ...]:
    """The calendars under `calendars:`; what is wrong goes to the slips, and its calendar is left out."""
    table = {
        "timezone": ("zone", _zone),
        "hours": ("week", _week),
        "holidays": ("days_off", lambda item, place: _days_off(item, place, slips, holidays)),
        "about": ("about", check.text),
    }
    calendars = []
    for name, value in check.named(node, place).items():
        found = slips.mapping(value, place, table)
        found.pop("about", "")
        special, regions = found.pop("days_off", ((), ()))
        here = f"{place}:{value.key_line}"
        for key, attribute, example in (
            ("timezone", "zone", "Europe/Berlin"),
            ("hours", "week", '{mon-fri: "09:00-17:00"}'),
        ):
            if isinstance(value.value, (dict, str)) and key not in (value.value or ()):
                message = f'the calendar "{name}" has no {key}'
                slips.add(InvalidFileError(message, here, f"Write `{key}: {example}`."))
            if attribute == "week" and not any(found.get("week", (ALL_DAY,))):
                slips.add(InvalidFileError(f'the calendar "{name}" is never open', here, _OPEN))
        if {"zone", "week"} <= found.keys() and any(found["week"]):
            calendars.append(
                Calendar(
                    name,
                    **found,
                    special=special,
                    regions=regions,
                    holidays=holidays.of(regions),
                    line=value.key_line,
                )
            )
    return tuple(calendars)


def _zone(node: Node, place: str) -> ZoneInfo:
    said = check.text(node, place)
    hint = "Write a name of the IANA list, for instance Europe/Berlin."
    try:
        return ZoneInfo(said)
    except ZoneInfoNotFoundError:
        try:
            ZoneInfo("Europe/Berlin")
        except ZoneInfoNotFoundError:
            hint = "This machine knows no time zones: install its package tzdata."
        raise check.fail(node, place, f'there is no time zone "{said}"', hint) from None
    except (ValueError, OSError):
        raise check.fail(node, place, f'"{said}" is no time zone', hint) from None


def _week(node: Node, place: str) -> tuple[tuple[Interval, ...], ...]:
    if node.value == ALWAYS:
        return (ALL_DAY,) * len(DAYS)
    if not isinstance(node.value, dict):
        raise check.fail(node, place, "the hours are missing", 'Write {mon-fri: "09:00-17:00"}, or always.')
    week: list[tuple[Interval, ...]] = [()] * len(DAYS)
    said: dict[int, str] = {}
    for key, value in node.value.items():
        for day in _days(key, value, place):
            if day in said:
                message = f'{DAYS[day]} is in "{said[day]}" and in "{key}"'
                raise InvalidFileError(message, f"{place}:{value.key_line}", "Name each day once.")
            said[day] = key
            week[day] = _intervals(value, place)
    return tuple(week)


def _days(key: str, value: Node, place: str) -> list[int]:
    """The days that `mon`, `mon-thu` or `sat, sun` name; `sat-mon` goes over the week's end."""
    days = []
    for part in key.casefold().split(","):
        first, dash, last = (word.strip() for word in part.partition("-"))
        ends = [first, last] if dash else [first, first]
        for word in ends:
            if word[:3] not in DAYS or not word.isalpha():
                raise InvalidFileError(
                    f'"{key}" is no day',
                    f"{place}:{value.key_line}",
                    f"Days are {', '.join(DAYS)}; ranges are mon-fri.",
                )
        start, end = (DAYS.index(word[:3]) for word in ends)
        days += [(start + step) % len(DAYS) for step in range((end - start) % len(DAYS) + 1)]
    return days


def _intervals(node: Node, place: str) -> tuple[Interval, ...]:
    items = node.value if isinstance(node.value, list) else [node]
    if node.value in ("", "closed"):
        return ()
    found: list[Interval] = []
    for item in items:
        said = check.text(item, place)
        match = _HOURS.fullmatch(said.strip())
        if match is None:
            raise check.fail(item, place, f'"{said}" are no hours', 'Write them as "09:00-17:00", in quotes.')
        end = None if match[3] is None else time(int(match[3]), int(match[4]))
        interval = Interval(time(int(match[1]), int(match[2])), end)
        if end is not None and end <= interval.start:
            hint = "What goes past midnight is two: until 24:00, and on the next day from 00:00."
            raise check.fail(item, place, f'"{said}" ends before it begins', hint)
        before = found[-1] if found else None
        if before and (before.end is None or interval.start < before.end):
            raise check.fail(item, place, f'"{said}" begins before the last one ends', "Put them in order.")
        found.append(interval)
    return tuple(found)


def _days_off(
    node: Node, place: str, slips: Slips, holidays: PublicHolidays
) -> tuple[tuple[SpecialDays, ...], tuple[str, ...]]:
    """Dates, ranges (`2026-12-24..2027-01-01`), {date, hours} for days with their own hours; and regions."""
    if node.value == "":
        return (), ()
    if not isinstance(node.value, list):
        raise check.fail(node, place, "a list of dates belongs here", "Write [DE-BE, 2026-12-24].")
    if len(node.value) > _MOST_DAYS:
        raise check.fail(node, place, f"more than {_MOST_DAYS} days", "Take out those that are past.")
    table = {"date": ("date", _dates), "hours": ("hours", _intervals)}
    special: list[SpecialDays] = []
    regions: list[str] = []
    for item in node.value:
        with slips.kept():
            if isinstance(item.value, dict):
                found = check.mapping(item, place, table)
                if "date" not in found:
                    raise check.fail(
                        item, place, "this day has no date", "Write {date: 2026-12-24, hours: …}."
                    )
                first, last = found["date"]
                special.append(SpecialDays(first, last, found.get("hours", ())))
            elif check.text(item, place)[:1].isalpha():
                regions.append(_region(item, place, holidays))
            else:
                special.append(SpecialDays(*_dates(item, place)))
    _refuse_twice(special, node, place, slips)
    return tuple(special), tuple(regions)


def _region(node: Node, place: str, holidays: PublicHolidays) -> str:
    region = check.text(node, place).strip()
    if problem := holidays.problem(region):
        raise check.fail(node, place, *problem)
    return region


def _refuse_twice(special: list[SpecialDays], node: Node, place: str, slips: Slips) -> None:
    """A day that stands twice with other hours: nobody sees that the first counts."""
    for number, each in enumerate(special):
        for other in special[:number]:
            if other.hours != each.hours and each.first <= other.last and other.first <= each.last:
                day = max(each.first, other.first)
                message = f"{day} stands twice, with different hours"
                slips.add(check.fail(node, place, message, "Take one of them out."))


def _dates(node: Node, place: str) -> tuple[date, date]:
    said = check.text(node, place)
    match = _DATES.fullmatch(said.strip())
    try:
        ends = [date.fromisoformat(text) for text in match.groups() if text] if match else []
    except ValueError:
        ends = []
    if not ends:
        hint = "Write 2026-12-25, or 2026-12-24..2027-01-01."
        raise check.fail(node, place, f'"{said}" is no date', hint)
    if ends[-1] < ends[0]:
        raise check.fail(node, place, f'"{said}" ends before it begins', "Turn it round.")
    return ends[0], ends[-1]
