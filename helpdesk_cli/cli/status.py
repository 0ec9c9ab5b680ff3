"""`desk status`, `resolve`, `close`, `reopen`: where a ticket stands."""

from typing import Annotated

import typer

from helpdesk_cli.cli import complete
from helpdesk_cli.cli.changing import change
from helpdesk_cli.cli.command import Command
from helpdesk_cli.cli.options import Chosen, DryRun, Query
from helpdesk_cli.cli.words import last_word
from helpdesk_cli.desk import status as verbs


def set_status(
    context: typer.Context,
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="ID... STATUS",
            autocompletion=complete.tickets_and_statuses,
            help="Tickets (or `-`), and the status or one of its aliases.",
        ),
    ],
    *,
    query: Query = None,
    dry_run: DryRun = False,
) -> int:
    """Bring tickets into a status.

    The statuses are declared in `desk.yaml`, each as active, waiting or done; a new desk has `new`,
    `open`, `pending`, `on-hold`, `resolved`, `closed` and `spam`.
    """
    tickets, to = last_word(words, "a status", asked=query is not None)
    return change(
        context,
        tickets,
        lambda desk, ids, actor: verbs.status(desk, ids, to, actor=actor, dry_run=dry_run),
        asking=f"Set to {to}:",
        dry_run=dry_run,
        query=query,
    )


def resolve(
    context: typer.Context, tickets: Chosen = None, *, query: Query = None, dry_run: DryRun = False
) -> int:
    """Say that the requester has what they asked for.

    A further mail from them reopens the ticket; one that only says thanks does not.
    """
    return change(
        context,
        tickets or [],
        lambda desk, ids, actor: verbs.resolve(desk, ids, actor=actor, dry_run=dry_run),
        asking="Resolve",
        dry_run=dry_run,
        query=query,
    )


def close(
    context: typer.Context, tickets: Chosen = None, *, query: Query = None, dry_run: DryRun = False
) -> int:
    """Close tickets: nothing more is expected.

    A mail that comes within `reopen-within` (`desk.yaml`, 30 days) reopens the ticket; a later one
    opens a new ticket that names this one.
    """
    return change(
        context,
        tickets or [],
        lambda desk, ids, actor: verbs.close(desk, ids, actor=actor, dry_run=dry_run),
        asking="Close",
        dry_run=dry_run,
        query=query,
    )


def reopen(
    context: typer.Context, tickets: Chosen = None, *, query: Query = None, dry_run: DryRun = False
) -> int:
    """Take tickets up again: the status becomes open.

    A ticket that is being worked on already stays as it is.
    """
    return change(
        context,
        tickets or [],
        lambda desk, ids, actor: verbs.reopen(desk, ids, actor=actor, dry_run=dry_run),
        asking="Reopen",
        dry_run=dry_run,
        query=query,
    )


STATUS = Command(
    set_status,
    usage=("[--dry-run] ID... STATUS", "[--dry-run] -q QUERY STATUS"),
    examples=(
        ("desk status 42 pending", "The requester has to answer."),
        ("desk status 42 43 spam", "Put two tickets out of sight as spam."),
        ("desk status -q tag:outage on-hold", "Bring all tickets about the outage to rest."),
    ),
    see_also=("resolve", "close", "reopen"),
)
RESOLVE = Command(
    resolve,
    usage=("[--dry-run] ID...", "[--dry-run] -q QUERY"),
    examples=(
        ("desk resolve 42", "The requester has the answer."),
        ("desk resolve -n 42 43", "Show what would be changed."),
    ),
    see_also=("status", "close", "reopen"),
)
CLOSE = Command(
    close,
    usage=("[--dry-run] ID...", "[--dry-run] -q QUERY"),
    examples=(
        ("desk close 42", "Nothing more is expected on ticket 42."),
        (
            "desk close -q 'status:resolved silent-for:7d..'",
            "Close what has been resolved and silent for a week.",
        ),
    ),
    see_also=("status", "resolve", "reopen"),
)
REOPEN = Command(
    reopen,
    usage=("[--dry-run] ID...", "[--dry-run] -q QUERY"),
    examples=(
        ("desk reopen 42", "It was not solved after all."),
        ("desk reopen 42 43", "Take two tickets up again."),
    ),
    see_also=("status", "resolve", "close"),
)
