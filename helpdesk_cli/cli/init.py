"""`desk init`: begin a desk, or complete a clone."""

import os
from pathlib import Path
from typing import Annotated

import typer

from helpdesk_cli.cli.command import Command
from helpdesk_cli.cli.here import now_of
from helpdesk_cli.cli.output import Output
from helpdesk_cli.cli.session import session_of
from helpdesk_cli.desk.init import Initialised, init


def begin(
    context: typer.Context,
    folder: Annotated[
        str, typer.Argument(metavar="DIR", help="The folder; the current one when left out.")
    ] = "",
    *,
    shared: Annotated[
        str,
        typer.Option(
            "--shared", metavar="GROUP", help="Let every member of this Unix group work on the desk."
        ),
    ] = "",
) -> None:
    """Begin a desk in a folder, or complete a clone of one.

    A new desk gets `desk.yaml`, `rules.yaml`, `sla.yaml`, reply templates and a git repository; files
    that are there already stay as they are. In a clone of a desk, what git does not carry is set up:
    the merge driver and the desk's own folder in `.git`. Doing it twice harms nothing.

    A desk is private to you unless `--shared` names a group: then its members may all write, whatever
    their umask. Make the user under which your mail server delivers a member as well.
    """
    session = session_of(context)
    output = Output(session)
    # DESK_DIR names the desk to work on, not the place for a new one.
    root = Path(session.directory or os.curdir, folder)
    done = init(root, now=now_of(session), shared=shared)
    output.confirm(_headline(done, folder or session.directory or "this folder"))
    if done.left:
        output.note(f"Not in git yet: {done.left}")
    for line in _advice(done):
        output.note(line)


def _headline(done: Initialised, where: str) -> str:
    if done.is_new:
        return f"A new desk is in {where}."
    if done.is_clone:
        return f"The clone in {where} is complete."
    return f"The desk in {where} is complete{'' if done.written else '; nothing had to be done'}."


def _advice(done: Initialised) -> list[str]:
    if not done.is_new:
        return []
    who = (
        f"You are its agent `{done.agent}`."
        if done.agent
        else "Add yourself under `agents:` in desk.yaml, so that desk knows who acts."
    )
    return [who, "Next: put your addresses into desk.yaml, then connect your mail with `desk setup mta`."]


COMMAND = Command(
    begin,
    usage=("[--shared GROUP] [DIR]",),
    examples=(
        ("desk init support", "Begin a desk in the new folder support."),
        ("desk init --shared helpdesk /srv/desk", "Begin a desk that the group helpdesk works on together."),
        ("git clone server:/srv/desk && desk init desk", "Take a clone and make it a desk of its own."),
    ),
    see_also=("whoami",),
)
