"""`desk log`: people, events and git in one story."""

from typing import Annotated

import typer

from helpdesk_cli.cli import complete
from helpdesk_cli.cli.command import Command
from helpdesk_cli.cli.here import desk_of
from helpdesk_cli.cli.options import Fields, Form, Json
from helpdesk_cli.cli.output import Output, check_form
from helpdesk_cli.cli.session import session_of
from helpdesk_cli.cli.ticket_view import one_line
from helpdesk_cli.cli.words import read_ids
from helpdesk_cli.desk.log import Line, log_desk, log_ticket
from helpdesk_cli.table import Column, Table, Toned

NEWEST = 50
COLUMNS = (
    Column("at", "WHEN"),
    Column("commit", "COMMIT"),
    Column("ticket", "TICKET"),
    Column("who", "WHO", shrinks=True),
    Column("what", "WHAT", shrinks=True),
)


def log(
    context: typer.Context,
    tickets: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="ID...",
            autocompletion=complete.tickets,
            help="Tickets; without one, what happened on the desk.",
        ),
    ] = None,
    *,
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", help="Of the desk's log, the newest N; 0 is all.")
    ] = NEWEST,
    form: Form = "",
    as_json: Json = False,
    fields: Fields = "",
) -> None:
    """Tell what happened.

    For a ticket: every message, note and change in order, each with the git commit that brought it,
    and the commits that changed the file in another way. Without a ticket: the newest commits of the
    desk, newest first.
    """
    session = session_of(context)
    output = Output(session)
    form = check_form("json" if as_json else form)
    desk = desk_of(session)
    if tickets:
        lines = [line for word in read_ids(tickets) for line in log_ticket(desk, word)]
    else:
        lines = log_desk(desk, limit=limit)
    output.table(_table(lines), form, fields=fields, paged=True)


def _table(lines: list[Line]) -> Table:
    rows = tuple(
        (line.at, Toned(line.commit, "faint"), line.ticket, one_line(line.who), one_line(line.what))
        for line in lines
    )
    return Table("log", COLUMNS, rows)


COMMAND = Command(
    log,
    usage=("[-O FORMAT] ID...", "[--limit N] [-O FORMAT]"),
    examples=(
        ("desk log 42", "The story of ticket 42."),
        ("desk log --limit 10", "The last ten changes on the desk."),
        ("desk log 42 --json | jq -r '.items[].who' | sort -u", "Who had a part in it."),
    ),
    see_also=("show",),
)
