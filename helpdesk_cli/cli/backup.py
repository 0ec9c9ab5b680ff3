"""`desk backup` and `desk restore`: the desk in one file, and back."""

import os
from pathlib import Path
from typing import Annotated

import typer

from helpdesk_cli.cli.command import Command
from helpdesk_cli.cli.findings import tell
from helpdesk_cli.cli.here import desk_of, now_of
from helpdesk_cli.cli.options import Json
from helpdesk_cli.cli.output import Output
from helpdesk_cli.cli.progress import reporter
from helpdesk_cli.cli.session import session_of
from helpdesk_cli.cli.ticket_view import size_text
from helpdesk_cli.desk import backup as backing_up
from helpdesk_cli.desk import restore as restoring
from helpdesk_cli.errors import FindingsError


def backup(
    context: typer.Context,
    target: Annotated[
        str,
        typer.Argument(
            metavar="FILE", help="The file to write, or a folder for one with the time in its name."
        ),
    ] = "",
    *,
    as_json: Json = False,
) -> None:
    """Write the whole desk into one file.

    The history, what is not committed, and what git does not carry: original mails, large attachments,
    what waits or was set aside, the desk's secret. It is of one moment, while mail comes in and people
    work. Nobody else may read the file: keep it as you keep the desk. Without FILE it goes into the
    folder above the desk.
    """
    session = session_of(context)
    output = Output(session)
    desk = desk_of(session)
    place = Path(target or desk.layout.root.parent)
    done = backing_up.backup(desk, place, progress=reporter("files", session))
    if as_json:
        output.json({"schema": "desk/1", "kind": "backup", "path": str(done.path), "size": done.size})
    else:
        output.confirm(f"{os.path.relpath(done.path)} ({size_text(done.size)})")


def restore(
    context: typer.Context,
    archive: Annotated[str, typer.Argument(metavar="FILE", help="A file that `desk backup` wrote.")],
    folder: Annotated[
        str, typer.Argument(metavar="DIR", help="Where the desk shall be: a new or empty folder.")
    ],
) -> None:
    """Make a desk again from its backup.

    The file is checked as a whole first; when it is damaged nothing is written. Afterwards everything
    is checked as `desk fsck --full` does; findings end in exit code 1. A mail server has to be hooked up
    again: `desk setup mta`.
    """
    session = session_of(context)
    output = Output(session)
    done = restoring.restore(
        Path(archive), Path(folder), now=now_of(session), progress=reporter("files", session)
    )
    output.confirm(f"The desk is in {folder}, as it was at {done.made_at}.")
    tell(output, done.findings)
    if done.findings:
        raise FindingsError(f"{len(done.findings)} finding{'' if len(done.findings) == 1 else 's'}")


BACKUP = Command(
    backup,
    usage=("[--json] [FILE]",),
    examples=(
        ("desk backup /var/backups", "Write a backup with the time in its name."),
        ("desk -C /srv/desk backup --quiet /mnt/usb/desk.tar.gz", "Write one file, from cron."),
    ),
    see_also=("restore", "fsck"),
)
RESTORE = Command(
    restore,
    usage=("FILE DIR",),
    examples=(
        (
            "desk restore desk-20261120T091241Z.tar.gz support",
            "Make the desk again in the new folder support.",
        ),
        ("desk restore desk.tar.gz /tmp/look && desk -C /tmp/look list", "Look into a backup."),
    ),
    see_also=("backup", "setup", "fsck"),
)
