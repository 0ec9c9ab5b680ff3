"""What was taken back: an event that another one undoes, unless that one was undone itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from helpdesk_cli.reports.figures.ratings import Fact

UNDOES = "undoes"


def undone_pairs(facts: Iterable[Fact]) -> dict[str, str]:
    """From each event that does not stand to the one that undid it; `facts` in order of time."""
    by_event = {entry: value for key, _, entry, value, _ in facts if key == UNDOES}
    found: dict[str, str] = {}
    for entry, undone in reversed(by_event.items()):
        if entry not in found:
            found[undone] = entry
    return found
