"""`desk link`, `desk unlink`: tickets that have to do with each other."""

from typing import Annotated

import typer

from helpdesk_cli.cli import complete
from helpdesk_cli.cli.changing import ask_first, report
from helpdesk_cli.cli.command import Command
from helpdesk_cli.cli.here import actor_of, desk_of
from helpdesk_cli.cli.options import DryRun
from helpdesk_cli.cli.output import Output
from helpdesk_cli.cli.session import session_of
from helpdesk_cli.cli.words import read_ids
from helpdesk_cli.desk import linking as verbs

_Tickets = Annotated[
    list[str],
    typer.Argument(
        metavar="ID ID...", autocompletion=complete.tickets, help="A ticket, and those it is linked to."
    ),
]


def link(
    context: typer.Context,
    tickets: _Tickets,
    *,
    kind: Annotated[
        str,
        typer.Option(
            "--as",
            metavar="KIND",
            help="`related`, `blocks`, `blocked-by`, `child`, `parent` or `duplicate`.",
        ),
    ] = "related",
    dry_run: DryRun = False,
) -> int:
    """Link tickets: related, one blocking or part of the other.

    Read it as a sentence: `desk link 42 43 --as blocks` is 42 blocks 43, `--as child` is 42 has the child
    43. Both tickets say it, each in its own words: 43 is blocked by 42. A further link between the same
    two replaces the one that was. Nothing follows from a link by itself; who closes a ticket whose parts
    are not done is told so.
    """
    session = session_of(context)
    desk = desk_of(session)
    actor = actor_of(desk, session)
    words = read_ids(tickets)
    if not dry_run:
        ask_first(session, "Link", words)
    return report(
        Output(session), verbs.link(desk, words, kind, actor=actor, dry_run=dry_run), dry_run=dry_run
    )


def unlink(context: typer.Context, tickets: _Tickets, *, dry_run: DryRun = False) -> int:
    """Take links between tickets away."""
    session = session_of(context)
    desk = desk_of(session)
    actor = actor_of(desk, session)
    words = read_ids(tickets)
    if not dry_run:
        ask_first(session, "Unlink", words)
    return report(Output(session), verbs.unlink(desk, words, actor=actor, dry_run=dry_run), dry_run=dry_run)


LINK = Command(
    link,
    usage=("[--as KIND] [--dry-run] ID ID...",),
    examples=(
        ("desk link 42 43", "The two have to do with each other."),
        ("desk link 42 43 --as blocks", "43 cannot be done before 42 is."),
        ("desk link 42 51 52 --as child", "51 and 52 are parts of 42."),
    ),
    see_also=("unlink", "merge", "dupes"),
)
UNLINK = Command(
    unlink,
    usage=("[--dry-run] ID ID...",),
    examples=(
        ("desk unlink 42 43", "42 and 43 have nothing to do with each other."),
        ("desk unlink -n 42 51 52", "See what would go."),
    ),
    see_also=("link",),
)
