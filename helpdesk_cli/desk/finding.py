"""The tickets that a query finds, in the order to work on them; what it leaves out is counted."""

from __future__ import annotations

import importlib
from itertools import islice
from typing import TYPE_CHECKING

from helpdesk_cli.customers.fields import KEYS as CUSTOMER_KEYS
from helpdesk_cli.desk.asking import done_words, read_query, vocabulary_of
from helpdesk_cli.desk.indexing import open_index
from helpdesk_cli.query.amounts import to_ms
from helpdesk_cli.query.folding import fold
from helpdesk_cli.query.nodes import Both, Either, Named, Not, Term
from helpdesk_cli.query.spelling import write_name
from helpdesk_cli.storage.index_find import Sides, Sums, Wanted, answered, facts_of, find_paths, sums
from helpdesk_cli.values import dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from helpdesk_cli.desk.actor import Actor
    from helpdesk_cli.desk.asking import Asker
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.query.nodes import Node, Query
    from helpdesk_cli.sla.clocks import Clock
    from helpdesk_cli.storage.index import Index, Row

__all__ = [
    "SHOWN_FACTS",
    "Found",
    "Line",
    "Sums",
    "find_tickets",
    "lines_of",
    "open_facts",
    "sides_of",
    "wanted_of",
    "with_clocks",
    "words_in_use",
]

# Who asks for one of these means tickets that are done as well; and of these, tickets that are snoozed.
_DONE = frozenset({"status", "waiting", "id", "uid", "resolved", "merged-into", "formerly"})
_SNOOZED = frozenset({"status", "id", "uid", "snoozed-until"})


# What a list can show beside the rows: times in milliseconds since 1970, None = none, and numbers.
SHOWN_FACTS = (
    "first_response_at",
    "resolved_at",
    "unanswered_at",
    "last_message_at",
    "snoozed_until_at",
    "replies",
    "notes",
    "attachments",
    "reopened",
)
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Line:
    """A ticket in a list. `facts` are SHOWN_FACTS; `clock` is due next, where somebody asked for it."""

    row: Row
    facts: Mapping[str, int | None]
    clock: Clock | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What a query found: files in order, the views it named, how many there are, what is broken.

    The index is open until `close`; `rows` reads from it as it goes.
    """

    index: Index
    query: Query
    paths: tuple[str, ...]
    views: tuple[str, ...]
    sums: Sums
    problems: tuple[tuple[str, str], ...]

    def rows(self) -> Iterator[Row]:
        """The tickets as lists show them, a few hundred in memory at a time."""
        return self.index.rows_of(self.paths)

    def lines(self) -> Iterator[Line]:
        """The same, with what else a list can show."""
        return lines_of(self.index, self.paths)

    def close(self) -> None:
        """Close the index."""
        self.index.close()


def find_tickets(
    desk: Desk,
    query: str | Sequence[str] = "",
    *,
    actor: Actor | Asker | None = None,
    everything: bool = False,
    limit: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Found:
    """The tickets that the query asks for; every file is looked at first. `limit` 0 is all.

    What is done or snoozed is left out unless `everything` is wanted, or the query asks for a status or
    names a ticket. Raises QueryError.
    """
    index = open_facts(desk, progress=progress)
    try:
        wanted = wanted_of(desk, index, query, actor=actor, everything=everything)
        if not wanted.query.sort and desk.settings.list_sort:
            order = read_query(desk, desk.settings.list_sort).sort
            wanted = replace(wanted, query=replace(wanted.query, sort=order))
        paths = tuple(find_paths(index, wanted, limit=limit))
        views = tuple(
            _views(wanted.query.where, {write_name("view", name): name for name, _ in desk.settings.views})
        )
        return Found(index, wanted.query, paths, views, sums(index, wanted), tuple(index.problems()))
    except BaseException:
        index.close()
        raise


def lines_of(index: Index, paths: Sequence[str]) -> Iterator[Line]:
    """These files as lines of a list, a few hundred in memory at a time."""
    for start in range(0, len(paths), _AT_ONCE):
        some = paths[start : start + _AT_ONCE]
        facts = facts_of(index, some, SHOWN_FACTS)
        for row in index.rows_of(some):
            values = [value if isinstance(value, int) else None for value in facts.get(row.path, ())]
            yield Line(row, dict(zip(SHOWN_FACTS, values, strict=True)) if values else {})


def with_clocks(desk: Desk, index: Index, lines: Iterable[Line]) -> Iterator[Line]:
    """The lines, each with the clock that is due next. Raises InvalidFileError for a broken sla.yaml."""
    # Its modules, and YAML, are needed by those who ask for service levels.
    levels = importlib.import_module("helpdesk_cli.desk.levels").Levels(desk, index)
    rest = iter(lines)
    while some := list(islice(rest, _AT_ONCE)):
        found = dict(levels.of([line.row.path for line in some], only_open=True))
        for line in some:
            level = found.get(line.row.path)
            yield replace(line, clock=level.next_clock if level else None)


def open_facts(desk: Desk, *, progress: Callable[[int, int], None] | None = None) -> Index:
    """The index with all that queries ask for, as the files are now. Whoever opens it closes it."""
    index = open_index(desk, full=True, done=done_words(desk.settings), progress=progress)
    index.check_count()
    return index


def wanted_of(
    desk: Desk,
    index: Index,
    query: str | Sequence[str],
    *,
    actor: Actor | Asker | None = None,
    everything: bool = False,
) -> Wanted:
    """The query as it is asked of the index. Raises QueryError."""
    read = read_query(desk, query, actor=actor, in_use=lambda: words_in_use(index))
    if not CUSTOMER_KEYS.isdisjoint(read.fields):
        # Its modules are needed by those who ask for customers.
        importlib.import_module("helpdesk_cli.desk.customers").customers_in(desk, index).refresh_requesters()
    asked = {term.field for term in _wanted(read.where)}
    with_done = everything or not asked.isdisjoint(_DONE)
    with_snoozed = everything or not asked.isdisjoint(_SNOOZED)
    sides = sides_of(desk)
    if read.is_late:
        # So are those of service levels.
        late = importlib.import_module("helpdesk_cli.desk.level_terms")
        late.answer_late(desk, index, read, sides=None if with_done else sides)
    return Wanted(read, sides, answered(index, read), with_done, with_snoozed)


def _wanted(node: Node) -> Iterator[Term]:
    """The terms that are asked for, not those that are excluded."""
    match node:
        case Term():
            yield node
        case Named(part=part):
            yield from _wanted(part)
        case Both(parts=parts) | Either(parts=parts):
            for part in parts:
                yield from _wanted(part)
        case Not():
            return


def _views(node: Node, names: Mapping[str, str]) -> Iterator[str]:
    """The views that a query is made of, from left to right, the outer before the inner."""
    match node:
        case Named(part=part):
            if node.field == "view" and node.text in names:
                yield names[node.text]
            yield from _views(part, names)
        case Both(parts=parts) | Either(parts=parts):
            for part in parts:
                yield from _views(part, names)
        case _:
            return


def words_in_use(index: Index) -> dict[str, list[str]]:
    """The words that tickets have, declared or not."""
    columns = ("status", "priority", "category", "type", "product", "team", "assignee", "inbox")
    return {column: index.values(column) for column in columns}


def sides_of(desk: Desk) -> Sides:
    """How this desk tells tickets apart, now."""
    words = vocabulary_of(desk.settings)
    priorities = tuple(frozenset(map(fold, word)) for word in words.words.get("priority", ()))
    return Sides(words.statuses("waiting"), words.statuses("done"), priorities, to_ms(desk.now))
