"""`desk list`: tickets as lists have them."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from helpdesk_cli.desk.finding import find_tickets
from helpdesk_cli.tickets.as_json import person_json
from helpdesk_cli.tickets.person import Person
from helpdesk_cli.tickets.times import write_time
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from helpdesk_cli.desk.actor import Actor
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.finding import Line
    from helpdesk_cli.storage.index import Row
    from helpdesk_cli.storage.index_find import Sums

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Listed:
    """Rows in the order to work on them, how many there are and are left out, what is broken."""

    rows: tuple[Row, ...]
    sums: Sums
    problems: tuple[tuple[str, str], ...]


def list_tickets(
    desk: Desk,
    query: str | Sequence[str] = "",
    *,
    actor: Actor | None = None,
    everything: bool = False,
    limit: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Listed:
    """What `find_tickets` finds, read at once: for few tickets, and for tests."""
    found = find_tickets(desk, query, actor=actor, everything=everything, limit=limit, progress=progress)
    with closing(found):
        return Listed(tuple(found.rows()), found.sums, found.problems)


def moment(milliseconds: int | None) -> datetime | None:
    """The time that a fact has."""
    return None if milliseconds is None else _EPOCH + timedelta(milliseconds=milliseconds)


def line_json(line: Line) -> dict[str, Any]:
    """A ticket as lists give it: the front matter, the times and the numbers, without the timeline."""
    row = line.row
    empty = ("priority", "category", "type", "product", "team", "inbox", "channel", "assignee", "merged_into")

    def time(name: str) -> str | None:
        at = moment(line.facts.get(name))
        return write_time(at) if at else None

    return {
        "id": row.id,
        "uid": row.uid,
        "subject": row.subject,
        "status": row.status,
        **{name: getattr(row, name) or None for name in empty},
        "requester": person_json(Person.read(row.requester), whole=True),
        "tags": list(row.tags),
        "created_at": row.created_at,
        "last_at": row.last_at or None,
        "last_in_at": row.last_in_at or None,
        "last_out_at": row.last_out_at or None,
        "first_response_at": time("first_response_at"),
        "unanswered_at": time("unanswered_at"),
        "resolved_at": time("resolved_at"),
        "snoozed_until": time("snoozed_until_at"),
        "messages": row.messages,
        "replies": line.facts.get("replies") or 0,
        "notes": line.facts.get("notes") or 0,
        "attachments": line.facts.get("attachments") or 0,
        "path": row.path,
    }
