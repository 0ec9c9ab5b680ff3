"""`desk edit`: a ticket file in your own editor, checked before it counts."""

import os
import tempfile
from pathlib import Path

import typer

from helpdesk_cli.cli.ask import ask_again
from helpdesk_cli.cli.changing import diff_line
from helpdesk_cli.cli.command import Command
from helpdesk_cli.cli.editor import edit_file, read_left
from helpdesk_cli.cli.here import actor_of, desk_of
from helpdesk_cli.cli.options import DryRun, Tickets
from helpdesk_cli.cli.output import Output
from helpdesk_cli.cli.session import Session, session_of
from helpdesk_cli.cli.words import read_ids
from helpdesk_cli.desk import edit as verbs
from helpdesk_cli.desk.actor import Actor
from helpdesk_cli.desk.desk import Desk
from helpdesk_cli.errors import (
    CancelledError,
    ConflictError,
    DeskError,
    InvalidFileError,
    NotFoundError,
)


def edit(context: typer.Context, tickets: Tickets, *, dry_run: DryRun = False) -> None:
    """Edit tickets in your editor.

    The whole file, as `desk path` names it. It is checked when the editor ends: what cannot be read as
    a ticket, or sets a field to an unknown value, is shown again with the reason. When somebody else
    changed the ticket meanwhile, nothing is overwritten and your text is kept. Leaving the file as it
    was cancels. A file that is broken can be mended this way.
    """
    session = session_of(context)
    output = Output(session)
    desk = desk_of(session)
    actor = actor_of(desk, session)
    for word in read_ids(tickets):
        _edit_one(output, desk, word, actor=actor, dry_run=dry_run)


def _edit_one(output: Output, desk: Desk, word: str, *, actor: Actor, dry_run: bool) -> None:
    editing = verbs.begin_edit(desk, word)
    descriptor, name = tempfile.mkstemp(prefix=f"desk-{Path(editing.path).stem}-", suffix=".md")
    with os.fdopen(descriptor, "wb") as file:
        file.write(editing.data)
    while True:
        try:
            edit_file(Path(name))
            done = verbs.finish_edit(desk, editing, read_left(Path(name)), actor=actor, dry_run=dry_run)
        except (InvalidFileError, ConflictError, CancelledError, NotFoundError) as error:
            if not _goes_on(error, output.session):
                kept = f" Your text is in {name}." if Path(name).is_file() else ""
                hint = f"{error.hint}{kept}".strip()
                raise type(error)(error.message, error.place, hint) from error
        else:
            break
    Path(name).unlink()
    if done is None:
        raise CancelledError(f"{editing.path}: nothing was changed")
    if dry_run:
        for line in done.diff():
            output.line(*diff_line(line))
    else:
        output.confirm(done.summary)


def _goes_on(error: DeskError, session: Session) -> bool:
    """Whether the person mends what was refused."""
    return isinstance(error, InvalidFileError) and ask_again(session, f"{error}\nEdit again?")


COMMAND = Command(
    edit,
    usage=("[--dry-run] ID...",),
    examples=(
        ("desk edit 42", "Edit ticket 42."),
        ("DESK_EDITOR=nano desk edit 42", "Edit it in another editor."),
    ),
    see_also=("set", "path", "environment"),
)
