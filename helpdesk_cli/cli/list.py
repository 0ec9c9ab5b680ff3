"""`desk list`, and what bare `desk` shows."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

import typer

from helpdesk_cli.cli import complete
from helpdesk_cli.cli.command import Command
from helpdesk_cli.cli.here import desk_of, reader_of
from helpdesk_cli.cli.options import Fields, Form, Json
from helpdesk_cli.cli.output import Output, check_form
from helpdesk_cli.cli.progress import reporter
from helpdesk_cli.cli.session import session_of
from helpdesk_cli.cli.terms import read_terms
from helpdesk_cli.cli.ticket_view import one_line
from helpdesk_cli.desk.desk import Desk
from helpdesk_cli.desk.listing import Listed, list_tickets, overview
from helpdesk_cli.errors import PartialError
from helpdesk_cli.table import Column, Table, Tone, Toned
from helpdesk_cli.tickets.person import Person
from helpdesk_cli.tickets.times import read_time

# A screen holds no more; a pipe gets all of them.
ON_TERMINAL = 50
IN_OVERVIEW = 20
COLUMNS = (
    Column("id", "ID"),
    Column("age", "AGE", align="right"),
    Column("priority", "PRIORITY"),
    Column("status", "STATUS"),
    Column("assignee", "WHO"),
    Column("requester", "FROM", shrinks=True),
    Column("subject", "SUBJECT", shrinks=True),
    *(
        Column(key, key.upper(), hidden=True)
        for key in (
            "team",
            "tags",
            "category",
            "type",
            "product",
            "inbox",
            "channel",
            "created_at",
            "last_at",
        )
    ),
    Column("messages", "MESSAGES", align="right", hidden=True),
    Column("path", "PATH", hidden=True),
    Column("uid", "UID", hidden=True),
)


def list_(
    context: typer.Context,
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="TERM...", help="`FIELD:VALUE` of status, assignee, team or tag; `-` or `not:` excludes."
        ),
    ] = None,
    *,
    status: Annotated[
        list[str] | None,
        typer.Option(
            "--status",
            metavar="STATUS",
            autocompletion=complete.statuses,
            help="Only tickets in this status.",
        ),
    ] = None,
    assignee: Annotated[
        list[str] | None,
        typer.Option(
            "--assignee",
            metavar="AGENT",
            autocompletion=complete.agents,
            help="Only this agent's tickets; `me`, `none` for nobody's.",
        ),
    ] = None,
    team: Annotated[
        list[str] | None,
        typer.Option(
            "--team", metavar="TEAM", autocompletion=complete.teams, help="Only this team's tickets; `none`."
        ),
    ] = None,
    tag: Annotated[
        list[str] | None,
        typer.Option(
            "--tag", metavar="TAG", autocompletion=complete.tags, help="Only tickets with this tag."
        ),
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", "-a", help="What is done too, and all of it on a terminal.")
    ] = False,
    limit: Annotated[
        int | None,
        typer.Option("--limit", metavar="N", help="At most N tickets; 0 is all. On a terminal 50."),
    ] = None,
    form: Form = "",
    as_json: Json = False,
    fields: Fields = "",
) -> None:
    """List tickets, the most urgent and longest waiting first.

    What is done (resolved, closed, spam) is left out unless a status is asked for or `--all` is
    given; a line on standard error says how many tickets that hides. Values joined by a comma are
    alternatives: `status:new,open`.

    In a pipe each ticket is a line of tab-separated values: id, age in seconds, priority, status,
    assignee, requester, subject. `--fields` chooses others: team, tags, category, type, product,
    inbox, channel, created_at, last_at, messages, path, uid.

    A ticket file that cannot be read is named on standard error; the others are listed, and the exit
    code is 8.
    """
    session = session_of(context)
    output = Output(session)
    form = check_form("json" if as_json else form)
    desk = desk_of(session)
    given = {"status": status or [], "assignee": assignee or [], "team": team or [], "tag": tag or []}
    wanted = read_terms(words or [], given, done=every)
    if limit is None:
        limit = ON_TERMINAL if output.to_terminal and form in {"", "table"} and not every else 0
    listed = list_tickets(
        desk,
        wanted,
        actor=reader_of(desk, session),
        limit=limit,
        progress=reporter("ticket files", session),
    )
    if form == "json":
        output.json(listed.json())
    else:
        output.table(table_of(desk, listed), form, fields=fields)
    tell_hidden(output, listed)
    tell_problems(output, [problem for _, problem in listed.problems])


def look(context: typer.Context, *, as_json: Json = False) -> None:
    """Show what needs attention.

    The tickets that need us, how many wait for others, and what is wrong with the desk. This is what
    `desk` alone does.
    """
    session = session_of(context)
    output = Output(session)
    desk = desk_of(session)
    seen = overview(desk, progress=reporter("ticket files", session))
    listed = Listed(seen.need_us, len(seen.need_us), 0, ())
    if as_json:
        counts = {"need_us": len(seen.need_us), "waiting": seen.waiting, "done": seen.done}
        output.json({**listed.json(), "kind": "overview", **counts, "problems": list(seen.problems)})
        return
    if seen.need_us:
        shown = Listed(seen.need_us[:IN_OVERVIEW], len(seen.need_us), 0, ())
        output.table(table_of(desk, shown), "table")
    if len(seen.need_us) > IN_OVERVIEW:
        output.line(Toned(f"and {len(seen.need_us) - IN_OVERVIEW} more: `desk list`", "faint"))
    need, wait = _count(len(seen.need_us), "needs", "need"), _count(seen.waiting, "waits", "wait")
    output.line(f"{need} us · {wait} for others · {seen.done} done")
    for problem in seen.problems:
        output.error(problem)


def table_of(desk: Desk, listed: Listed) -> Table:
    """The listed tickets as a table; what is urgent stands out, what waits steps back."""
    priorities = [word.name for word in desk.settings.priorities]
    tones: dict[str, Tone] = dict(zip(priorities, ("alarm", "notice"), strict=False))
    rows = []
    for row in listed.rows:
        resting = desk.settings.status_kind(row.status) != "active"
        person = Person.read(row.requester)
        rows.append(
            (
                row.id,
                max(desk.now - read_time(row.created_at), timedelta()),
                Toned(row.priority, "plain" if resting else tones.get(row.priority, "plain")),
                Toned(row.status, "faint" if resting else "plain"),
                row.assignee,
                one_line(person.label),
                one_line(row.subject),
                row.team,
                row.tags,
                row.category,
                row.type,
                row.product,
                row.inbox,
                row.channel,
                row.created_at,
                row.last_at,
                row.messages,
                row.path,
                row.uid,
            )
        )
    return Table("tickets", COLUMNS, tuple(rows))


def tell_hidden(output: Output, listed: Listed) -> None:
    """Say what is not in the list, on standard error."""
    told = []
    if len(listed.rows) < listed.total:
        told.append(f"{len(listed.rows)} of {listed.total} tickets; `--limit 0` lists all.")
    if listed.done_hidden:
        hidden = _count(listed.done_hidden, "ticket that is done is", "tickets that are done are")
        told.append(f"{hidden} hidden; `--all` lists them too.")
    if told:
        output.note(" ".join(told))


def tell_problems(output: Output, problems: Sequence[str]) -> None:
    """Name the ticket files that could not be read. Raises PartialError when there are any."""
    for problem in problems:
        output.error(problem)
    if problems:
        what = f"{_count(len(problems), 'ticket file', 'ticket files')} could not be read"
        raise PartialError(what, hint="`desk fsck` says more.")


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


LIST = Command(
    list_,
    usage=("[OPTIONS] [TERM...]",),
    examples=(
        ("desk list", "What is being worked on or waited for."),
        ("desk list assignee:me -tag:later", "My tickets, without those tagged later."),
        ("desk list --status resolved -O ids | desk close -", "Close all that is resolved."),
        ("desk list --all --json | jq '.items[].subject'", "Hand all tickets to another program."),
    ),
    see_also=("show", "ids", "output"),
    dashed_words=True,
)
OVERVIEW = Command(
    look,
    usage=("[--json]",),
    examples=(("desk overview", "The same as `desk` alone."),),
    see_also=("list",),
)
