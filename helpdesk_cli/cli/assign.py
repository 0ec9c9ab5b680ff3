"""`desk assign` and `desk take`: whose ticket it is."""

from typing import Annotated

import typer

from helpdesk_cli.cli import complete
from helpdesk_cli.cli.changing import change
from helpdesk_cli.cli.command import Command
from helpdesk_cli.cli.options import Chosen, DryRun, Query
from helpdesk_cli.cli.words import last_word
from helpdesk_cli.desk import assign as verbs


def assign(
    context: typer.Context,
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="ID... AGENT",
            autocompletion=complete.tickets_and_agents,
            help="Tickets (or `-`), and an agent's name or address, `me`, or `none`.",
        ),
    ],
    *,
    query: Query = None,
    dry_run: DryRun = False,
) -> int:
    """Give tickets to an agent.

    A ticket that is `new` becomes `open` with its assignee. `none` gives tickets back: nobody's.
    """
    tickets, who = last_word(words, "an agent", asked=query is not None)
    return change(
        context,
        tickets,
        lambda desk, ids, actor: verbs.assign(desk, ids, who, actor=actor, dry_run=dry_run),
        asking=f"Assign to {who}:",
        dry_run=dry_run,
        query=query,
    )


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
    usage=("[--dry-run] ID... AGENT", "[--dry-run] -q QUERY AGENT"),
    examples=(
        ("desk assign 42 dana", "Give ticket 42 to dana."),
        ("desk assign 42 43 none", "Give two tickets back."),
        ("desk assign -q team:billing lee", "Give the billing team's tickets to lee."),
        ("desk list team:billing -O ids | desk assign - lee", "The same by a list on standard input."),
    ),
    see_also=("take", "set", "whoami"),
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
