"""`desk count`: how many tickets a query finds, and how many of each value of a field."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

from helpdesk_cli.desk.finding import open_facts, wanted_of
from helpdesk_cli.errors import UsageError
from helpdesk_cli.storage.index_find import count_by, sums
from helpdesk_cli.storage.settings import suggest
from helpdesk_cli.tickets.as_json import SCHEMA
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from helpdesk_cli.desk.actor import Actor
    from helpdesk_cli.desk.asking import Asker
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.storage.index_find import Sums

# What can be counted by, and the column of the index that has it.
COUNTED = {
    "status": "status",
    "priority": "priority",
    "category": "category",
    "type": "type",
    "product": "product",
    "team": "team",
    "assignee": "assignee",
    "inbox": "inbox",
    "channel": "channel",
    "requester": "requester_email",
    "tag": "tags",
}


@dataclass(frozen=True, slots=True)
class Counted:
    """How many there are; `by` is (value, number) of each value, the most frequent first, "" = none."""

    sums: Sums
    field: str
    by: tuple[tuple[str, int], ...]
    problems: tuple[str, ...]

    def json(self) -> dict[str, Any]:
        """The stable JSON of `desk count --json`."""
        items = [{"value": value or None, "tickets": number} for value, number in self.by]
        return {
            "schema": SCHEMA,
            "kind": "count",
            "total": self.sums.total,
            "done_hidden": self.sums.done,
            "snoozed_hidden": self.sums.snoozed,
            "by": self.field or None,
            "items": items,
        }


def count_tickets(
    desk: Desk,
    query: str | Sequence[str] = "",
    *,
    by: str = "",
    actor: Actor | Asker | None = None,
    everything: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Counted:
    """How many tickets `desk list` would show. Raises QueryError; UsageError for an unknown `by`."""
    field = by.strip().casefold().replace("_", "-").removesuffix("s") if by not in COUNTED else by
    if field and field not in COUNTED:
        raise UsageError(f'tickets are not counted by "{by}"', "--by", suggest(by, list(COUNTED)))
    with closing(open_facts(desk, progress=progress)) as index:
        wanted = wanted_of(desk, index, query, actor=actor, everything=everything)
        rows = _apart(count_by(index, wanted, COUNTED[field]), field) if field else []
        problems = tuple(problem for _, problem in index.problems())
        return Counted(sums(index, wanted), field, tuple(rows), problems)


def _apart(rows: list[tuple[str, int]], field: str) -> list[tuple[str, int]]:
    """Of tags each for itself: a ticket with two counts for both."""
    if field != "tag":
        return rows
    found: dict[str, int] = {}
    for value, number in rows:
        for tag in value.split("\n"):
            found[tag] = found.get(tag, 0) + number
    return sorted(found.items(), key=lambda row: (-row[1], row[0]))
