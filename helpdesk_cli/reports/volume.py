"""Volume: how much came in, how much was done, and what that leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.reports.figures.asked import wall
from helpdesk_cli.reports.figures.groups import (
    BY,
    CLOCK,
    HEADINGS,
    SPANS,
    fitting_unit,
    group,
    meaning_of,
    ordered,
    shown_of,
    spans,
)
from helpdesk_cli.reports.figures.occurrences import (
    OpenCounts,
    in_period,
    openings,
    reopenings,
    resolutions,
)
from helpdesk_cli.reports.figures.section import Head, Section
from helpdesk_cli.values import replace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from helpdesk_cli.reports.figures.asked import Asked
    from helpdesk_cli.reports.figures.history import History
    from helpdesk_cli.reports.figures.occurrences import Occurrence
    from helpdesk_cli.reports.figures.section import Cells

SUMMARY = "How much came in, how much was done, and what that leaves."
NEEDS: frozenset[str] = frozenset()
GROUPS = BY
_NOTES = (
    "In: tickets opened, but for spam and what was merged into others. Resolved: how often they were done.",
    "Reopened: how often they were taken up again; not where they were done again without a public answer.",
    "Net: in and reopened, less resolved. Open: not done at the end of the row.",
)
_LATER = "The period is not over: what is still to come is missing."


def build(histories: Sequence[History], asked: Asked) -> list[Section]:
    """The section `volume`."""
    if not asked.by:
        asked = replace(asked, by=fitting_unit(asked))
    first = min((each.created for each in histories), default=None)
    found = {
        "in": in_period(openings(histories), asked),
        "resolved": in_period(resolutions(histories, between=wall), asked),
        "reopened": in_period(reopenings(histories), asked),
    }
    grouped = {name: group(each, asked, first=first) for name, each in found.items()}
    if asked.by in SPANS:
        opened = OpenCounts(histories)
        ends = {span.label: min(span.end, asked.now + 1) for span in spans(asked, asked.by, first=first)}
        left: dict[str, int | None] = {label: opened.at(end) for label, end in ends.items()}
    elif asked.by in CLOCK:
        left = {}
    else:
        left = dict(_open_by(histories, asked))
    labels = _labels(grouped, left, asked)
    rows = tuple(_row(label, grouped, left.get(label)) for label in labels)
    total: Cells | None = None
    if asked.by not in CLOCK:
        counts = [len(found[name]) for name in ("in", "resolved", "reopened")]
        still = OpenCounts(histories).at(min(asked.end, asked.now + 1))
        total = ("all", *counts, counts[0] + counts[2] - counts[1], still)
    notes = (*_NOTES, *meaning_of(asked.by), *([_LATER] if asked.end > asked.now + 1 else []))
    heads = (
        Head("label", HEADINGS.get(asked.by, asked.by.upper()), "text"),
        Head("in", "IN"),
        Head("resolved", "RESOLVED", better="more"),
        Head("reopened", "REOPENED", better="less"),
        Head("net", "NET", "change", better="less"),
        Head("open", "OPEN", better="less"),
    )
    shown = len(heads) - (asked.by in CLOCK)
    rows = tuple(row[:shown] for row in rows)
    return [
        Section("volume", "Volume", heads[:shown], rows, notes, total, "bars", "in", limit=shown_of(asked))
    ]


def _row(label: str, grouped: dict[str, dict[str, list[Occurrence]]], left: int | None) -> Cells:
    came, done, again = (len(grouped[name].get(label, ())) for name in ("in", "resolved", "reopened"))
    return (label, came, done, again, came + again - done, left or 0)


def _open_by(histories: Sequence[History], asked: Asked) -> dict[str, int]:
    """How many of each group were open at the end of the period, by what they were then."""
    at = asked.until if asked.end > asked.now else asked.end - 1
    still = [_as_of(each, at) for each in openings(h for h in histories if h.is_open_at(at))]
    return {label: len(each) for label, each in group(still, asked).items()}


def _as_of(each: Occurrence, at: int) -> Occurrence:
    """The same, as whose it was then."""
    return replace(each, agent=each.history.assignee_at(at))


def _labels(
    grouped: dict[str, dict[str, list[Occurrence]]], left: dict[str, int | None], asked: Asked
) -> list[str]:
    if asked.by in SPANS:
        return list(grouped["in"])
    every: dict[str, list[object]] = {}
    for each in (grouped["in"], grouped["resolved"], grouped["reopened"]):
        for label, some in each.items():
            every.setdefault(label, []).extend(some if each is grouped["in"] else ())
    for label in left:
        every.setdefault(label, [])
    return ordered(every, asked)
