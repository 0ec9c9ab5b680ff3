"""When an agent is away: days or moments, from and until, and why."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from datetime import tzinfo

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Away:
    """An absence. `start` and `end` are a day (`2026-12-24`) or a moment (`2026-12-24T12:00Z`), "" = open.

    A day of `end` is the last one away; a moment of `end` is when the agent is back.
    """

    start: str = ""
    end: str = ""
    why: str = ""

    def covers(self, at: datetime, zone: tzinfo) -> bool:
        """Whether the agent is away at that moment; days are those of the zone."""
        today = at.astimezone(zone).date()
        begun, ended = read_bound(self.start), read_bound(self.end)
        has_begun = begun is None or (at >= begun if isinstance(begun, datetime) else today >= begun)
        is_over = ended is not None and (at >= ended if isinstance(ended, datetime) else today > ended)
        return has_begun and not is_over

    def is_over(self, at: datetime, zone: tzinfo) -> bool:
        """Whether it lies wholly in the past."""
        ended = read_bound(self.end)
        if isinstance(ended, datetime):
            return at >= ended
        return ended is not None and at.astimezone(zone).date() > ended

    def __str__(self) -> str:
        """`away until 2027-01-02: holidays`."""
        until = f" until {self.end}" if self.end else ""
        return f"away{until}{f': {self.why}' if self.why else ''}"


def read_bound(text: str) -> date | datetime | None:
    """The day or the moment that the text names; None for "". Raises ValueError."""
    if not text:
        return None
    if _DAY.fullmatch(text):
        return date.fromisoformat(text)
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        # The last hours of the year 9999 in the west, the first of the year 1 in the east.
        raise ValueError(text) from error


def read_range(text: str) -> Away:
    """The absence that `2026-12-24..2027-01-02`, `..2027-01-02`, `2026-12-24` or `yes` means.

    Raises ValueError.
    """
    said = text.strip()
    if said.casefold() in {"yes", "true"}:
        return Away()
    start, dots, end = (part.strip() for part in said.partition(".."))
    away = Away(start, end if dots else start)
    check_order(away)
    if not (away.start or away.end):
        raise ValueError(text)
    return away


def check_order(away: Away) -> None:
    """Raises ValueError for bounds that are none, and where the end comes before the start."""
    begun, ended = read_bound(away.start), read_bound(away.end)
    if begun is None or ended is None:
        return
    days = [each.date() if isinstance(each, datetime) else each for each in (begun, ended)]
    both = isinstance(begun, datetime) and isinstance(ended, datetime) and ended <= begun
    if days[1] < days[0] or both:
        raise ValueError(f"{away.end} comes before {away.start}")
