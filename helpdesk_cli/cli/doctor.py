"""`desk doctor`: whether everything around the tickets is set up as it should be."""

import os
from typing import Annotated

import typer

from helpdesk_cli.cli.command import Command
from helpdesk_cli.cli.diagnoses import document, show
from helpdesk_cli.cli.doctor_mail import try_mail
from helpdesk_cli.cli.durations import read_length
from helpdesk_cli.cli.here import now_of
from helpdesk_cli.cli.options import Json
from helpdesk_cli.cli.output import Output
from helpdesk_cli.cli.session import session_of
from helpdesk_cli.desk.doctor import doctor, needs_mending
from helpdesk_cli.errors import FindingsError, UsageError


def examine(
    context: typer.Context,
    what: Annotated[
        str,
        typer.Argument(metavar="[mail]", help="`mail` tries the way out and back; else all is looked at."),
    ] = "",
    *,
    everything: Annotated[bool, typer.Option("--all", "-a", help="Show what is well, too.")] = False,
    to: Annotated[
        str, typer.Option("--to", metavar="ADDRESS", help="Where the test mail goes: a mailbox you read.")
    ] = "",
    wait: Annotated[
        str, typer.Option("--wait", metavar="TIME", help="Wait so long for the answer, for instance `10m`.")
    ] = "",
    wants_on: Annotated[
        bool, typer.Option("--switch-on", help="After a round trip that succeeded, switch sending on.")
    ] = False,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="With `--switch-on`: without a round trip.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Look whether everything around the tickets is set up as it should be.

    The installation, who you are, what each Unix user may read and write, `desk.yaml`, git, the way mail
    comes in and goes out, what only this host has and when it was backed up, room on the disk. Each
    finding says how to mend it. An error does not work now, a warning will hurt some day, a note needs
    nothing done. Errors and warnings end in exit code 1.

    Nothing is changed. As root, the doctor also tries the mail server's door as the user who
    delivers. The tickets themselves are checked by `desk fsck`.

    `desk doctor mail --to ADDRESS` makes a round trip: it opens a ticket, sends one mail (also while
    sending is on hold) and says what to do with it. Called again without an address it shows how far that
    has got: whether the mail left, whether the answer found its ticket, and what the other side thinks of
    SPF, DKIM and DMARC, where the answer holds the mail or its headers. When the round trip has
    succeeded it offers to switch sending on: the one line `sending: hold` in `desk.yaml`.
    """
    session = session_of(context)
    output = Output(session)
    if what == "mail":
        seconds = read_length(wait, place="--wait") if wait else 0
        try_mail(session, output, to=to, wait=seconds, wants_on=wants_on, anyway=anyway, as_json=as_json)
        return
    if what:
        raise UsageError(f'there is nothing called "{what}" to look at', "doctor", "Say `desk doctor mail`.")
    if to or wait or wants_on or anyway:
        raise UsageError("these options are for `desk doctor mail`", "doctor")
    found = doctor(session.folder or os.curdir, now=now_of(session))
    if as_json:
        items = [document(subject, diagnosis) for subject, diagnosis in found]
        output.json({"schema": "desk/1", "kind": "diagnoses", "total": len(items), "items": items})
    else:
        for subject, diagnosis in found:
            if everything or diagnosis.level != "ok":
                show(output, subject, diagnosis)
    if needs_mending(found):
        counts = {level: sum(each.level == level for _, each in found) for level in ("error", "warning")}
        said = [f"{number} {level}{'' if number == 1 else 's'}" for level, number in counts.items() if number]
        raise FindingsError(", ".join(said))
    if not as_json:
        output.confirm("All is well.")


COMMAND = Command(
    examine,
    usage=("[--all] [--json]", "mail --to ADDRESS [--wait TIME]", "mail [--switch-on [--anyway]] [--json]"),
    examples=(
        ("desk doctor", "Show what should be mended, and what is worth knowing."),
        ("sudo desk -C /srv/desk doctor --all", "Show everything, and try the door as the mail user."),
        (
            "desk doctor --json | jq -r '.items[] | select(.level == \"error\") | .what'",
            "Only what does not work, for a program that watches.",
        ),
        ("desk doctor mail --to me@example.org --wait 10m", "Try the way out and back, and wait for it."),
        ("desk doctor mail", "Show how far the last trial has got; offer to switch sending on."),
    ),
    see_also=("fsck", "setup", "outbox", "fetch", "backup", "whoami"),
)
