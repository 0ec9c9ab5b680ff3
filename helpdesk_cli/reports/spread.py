"""Spread: how first responses and resolutions are distributed, which no median tells."""

from __future__ import annotations

from bisect import bisect_left
from datetime import timedelta
from typing import TYPE_CHECKING

from helpdesk_cli.reports.figures.numbers import share
from helpdesk_cli.reports.figures.occurrences import answers, in_period, lengths, resolutions
from helpdesk_cli.reports.figures.section import Head, Section

if TYPE_CHECKING:
    from collections.abc import Sequence

    from helpdesk_cli.reports.figures.asked import Asked
    from helpdesk_cli.reports.figures.history import History
    from helpdesk_cli.reports.figures.section import Cells

SUMMARY = "How first responses and resolutions are distributed: what the median does not tell."
NEEDS = frozenset({"said", "assignees"})
GROUPS: tuple[str, ...] = ()
_MINUTE, _HOUR = 60_000, 3_600_000
# The ends of the rows, in time and then in working days.
_TIMES = ((15 * _MINUTE, "15m"), (_HOUR, "1h"), (2 * _HOUR, "2h"), (4 * _HOUR, "4h"))
_DAYS = (1, 2, 5, 10)
_NOTE = "Number: of all that were given in the period. So far: those of them that took no longer."


def build(histories: Sequence[History], asked: Asked) -> list[Section]:
    """The sections `first-response-spread` and `resolution-spread`."""
    first = in_period(answers(histories, "first-response", between=asked.between), asked)
    done = in_period(resolutions(histories, between=asked.between), asked)
    return [
        _section("first-response-spread", "First response, how long it took", lengths(first), asked),
        _section("resolution-spread", "Resolution, how long it took", lengths(done), asked),
    ]


def _section(name: str, title: str, times: Sequence[int], asked: Asked) -> Section:
    ends = [(end, label) for end, label in _TIMES if end < asked.day]
    ends += [(days * asked.day, f"{days}d") for days in _DAYS]
    counts = [0] * (len(ends) + 1)
    for time in times:
        counts[bisect_left(ends, (time, ""))] += 1
    rows: list[Cells] = []
    sofar = 0
    for count, (end, label) in zip(counts, ends, strict=False):
        sofar += count
        rows.append((label, count, share(sofar, len(times)), timedelta(milliseconds=end)))
    rows.append(("more", counts[-1], share(len(times), len(times)), None))
    heads = (
        Head("label", "UP TO", "text"),
        Head("number", "NUMBER"),
        Head("sofar", "SO FAR", "share"),
        Head("until", "UNTIL", "length", hidden=True),
    )
    working_day = timedelta(milliseconds=asked.day)
    day = f"1d: {working_day.total_seconds() / 3600:g} hours."
    return Section(
        name, title, heads, tuple(rows), (_NOTE, f"{asked.time_name} {day}"), None, "bars", "number"
    )
