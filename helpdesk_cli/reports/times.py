"""Times: where the time went, status by status."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.reports.figures.numbers import as_length, mean, median, ninetieth, share
from helpdesk_cli.reports.figures.section import Head, Section

if TYPE_CHECKING:
    from collections.abc import Sequence

    from helpdesk_cli.reports.figures.asked import Asked
    from helpdesk_cli.reports.figures.history import History

SUMMARY = "Where the time went, status by status."
NEEDS: frozenset[str] = frozenset()
GROUPS: tuple[str, ...] = ()
_NOTES = (
    (
        "Of tickets done in the period, from the opening until they were done for the last time in it; the"
        " time in which they were done in between is left out."
    ),
    "Tickets: that were in that status at all; median, p90 and mean are of these. Share: of the time of all.",
)


def build(histories: Sequence[History], asked: Asked) -> list[Section]:
    """The section `times`."""
    spent: dict[str, list[int]] = {}
    tickets = 0
    for each in histories:
        ends = [end for _, end in each.stretches if end is not None and asked.holds(end)]
        if each.was_done_at_once or not ends:
            continue
        tickets += 1
        for status, length in _in_each(each, ends[-1], asked).items():
            spent.setdefault(status, []).append(length)
    whole = sum(map(sum, spent.values()))
    order = [word for word in asked.words.get("status", ()) if word in spent]
    order += sorted(spent.keys() - set(order))
    rows = tuple(
        (
            status,
            len(spent[status]),
            as_length(median(spent[status])),
            as_length(ninetieth(spent[status])),
            as_length(mean(spent[status])),
            as_length(sum(spent[status])),
            share(sum(spent[status]), whole),
        )
        for status in order
    )
    heads = (
        Head("status", "STATUS", "text"),
        Head("tickets", "TICKETS"),
        Head("median", "MEDIAN", "length"),
        Head("p90", "P90", "length"),
        Head("mean", "MEAN", "length"),
        Head("sum", "SUM", "length"),
        Head("share", "SHARE", "share"),
    )
    notes = (f"{tickets:,} tickets.", *_NOTES, asked.time_name)
    return [Section("times", "Time in each status", heads, rows, notes, None, "bars", "share")]


def _in_each(history: History, until: int, asked: Asked) -> dict[str, int]:
    """How long it was in each status in which it was not done; a status without length is in it, too."""
    found: dict[str, int] = {}
    for start, end in history.stretches:
        stop = until if end is None else end
        if stop > until:
            break
        for place, (since, status) in enumerate(history.statuses):
            last = history.statuses[place + 1][0] if place + 1 < len(history.statuses) else stop
            first, last = max(since, start), min(last, stop)
            if asked.kind_of(status) != "done" and (first < last or start <= since < stop):
                found[status] = found.get(status, 0) + asked.between(first, last)
    return found
