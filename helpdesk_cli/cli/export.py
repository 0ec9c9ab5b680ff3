"""`desk export`: tickets for other programs: a table, JSON, a mailbox."""

import importlib
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from typing import Annotated

import typer

from helpdesk_cli.cli import complete, formats
from helpdesk_cli.cli.command import Command
from helpdesk_cli.cli.here import desk_of, reader_of
from helpdesk_cli.cli.list_columns import table_of
from helpdesk_cli.cli.output import Output, choose
from helpdesk_cli.cli.progress import reporter, track
from helpdesk_cli.cli.session import session_of
from helpdesk_cli.desk.desk import Desk
from helpdesk_cli.desk.export import Exported, documents, find, mailbox
from helpdesk_cli.desk.finding import Found
from helpdesk_cli.errors import PartialError, UsageError
from helpdesk_cli.table import Table

FORMS = ("csv", "jsonl", "mbox")
# The columns of the table, in their order: docs/export.md has what is in each.
CSV_COLUMNS = (
    *("id", "uid", "subject", "status", "priority", "assignee", "team", "requester", "email", "category"),
    *("type", "product", "inbox", "channel", "tags", "created_at", "first_response_at", "resolved_at"),
    *("last_at", "last_in_at", "last_out_at", "snoozed_until", "messages", "replies", "notes"),
    *("attachments", "reopened", "merged_into", "path"),
)
_AT_ONCE = 500


def export(
    context: typer.Context,
    form: Annotated[
        str,
        typer.Argument(
            metavar="csv|jsonl|mbox", autocompletion=complete.export_forms, help="What to write: see below."
        ),
    ],
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[QUERY]...",
            autocompletion=complete.terms,
            help="Which tickets: see `desk help query`. Without one, all.",
        ),
    ] = None,
    *,
    file: Annotated[
        str,
        typer.Option("--output-file", "-o", metavar="FILE", help="Write into FILE, not on standard output."),
    ] = "",
    raw: Annotated[
        bool,
        typer.Option("--raw", help="csv: cells as they are, formulas for a spreadsheet among them."),
    ] = False,
    notes: Annotated[
        bool, typer.Option("--notes", help="mbox: also what agents told each other, marked as notes.")
    ] = False,
) -> None:
    """Write tickets for other programs: a table, JSON, or a mailbox.

    `csv` is a ticket a line, for a spreadsheet; a cell that one would take for a formula begins with `'`.
    `jsonl` is a ticket a line as `desk show --json` has it, whole and exact. `mbox` is the conversations
    for a mail program: the mails as they came where their originals are on this host, the others rebuilt from
    the tickets, answers under what they answer, with their attachments. Notes of agents and reviews are in no
    mbox unless `--notes` asks for the notes.

    Tickets that are done or snoozed are written as well; a query chooses. They stand by number unless the
    query says `sort:`. A new FILE can be read by nobody else; it is there when all of it is written. What
    cannot be read is named, and the exit code is 8. docs/export.md describes each form.
    """
    session = session_of(context)
    output = Output(session)
    if form not in FORMS:
        raise UsageError(f'there is no export as "{form}"', hint=f"Choose one of {', '.join(FORMS)}.")
    for name, is_given, where in (("--raw", raw, "csv"), ("--notes", notes, "mbox")):
        if is_given and form != where:
            raise UsageError(f"{name} is for {where}", hint="jsonl has everything, as it is.")
    if form == "mbox" and not file and output.to_terminal:
        raise UsageError("a mailbox is not printed on a terminal", hint="Write it to a file: `-o FILE`.")
    desk = desk_of(session)
    progress = reporter("ticket files", session)
    found = find(desk, words or [], actor=reader_of(desk, session), progress=progress)
    done = Exported()
    with closing(found):
        paths = track(found.paths, total=len(found.paths), what="tickets", session=session)
        if form == "mbox":
            pieces: Iterator[str] | Iterator[bytes] = mailbox(desk, paths, done, notes=notes)
        elif form == "jsonl":
            pieces = (formats.as_json(each, indent=None) + "\n" for each in documents(desk, paths, done))
        else:
            pieces = table_pieces(desk, found, done, raw=raw)
        if file:
            importlib.import_module("helpdesk_cli.desk.saving").save(file, pieces)
        else:
            output.pieces(pieces)
    left = len(found.paths) - done.tickets
    if left > 0 and not done.missing:
        done.missing.append(f"{left:,} tickets were changed or removed while this was written")
    _tell(output, done, [*(problem for _, problem in found.problems), *done.missing], file)


def table_pieces(desk: Desk, found: Found, done: Exported, *, raw: bool) -> Iterator[str]:
    """The tickets as CSV, some hundred in memory at a time."""

    def tables() -> Iterator[Table]:
        lines = found.lines()
        while True:
            chunk = list(islice(lines, _AT_ONCE))
            done.tickets += len(chunk)
            yield choose(table_of(desk, chunk, CSV_COLUMNS), ",".join(CSV_COLUMNS))
            if len(chunk) < _AT_ONCE:
                return

    return formats.as_pieces(tables(), "csv", total=0, raw=raw)


def _tell(output: Output, done: Exported, missing: list[str], file: str) -> None:
    """How much it was, where that does not stand in the way of the result; and what is missing."""
    if file:
        parts = [f"{done.tickets:,} ticket{'' if done.tickets == 1 else 's'}"]
        if done.mails:
            rebuilt = f" ({done.rebuilt:,} rebuilt)" if done.rebuilt else ""
            parts.append(f"{done.mails:,} mail{'' if done.mails == 1 else 's'}{rebuilt}")
        output.confirm(f"{file}: {', '.join(parts)}")
    for problem in missing:
        output.error(problem)
    if missing:
        count = f"{len(missing)} thing{'' if len(missing) == 1 else 's'}"
        raise PartialError(f"{count} could not be written; all else is", hint="`desk fsck` says more.")


COMMAND = Command(
    export,
    usage=(
        "csv [--raw] [-o FILE] [QUERY...]",
        "jsonl [-o FILE] [QUERY...]",
        "mbox [--notes] [-o FILE] [QUERY...]",
    ),
    examples=(
        ("desk export csv created:2026Q3 -o quarter.csv", "A quarter's tickets for a spreadsheet."),
        ("desk export jsonl | jq -r '.ticket.subject'", "All tickets for another program."),
        ("desk export mbox requester:ada@example.org -o ada.mbox", "All mail with Ada, for a mail program."),
        ("desk export mbox tag:court --notes -o court.mbox && mutt -f court.mbox", "Read it in mutt."),
    ),
    see_also=("list", "show", "import", "customer", "backup"),
    dashed_words=True,
)
