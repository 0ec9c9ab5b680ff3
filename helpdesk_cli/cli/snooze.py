"""`desk snooze`, `desk wake`: tickets that rest until a time."""

from typing import Annotated

import typer

from helpdesk_cli.cli.changing import change
from helpdesk_cli.cli.command import Command
from helpdesk_cli.cli.here import desk_of
from helpdesk_cli.cli.options import Chosen, DryRun, Query
from helpdesk_cli.cli.session import session_of
from helpdesk_cli.desk import snooze as verbs
from helpdesk_cli.desk.asking import zone_of


def snooze(
    context: typer.Context,
    tickets: Chosen = None,
    *,
    until: Annotated[
        str, typer.Option("--until", metavar="WHEN", help="`3d`, `4h`, `tomorrow`, `monday 9:00`, a date.")
    ],
    keep: Annotated[
        bool, typer.Option("--keep-on-reply", help="Let them rest also when the customer writes.")
    ] = False,
    query: Query = None,
    dry_run: DryRun = False,
) -> int:
    """Let tickets rest until a time.

    They keep their status, but are left out of what needs us until then. They come back by themselves
    (`desk cron` tells whose they are), or before that when the customer writes; a mere thanks and
    automatic mail wake nothing. `--keep-on-reply`: mail is filed, and they rest on.

    Times are those of the desk's time zone (`notify: timezone`). A day without an hour begins when the
    digests go out (`notify: digest-at`); `monday` is the next one.
    """
    desk = desk_of(session_of(context))
    moment = verbs.read_until(until, desk.now, zone_of(desk), hour=desk.settings.notify.digest_at)
    return change(
        context,
        tickets or [],
        lambda desk, ids, actor: verbs.snooze(desk, ids, moment, keep=keep, actor=actor, dry_run=dry_run),
        asking="Snooze",
        dry_run=dry_run,
        query=query,
    )


def wake(
    context: typer.Context, tickets: Chosen = None, *, query: Query = None, dry_run: DryRun = False
) -> int:
    """Wake snoozed tickets before their time."""
    return change(
        context,
        tickets or [],
        lambda desk, ids, actor: verbs.wake(desk, ids, actor=actor, dry_run=dry_run),
        asking="Wake",
        dry_run=dry_run,
        query=query,
    )


SNOOZE = Command(
    snooze,
    usage=("[OPTIONS] --until WHEN ID...", "[OPTIONS] --until WHEN -q QUERY"),
    examples=(
        ('desk snooze 42 --until "monday 9:00"', "Out of sight until Monday morning."),
        ("desk snooze 42 43 --until 3d", "The same hour in three days."),
        ("desk snooze 42 --until 2026-12-01 --keep-on-reply", "Until the first, whatever comes."),
    ),
    see_also=("wake", "list", "status"),
)
WAKE = Command(
    wake,
    usage=("[--dry-run] ID...", "[--dry-run] -q QUERY"),
    examples=(
        ("desk wake 42", "Take it up again today."),
        ("desk wake -q 'is:snoozed tag:outage'", "Wake all that rest for the outage."),
    ),
    see_also=("snooze",),
)
