"""`desk list` and the bare `desk`: which tickets there are, which need us, what is wrong."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from helpdesk_cli.desk.finding import find_tickets, lines_of, open_facts, wanted_of
from helpdesk_cli.storage import records
from helpdesk_cli.storage.index_find import find_paths, next_wake, sums
from helpdesk_cli.storage.pending import Queue
from helpdesk_cli.tickets.as_json import SCHEMA, person_json
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


@dataclass(frozen=True, slots=True)
class Overview:
    """What the bare `desk` says: tickets that need us, how many there are of the others, what is wrong.

    `wakes_at` is when the first that is snoozed comes back, None for none.
    """

    need_us: tuple[Line, ...]
    needing: int
    waiting: int
    snoozed: int
    done: int
    wakes_at: datetime | None
    problems: tuple[str, ...]

    def json(self) -> dict[str, Any]:
        """The stable JSON of `desk overview --json`."""
        return {
            "schema": SCHEMA,
            "kind": "overview",
            "total": self.needing,
            "items": [line_json(line) for line in self.need_us],
            "need_us": self.needing,
            "waiting": self.waiting,
            "snoozed": self.snoozed,
            "done": self.done,
            "problems": list(self.problems),
        }


def overview(desk: Desk, *, limit: int = 0, progress: Callable[[int, int], None] | None = None) -> Overview:
    """The state of the desk in one look; at most `limit` of the tickets that need us, 0 = all."""
    with closing(open_facts(desk, progress=progress)) as index:
        needing = wanted_of(desk, index, "waiting:us")
        paths = find_paths(index, needing, limit=limit)
        active = sums(index, needing)
        others = sums(index, wanted_of(desk, index, "waiting:customer"))
        return Overview(
            tuple(lines_of(index, paths)),
            active.total,
            others.total,
            active.snoozed + others.snoozed,
            sums(index, wanted_of(desk, index, "waiting:nobody")).total,
            moment(next_wake(index, needing.sides)),
            (*(f"{problem}" for _, problem in index.problems()), *_waiting_problems(desk)),
        )


def _waiting_problems(desk: Desk) -> list[str]:
    told = {
        "waiting for a broken ticket file to be mended": len(records.waiting(desk.layout).names()),
        "set aside (`desk ingest --retry` takes up)": len(records.set_aside(desk.layout).names()),
    }
    problems = [f"{_count(number, 'mail')} {what}." for what, number in told.items() if number]
    queued = Queue(desk.layout).count()
    if queued:
        problems.append(f"{_count(queued, 'change')} not yet in git (`desk doctor` says why).")
    return problems


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
