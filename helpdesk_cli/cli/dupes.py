"""`desk dupes`: tickets that may be one."""

from typing import Annotated

import typer

from helpdesk_cli.cli import complete
from helpdesk_cli.cli.command import Command
from helpdesk_cli.cli.here import desk_of, reader_of
from helpdesk_cli.cli.options import Fields, Form
from helpdesk_cli.cli.output import Output, check_form
from helpdesk_cli.cli.progress import reporter
from helpdesk_cli.cli.session import session_of
from helpdesk_cli.desk.dupes import find_dupes
from helpdesk_cli.table import Column, Table
from helpdesk_cli.tickets.escapes import one_line
from helpdesk_cli.tickets.ids import read_number

COLUMNS = (
    Column("first", "FIRST"),
    Column("second", "SECOND"),
    Column("score", "SCORE", align="right"),
    Column("why", "WHY", shrinks=True),
    Column("subject", "SUBJECT", shrinks=True),
    Column("command", "TO MERGE THEM"),
    Column("requester", "FROM", hidden=True),
)
_ON_TERMINAL = 20


def dupes(
    context: typer.Context,
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ID...|TERM...]",
            autocompletion=complete.tickets,
            help="Tickets, or a query: pairs of which one at least is among them.",
        ),
    ] = None,
    *,
    form: Form = "",
    fields: Fields = "",
) -> None:
    """Find tickets that may be one.

    With the reasons and how much they weigh: the same mail in both (5), a mail of one that answers or
    names the other (4), the same file (3), the same sender and subject within seven days (3, or 2 where
    it is nearly the same). Nothing is merged: the last column is what you would type. Pairs that are
    linked to each other are not proposed again; `desk link` them if they are not one.

    In a pipe each pair is a line of tab-separated values.
    """
    session = session_of(context)
    output = Output(session)
    form = check_form(form)
    desk = desk_of(session)
    given = words or []
    numbers = [read_number(word, desk.settings.prefix) for word in given]
    query = f"id:{','.join(map(str, numbers))}" if given and all(numbers) else given
    found = find_dupes(
        desk, query, actor=reader_of(desk, session), progress=reporter("ticket files", session)
    )
    shown = found[:_ON_TERMINAL] if output.to_terminal and form in {"", "table"} else found
    rows = tuple(
        (
            pair.first.id,
            pair.second.id,
            pair.score,
            "; ".join(map(one_line, pair.reasons)),
            one_line(pair.second.subject),
            pair.command,
            one_line(pair.second.requester),
        )
        for pair in shown
    )
    if rows or form not in {"", "table"}:
        output.table(Table("dupes", COLUMNS, rows), form, fields=fields)
    if not found:
        output.note("No two tickets look like one.")
    elif len(shown) < len(found):
        output.note(f"{len(shown)} of {len(found)} pairs; `-O tsv` gives all.")


COMMAND = Command(
    dupes,
    usage=("[-O FORMAT] [ID...]", "[-O FORMAT] QUERY"),
    examples=(
        ("desk dupes", "Among all that is not done."),
        ("desk dupes 42", "What may be the same as ticket 42."),
        ("desk dupes created:today", "Today's tickets, and those they resemble."),
    ),
    see_also=("merge", "link", "list"),
    dashed_words=True,
)
