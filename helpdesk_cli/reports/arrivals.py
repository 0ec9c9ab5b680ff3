"""Arrivals: when people write, by the hour and the day of the week."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from helpdesk_cli.reports.figures.groups import WEEKDAYS
from helpdesk_cli.reports.figures.occurrences import in_period, openings, questions
from helpdesk_cli.reports.figures.section import Head, Section

if TYPE_CHECKING:
    from collections.abc import Sequence

    from helpdesk_cli.reports.figures.asked import Asked
    from helpdesk_cli.reports.figures.history import History
    from helpdesk_cli.reports.figures.occurrences import Occurrence
    from helpdesk_cli.reports.figures.section import Cells

SUMMARY = "When people write, by the hour and the day of the week."
NEEDS = frozenset({"said"})
GROUPS: tuple[str, ...] = ()
_HOURS = 24


def build(histories: Sequence[History], asked: Asked) -> list[Section]:
    """A table of hours by weekdays for what people ask, and one for new tickets."""
    asks, opens = in_period(questions(histories), asked), in_period(openings(histories), asked)
    said = "What people asked, by the desk's own clock; automatic mail, spam and a mere thanks left out."
    new = "Tickets opened, by the desk's own clock."
    return [
        _grid("messages", "Questions by hour and weekday", asks, asked, note=said),
        _grid("tickets", "New tickets by hour and weekday", opens, asked, note=new),
    ]


def _grid(name: str, title: str, found: Sequence[Occurrence], asked: Asked, *, note: str) -> Section:
    counts: Counter[tuple[int, int]] = Counter()
    for each in found:
        local = asked.local(each.at)
        counts[local.hour, local.weekday()] += 1
    rows: tuple[Cells, ...] = tuple(
        (
            f"{hour:02d}:00",
            *(counts[hour, day] for day in range(7)),
            sum(counts[hour, day] for day in range(7)),
        )
        for hour in range(_HOURS)
    )
    days = [sum(counts[hour, day] for hour in range(_HOURS)) for day in range(7)]
    heads = (
        Head("hour", "HOUR", "text"),
        *(Head(day.casefold(), day.upper()) for day in WEEKDAYS),
        Head("all", "ALL", "sum"),
    )
    return Section(name, title, heads, rows, (note,), ("all", *days, sum(days)), "heat")
