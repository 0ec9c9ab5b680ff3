"""`desk escalate`: a ticket that needs somebody else, or more attention."""

from typing import Annotated

import typer

from helpdesk_cli.cli import complete
from helpdesk_cli.cli.changing import change
from helpdesk_cli.cli.command import Command
from helpdesk_cli.cli.options import Chosen, DryRun, Query
from helpdesk_cli.desk.escalating import escalate as verb


def escalate(
    context: typer.Context,
    tickets: Chosen = None,
    *,
    why: Annotated[
        str, typer.Option("--message", "-m", metavar="WHY", help="Why: written as an internal note.")
    ] = "",
    to: Annotated[
        str,
        typer.Option(
            "--to",
            metavar="AGENT|TEAM",
            autocompletion=complete.agents_and_teams,
            help="It becomes theirs, instead of the next step.",
        ),
    ] = "",
    query: Query = None,
    dry_run: DryRun = False,
) -> int:
    """Escalate tickets: a step up, or to whom you name.

    The path stands under `escalation:` in `desk.yaml`: whom each step turns to, what it makes of the
    priority, whether the ticket becomes theirs. Each use goes one step further, and the end is said. Once a
    ticket was done it begins anew. Who is turned to is told by mail; who is away stands back for the next
    circle: the lead, the team, everybody. A snoozed ticket wakes.

    `--to` gives the ticket to an agent, or to a team, whose way of assignment then says whose it is; it takes
    no step of the path. `desk list escalated:yes` finds what was escalated.
    """
    return change(
        context,
        tickets or [],
        lambda desk, ids, actor: verb(desk, ids, why, to=to, actor=actor, dry_run=dry_run),
        asking="Escalate",
        dry_run=dry_run,
        query=query,
    )


COMMAND = Command(
    escalate,
    usage=("[OPTIONS] -m WHY ID...", "[OPTIONS] -m WHY -q QUERY"),
    examples=(
        ('desk escalate 42 -m "asked for the third time"', "One step up the path."),
        ('desk escalate 42 --to technical -m "needs a developer"', "Another team's ticket from now on."),
        ('desk escalate -q "tag:outage escalated:no" -m "still down"', "All of an outage, once."),
    ),
    see_also=("assign", "agent", "note", "sla"),
)
