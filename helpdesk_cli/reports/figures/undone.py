"""What was taken back: an event that another one undoes, unless that one was undone itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.tickets import entries

if TYPE_CHECKING:
    from collections.abc import Iterable

    from helpdesk_cli.reports.figures.ratings import Fact

UNDOES = entries.UNDOES


def undone_pairs(facts: Iterable[Fact]) -> dict[str, str]:
    """From each event that does not stand to the one that undid it; `facts` in order of time."""
    by_event: dict[str, list[str]] = {}
    for key, _, entry, value, _ in facts:
        if key == UNDOES:
            by_event.setdefault(entry, []).append(value)
    return entries.undone_by(reversed(by_event.items()))
