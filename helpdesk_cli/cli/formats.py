"""A table as data: tsv, csv, json, jsonl, ids, md. Exact values, whole, whatever is in them.

Times are RFC 3339, lengths of time whole seconds, lists joined by a comma (JSON: lists), nothing
known is empty (JSON: null). In CSV a cell that a spreadsheet would take for a formula gets a `'`.
"""

from __future__ import annotations

import importlib
import io
import re
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from helpdesk_cli.tickets.escapes import make_visible
from helpdesk_cli.tickets.times import write_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from helpdesk_cli.table import Table, Value

SCHEMA = "desk/1"
# JSON's own escapes end at U+001F; these would still act on a terminal or hide from a reader.
_UNSAFE_IN_JSON = re.compile(
    "[\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
# The last four are the wide forms of the first, which spreadsheets set to East Asian languages take for them.
_FORMULA = re.compile(r"[=+\-@\t\r＝＋－＠]")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")


def as_pieces(tables: Iterable[Table], form: str, *, total: int, raw: bool = False) -> Iterator[str]:
    """Tables of the same columns as one text, piece by piece: a hundred thousand rows need not be in memory.

    `total` is for JSON; `raw` leaves formulas in CSV as they are. At least one table, which may be empty.
    """
    is_first = True
    for table in tables:
        if form == "json":
            items = [dict(zip(table.keys, map(_known, row), strict=True)) for row in table.values()]
            yield from _json_pieces(table.title, items, total=total, is_first=is_first)
        else:
            text = as_text(table, form, raw=raw)
            heading = {"csv": 1, "md": 2}.get(form, 0)
            yield text if is_first else text.split("\n", heading)[heading]
        is_first = False
    if form == "json":
        yield "]}\n"


def json_pieces(title: str, chunks: Iterable[list[Any]], *, total: int) -> Iterator[str]:
    """The JSON of a list whose items come in chunks."""
    is_first = True
    for items in chunks:
        yield from _json_pieces(title, items, total=total, is_first=is_first)
        is_first = False
    yield "]}\n"


def _json_pieces(title: str, items: list[Any], *, total: int, is_first: bool) -> Iterator[str]:
    if is_first:
        head = as_json({"schema": SCHEMA, "kind": title, "total": total, "items": []}, indent=None)
        yield head.removesuffix("]}")
    text = ", ".join(as_json(item, indent=None) for item in items)
    yield text if is_first or not text else f", {text}"


def as_text(table: Table, form: str, *, raw: bool = False) -> str:
    """The table in one of `output.FORMS` except "table"; each line ends in a newline."""
    if form in {"tsv", "md", "ids"}:
        table = table.visible()
    rows = table.values()
    if form == "tsv":
        return "".join("\t".join(_cell(value) for value in row) + "\n" for row in rows)
    if form == "csv":
        return _as_csv(table, raw=raw)
    if form == "md":
        return _as_markdown(table)
    if form == "ids":
        return "".join(_cell(row[0]) + "\n" for row in rows)
    items = [dict(zip(table.keys, map(_known, row), strict=True)) for row in rows]
    if form == "jsonl":
        return "".join(as_json(item, indent=None) + "\n" for item in items)
    if form == "json":
        return (
            as_json({"schema": SCHEMA, "kind": table.title, "total": len(items), "items": items}, indent=None)
            + "\n"
        )
    raise ValueError(form)


def as_json(value: Any, *, indent: int | None) -> str:  # noqa: ANN401 - whatever JSON can hold
    """The value as JSON for people's scripts: every script as it is, no control character unescaped."""
    # Lines of tabs, what a pipe gets unasked, need neither this nor csv.
    json = importlib.import_module("json")
    text: str = json.dumps(value, ensure_ascii=False, indent=indent, default=to_json)
    return _UNSAFE_IN_JSON.sub(lambda match: json.dumps(match[0])[1:-1], text)


def to_json(value: Value) -> Any:  # noqa: ANN401 - whatever JSON can hold
    """A cell's value as JSON has it."""
    if isinstance(value, timedelta):
        return int(value.total_seconds())
    if isinstance(value, datetime):
        return write_time(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return list(value)
    return value


def _known(value: Value) -> Any:  # noqa: ANN401 - whatever JSON can hold
    """As `to_json`; a cell without text holds nothing known."""
    return None if value == "" else to_json(value)


def _cell(value: Value) -> str:
    """A value on one line, without a tab or a line break in it."""
    plain = to_json(value)
    if plain is None:
        return ""
    if isinstance(plain, bool):
        return "yes" if plain else "no"
    if isinstance(plain, list):
        plain = ",".join(plain)
    text = make_visible(str(plain))
    return text.replace("\t", "\\t").replace("\n", "\\n")


def _as_csv(table: Table, *, raw: bool) -> str:
    csv = importlib.import_module("csv")
    buffer = io.StringIO()
    writer = csv.writer(buffer, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(table.keys)
    for row in table.values():
        cells = map(_cell, row)
        writer.writerow(cells if raw else map(_without_formula, cells))
    return buffer.getvalue()


def _without_formula(text: str) -> str:
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def _as_markdown(table: Table) -> str:
    def line(cells: list[str]) -> str:
        return f"| {' | '.join(cells)} |\n"

    rules = ["---:" if column.align == "right" else "---" for column in table.columns]
    rows = [[_escape_markdown(_cell(value)) for value in row] for row in table.values()]
    return (
        line([column.heading for column in table.columns]) + line(rules) + "".join(line(row) for row in rows)
    )


def _escape_markdown(text: str) -> str:
    """A cell that a Markdown renderer shows as it is."""
    return re.sub(r"([\\`*_\[\]<>&|~#!])", r"\\\1", text)
