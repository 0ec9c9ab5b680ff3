"""`desk list` and the bare `desk`: which tickets there are, which need us, what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from helpdesk_cli.desk.assign import find_assignee
from helpdesk_cli.desk.indexing import open_index
from helpdesk_cli.storage import records
from helpdesk_cli.storage.pending import Queue
from helpdesk_cli.storage.settings import find_word
from helpdesk_cli.tickets.as_json import SCHEMA, person_json
from helpdesk_cli.tickets.person import Person
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from helpdesk_cli.desk.actor import Actor
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.storage.index import Row

HIDDEN_STATUSES = frozenset({"spam", "merged"})


@dataclass(frozen=True, slots=True)
class Filter:
    """Which tickets are wanted; () = any. Values are OR inside a field, AND between fields.

    `without` are the same fields negated. `done` includes what is done; otherwise it is hidden, unless
    a status is asked for.
    """

    status: tuple[str, ...] = ()
    assignee: tuple[str, ...] = ()
    team: tuple[str, ...] = ()
    tag: tuple[str, ...] = ()
    without: tuple[tuple[str, str], ...] = ()
    done: bool = False


@dataclass(frozen=True, slots=True)
class Listed:
    """Rows in the order to work on them, how many match, how many are hidden and why, what is broken."""

    rows: tuple[Row, ...]
    total: int
    done_hidden: int
    problems: tuple[tuple[str, str], ...]

    def json(self) -> dict[str, Any]:
        """The stable JSON of `desk list --json`."""
        return {
            "schema": SCHEMA,
            "kind": "tickets",
            "total": self.total,
            "items": [row_json(row) for row in self.rows],
        }


def row_json(row: Row) -> dict[str, Any]:
    """A ticket as lists give it: the front matter and the times, without the timeline."""
    empty = ("priority", "category", "type", "product", "team", "inbox", "channel", "assignee", "merged_into")
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
        "messages": row.messages,
        "path": row.path,
    }


def list_tickets(
    desk: Desk,
    wanted: Filter,
    *,
    actor: Actor | None = None,
    limit: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Listed:
    """The tickets that fit, the most urgent and longest waiting first; `limit` 0 = all.

    Raises UsageError for a value that desk.yaml does not know.
    """
    index = open_index(desk, full=True, progress=progress)
    try:
        rows = list(index.rows())
        problems = tuple(index.problems())
    finally:
        index.close()
    wanted = _checked(desk, wanted, actor)
    fitting = [row for row in rows if _fits(row, wanted)]
    shown = [row for row in fitting if wanted.done or wanted.status or not _is_done(desk, row)]
    shown.sort(key=lambda row: _urgency(desk, row))
    total = len(shown)
    return Listed(tuple(shown[:limit] if limit else shown), total, len(fitting) - total, problems)


@dataclass(frozen=True, slots=True)
class Overview:
    """What the bare `desk` says: tickets that need us, how many wait for others, what is wrong."""

    need_us: tuple[Row, ...]
    waiting: int
    done: int
    problems: tuple[str, ...]


def overview(desk: Desk, *, progress: Callable[[int, int], None] | None = None) -> Overview:
    """The state of the desk in one look."""
    listed = list_tickets(desk, Filter(done=True), progress=progress)
    kinds = {row.path: desk.settings.status_kind(row.status) for row in listed.rows}
    need_us = tuple(row for row in listed.rows if kinds[row.path] == "active")
    waiting = sum(1 for row in listed.rows if kinds[row.path] == "waiting")
    problems = [f"{problem}" for _, problem in listed.problems]
    problems += _waiting_problems(desk)
    return Overview(need_us, waiting, len(listed.rows) - len(need_us) - waiting, tuple(problems))


def _waiting_problems(desk: Desk) -> list[str]:
    told = {
        "waiting for a broken ticket file to be mended": len(records.waiting(desk.layout).names()),
        "set aside (`desk ingest --retry` takes up)": len(records.set_aside(desk.layout).names()),
    }
    problems = [f"{_count(number, 'mail')} {what}." for what, number in told.items() if number]
    queued = Queue(desk.layout).count()
    return (
        [*problems, f"{_count(queued, 'change')} not yet in git (`desk doctor` says why)."]
        if queued
        else problems
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _is_done(desk: Desk, row: Row) -> bool:
    return row.status in HIDDEN_STATUSES or desk.settings.status_kind(row.status) == "done"


def _checked(desk: Desk, wanted: Filter, actor: Actor | None) -> Filter:
    def words(key: str, values: Iterable[str]) -> tuple[str, ...]:
        return tuple(_word(desk, key, value, actor) for value in values)

    without = tuple((key, _word(desk, key, value, actor)) for key, value in wanted.without)
    return Filter(
        words("status", wanted.status),
        words("assignee", wanted.assignee),
        words("team", wanted.team),
        words("tag", wanted.tag),
        without,
        done=wanted.done,
    )


def _word(desk: Desk, key: str, value: str, actor: Actor | None) -> str:
    if key == "tag":
        return value.casefold()
    if key == "assignee":
        return find_assignee(desk, value, actor=actor)
    if key == "team" and value.casefold() == "none":
        return ""
    return find_word(desk.settings, key, value)


def _fits(row: Row, wanted: Filter) -> bool:
    fields: tuple[tuple[Sequence[str], Sequence[str]], ...] = (
        (wanted.status, (row.status,)),
        (wanted.assignee, (row.assignee,)),
        (wanted.team, (row.team,)),
        (wanted.tag, row.tags),
    )
    if any(values and not set(values) & set(present) for values, present in fields):
        return False
    present_by_key = {
        "status": (row.status,),
        "assignee": (row.assignee,),
        "team": (row.team,),
        "tag": row.tags,
    }
    return not any(value in present_by_key[key] for key, value in wanted.without)


def _urgency(desk: Desk, row: Row) -> tuple[int, int, str, int]:
    """Active before waiting before done, then by priority, then who has waited longest."""
    kinds = ("active", "waiting", "done")
    names = [word.name for word in desk.settings.priorities]
    rank = names.index(row.priority) if row.priority in names else len(names)
    return (
        kinds.index(desk.settings.status_kind(row.status)),
        rank,
        row.last_in_at or row.created_at,
        row.number,
    )
