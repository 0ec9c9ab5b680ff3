"""`desk assign` and `desk take`: whose ticket it is."""

import importlib
from typing import Annotated

import typer

from helpdesk_cli.cli import complete
from helpdesk_cli.cli.changing import ask_first, change, meant, report
from helpdesk_cli.cli.command import Command
from helpdesk_cli.cli.here import actor_of, desk_of
from helpdesk_cli.cli.options import Chosen, DryRun, Json, Query
from helpdesk_cli.cli.output import Output
from helpdesk_cli.cli.progress import track
from helpdesk_cli.cli.session import session_of
from helpdesk_cli.cli.words import last_word
from helpdesk_cli.desk import assign as verbs
from helpdesk_cli.desk.asking import zone_of
from helpdesk_cli.errors import UsageError


def assign(
    context: typer.Context,
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="ID... AGENT",
            autocompletion=complete.tickets_and_agents,
            help="Tickets (or `-`), and an agent's name or address, `me`, or `none`.",
        ),
    ] = None,
    *,
    auto: Annotated[
        bool, typer.Option("--auto", help="No agent is named: to whose turn it is, who has room.")
    ] = False,
    how: Annotated[
        str,
        typer.Option(
            "--how",
            metavar="WAY",
            autocompletion=complete.ways,
            help="With `--auto`: `round-robin`, `least-loaded` or `by-skill`; else as the team does it.",
        ),
    ] = "",
    team: Annotated[
        str | None,
        typer.Option(
            "--team",
            metavar="TEAM",
            autocompletion=complete.teams,
            help="With `--auto`: one of this team, not of the ticket's own.",
        ),
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="With `--auto`: say of everybody why, or why not.")
    ] = False,
    query: Query = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> int:
    """Give tickets to an agent.

    A ticket that is `new` becomes `open` with its assignee. `none` gives tickets back: nobody's.

    With `--auto` no agent is named: tickets that are nobody's go to the members of their team, the oldest
    first. `round-robin` takes who has gone longest without being given one, `least-loaded` who has the least
    of what they can have, `by-skill` who has most of the skills that the ticket's tags, category, type and
    product name. Who is away, out of hours or has no more room is passed over; a ticket that nobody can take
    stays nobody's, and goes to whoever is free first. `desk help agent` and docs/routing.md have more.
    """
    named = list(words or ())
    if auto:
        return _auto(
            context, named, how=how, team=team, explain=explain, query=query, dry_run=dry_run, as_json=as_json
        )
    if how or team is not None or explain or as_json:
        raise UsageError("--how, --team, --explain and --json go with --auto")
    tickets, who = last_word(named, "an agent", asked=query is not None)
    return change(
        context,
        tickets,
        lambda desk, ids, actor: verbs.assign(desk, ids, who, actor=actor, dry_run=dry_run),
        asking=f"Assign to {who}:",
        dry_run=dry_run,
        query=query,
    )


def _auto(
    context: typer.Context,
    named: list[str],
    *,
    how: str,
    team: str | None,
    explain: bool,
    query: str | None,
    dry_run: bool,
    as_json: bool,
) -> int:
    session = session_of(context)
    output = Output(session)
    desk = desk_of(session)
    actor = actor_of(desk, session)
    tickets = meant(desk, session, named, query, actor)
    if not tickets:
        return 0
    if not dry_run:
        ask_first(session, "Assign", tickets, query)
    # Who is here and whose turn it is: what naming an agent does not ask.
    routing = importlib.import_module("helpdesk_cli.desk.auto_assign")
    view = importlib.import_module("helpdesk_cli.cli.agent_view")
    counted = track(tickets, total=len(tickets), what="tickets", session=session)
    done = routing.auto_assign(desk, counted, how=how, team=team, actor=actor, dry_run=dry_run)
    if as_json:
        output.json(view.choices_json(done.choices))
        for word, error in done.outcome.errors:
            output.error(f"{word}: {error}")
        return int(done.outcome.exit_code)
    if explain:
        output.page(list(view.choice_lines(done.choices, zone_of(desk))))
    return report(output, done.outcome, dry_run=dry_run)


def take(
    context: typer.Context, tickets: Chosen = None, *, query: Query = None, dry_run: DryRun = False
) -> int:
    """Take tickets: they become yours.

    The same as `desk assign ID... me`.
    """
    return change(
        context,
        tickets or [],
        lambda desk, ids, actor: verbs.take(desk, ids, actor=actor, dry_run=dry_run),
        asking="Take",
        dry_run=dry_run,
        query=query,
    )


ASSIGN = Command(
    assign,
    usage=(
        "[--dry-run] ID... AGENT",
        "[--dry-run] -q QUERY AGENT",
        "--auto [--how WAY] [--team TEAM] [--explain] [--dry-run] ID... | -q QUERY",
    ),
    examples=(
        ("desk assign 42 dana", "Give ticket 42 to dana."),
        ("desk assign 42 43 none", "Give two tickets back."),
        ("desk assign -q team:billing lee", "Give the billing team's tickets to lee."),
        ("desk list team:billing -O ids | desk assign - lee", "The same by a list on standard input."),
        ("desk assign --auto -q assignee:none", "Give out all that is nobody's."),
        ("desk assign --auto --explain --dry-run 42", "Say whose ticket 42 would be, and why."),
    ),
    see_also=("take", "agent", "escalate", "set", "whoami"),
)
TAKE = Command(
    take,
    usage=("[--dry-run] ID...", "[--dry-run] -q QUERY"),
    examples=(
        ("desk take 42", "Ticket 42 is yours."),
        ("desk take 42 43", "Take two tickets at once."),
    ),
    see_also=("assign", "whoami"),
)
