"""The path of an escalation: whom each step turns to, and what it changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence

RAISE, KEEP = "raise", "keep"
# Who can be meant beside an agent or a team by its name.
CIRCLES = ("assignee", "team-lead", "team", "everybody")


@dataclass(frozen=True, slots=True)
class Step:
    """A step. `to`: one of CIRCLES, an agent or a team. `priority`: `raise`, `keep`, or a priority.

    `assign`: the ticket becomes theirs. `note` is written with it, "" for none.
    """

    to: str
    priority: str = RAISE
    assign: bool = False
    note: str = ""


# What a desk does that says nothing.
SHIPPED_PATH = (Step("team-lead"), Step("everybody", priority=RAISE))


def step_after(path: Sequence[Step], taken: int) -> tuple[int, Step] | None:
    """(its number from 1, the step) behind so many that were taken; None at the end of the path."""
    return (taken + 1, path[taken]) if 0 <= taken < len(path) else None


def raised(priority: str, priorities: Sequence[str], wish: str) -> str:
    """The priority after a step: the next greater one, the same, or the named one where that is greater.

    `priorities` from the greatest down; an escalation lowers nothing.
    """
    if wish == KEEP or not priorities:
        return priority
    now = priorities.index(priority) if priority in priorities else len(priorities)
    wanted = now - 1 if wish == RAISE else priorities.index(wish) if wish in priorities else now
    place = max(0, min(now, wanted))
    return priorities[place] if place < len(priorities) else priority
