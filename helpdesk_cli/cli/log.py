"""`desk log`: people, events and git in one story."""

from typing import Annotated

import typer

from helpdesk_cli.cli import complete
from helpdesk_cli.cli.command import Command
from helpdesk_cli.cli.here import actor_of, desk_of
from helpdesk_cli.cli.options import Fields, Form, Json
from helpdesk_cli.cli.output import Output, check_form
from helpdesk_cli.cli.session import session_of
from helpdesk_cli.cli.words import read_ids
from helpdesk_cli.desk.asking import zone_of
from helpdesk_cli.desk.log import Asked, Line, log_desk, log_ticket, read_since
from helpdesk_cli.desk.operations import address_of, key_of
from helpdesk_cli.table import Column, Table, Toned
from helpdesk_cli.tickets.escapes import one_line

NEWEST = 50
# So much of an operation's name is shown to people.
SHORT = 8
COLUMNS = (
    Column("at", "WHEN"),
    Column("commit", "COMMIT"),
    Column("ticket", "TICKET"),
    Column("who", "WHO", shrinks=True),
    Column("what", "WHAT", shrinks=True),
    Column("op", "OPERATION"),
    Column("rule", "RULE"),
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
    by: Annotated[
        str,
        typer.Option(
            "--by", metavar="AGENT", help="Only what this agent did, `me`, or `desk` for the desk itself."
        ),
    ] = "",
    since: Annotated[
        str,
        typer.Option(
            "--since",
            metavar="WHEN",
            help="From then on: `7d`, `monday`, `2026-11-01`, or `2026-11-01..2026-11-07`.",
        ),
    ] = "",
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit", metavar="N", help="Of the desk's log, the newest N (50 without --since); 0 is all."
        ),
    ] = None,
    form: Form = "",
    as_json: Json = False,
    fields: Fields = "",
) -> None:
    """Tell what happened.

    For a ticket: every message, note and change in order, each with the git commit that brought it,
    and the commits that changed the file in another way. Without a ticket: the newest commits of the
    desk, newest first. OPERATION is what `desk undo` takes.
    """
    session = session_of(context)
    output = Output(session)
    form = check_form("json" if as_json else form)
    desk = desk_of(session)
    address = address_of(desk, by, me=actor_of(desk, session) if by == "me" else None) if by else ""
    start, end = read_since(since, desk.now, zone_of(desk)) if since else (None, None)
    asked = Asked(key_of(desk, address) if by else "", start, end)
    if tickets:
        lines = [line for word in read_ids(tickets) for line in log_ticket(desk, word, asked)]
        lines = lines[-limit:] if limit else lines
    else:
        newest = NEWEST if limit is None and not since else limit or 0
        lines = log_desk(desk, limit=newest, asked=asked, author=address)
    is_seen = form == "table" or (not form and output.to_terminal)
    table = _table(lines, op_size=SHORT if is_seen else None)
    if is_seen and not fields and not any(line.rule for line in lines):
        table = table.select(tuple(key for key in table.keys if key != "rule"))
    output.table(table, form, fields=fields, paged=True)


def _table(lines: list[Line], *, op_size: int | None) -> Table:
    rows = tuple(
        (
            line.at,
            Toned(line.commit, "faint"),
            line.ticket,
            one_line(line.who),
            one_line(line.what),
            Toned(line.op[:op_size], "faint"),
            line.rule,
        )
        for line in lines
    )
    return Table("log", COLUMNS, rows)


COMMAND = Command(
    log,
    usage=("[OPTIONS] ID...", "[OPTIONS]"),
    examples=(
        ("desk log 42", "The story of ticket 42."),
        ("desk log --limit 10", "The last ten changes on the desk."),
        ("desk log --by lee --since monday", "What lee did this week."),
        ("desk log 42 --json | jq -r '.items[].who' | sort -u", "Who had a part in it."),
    ),
    see_also=("show", "undo"),
)
