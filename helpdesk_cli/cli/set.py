"""`desk set`: any field of a ticket."""

from typing import Annotated

import typer

from helpdesk_cli.cli import complete
from helpdesk_cli.cli.changing import change
from helpdesk_cli.cli.command import Command
from helpdesk_cli.cli.options import DryRun, Query
from helpdesk_cli.cli.words import part, read_assignments
from helpdesk_cli.desk import fields as verbs
from helpdesk_cli.errors import UsageError


def set_fields(
    context: typer.Context,
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="ID... FIELD=VALUE...",
            autocompletion=complete.tickets,
            help="Tickets (or `-`), and what is to be set.",
        ),
    ],
    *,
    query: Query = None,
    dry_run: DryRun = False,
) -> int:
    """Set fields of tickets.

    The fields are `subject`, `status`, `priority`, `category`, `type`, `product`, `team`, `assignee`,
    `inbox`, `channel`, `requester`, `cc`, `tags` and `links`. Values are checked against what
    `desk.yaml` declares; its aliases are accepted. An empty value clears a field.

    `tags`, `cc` and `links` are lists: `tags=a,b` replaces the list, `tags=+a,-b` changes it.
    """
    assignments, tickets = part(words, lambda word: "=" in word)
    if not assignments:
        raise UsageError("nothing is to be set", hint="Write FIELD=VALUE, such as `priority=high`.")
    pairs = read_assignments(assignments)
    return change(
        context,
        tickets,
        lambda desk, ids, actor: verbs.set_fields(desk, ids, pairs, actor=actor, dry_run=dry_run),
        asking=f"Set {', '.join(name for name, _ in pairs)} of",
        dry_run=dry_run,
        query=query,
    )


COMMAND = Command(
    set_fields,
    usage=("[--dry-run] ID... FIELD=VALUE...", "[--dry-run] -q QUERY FIELD=VALUE..."),
    examples=(
        ("desk set 42 priority=high category=billing", "Set two fields."),
        ("desk set 42 team=", "Clear the team."),
        ("desk set -q 'subject:invoice category:none' category=billing", "Sort what nobody sorted."),
        ("desk set 42 'requester=Ada Lovelace <ada@example.org>'", "Say whose request it is."),
    ),
    see_also=("tag", "assign", "status"),
)
