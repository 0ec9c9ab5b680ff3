"""`desk report html`: the figures of the report as a page for a browser."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from helpdesk_cli.pages.keys import keys_of
from helpdesk_cli.pages.page import Page, write_page
from helpdesk_cli.pages.panels import panel

if TYPE_CHECKING:
    from datetime import datetime

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.report import Report
    from helpdesk_cli.reports.figures.asked import Asked


def page_of(desk: Desk, report: Report) -> str:
    """The page in HTML, with the figures of the report and nothing else."""
    earlier = report.before or (None,) * len(report.sections)
    panels = [
        panel(section, before)
        for section, before in zip(report.sections, earlier, strict=True)
        if section.rows or section.name in _ALWAYS
    ]
    asked, wish = report.asked, report.wish
    days = days_of(asked)
    about = [asked.time_name]
    if report.before:
        before = (asked.local(asked.previous[0]), asked.local(asked.previous[1]) - timedelta(seconds=1))
        about.append(f"Changes are against the period before, {_span(*before)}.")
    if wish.query:
        about.insert(0, f"Of the tickets that `{wish.query}` finds.")
    if wish.as_of:
        about.insert(0, f"As of {wish.as_of}.")
    made = asked.local(asked.now)
    return write_page(
        Page(
            f"{desk.settings.name}: {days}",
            desk.settings.name,
            days,
            " ".join(about),
            tuple(panels),
            tuple(keys_of(report.sections, report.before, asked)),
            report.remarks,
            f"Made {made:%A %d %B %Y, %H:%M} by `desk report html`. Spam and what was merged into other"
            " tickets count nowhere.",
        )
    )


# Said even where there is nothing, for that is good to know.
_ALWAYS = frozenset({"attention"})


def days_of(asked: Asked) -> str:
    """The days of the period: `1 to 31 October 2026`, `Monday 2 November 2026`."""
    return _span(asked.local(asked.start), asked.local(asked.until - 1))


def _span(first: datetime, last: datetime) -> str:
    if first.date() == last.date():
        return f"{first:%A} {first.day} {first:%B %Y}"
    if first.year != last.year:
        return f"{first.day} {first:%B %Y} to {last.day} {last:%B %Y}"
    month = f" {first:%B}" if first.month != last.month else ""
    return f"{first.day}{month} to {last.day} {last:%B %Y}"
