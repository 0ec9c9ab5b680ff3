"""Service for one customer: what they asked, how soon they had it. Only what they may see.

No note, no agent, no team, no tag, no priority, no status of ours, no goal, no other customer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.reports import sla, volume
from helpdesk_cli.reports.figures.asked import wall
from helpdesk_cli.reports.figures.groups import fitting_unit
from helpdesk_cli.reports.figures.numbers import as_length
from helpdesk_cli.reports.figures.occurrences import in_period, resolutions, waits_of
from helpdesk_cli.reports.figures.section import Head, Section
from helpdesk_cli.tickets.person import Person
from helpdesk_cli.values import replace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from helpdesk_cli.reports.figures.asked import Asked
    from helpdesk_cli.reports.figures.history import History
    from helpdesk_cli.reports.figures.section import Cells

SUMMARY = "What one customer asked and how soon they had it, to give to them; with `--customer`."
NEEDS = volume.NEEDS | sla.NEEDS | {"said"}
GROUPS: tuple[str, ...] = ()
_VOLUME = ("label", "in", "resolved", "open")
_TIMES = ("label", "number", "median", "p90", "kept", "late", "within")
# So many requests fit on a printed page with the rest of the report.
_ON_A_PAGE = 24
_VOLUME_NOTE = (
    "In: your requests of that time. Resolved: how often we had done what you asked. Open: what was still to"
    " be done at the end."
)
_MEANS = (
    "First response: from your first message until our answer. Next response: from your first message after"
    " an answer until the next answer. Resolution: from the request until it was done, less the time in"
    " which it had been done before."
)
_COUNTS = (
    "Median: half took no longer. P90: nine of ten took no longer. Kept, late, within: of what we have"
    " promised you."
)


def build(histories: Sequence[History], asked: Asked) -> list[Section]:
    """The sections `volume`, `sla` and `requests`, of the tickets of one customer."""
    # One customer does not write every day.
    unit = fitting_unit(asked)
    asked = replace(asked, by="week" if unit == "day" else unit, goals={})
    (came,) = volume.build(histories, asked)
    (soon,) = sla.build(histories, replace(asked, by=""))
    return [
        replace(_columns(came, _VOLUME), title="Your requests", notes=(_VOLUME_NOTE,)),
        replace(_columns(soon, _TIMES), title="How soon", notes=(_MEANS, _COUNTS, _time(asked)), tones={}),
        _requests(histories, asked),
    ]


def _time(asked: Asked) -> str:
    return "Time is our working time." if asked.calendar else "Time is that of the clock on the wall."


def _columns(section: Section, keys: Sequence[str]) -> Section:
    """The section with these columns alone."""
    places = [section.keys.index(key) for key in keys]

    def cut(row: Cells) -> Cells:
        return tuple(row[place] for place in places)

    return replace(
        section,
        columns=tuple(section.columns[place] for place in places),
        rows=tuple(map(cut, section.rows)),
        total=None if section.total is None else cut(section.total),
    )


def _requests(histories: Sequence[History], asked: Asked) -> Section:
    """What was asked, worked on or open in the period: the open ones first, then the latest."""
    done = {each.history.path: each.at for each in in_period(resolutions(histories, between=wall), asked)}
    at = asked.until if asked.end > asked.now else asked.end - 1
    found = [
        each for each in histories if asked.holds(each.created) or each.path in done or each.is_open_at(at)
    ]
    found.sort(key=lambda each: (not each.is_open_at(at), -each.created, -each.number))
    heads = (
        Head("id", "REQUEST", "text"),
        Head("subject", "SUBJECT", "text"),
        Head("by", "ASKED BY", "text"),
        Head("created_at", "WHEN", "time"),
        Head("first_response", "FIRST RESPONSE", "length"),
        Head("state", "STATE", "text"),
        Head("resolved_at", "RESOLVED", "time"),
    )
    rows = tuple(
        _row(each, None if each.is_open_at(at) else done.get(each.path), at, asked) for each in found
    )
    note = "Your requests of the period, and those of before that were open or resolved in it."
    limit = max(asked.top, _ON_A_PAGE) if asked.top else 0
    return Section("requests", "Each request", heads, rows, (note,), limit=limit)


def _row(each: History, resolved: int | None, at: int, asked: Asked) -> Cells:
    first = next((wait for wait in waits_of(each) if wait.kind == "first-response"), None)
    answered = first.answered_at if first and first.answered_at and first.answered_at <= at else None
    return (
        each.id,
        each.subject,
        Person.read(each.requester).label,
        asked.local(each.created),
        as_length(asked.between(first.asked_at, answered)) if first and answered else None,
        "open" if each.is_open_at(at) else "resolved",
        None if resolved is None else asked.local(resolved),
    )
