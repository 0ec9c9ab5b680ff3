"""`desk whoami`: which agent acts, and how desk knows."""

from typing import Annotated

import typer

from helpdesk_cli.cli.command import Command
from helpdesk_cli.cli.here import actor_of, desk_of
from helpdesk_cli.cli.output import Output
from helpdesk_cli.cli.session import session_of


def tell(
    context: typer.Context,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON: see `desk help json`.")] = False,
) -> None:
    """Say which agent you are and why.

    The first of these that names an agent counts: `--as`, the variable `DESK_AGENT`, git's
    `user.email`, the user who called sudo, your login name. Who is no agent may read and not write.
    """
    session = session_of(context)
    output = Output(session)
    desk = desk_of(session)
    actor = actor_of(desk, session)
    if as_json:
        agent = {"key": actor.key, "name": actor.name, "email": actor.email, "why": actor.why}
        output.json({"schema": "desk/1", "kind": "agent", "agent": agent})
        return
    output.line(f"{actor.key}  {actor.name} <{actor.email}>  ({actor.why})")


COMMAND = Command(
    tell,
    usage=("[--json]",),
    examples=(
        ("desk whoami", "Say who acts in the desk around the current folder."),
        ("desk --as dana whoami", "Check that `--as dana` names an agent."),
    ),
    see_also=("init",),
)
