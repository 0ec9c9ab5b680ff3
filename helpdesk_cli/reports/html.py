"""All figures of the dashboard page, in its order; `desk report html` draws them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from helpdesk_cli.reports import (
    agents,
    arrivals,
    attention,
    backlog,
    quality,
    sla,
    spread,
    times,
    topics,
    trend,
    volume,
)
from helpdesk_cli.values import replace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from helpdesk_cli.reports.figures.asked import Asked
    from helpdesk_cli.reports.figures.history import History
    from helpdesk_cli.reports.figures.section import Section

SUMMARY = "The dashboard: all that matters on one page, with pictures; `-o FILE` writes it."
_MODULES = (attention, volume, spread, sla, quality, arrivals, agents, backlog, topics, times, trend)
NEEDS = frozenset[str]().union(*(module.NEEDS for module in _MODULES))
GROUPS: tuple[str, ...] = ()
# What other sections of the page say, or what is for somebody who tidies up tags.
_LEFT_OUT = frozenset({"tickets", "oldest", "overlapping-tags", "unused-tags"})


def build(histories: Sequence[History], asked: Asked) -> list[Section]:
    """The sections of these reports, each as `desk report` gives it alone."""
    # What was opened later was not there; the first ever says since when there was anything to count.
    there = [each for each in histories if each.created < asked.end]
    histories = there or sorted(histories, key=lambda each: each.created)[:1]
    # Ten reports ask for the same times.
    between = cache(asked.between)
    asked = replace(asked, between=between, office=between if asked.calendar else cache(asked.office))
    found = [section for module in _MODULES for section in module.build(histories, asked)]
    return [section for section in found if section.name not in _LEFT_OUT]
