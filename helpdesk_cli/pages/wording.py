"""Figures as people read them on a page: `3h 20m`, `72 %`, `+3`, a dash for nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from helpdesk_cli.reports.figures.section import Unit
    from helpdesk_cli.table import Value

NOTHING = "–"
SAME = "no change"
# Between what must not be torn apart at the end of a line.
_TIE = "\N{NO-BREAK SPACE}"
_MINUTE = 60
# From so many hours on minutes say nothing.
_MANY = 100


def words(value: Value, unit: Unit) -> str:
    """A value of that unit."""
    if value is None or value in ("", ()):
        return NOTHING
    match value:
        case timedelta():
            text = length_words(value)
        case int() | float() if unit == "share":
            text = f"{round(value * 100)}{_TIE}%"
        case float():
            text = f"{value:.1f}"
        case int():
            text = _signed(value) if unit == "change" and value else f"{value:,}"
        case datetime():
            text = f"{value:%Y-%m-%d %H:%M}"
        case tuple():
            text = ", ".join(value)
        case _:
            text = str(value)
    return text


def length_words(length: timedelta) -> str:
    """`45s`, `12m`, `3h 20m`, `142h`."""
    seconds = int(length.total_seconds())
    if seconds < _MINUTE:
        return f"{seconds}s"
    hours, minutes = divmod(seconds // _MINUTE, 60)
    if not hours:
        return f"{minutes}m"
    return f"{hours}h{_TIE}{minutes:02d}m" if hours < _MANY else f"{hours:,}h"


def age_words(length: timedelta) -> str:
    """The same where nobody counts hours: `6 days`, from two of them on."""
    days = length.days
    return f"{days:,}{_TIE}days" if days > 1 else length_words(length)


def change_words(value: Value, before: Value, unit: Unit) -> str:
    """By how much it is more than before: `+12 %` of counts and lengths, `+3 points` of shares.

    "" where there is nothing to compare with.
    """
    now, old = as_number(value), as_number(before)
    if now is None or old is None:
        return ""
    if unit == "share":
        points = round((now - old) * 100)
        return SAME if not points else f"{_signed(points)} point{'' if abs(points) == 1 else 's'}"
    if now == old:
        return SAME
    if not old:
        return ""
    percent = round((now - old) * 100 / old)
    return f"{_signed(percent)}{_TIE}%" if percent else SAME


def as_number(value: Value) -> float | None:
    """A value as a number to draw; lengths in seconds; None for what is none."""
    if isinstance(value, timedelta):
        return value.total_seconds()
    return float(value) if isinstance(value, int | float) else None


def _signed(number: int) -> str:
    return f"+{number:,}" if number > 0 else f"−{-number:,}"
