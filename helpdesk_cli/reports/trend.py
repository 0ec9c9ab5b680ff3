"""Trend: how soon and how well, over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.reports import quality, sla
from helpdesk_cli.reports.figures.groups import HEADINGS, SPANS, fitting_unit
from helpdesk_cli.reports.figures.section import Head, Section
from helpdesk_cli.values import dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from helpdesk_cli.reports.figures.asked import Asked
    from helpdesk_cli.reports.figures.history import History

SUMMARY = "How soon and how well, over time."
NEEDS = sla.NEEDS | quality.NEEDS
GROUPS = SPANS


@dataclass(frozen=True, slots=True)
class _Figure:
    """A column: what it is called here, and where it comes from."""

    head: Head
    section: str
    column: str


_FIGURES = (
    _Figure(Head("first_response", "FIRST RESP.", "length", better="less"), "first-response", "median"),
    _Figure(Head("resolution", "RESOLUTION", "length", better="less"), "resolution", "median"),
    _Figure(Head("in_time", "IN TIME", "share", better="more"), "first-response", "within"),
    _Figure(
        Head("first_contact", "1ST CONTACT", "share", better="more", begins=True),
        "first-contact-resolution",
        "share",
    ),
    _Figure(Head("in_one_day", "ONE DAY", "share", better="more"), "resolved-in-one-day", "share"),
    _Figure(Head("reopened", "REOPENED", "share", better="less"), "reopened", "share"),
    _Figure(Head("csat", "CSAT", "share", better="more"), "csat", "share"),
)
_NOTES = (
    "First response, resolution: medians. In time: of promised first answers. As in `desk report sla`.",
    "1st contact, one day, reopened, CSAT: shares, as in `desk report quality`.",
)


def build(histories: Sequence[History], asked: Asked) -> list[Section]:
    """The section `trend`: weeks of half a year, months of more, unless something is asked for."""
    unit = fitting_unit(asked)
    by = asked.by or ("week" if unit == "day" else unit)
    asked = replace(asked, by=by)
    found = {each.name: each for each in (*sla.build(histories, asked), *quality.build(histories, asked))}
    columns = [found[each.section].column(each.column) for each in _FIGURES]
    labels = found["first-response"].column("label")
    heads = (Head("label", HEADINGS[by], "text"), *(each.head for each in _FIGURES))
    rows = tuple(zip(labels, *columns, strict=True))
    return [Section("trend", "How soon and how well", heads, rows, (*_NOTES, asked.time_name))]
