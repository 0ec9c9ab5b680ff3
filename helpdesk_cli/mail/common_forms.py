"""The forms nearly every address and date header has, read by one pattern each; None for every other.

mail-parser reads all forms, but its import is 40 of the 150 ms that a mail waits for (benchmarks/):
it is imported for what these patterns do not match. They match nothing that mail-parser reads otherwise.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Final

__all__ = ["common_date", "common_mailboxes"]

_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_LONGEST: Final = 2000  # characters; a phrase is looked at twice at most, but that is bound enough
_HOURS: Final = 24


@cache
def _mailbox() -> re.Pattern[str]:
    # RFC 5322 section 3.4 without comments, groups, folding and escapes. Encoded words are atoms.
    atom = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
    address = rf"{atom}(?:\.{atom})*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*"
    phrase = rf"{atom}\.?(?: +{atom}\.?)*"
    quoted = r'"([A-Za-z0-9!#$%&\'*+/=?^_`{|}~ .,()-]*)"'
    return re.compile(rf" *(?:(?:{quoted} *|({phrase}) +)?<({address})>|({address})) *")


def common_mailboxes(value: str) -> list[tuple[str, str]] | None:
    """(name, address) of each mailbox of an unfolded address header, encoded words as they are."""
    if len(value) > _LONGEST:
        return None
    found: list[tuple[str, str]] = []
    at = 0
    while match := _mailbox().match(value, at):
        quoted, phrase, in_brackets, bare = match.groups("")
        found.append((quoted or phrase, in_brackets or bare))
        at = match.end()
        if at == len(value):
            return found
        if value[at] != ",":
            return None
        at += 1
    return None


@cache
def _date() -> re.Pattern[str]:
    # RFC 5322 section 3.3 as programs write it: one space each, seconds, a numeric zone, perhaps its name.
    return re.compile(
        r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), )? ?(\d{1,2}) (" + "|".join(_MONTHS) + r") (\d{4})"
        r" (\d\d):(\d\d):(\d\d) (?:([+-])(\d\d)(\d\d)|GMT|UTC)(?: \([A-Za-z]{1,5}\))?",
        re.ASCII,
    )


def common_date(value: str) -> datetime | None:
    """The time in UTC."""
    match = _date().fullmatch(value)
    if match is None:
        return None
    day, month, year, hour, minute, second, sign, hours, minutes = match.groups("0")
    if int(hours) >= _HOURS or int(minutes) > 59:  # noqa: PLR2004 - minutes of an hour
        return None
    try:
        clock = int(hour), int(minute), int(second)
        local = datetime(int(year), _MONTHS.index(month) + 1, int(day), *clock, tzinfo=UTC)
        away = timedelta(hours=int(hours), minutes=int(minutes))
        return local + away if sign == "-" else local - away
    except (ValueError, OverflowError):
        return None
