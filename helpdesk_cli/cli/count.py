"""`desk count`: how many tickets a query finds."""

from typing import Annotated

import typer

from helpdesk_cli.cli import listing
from helpdesk_cli.cli.command import Command
from helpdesk_cli.cli.here import asker_of, desk_of
from helpdesk_cli.cli.list import Assignees, Every, Statuses, Tags, Teams, Terms
from helpdesk_cli.cli.options import Form, Json
from helpdesk_cli.cli.output import Output, check_form
from helpdesk_cli.cli.progress import reporter
from helpdesk_cli.cli.session import session_of
from helpdesk_cli.desk.counting import COUNTED, count_tickets
from helpdesk_cli.table import Column, Table


def count(
    context: typer.Context,
    words: Terms = None,
    *,
    status: Statuses = None,
    assignee: Assignees = None,
    team: Teams = None,
    tag: Tags = None,
    by: Annotated[
        str,
        typer.Option(
            "--by",
            metavar="FIELD",
            autocompletion=lambda: list(COUNTED),
            help=f"Count each value of a field: {', '.join(COUNTED)}.",
        ),
    ] = "",
    every: Every = False,
    form: Form = "",
    as_json: Json = False,
) -> None:
    """Count tickets.

    The number of tickets that `desk list` would list for the same words. What is done or snoozed is not
    counted unless the query asks for a status, or `--all` is given; a line on standard error says how
    many tickets that leaves out.

    With `--by`, a line for each value and its number, the most frequent first; an empty value is that of
    tickets that have none. A ticket with two tags counts for both.
    """
    session = session_of(context)
    output = Output(session)
    form = check_form("json" if as_json else form)
    desk = desk_of(session)
    given = {"status": status or [], "assignee": assignee or [], "team": team or [], "tag": tag or []}
    counted = count_tickets(
        desk,
        listing.words_of(words or [], given),
        by=by,
        actor=asker_of(desk, session),
        everything=every,
        progress=reporter("ticket files", session),
    )
    if form == "json":
        output.json(counted.json())
    elif counted.field:
        columns = (
            Column("value", counted.field.upper(), shrinks=True),
            Column("tickets", "TICKETS", align="right"),
        )
        output.table(Table("count", columns, counted.by), form)
    else:
        output.line(str(counted.sums.total))
    listing.tell_hidden(output, counted.sums)
    listing.tell_problems(output, counted.problems)


COMMAND = Command(
    count,
    usage=("[--by FIELD] [OPTIONS] [QUERY...]",),
    examples=(
        ("desk count", "How many tickets are being worked on or waited for."),
        ("desk count is:unanswered waiting-for:1d..", "How many customers have waited for a day."),
        ("desk count --by assignee status:open", "Who has how many open tickets."),
        ("desk count --all --by tag created:2026Q3", "What a quarter was about."),
    ),
    see_also=("list", "query"),
    dashed_words=True,
)
