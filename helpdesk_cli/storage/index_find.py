"""Tickets that a query finds, asked of SQLite: how many, in which order, and what is left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.query.sql import Clause, order, where
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from helpdesk_cli.query.nodes import Query
    from helpdesk_cli.storage.index import Index


@dataclass(frozen=True, slots=True)
class Urgency:
    """The order of tickets where a query has none, by folded words: active before waiting before done, then
    by priority, the greatest first, then who has waited longest.
    """  # noqa: D205 - one sentence

    waiting: frozenset[str]
    done: frozenset[str]
    priorities: tuple[frozenset[str], ...]


def find_paths(
    index: Index, query: Query, urgency: Urgency, *, with_done: bool, limit: int = 0
) -> tuple[list[str], int, int]:
    """(files in order, how many there are without the limit, how many that are done were left out)."""
    condition = where(query)
    done = _in("status", urgency.done)
    text = f"SELECT count(*), coalesce(sum({done.text}), 0) FROM tickets WHERE {condition.text}"  # noqa: S608 - names and marks only
    ((every, hidden),) = index.ask(text, *done.parameters, *condition.parameters)
    shown = Clause("1") if with_done else Clause(f"NOT {done.text}", done.parameters)
    key = order(query) if query.sort else _urgency(urgency)
    most = f" LIMIT {int(limit)}" if limit else ""
    text = f"SELECT path FROM tickets WHERE {condition.text} AND {shown.text} ORDER BY {key.text}{most}"  # noqa: S608 - as above
    found = index.ask(text, *condition.parameters, *shown.parameters, *key.parameters)
    left_out = 0 if with_done else int(hidden)
    return [path for (path,) in found], int(every) - left_out, left_out


def facts_of_paths(
    index: Index, paths: Sequence[str], columns: Sequence[str]
) -> dict[str, tuple[int | str | None, ...]]:
    """What `tickets` has in these columns, by path."""
    found: dict[str, tuple[int | str | None, ...]] = {}
    names = ", ".join(("path", *columns))
    for start in range(0, len(paths), 500):
        some = paths[start : start + 500]
        marks = ", ".join("?" * len(some))
        for path, *values in index.ask(f"SELECT {names} FROM tickets WHERE path IN ({marks})", *some):  # noqa: S608 - names of the table of fields
            found[path] = tuple(values)
    return found


def _urgency(urgency: Urgency) -> Clause:
    waiting, done = _in("status", urgency.waiting), _in("status", urgency.done)
    ranks = [_in("priority", words) for words in urgency.priorities]
    cases = "".join(f" WHEN {rank.text} THEN {place}" for place, rank in enumerate(ranks))
    ranked = f"CASE{cases} ELSE {len(ranks)} END" if ranks else "0"
    text = (
        f"CASE WHEN {done.text} THEN 2 WHEN {waiting.text} THEN 1 ELSE 0 END, {ranked},"
        " coalesce(last_in_at, created_at), number, path"
    )
    parameters = (
        *done.parameters,
        *waiting.parameters,
        *(word for rank in ranks for word in rank.parameters),
    )
    return Clause(text, parameters)


def _in(column: str, words: frozenset[str]) -> Clause:
    marks = ", ".join("?" for _ in words)
    return Clause(f"(tickets.{column} IN ({marks}))", tuple(sorted(words)))
