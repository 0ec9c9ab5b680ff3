"""`desk list`: tickets, the most urgent and longest waiting first."""

from contextlib import closing
from typing import Annotated

import typer

from helpdesk_cli.cli import complete, listing
from helpdesk_cli.cli.command import Command
from helpdesk_cli.cli.here import asker_of, desk_of
from helpdesk_cli.cli.options import Fields, Form, Json
from helpdesk_cli.cli.output import Output, check_form
from helpdesk_cli.cli.progress import reporter
from helpdesk_cli.cli.session import session_of
from helpdesk_cli.desk.finding import find_tickets

# A screen holds no more; a pipe gets all of them.
ON_TERMINAL = 50

Terms = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[QUERY]...",
        autocompletion=complete.terms,
        help="Words, `FIELD:VALUE`, `@VIEW`: see `desk help query`. Without one, all that is not done.",
    ),
]
Every = Annotated[
    bool, typer.Option("--all", "-a", help="Also what is done or snoozed, and all of it on a terminal.")
]
Statuses = Annotated[
    list[str] | None,
    typer.Option(
        "--status",
        metavar="STATUS",
        autocompletion=complete.statuses,
        help="Only tickets in this status, as `status:STATUS`.",
    ),
]
Assignees = Annotated[
    list[str] | None,
    typer.Option(
        "--assignee",
        metavar="AGENT",
        autocompletion=complete.agents,
        help="Only this agent's tickets; `me`, `none` for nobody's.",
    ),
]
Teams = Annotated[
    list[str] | None,
    typer.Option(
        "--team", metavar="TEAM", autocompletion=complete.teams, help="Only this team's tickets; `none`."
    ),
]
Tags = Annotated[
    list[str] | None,
    typer.Option("--tag", metavar="TAG", autocompletion=complete.tags, help="Only tickets with this tag."),
]
File = Annotated[
    str,
    typer.Option(
        "--output-file",
        "-o",
        metavar="FILE",
        help="Write into FILE, in the form that its name ends with: `.csv`, `.json`, `.md` ...; a new one"
        " can be read by its owner alone.",
    ),
]


def list_(
    context: typer.Context,
    words: Terms = None,
    *,
    status: Statuses = None,
    assignee: Assignees = None,
    team: Teams = None,
    tag: Tags = None,
    every: Every = False,
    sort: Annotated[
        str,
        typer.Option("--sort", metavar="FIELDS", help="The order, as `sort:FIELDS`; `-` turns it round."),
    ] = "",
    limit: Annotated[
        int | None,
        typer.Option("--limit", metavar="N", min=0, help="At most N tickets; 0 is all. On a terminal 50."),
    ] = None,
    form: Form = "",
    as_json: Json = False,
    fields: Fields = "",
    file: File = "",
) -> None:
    """List tickets, the most urgent and longest waiting first.

    What is done (resolved, closed, spam) or snoozed is left out unless the query asks for a status or
    names a ticket, or `--all` is given; a line on standard error says how many tickets that hides.

    In a pipe each ticket is a line of tab-separated values: id, age in seconds, priority, status,
    assignee, requester, subject, or what `list:` in `desk.yaml` or the view says. `--fields` chooses
    others: email, team, tags, category, type, product, inbox, channel, created_at, last_at, last_in_at,
    last_out_at, first_response_at, resolved_at, waiting_for, silent_for, snoozed_until, messages,
    replies, notes, attachments, reopened, merged_into, path, uid, sla (the time that is left), due_at.

    A file is replaced when all of it is written, or it stays as it was.

    A ticket file that cannot be read is named on standard error; the others are listed, and the exit
    code is 8.
    """
    session = session_of(context)
    output = Output(session)
    form = listing.form_of(check_form("json" if as_json else form), file)
    desk = desk_of(session)
    given = {"status": status or [], "assignee": assignee or [], "team": team or [], "tag": tag or []}
    query = listing.words_of(words or [], given | ({"sort": [sort]} if sort else {}))
    if limit is None:
        is_seen = output.to_terminal and form in {"", "table"} and not file
        limit = ON_TERMINAL if is_seen and not every else 0
    found = find_tickets(
        desk,
        query,
        actor=asker_of(desk, session),
        everything=every,
        limit=limit,
        progress=reporter("ticket files", session),
    )
    with closing(found):
        listing.show(output, desk, found, form, fields=fields.replace("-", "_"), file=file)
    listing.tell_hidden(output, found.sums, shown=len(found.paths))
    listing.tell_problems(output, [problem for _, problem in found.problems])


COMMAND = Command(
    list_,
    usage=("[OPTIONS] [QUERY...]",),
    examples=(
        ("desk list", "What is being worked on or waited for."),
        ("desk list assignee:me -tag:later", "My tickets, without those tagged later."),
        ("desk list late invoice created:2026Q3 --all", "Search the texts of a quarter, done or not."),
        ("desk list @mine --sort -age", "A view of desk.yaml, the oldest first."),
        ("desk list --status resolved -O ids | desk close -", "Close all that is resolved."),
        ("desk list --all -o tickets.csv", "A file for a spreadsheet."),
        ("desk list --all --json | jq '.items[].subject'", "Hand all tickets to another program."),
    ),
    see_also=("count", "next", "show", "query", "ids", "output"),
    dashed_words=True,
)
