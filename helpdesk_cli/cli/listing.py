"""How lists of tickets are asked for and shown: what `desk list`, `count` and the overview share."""

from __future__ import annotations

import importlib
from itertools import islice
from pathlib import PurePath
from typing import TYPE_CHECKING

from helpdesk_cli.cli.list_columns import OF_CLOCKS, table_of
from helpdesk_cli.cli.output import choose, render
from helpdesk_cli.desk.finding import with_clocks
from helpdesk_cli.desk.listing import line_json
from helpdesk_cli.errors import PartialError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from helpdesk_cli.cli.output import Output
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.finding import Found, Line, Sums
    from helpdesk_cli.table import Table

_AT_ONCE = 500
# What a file's name says of the form of what is in it.
_ENDINGS = {
    ".tsv": "tsv",
    ".csv": "csv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".md": "md",
    ".ids": "ids",
    ".txt": "table",
}


def words_of(words: Sequence[str], given: Mapping[str, Sequence[str]]) -> list[str]:
    """The words of a query and those that the options stand for: `--status new,open` is `status:new,open`."""
    options = [f"{field}:{','.join(values)}" for field, values in given.items() if values]
    return [*words, *options]


def form_of(form: str, file: str) -> str:
    """The form to write in: as said, else by the file's name. Raises UsageError for a name that says none."""
    if form or not file:
        return form
    ending = PurePath(file).suffix.casefold()
    if ending not in _ENDINGS:
        hint = f"End it with {', '.join(_ENDINGS)}, or say the form with -O."
        raise UsageError("the name does not say the form of the file", file, hint)
    return _ENDINGS[ending]


def columns_for(desk: Desk, found: Found) -> tuple[str, ...]:
    """The columns to show: those of the first view that is asked for and has some, else those of the desk.

    The id is always the first: the first word of a line is what other commands take for a ticket.
    """
    own = dict(desk.settings.view_columns)
    columns = next((own[name] for name in found.views if name in own), desk.settings.list_columns)
    return tuple(dict.fromkeys(("id", *columns)))


def show(output: Output, desk: Desk, found: Found, form: str, *, fields: str, file: str) -> None:
    """The tickets found in this form, on standard output or into the file."""
    keys = columns_for(desk, found)
    asked = {key.strip() for key in fields.split(",")} if fields else set(keys)
    lines = found.lines()
    if not asked.isdisjoint(OF_CLOCKS):
        lines = with_clocks(desk, found.index, lines)
    is_table = form == "table" or (not form and output.to_terminal and not file)
    if is_table:
        table = table_of(desk, lines, keys, for_people=True, hidden=bool(fields))
        if not file:
            output.table(table, "table", fields=fields)
            return
        pieces = _drawn(choose(table, fields))
    elif form == "json" and not fields:
        formats = importlib.import_module("helpdesk_cli.cli.formats")
        if output.to_terminal and not file:
            output.json(document(found))
            return
        chunks = ([line_json(line) for line in chunk] for chunk in _chunks(lines))
        pieces = formats.json_pieces("tickets", chunks, total=found.sums.total)
    else:
        formats = importlib.import_module("helpdesk_cli.cli.formats")
        # Whatever is to be shown: what another command reads as ids must be tickets.
        fields = "id" if form == "ids" else fields
        # csv and JSON have every column.
        hidden = bool(fields) or form not in {"", "tsv", "md"}
        tables = (choose(table_of(desk, chunk, keys, hidden=hidden), fields) for chunk in _chunks(lines))
        pieces = formats.as_pieces(tables, form or "tsv", total=found.sums.total)
    if file:
        importlib.import_module("helpdesk_cli.desk.saving").save(file, pieces)
    else:
        output.pieces(pieces)


def document(found: Found) -> dict[str, object]:
    """The stable JSON of `desk list --json`."""
    items = [line_json(line) for line in found.lines()]
    return {"schema": "desk/1", "kind": "tickets", "total": found.sums.total, "items": items}


def _chunks(lines: Iterator[Line]) -> Iterator[list[Line]]:
    """At least one, which may be empty."""
    chunk = list(islice(lines, _AT_ONCE))
    while True:
        yield chunk
        chunk = list(islice(lines, _AT_ONCE))
        if not chunk:
            return


def _drawn(table: Table) -> Iterator[str]:
    drawing = importlib.import_module("helpdesk_cli.cli.drawing")
    for line in drawing.draw(table, width=None):
        yield render(line, colored=False) + "\n"


def tell_hidden(output: Output, sums: Sums, *, shown: int | None = None) -> None:
    """Say what is not in the list, on standard error: `50 of 812 · 340 done not shown`.

    `shown` None: nothing was listed one by one.
    """
    told = []
    is_cut = shown is not None and shown < sums.total
    if is_cut:
        told.append(f"{shown:,} of {sums.total:,} (all: `--limit 0`)")
    hidden = [
        f"{number:,} {what}" for number, what in ((sums.done, "done"), (sums.snoozed, "snoozed")) if number
    ]
    if hidden:
        told.append(f"{', '.join(hidden)} not shown (`--all`)")
    if told:
        output.note(" · ".join(told))


def tell_problems(output: Output, problems: Sequence[str]) -> None:
    """Name the ticket files that could not be read. Raises PartialError when there are any."""
    for problem in problems:
        output.error(problem)
    if problems:
        number = len(problems)
        what = f"{number} ticket {'file' if number == 1 else 'files'} could not be read"
        raise PartialError(what, hint="`desk fsck` says more.")
