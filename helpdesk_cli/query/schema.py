"""The tables in which SQLite is asked for tickets, and a ticket's rows in them. docs/QUERY.md has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.query.fields import FIELDS, NUMBER_KINDS, TEXTS, stores
from helpdesk_cli.query.patterns import is_found

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpdesk_cli.query.facts import Facts
    from helpdesk_cli.query.fields import Field

# To be registered with the connection, each with its number of arguments: X REGEXP Y is regexp(Y, X).
FUNCTIONS = {"regexp": (2, is_found)}
# The index of trigrams has these; what senders newly wrote is found in the body.
INDEXED = ("subject", "body", "notes")
Statement = tuple[str, tuple[str | int | None, ...]]


def columns_of(fields: tuple[Field, ...] = FIELDS) -> tuple[str, ...]:
    """The columns of `tickets` behind `path`, in order."""
    return tuple(row.stored for row in fields if stores(row) == "scalar")


def tables(fields: tuple[Field, ...] = FIELDS) -> tuple[str, ...]:
    """The statements that make the tables."""
    columns = [
        f"{row.stored} {'INTEGER' if row.kind in NUMBER_KINDS else 'TEXT NOT NULL'}"
        for row in fields
        if stores(row) == "scalar"
    ]
    texts = [f"{name} TEXT NOT NULL" for name in TEXTS]
    item_columns = "path TEXT NOT NULL, field TEXT NOT NULL, value TEXT NOT NULL"
    indexed = ", ".join(INDEXED)
    options = "content='texts', content_rowid='id', tokenize='trigram case_sensitive 1', detail='none'"
    return (
        f"CREATE TABLE tickets (path TEXT PRIMARY KEY, {', '.join(columns)}) WITHOUT ROWID",
        f"CREATE TABLE items ({item_columns}, PRIMARY KEY (field, value, path)) WITHOUT ROWID",
        "CREATE INDEX items_path ON items (path)",
        f"CREATE TABLE texts (id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, {', '.join(texts)})",
        f"CREATE VIRTUAL TABLE trigrams USING fts5({indexed}, {options})",
    )


def rows(facts: Facts, fields: tuple[Field, ...] = FIELDS) -> Iterator[Statement]:
    """The statements that add a ticket, each with its parameters."""
    values = [facts.scalars[column] for column in columns_of(fields)]
    marks = ", ".join("?" for _ in values)
    text = f"INSERT INTO tickets VALUES (?, {marks})"  # noqa: S608 - question marks only
    yield text, (facts.path, *values)
    for field, items in facts.items.items():
        for item in items:
            yield "INSERT INTO items VALUES (?, ?, ?)", (facts.path, field, item)
    texts = [facts.texts[name] for name in TEXTS]
    marks = ", ".join("?" for _ in texts)
    text = f"INSERT INTO texts (path, {', '.join(TEXTS)}) VALUES (?, {marks})"  # noqa: S608 - fixed names
    yield text, (facts.path, *texts)
    indexed = ", ".join(INDEXED)
    fill = f"SELECT id, {indexed} FROM texts WHERE path = ?"  # noqa: S608 - fixed names
    yield f"INSERT INTO trigrams (rowid, {indexed}) {fill}", (facts.path,)
