"""`desk tag`: words on tickets."""

from typing import Annotated

import typer

from helpdesk_cli.cli import complete
from helpdesk_cli.cli.changing import change
from helpdesk_cli.cli.command import Command
from helpdesk_cli.cli.options import DryRun, Query
from helpdesk_cli.cli.words import is_tag_change, part, read_tag_changes
from helpdesk_cli.desk import tag as verbs
from helpdesk_cli.errors import UsageError


def tag(
    context: typer.Context,
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="ID... +TAG -TAG...",
            autocompletion=complete.tickets_and_tags,
            help="Tickets (or `-`), and tags to add (`+`) or remove (`-`).",
        ),
    ],
    *,
    query: Query = None,
    dry_run: DryRun = False,
) -> int:
    """Put tags on tickets and take tags off.

    A tag is one word of letters, digits and . / : @ _ -; capital letters become small ones. Several
    are joined by commas: `+vip,invoice`. Words may stand in any order. A tag that looks like an
    option, such as `n`, is removed after `--`: `desk tag 42 -- -n`.
    """
    changes, tickets = part(words, is_tag_change)
    added, removed = read_tag_changes(changes)
    if not (added or removed):
        raise UsageError("no tag was named", hint="Write `+vip` to add a tag, `-vip` to remove it.")
    return change(
        context,
        tickets,
        lambda desk, ids, actor: verbs.tag(
            desk, ids, added=added, removed=removed, actor=actor, dry_run=dry_run
        ),
        asking="Tag",
        dry_run=dry_run,
        query=query,
    )


COMMAND = Command(
    tag,
    usage=("[--dry-run] ID... [+TAG | -TAG]...", "[--dry-run] -q QUERY [+TAG | -TAG]..."),
    examples=(
        ("desk tag 42 +vip -billing", "Add vip, remove billing."),
        ("desk tag 42 43 +outage,urgent", "Add two tags to two tickets."),
        ("desk tag -q 'team:technical created:today' +outage", "Tag today's tickets of a team."),
    ),
    see_also=("set", "list"),
    dashed_words=True,
)
