"""What routing asks the index: how much each agent has, who was given a ticket when, what is nobody's.

From the tables that whoever writes fills, so that with the lock held the answer is that of the files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from helpdesk_cli.storage.index import Index

# The condition of the index `shown_work`, word for word: SQLite uses it for nothing else.
_NOT_DONE = "status NOT IN ('resolved', 'closed', 'spam', 'merged')"


@dataclass(frozen=True, slots=True)
class Unassigned:
    """A ticket that is nobody's. `words`: what of it can name a skill.

    `wish`: `WAY TEAM` where nobody could take it when it was tried. `gave_back`: who did, "" for nobody.
    """

    id: str
    team: str
    wish: str
    gave_back: str
    words: tuple[str, ...]


def loads(index: Index, agents: Sequence[str], is_active: Callable[[str], bool]) -> dict[str, int]:
    """How many tickets each agent has whose status is active."""
    text = f"SELECT status, count(*) FROM shown WHERE assignee = ? AND {_NOT_DONE} GROUP BY status"  # noqa: S608 - text of this module
    return {
        agent: sum(int(number) for status, number in index.ask(text, agent) if is_active(str(status)))
        for agent in agents
    }


def last_turns(index: Index, agents: Sequence[str], *, until: str) -> dict[str, str]:
    """When each was last given a ticket, as `turn_text` writes it, not after `until`; "" for never."""
    text = "SELECT max(entry) FROM names WHERE role = 'turn' AND name = ? AND entry <= ?"
    return {agent: str(found or "") for agent in agents for ((found,),) in [index.ask(text, agent, until)]}


def unassigned(index: Index, is_active: Callable[[str], bool], *, now: str) -> list[Unassigned]:
    """The active tickets that are nobody's and do not rest, the oldest first."""
    text = (
        f"SELECT id, team, {_named('unrouted')}, {_named('gave-back')}, status, category, type, product, tags"  # noqa: S608 - text of this module
        f" FROM shown WHERE assignee = '' AND {_NOT_DONE} AND {_named('snoozed')} <= ?"
        " ORDER BY substr(created_at, 1, 19), number, path"
    )
    return [
        Unassigned(name, team, wish, gave_back, (*words, *tags.split("\n")))
        for name, team, wish, gave_back, status, *words, tags in index.ask(text, now)
        if is_active(status)
    ]


def _named(role: str) -> str:
    """What the ticket has in that role, as an expression; "" for nothing."""
    return f"coalesce((SELECT max(entry) FROM names WHERE names.path = shown.path AND role = '{role}'), '')"  # noqa: S608 - a word of this module


def active_of(index: Index, agent: str, is_active: Callable[[str], bool]) -> list[str]:
    """The ids of an agent's active tickets, the oldest first."""
    text = (
        f"SELECT id, status FROM shown WHERE assignee = ? AND {_NOT_DONE}"  # noqa: S608 - text of this module
        " ORDER BY substr(created_at, 1, 19), number, path"
    )
    return [name for name, status in index.ask(text, agent) if is_active(status)]
