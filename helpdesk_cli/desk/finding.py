"""The tickets that a query finds, in the order to work on them; what it leaves out is counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.desk.asking import done_words, read_query, vocabulary_of
from helpdesk_cli.desk.indexing import open_index
from helpdesk_cli.query.folding import fold
from helpdesk_cli.query.nodes import Both, Either, Named, Not, Term
from helpdesk_cli.storage.index_find import Urgency, find_paths
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from helpdesk_cli.desk.actor import Actor
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.query.nodes import Node, Query
    from helpdesk_cli.storage.index import Index, Row
    from helpdesk_cli.storage.settings import Settings

# Who asks for one of these knows of tickets that are done.
_NAMING = frozenset({"status", "waiting", "id", "uid", "resolved", "merged-into", "formerly"})


@dataclass(frozen=True, slots=True)
class Found:
    """What a query found: files in order, how many in all, how many done were left out, what is broken.

    The index is open until `close`; `rows` reads from it as it goes.
    """

    index: Index
    query: Query
    paths: tuple[str, ...]
    total: int
    hidden: int
    problems: tuple[tuple[str, str], ...]

    def rows(self) -> Iterator[Row]:
        """The tickets as lists show them, a few hundred in memory at a time."""
        return self.index.rows_of(self.paths)

    def close(self) -> None:
        """Close the index."""
        self.index.close()


def find_tickets(
    desk: Desk,
    query: str | Sequence[str] = "",
    *,
    actor: Actor | None = None,
    done: bool = False,
    limit: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Found:
    """The tickets that the query asks for; every file is looked at first. `limit` 0 is all.

    What is done is left out unless `done`, or the query asks for a status or names a ticket.
    Raises QueryError.
    """
    index = open_index(desk, full=True, done=done_words(desk.settings), progress=progress)
    try:
        index.check_count()
        read = read_query(desk, query, actor=actor, in_use=lambda: words_in_use(index))
        with_done = done or names_done(read)
        paths, total, hidden = find_paths(
            index, read, urgency_of(desk.settings), with_done=with_done, limit=limit
        )
        return Found(index, read, tuple(paths), total, hidden, tuple(index.problems()))
    except BaseException:
        index.close()
        raise


def names_done(query: Query) -> bool:
    """Whether a query asks for tickets by their status or by name, and so for done ones, too."""
    return any(term.field in _NAMING for term in _wanted(query.where))


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


def words_in_use(index: Index) -> dict[str, list[str]]:
    """The words that tickets have, declared or not."""
    columns = ("status", "priority", "category", "type", "product", "team", "assignee", "inbox")
    return {column: index.values(column) for column in columns}


def urgency_of(settings: Settings) -> Urgency:
    """The order to work in, by this desk's words."""
    words = vocabulary_of(settings)
    priorities = tuple(frozenset(map(fold, word)) for word in words.words.get("priority", ()))
    return Urgency(words.statuses("waiting"), words.statuses("done"), priorities)
