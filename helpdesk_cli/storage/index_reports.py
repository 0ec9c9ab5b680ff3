"""What reports ask of the index: many tickets in few questions, no ticket file read."""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from helpdesk_cli.query.sql import Clause
    from helpdesk_cli.storage.index import Index

FIELDS = ("priority", "category", "type", "product", "team", "assignee", "inbox", "channel")
_PLAIN = ("path", "number", "id", "subject", "requester", "requester_email", "status", "tags")
_BETWEEN_TAGS = "\n"


def choose_tickets(
    index: Index,
    condition: Clause,
    *,
    start: int,
    end: int,
    done: frozenset[str],
    without: frozenset[str],
) -> int:
    """Note the tickets that a report of that time is about, for all questions below; how many they are.

    Left out are those whose status is one of `without`, those opened later, and those that were done before
    and had nothing happen to them since: a hand that wrote a status is no event, and tells itself by there
    being no moment of a resolution. Statuses are folded words, moments milliseconds since 1970.
    """
    marks = {name: ", ".join("?" * len(words)) for name, words in (("done", done), ("without", without))}
    text = (
        "INSERT INTO temp.reported SELECT tickets.path FROM tickets"  # noqa: S608 - names and marks only
        f" WHERE {condition.text} AND tickets.status NOT IN ({marks['without']}) AND tickets.created_at < ?"
        " AND (tickets.last_at >= ? OR tickets.resolved_at IS NULL"
        f" OR tickets.status NOT IN ({marks['done']}))"
    )
    values = (*condition.parameters, *sorted(without), end, start, *sorted(done))
    index.ask("DROP TABLE IF EXISTS temp.reported")
    index.ask("CREATE TEMP TABLE reported (path TEXT PRIMARY KEY) WITHOUT ROWID")
    index.ask(text, *values)
    ((number,),) = index.ask("SELECT count(*) FROM temp.reported")
    return int(number)


def chosen_paths(index: Index) -> list[str]:
    """The files of the tickets that were chosen, by number."""
    query = "SELECT path FROM temp.reported JOIN shown USING (path) ORDER BY number, path"
    return [path for (path,) in index.ask(query)]


def ticket_rows(index: Index) -> list[dict[str, Any]]:
    """What the front matter of each says, with `created_at` in milliseconds and `tags` as a tuple."""
    columns = (*_PLAIN, *FIELDS)
    text = (
        f"SELECT {', '.join(f'shown.{column}' for column in columns)}, tickets.created_at"  # noqa: S608 - names only
        " FROM temp.reported JOIN shown USING (path) JOIN tickets USING (path) ORDER BY shown.number, path"
    )
    names = (*columns, "created_at")
    rows = [dict(zip(names, values, strict=True)) for values in index.ask(text)]
    for row in rows:
        row["tags"] = tuple(row["tags"].split(_BETWEEN_TAGS)) if row["tags"] else ()
    return rows


def changes_of(
    index: Index, fields: Sequence[str]
) -> dict[str, list[tuple[str, int, str, str, str, str, str]]]:
    """By file (field, moment, by, what, old, new, event) of what events changed in these fields, in order."""
    marks = ", ".join("?" * len(fields))
    text = (
        "SELECT events.path, field, at, by, what, old, new, entry FROM temp.reported JOIN events USING (path)"  # noqa: S608 - marks only
        f" WHERE field IN ({marks}) ORDER BY events.path, place"
    )
    return _by_path(index.ask(text, *fields))


def changes_after(index: Index, moment: int) -> dict[str, list[tuple[str, str, str]]]:
    """By file (field, old, new) of what events changed after that moment, the latest first."""
    text = (
        "SELECT events.path, field, old, new FROM temp.reported JOIN events USING (path)"
        " WHERE at > ? AND field <> '' ORDER BY events.path, place DESC"
    )
    return _by_path(index.ask(text, moment))


def said_in(index: Index, paths: Sequence[str] | None = None) -> dict[str, list[tuple[int, str, str, int]]]:
    """By file (moment, role, by, live) of what people said; of these files, or of all that were chosen."""
    if paths is not None:
        _note(index, "some_reported", paths)
    table = "reported" if paths is None else "some_reported"
    text = (
        f"SELECT entries.path, at, role, by, live FROM temp.{table} JOIN entries USING (path)"  # noqa: S608 - names only
        " WHERE role <> '' ORDER BY entries.path, place"
    )
    return _by_path(index.ask(text))


def questions_of(index: Index) -> dict[str, list[tuple[int]]]:
    """By file (moment,) of each question how it went."""
    text = (
        "SELECT entries.path, at FROM temp.reported JOIN entries USING (path)"
        " WHERE automatic = 'csat' AND direction = 'out' ORDER BY entries.path, place"
    )
    return _by_path(index.ask(text))


def facts_of(index: Index, keys: Sequence[str]) -> dict[str, list[tuple[str, int, str, str, str]]]:
    """By file (key, moment, entry, value, by) of these facts of events, in order."""
    marks = ", ".join("?" * len(keys))
    text = (
        "SELECT event_facts.path, key, event_facts.at, event_facts.entry, value, coalesce(entries.by, '')"  # noqa: S608 - marks only
        " FROM temp.reported JOIN event_facts USING (path)"
        " LEFT JOIN entries ON entries.path = event_facts.path AND entries.entry = event_facts.entry"
        f" WHERE key IN ({marks}) ORDER BY event_facts.path, event_facts.place"
    )
    return _by_path(index.ask(text, *keys))


def policies_of(index: Index) -> dict[str, str]:
    """By file the policy that was recorded last."""
    text = (
        "SELECT event_facts.path, value FROM temp.reported JOIN event_facts USING (path)"
        " WHERE key = 'policy' ORDER BY event_facts.path, event_facts.place"
    )
    return dict(index.ask(text))


def snoozes_of(index: Index) -> dict[str, str]:
    """By file until when a ticket is snoozed now."""
    return dict(
        index.ask("SELECT path, entry FROM temp.reported JOIN names USING (path) WHERE role = 'snoozed'")
    )


def requesters_of(index: Index) -> dict[str, str]:
    """From each requester, as tickets write them, to the file that speaks of them; "" for strangers."""
    return dict(index.ask("SELECT requester, who FROM requesters"))


def words_used(index: Index, field: str) -> Iterator[tuple[str, int, int]]:
    """(word, how many tickets have it, when the last of them was opened) of a list, no spam among them."""
    text = (
        "SELECT items.value, count(*), max(tickets.created_at) FROM items JOIN tickets USING (path)"
        " WHERE field = ? AND tickets.status NOT IN ('spam', 'merged')"
        " GROUP BY items.value ORDER BY items.value"
    )
    yield from index.ask(text, field)


def tickets_told_later(index: Index, entries: Sequence[tuple[str, str]], moment: int) -> list[str]:
    """The chosen tickets, by id, that have one of these entries (path, id) though it tells of before then."""
    index.ask("DROP TABLE IF EXISTS temp.later")
    index.ask("CREATE TEMP TABLE later (path TEXT NOT NULL, entry TEXT NOT NULL)")
    index.db.executemany("INSERT INTO temp.later VALUES (?, ?)", entries)
    text = (
        "SELECT DISTINCT shown.number, shown.id FROM temp.later JOIN temp.reported USING (path)"
        " JOIN entries ON entries.path = later.path AND entries.entry = later.entry"
        " JOIN shown ON shown.path = later.path WHERE entries.at <= ? ORDER BY shown.number"
    )
    return [name for _, name in index.ask(text, moment)]


def _note(index: Index, name: str, paths: Sequence[str]) -> None:
    index.ask(f"DROP TABLE IF EXISTS temp.{name}")
    index.ask(f"CREATE TEMP TABLE {name} (path TEXT PRIMARY KEY) WITHOUT ROWID")
    index.db.executemany(f"INSERT OR IGNORE INTO temp.{name} VALUES (?)", [(path,) for path in paths])  # noqa: S608 - names of this module


def _by_path(rows: list[tuple[Any, ...]]) -> dict[str, list[Any]]:
    return {path: [row[1:] for row in some] for path, some in groupby(rows, key=itemgetter(0))}
