"""Tickets that a query finds, asked of SQLite: which, how many, in which order, and what is left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.query.sql import Clause, order, where
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from helpdesk_cli.query.nodes import Query
    from helpdesk_cli.storage.index import Index

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Sides:
    """How this desk tells tickets apart, by folded words: those that wait, those that are done, and the
    priorities from the greatest down. `now` in milliseconds since 1970: until then snoozed tickets rest.
    """  # noqa: D205 - one sentence

    waiting: frozenset[str]
    done: frozenset[str]
    priorities: tuple[frozenset[str], ...]
    now: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """A query, and whether what is done and what is snoozed is wanted, too. `asked` is its condition."""

    query: Query
    sides: Sides
    asked: Clause
    with_done: bool = False
    with_snoozed: bool = False


@dataclass(frozen=True, slots=True)
class Sums:
    """How many tickets are found, and how many the query asks for that are left out: done, snoozed."""

    total: int
    done: int
    snoozed: int


def answered(index: Index, query: Query) -> Clause:
    """The condition that the query comes to; what is dear to find out is found out once for this connection.

    How many there are and which are the first are two questions, and a common word is in half of all texts.
    """
    asked = where(query, late=query.is_late)
    if "texts" not in asked.text and "items" not in asked.text:
        return asked
    index.ask("DROP TABLE IF EXISTS temp.asked")
    index.ask("CREATE TEMP TABLE asked (path TEXT PRIMARY KEY) WITHOUT ROWID")
    fill = f"INSERT INTO temp.asked SELECT path FROM tickets WHERE {asked.text} ORDER BY path"  # noqa: S608 - names and marks only
    index.ask(fill, *asked.parameters)
    return Clause("tickets.path IN (SELECT path FROM temp.asked)")


def sums(index: Index, wanted: Wanted) -> Sums:
    """How many there are."""
    asked, snoozed = wanted.asked, _snoozed(wanted.sides)
    text = f"SELECT tickets.status, count(*), sum({snoozed.text}) FROM tickets WHERE {asked.text} GROUP BY 1"  # noqa: S608 - names and marks only
    found = index.ask(text, *_parameters(snoozed, asked))
    is_done = wanted.sides.done
    every = sum(number for _, number, _ in found)
    done = 0 if wanted.with_done else sum(number for status, number, _ in found if status in is_done)
    rest = 0 if wanted.with_snoozed else sum(rest for status, _, rest in found if status not in is_done)
    return Sums(every - done - rest, done, rest)


def find_paths(index: Index, wanted: Wanted, *, limit: int = 0) -> list[str]:
    """The files in the order of the query, else of urgency; `limit` 0 = all."""
    condition = _condition(wanted)
    key = order(wanted.query) if wanted.query.sort else urgency(wanted.sides)
    most = f" LIMIT {int(limit)}" if limit else ""
    text = f"SELECT path FROM tickets WHERE {condition.text} ORDER BY {key.text}{most}"  # noqa: S608 - as above
    return [path for (path,) in index.ask(text, *_parameters(condition, key))]


def paths_where(index: Index, query: Query, *, late: bool = False) -> list[str]:
    """The files of all that the query asks for, done or not, in no order.

    Of what is late, more, unless `late` terms were `put_late` before.
    """
    asked = where(query, late=late)
    found = index.ask(f"SELECT path FROM tickets WHERE {asked.text}", *asked.parameters)  # noqa: S608 - as above
    return [path for (path,) in found]


def open_paths(index: Index, sides: Sides) -> list[str]:
    """The files of all that is not done, snoozed or not, by number."""
    done = _done(sides)
    text = f"SELECT path FROM tickets WHERE NOT {done.text} ORDER BY number, path"  # noqa: S608 - as above
    return [path for (path,) in index.ask(text, *done.parameters)]


def paths_created(index: Index, start: int, end: int) -> list[str]:
    """The files of the tickets opened from `start` up to `end`, milliseconds since 1970, by number."""
    text = "SELECT path FROM tickets WHERE created_at >= ? AND created_at < ? ORDER BY number, path"
    return [path for (path,) in index.ask(text, start, end)]


def paths_told(index: Index, key: str) -> set[str]:
    """The files of the tickets of which an event tells a fact of this key."""
    return {path for (path,) in index.ask("SELECT DISTINCT path FROM event_facts WHERE key = ?", key)}


def count_by(index: Index, wanted: Wanted, column: str) -> list[tuple[str, int]]:
    """(value, how many tickets have it) of a column of `shown`, the most frequent first; "" = not set."""
    condition = _condition(wanted)
    text = (
        f"SELECT shown.{column}, count(*) FROM tickets JOIN shown ON shown.path = tickets.path"  # noqa: S608 - as above
        f" WHERE {condition.text} GROUP BY 1 ORDER BY 2 DESC, 1"
    )
    found = index.ask(text, *condition.parameters)
    return [(str(value), int(number)) for value, number in found]


def next_paths(index: Index, wanted: Wanted, agent: str) -> list[str]:
    """The files of what this agent could do now, the first to do first; "" is somebody who is no agent.

    Active, awake, and nobody else's. The greatest priority goes first; then whoever waits for an answer
    before whom we have answered; then by priority; what is the agent's own before what is nobody's; the
    longest waiting. What is promised by when (service levels) will stand before all this.
    """
    sides = wanted.sides
    condition, waiting, done = _condition(wanted), _in("status", sides.waiting), _done(sides)
    free = _in("assignee", frozenset({"", agent}))
    first, rank = _in("priority", next(iter(sides.priorities), frozenset())), _ranked(sides)
    text = (
        f"SELECT path FROM tickets WHERE {condition.text} AND {free.text} AND NOT {waiting.text}"  # noqa: S608 - as above
        f" AND NOT {done.text} ORDER BY NOT {first.text}, unanswered_at IS NULL, {rank.text}, assignee = '',"
        " coalesce(unanswered_at, last_message_at, created_at), number, path"
    )
    return [path for (path,) in index.ask(text, *_parameters(condition, free, waiting, done, first, rank))]


def next_wake(index: Index, sides: Sides) -> int | None:
    """When the first snoozed ticket comes back, in milliseconds since 1970; None where none rests."""
    rests, done = _snoozed(sides), _done(sides)
    text = f"SELECT min(snoozed_until_at) FROM tickets WHERE {rests.text} AND NOT {done.text}"  # noqa: S608 - as above
    ((found,),) = index.ask(text, *_parameters(rests, done))
    return found if isinstance(found, int) else None


def facts_of(
    index: Index, paths: Sequence[str], columns: Sequence[str]
) -> dict[str, tuple[int | str | None, ...]]:
    """What `tickets` has in these columns, by path."""
    found: dict[str, tuple[int | str | None, ...]] = {}
    for start in range(0, len(paths), _AT_ONCE):
        some = paths[start : start + _AT_ONCE]
        names, marks = ", ".join(("path", *columns)), ", ".join("?" * len(some))
        text = f"SELECT {names} FROM tickets WHERE path IN ({marks})"  # noqa: S608 - names of the table of fields
        found |= {path: tuple(values) for path, *values in index.ask(text, *some)}
    return found


def urgency(sides: Sides) -> Clause:
    """The order to work in: active before waiting before done, by priority, then who has waited longest."""
    side, ranked = _case("status", ((sides.done, 2), (sides.waiting, 1)), other=0), _ranked(sides)
    text = (
        f"{side.text}, {ranked.text},"
        " coalesce(tickets.last_in_at, tickets.created_at), tickets.number, tickets.path"
    )
    return Clause(text, _parameters(side, ranked))


def put_late(index: Index, found: Sequence[tuple[str, str]]) -> None:
    """Note (term, path) of the files for which late terms of a query hold, before it is `answered`.

    Nothing is taken back: what holds for a ticket holds whichever query asks, as long as this index is open.
    """
    columns = "term TEXT NOT NULL, path TEXT NOT NULL, PRIMARY KEY (term, path)"
    index.db.execute(f"CREATE TEMP TABLE IF NOT EXISTS late_terms ({columns}) WITHOUT ROWID")
    with index.transaction():
        index.db.executemany("INSERT OR IGNORE INTO late_terms VALUES (?, ?)", found)


def _condition(wanted: Wanted) -> Clause:
    parts = [wanted.asked]
    if not wanted.with_done:
        parts.append(_not(_done(wanted.sides)))
    if not wanted.with_snoozed:
        # What is done does not rest any more: it is left out, or wanted, for that.
        rests, done = _snoozed(wanted.sides), _done(wanted.sides)
        parts.append(Clause(f"(NOT {rests.text} OR {done.text})", _parameters(rests, done)))
    return Clause(" AND ".join(part.text for part in parts), _parameters(*parts))


def _done(sides: Sides) -> Clause:
    return _in("status", sides.done)


def _snoozed(sides: Sides) -> Clause:
    return Clause("(coalesce(tickets.snoozed_until_at, 0) > ?)", (sides.now,))


def _ranked(sides: Sides) -> Clause:
    """The place of a priority, 0 for the greatest; what nobody declared comes last."""
    places = [(words, place) for place, words in enumerate(sides.priorities)]
    return _case("priority", places, other=len(places))


def _case(column: str, values: Sequence[tuple[frozenset[str], int]], *, other: int) -> Clause:
    """The number beside the first set that the word is in. Half the time of asking each set with IN."""
    pairs = [(word, number) for words, number in values for word in sorted(words)]
    if not pairs:
        return Clause(f"{other}")
    cases = "".join(f" WHEN ? THEN {number}" for _, number in pairs)
    return Clause(f"CASE tickets.{column}{cases} ELSE {other} END", tuple(word for word, _ in pairs))


def _not(clause: Clause) -> Clause:
    return Clause(f"NOT {clause.text}", clause.parameters)


def _in(column: str, words: frozenset[str]) -> Clause:
    marks = ", ".join("?" for _ in words)
    return Clause(f"(tickets.{column} IN ({marks}))", tuple(sorted(words)))


def _parameters(*clauses: Clause) -> tuple[str | int, ...]:
    return tuple(value for clause in clauses for value in clause.parameters)
