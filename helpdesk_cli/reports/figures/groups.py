"""How figures are grouped: by spans of time, by people, by the fields of tickets."""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from helpdesk_cli.reports.figures.asked import Asked
    from helpdesk_cli.reports.figures.occurrences import Occurrence

SPANS = ("day", "week", "month")
CLOCK = ("hour", "weekday")
FIELDS = (
    *("agent", "team", "tag", "category", "type", "product", "priority", "status", "inbox", "customer"),
    "channel",
)
BY = (*SPANS, *CLOCK, *FIELDS)
NONE = "none"
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
HEADINGS = {"day": "DAY", "week": "WEEK", "month": "MONTH"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
# So many stand beside those of the period before, each in its place.
MOST_COMPARED = 400
_SHORTEST = {"day": 86_400_000, "week": 7 * 86_400_000, "month": 28 * 86_400_000}


@dataclass(frozen=True, slots=True)
class Span:
    """A row of a report by time: from `start` up to `end`, in milliseconds since 1970."""

    label: str
    start: int
    end: int


def spans(asked: Asked, unit: str, *, first: int | None = None) -> list[Span]:
    """The days, ISO weeks or months of the period, as far as it has come, by the desk's own clock.

    The first and the last may be parts. `first`: of a long period, what lies before that moment is left out,
    for nothing had happened yet.
    """
    is_long = (asked.until - asked.start) // _SHORTEST[unit] > MOST_COMPARED
    start = max(asked.start, min(first, asked.until)) if is_long and first is not None else asked.start
    begin = _floor(asked.local(start), unit)
    found: list[Span] = []
    while True:
        following = _next(begin, unit)
        low, high = _instant(begin, asked), _instant(following, asked)
        if low >= asked.until:
            return found
        found.append(Span(_label(begin, unit), max(low, asked.start), min(high, asked.end)))
        begin = following


def fitting_unit(asked: Asked) -> str:
    """Days for a month, weeks for half a year, months for more."""
    days = (asked.until - asked.start) / 86_400_000
    return "day" if days <= 35 else "week" if days <= 200 else "month"  # noqa: PLR2004 - as the docstring says


def group(
    found: Iterable[Occurrence], asked: Asked, *, first: int | None = None
) -> dict[str, list[Occurrence]]:
    """The occurrences by label, in the order to show them; a ticket with two tags is in both.

    Of time, priorities, statuses and what else has an order all are there, also those without any.
    """
    by = asked.by
    if by in SPANS:
        rows = spans(asked, by, first=first)
        starts = [row.start for row in rows]
        grouped: dict[str, list[Occurrence]] = {row.label: [] for row in rows}
        for each in found:
            place = bisect_right(starts, each.at) - 1
            if place >= 0 and each.at < rows[place].end:
                grouped[rows[place].label].append(each)
        return grouped
    labels = labels_of(by, asked)
    gathered: dict[str, list[Occurrence]] = {}
    for each in found:
        for label in labels(each):
            gathered.setdefault(label, []).append(each)
    return {label: gathered.get(label, []) for label in ordered(gathered, asked)}


def ordered(gathered: Mapping[str, Sequence[object]], asked: Asked) -> list[str]:
    """The labels in the order to show them: as declared, else the most frequent first; none last."""
    by = asked.by
    if by == "hour":
        return [f"{hour:02d}" for hour in range(24)]
    if by == "weekday":
        return list(WEEKDAYS)
    declared = [word for word in asked.words.get(by, ()) if word in gathered]
    others = sorted(
        (label for label in gathered if label not in declared and label != NONE),
        key=lambda label: (-len(gathered[label]), label),
    )
    if by in {"priority", "status"}:
        return [*declared, *others, *([NONE] if NONE in gathered else [])]
    found = sorted([*declared, *others], key=lambda label: (-len(gathered[label]), label))
    return [*found, *([NONE] if NONE in gathered else [])]


def meaning_of(by: str, *, at_end: Collection[str] = ()) -> tuple[str, ...]:
    """What the groups are, in a sentence below the table; none of time, which needs none.

    `at_end`: fields that count as they were at the end of the period.
    """
    if by in SPANS or by in CLOCK or not by:
        return ()
    if by in at_end:
        return (f"By {by}: as it was at the end of the period.",)
    return (_MEANINGS.get(by, f"By {by}: as tickets have it now, not as it was in the period."),)


_MEANINGS = {
    "agent": "By agent: who answered, and whose the ticket was when it was done; of what came in, whose it is"
    " now.",
    "tag": "By tag: those that tickets have now. A ticket with two counts for both, and once in the sum.",
    "customer": "By customer: the organisation, else the customer, of customers/, else the address.",
}


def shown_of(asked: Asked) -> int:
    """How many groups do for who only looks; 0, all, of what has an order of its own, as time has."""
    return 0 if asked.by in SPANS or asked.by in CLOCK else asked.top


def labels_of(by: str, asked: Asked) -> Callable[[Occurrence], tuple[str, ...]]:
    """From an occurrence to its labels; "none" where it has none."""
    if by == "tag":
        return lambda each: each.history.tags or (NONE,)
    readers: dict[str, Callable[[Occurrence], str]] = {
        "hour": lambda each: f"{asked.local(each.at).hour:02d}",
        "weekday": lambda each: WEEKDAYS[asked.local(each.at).weekday()],
        "agent": lambda each: each.agent,
        "customer": lambda each: each.history.customer,
        "status": lambda each: each.history.status,
    }

    def field(each: Occurrence) -> str:
        return each.history.fields.get(by, "")

    read = readers.get(by, field)
    return lambda each: (read(each) or NONE,)


def _floor(local: datetime, unit: str) -> datetime:
    """The beginning of that day, week or month, in wall time."""
    day = local.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None, fold=0)
    if unit == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if unit == "month" else day


def _next(begin: datetime, unit: str) -> datetime:
    if unit == "month":
        return (begin + timedelta(days=31)).replace(day=1)
    return begin + timedelta(days=7 if unit == "week" else 1)


def _instant(begin: datetime, asked: Asked) -> int:
    return (begin.replace(tzinfo=asked.zone).astimezone(UTC) - _EPOCH) // _MS


def _label(begin: datetime, unit: str) -> str:
    if unit == "month":
        return f"{begin:%Y-%m}"
    if unit == "week":
        year, week, _ = begin.isocalendar()
        return f"{year}-W{week:02d}"
    return f"{begin:%Y-%m-%d}"
