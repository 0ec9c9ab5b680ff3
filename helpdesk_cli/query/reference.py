"""The fields and flags of the language as tables to read: for help and for docs/QUERY.md."""

from __future__ import annotations

from helpdesk_cli.query.fields import FIELDS, FLAGS, Field, Flag
from helpdesk_cli.table import Column, Table

_TAKES = {
    "word": "one of the desk's words",
    "text": "text, a phrase, a pattern",
    "person": "an address, @domain, a piece of a name, a pattern",
    "tag": "a word, a pattern",
    "name": "text, a pattern",
    "exact": "the whole of it, a pattern",
    "uid": "its beginning",
    "ticket": "numbers, ranges",
    "tickets": "numbers",
    "time": "dates, ranges",
    "length": "lengths in ranges",
    "number": "numbers, ranges",
    "side": "",
}


def field_table(fields: tuple[Field, ...] = FIELDS) -> Table:
    """Every field: its names, what it takes, what it asks."""
    columns = (Column("field", "FIELD"), Column("takes", "TAKES"), Column("asks", "ASKS", shrinks=True))
    return Table(
        "Fields",
        columns,
        tuple((", ".join([row.key, *row.aliases]), _takes(row), row.about) for row in fields),
    )


def flag_table(flags: tuple[Flag, ...] = FLAGS) -> Table:
    """Every `is:` and `has:`, and the query that it stands for."""
    columns = (Column("flag", "FLAG"), Column("means", "MEANS"), Column("asks", "ASKS", shrinks=True))
    return Table(
        "Flags", columns, tuple((f"{flag.field}:{flag.value}", flag.means, flag.about) for flag in flags)
    )


def _takes(row: Field) -> str:
    if row.values:
        return ", ".join(row.values)
    return _TAKES[row.kind] + (", in order" if row.ordered else "")
