"""Which tickets a command means: those that are named, and those that a query finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.desk.finding import find_tickets
from helpdesk_cli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from helpdesk_cli.desk.actor import Actor
    from helpdesk_cli.desk.desk import Desk


def select(
    desk: Desk,
    words: Sequence[str],
    query: str | Sequence[str] | None,
    actor: Actor | None = None,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> list[str]:
    """The named tickets as they are named, then the ids of those that the query finds; each once, in order.

    The query finds exactly what `desk list` shows for it: nothing that is done unless it asks for that.
    None is no query; an empty one is every ticket that is not done. Finding nothing gives []; naming
    nothing and asking nothing raises UsageError. Raises QueryError.
    """
    if query is None:
        if not words:
            raise UsageError("no ticket was named", hint="Name some, `-` for standard input, or `-q QUERY`.")
        return list(dict.fromkeys(words))
    found = find_tickets(desk, query, actor=actor, progress=progress)
    try:
        return list(dict.fromkeys([*words, *(row.id for row in found.rows())]))
    finally:
        found.close()
