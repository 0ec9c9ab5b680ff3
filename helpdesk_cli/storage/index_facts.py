"""The part of the index that queries and reports ask: filled by those who ask, never while mail waits.

The tables of `query/schema`, and every entry of every ticket: `entries`, `events` (a row a changed field)
and `event_facts`. docs/INDEX.md has them for people. Loaded only where something is asked.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import helpdesk_cli
from helpdesk_cli.query.fields import TEXTS
from helpdesk_cli.query.schema import FUNCTIONS, INDEXED, tables
from helpdesk_cli.storage.index_tables import SCHEMA_VERSION

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    from helpdesk_cli.storage.index_file import IndexFile
    from helpdesk_cli.tickets.ticket import Ticket

FactRows = dict[str, list[tuple[Any, ...]]]
_SCHEMA = """
CREATE INDEX tickets_work ON tickets (
  status, snoozed_until_at, priority, assignee, last_in_at, created_at, number
);
CREATE TABLE entries (
  path TEXT NOT NULL, place INTEGER NOT NULL, entry TEXT NOT NULL, kind TEXT NOT NULL, at INTEGER NOT NULL,
  by TEXT NOT NULL, direction TEXT NOT NULL, sender TEXT NOT NULL, automatic TEXT NOT NULL,
  bulk TEXT NOT NULL, delivery TEXT NOT NULL, files INTEGER NOT NULL, covers TEXT NOT NULL,
  role TEXT NOT NULL, live INTEGER NOT NULL,
  PRIMARY KEY (path, place)
) WITHOUT ROWID;
CREATE TABLE events (
  path TEXT NOT NULL, place INTEGER NOT NULL, entry TEXT NOT NULL, at INTEGER NOT NULL, by TEXT NOT NULL,
  what TEXT NOT NULL, field TEXT NOT NULL, old TEXT NOT NULL, new TEXT NOT NULL, PRIMARY KEY (path, place)
) WITHOUT ROWID;
CREATE TABLE event_facts (
  path TEXT NOT NULL, place INTEGER NOT NULL, entry TEXT NOT NULL, at INTEGER NOT NULL,
  key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (path, place)
) WITHOUT ROWID
"""
_TABLES = (*tables(), *_SCHEMA.strip().split(";\n"))
NAMES = ("trigrams", "texts", "items", "tickets", "entries", "events", "event_facts")
# What makes the rows of a ticket.
ROWS = "helpdesk_cli.storage.index_fact_rows"
_BY_PATH = ("tickets", "items", "entries", "events", "event_facts")


def prepare(index: IndexFile, done: frozenset[str]) -> None:
    """Make the tables anew where another version made them, or others of the desk's statuses are done."""
    # Two megabytes, what SQLite takes by itself, are written out again and again while rows come in.
    index.db.execute("PRAGMA cache_size = -48000")
    index.db.execute("PRAGMA temp_store = MEMORY")
    for name, (count, function) in FUNCTIONS.items():
        index.db.create_function(name, count, function, deterministic=True)
    signature = "\n".join((helpdesk_cli.__version__, str(SCHEMA_VERSION), *sorted(done), *_TABLES))
    if index.meta("facts") == signature:
        return
    with index.transaction():
        if index.meta("facts") == signature:
            return
        index.make_tables(_TABLES, drop=NAMES)
        index.db.execute("INSERT OR REPLACE INTO behind SELECT path FROM shown")
        index.db.execute("INSERT OR REPLACE INTO meta VALUES ('facts', ?)", (signature,))


def fact_rows(path: str, ticket: Ticket, done: frozenset[str]) -> FactRows:
    """The rows of a ticket in each of these tables; `texts` and `trigrams` without the number they share."""
    # Who only asks reads no ticket.
    made: FactRows = importlib.import_module(ROWS).fact_rows(path, ticket, done)
    return made


def put(db: sqlite3.Connection, rows: Iterable[FactRows]) -> None:
    """Write the rows of several tickets that have none."""
    gathered: FactRows = {name: [] for name in (*_BY_PATH, "texts")}
    for each in rows:
        for name, values in each.items():
            gathered[name] += values
    for name in _BY_PATH:
        if gathered[name]:
            marks = ", ".join("?" * len(gathered[name][0]))
            gathered[name].sort(key=_in_place[name])
            db.executemany(f"INSERT INTO {name} VALUES ({marks})", gathered[name])  # noqa: S608 - names of this module
    ((last,),) = db.execute("SELECT coalesce(max(id), 0) FROM texts").fetchall()
    texts = [(last + n, *values) for n, values in enumerate(gathered["texts"], 1)]
    marks = ", ".join("?" * (len(TEXTS) + 2))
    db.executemany(f"INSERT INTO texts VALUES ({marks})", texts)  # noqa: S608 - as above
    places = [0, *(2 + TEXTS.index(name) for name in INDEXED)]
    marks = ", ".join("?" * len(places))
    db.executemany(
        f"INSERT INTO trigrams (rowid, {', '.join(INDEXED)}) VALUES ({marks})",  # noqa: S608 - as above
        [tuple(values[place] for place in places) for values in texts],
    )


_in_place: dict[str, Any] = {
    "tickets": lambda row: row[0],
    "items": lambda row: row,
    "entries": lambda row: row[:2],
    "events": lambda row: row[:2],
    "event_facts": lambda row: row[:2],
}


def forget(db: sqlite3.Connection, paths: Sequence[str]) -> None:
    """Remove the rows of these tickets. The index of trigrams must be told what it had."""
    marks = ", ".join("?" * len(paths))
    having = [path for (path,) in db.execute(f"SELECT path FROM texts WHERE path IN ({marks})", tuple(paths))]  # noqa: S608 - marks only
    columns = ", ".join(INDEXED)
    for path in having:
        told = f"SELECT 'delete', id, {columns} FROM texts WHERE path = ?"  # noqa: S608 - names of query/schema
        db.execute(f"INSERT INTO trigrams (trigrams, rowid, {columns}) {told}", (path,))
        for name in (*_BY_PATH, "texts"):
            db.execute(f"DELETE FROM {name} WHERE path = ?", (path,))  # noqa: S608 - names of this module


def stored(db: sqlite3.Connection, path: str) -> FactRows:
    """The rows that a ticket has, sorted, as `fact_rows` gives them sorted."""
    found = {}
    for name in (*_BY_PATH, "texts"):
        columns = "*" if name != "texts" else ", ".join(("path", *TEXTS))
        query = f"SELECT {columns} FROM {name} WHERE path = ?"  # noqa: S608 - names of this module
        found[name] = sorted(db.execute(query, (path,)).fetchall(), key=repr)
    return found
