"""`desk doctor`: whether everything around the tickets is set up as it should be."""

import os
from typing import Annotated

import typer

from helpdesk_cli.cli.command import Command
from helpdesk_cli.cli.here import now_of
from helpdesk_cli.cli.options import Json
from helpdesk_cli.cli.output import Output
from helpdesk_cli.cli.session import session_of
from helpdesk_cli.desk.doctor import doctor, needs_mending
from helpdesk_cli.desk.health.diagnosis import Diagnosis, Level
from helpdesk_cli.errors import FindingsError
from helpdesk_cli.table import Tone, Toned

_TONES: dict[Level, Tone] = {"ok": "good", "note": "faint", "warning": "notice", "error": "alarm"}


def examine(
    context: typer.Context,
    *,
    everything: Annotated[bool, typer.Option("--all", "-a", help="Show what is well, too.")] = False,
    as_json: Json = False,
) -> None:
    """Look whether everything around the tickets is set up as it should be.

    The installation, who you are, what each Unix user may read and write, `desk.yaml`, git, the way mail
    comes in, what only this host has and when it was backed up, room on the disk. Each finding says
    how to mend it. An error does not work now, a warning will hurt some day, a note needs nothing
    done. Errors and warnings end in exit code 1.

    Nothing is changed. As root, the doctor also tries the mail server's door as the user who
    delivers. The tickets themselves are checked by `desk fsck`.
    """
    session = session_of(context)
    output = Output(session)
    found = doctor(session.folder or os.curdir, now=now_of(session))
    if as_json:
        items = [_document(subject, diagnosis) for subject, diagnosis in found]
        output.json({"schema": "desk/1", "kind": "diagnoses", "total": len(items), "items": items})
    else:
        for subject, diagnosis in found:
            if everything or diagnosis.level != "ok":
                _show(output, subject, diagnosis)
    if needs_mending(found):
        counts = {level: sum(each.level == level for _, each in found) for level in ("error", "warning")}
        said = [f"{number} {level}{'' if number == 1 else 's'}" for level, number in counts.items() if number]
        raise FindingsError(", ".join(said))
    if not as_json:
        output.confirm("All is well.")


def _show(output: Output, subject: str, diagnosis: Diagnosis) -> None:
    output.line(Toned(f"{diagnosis.level:<8}", _TONES[diagnosis.level]), f"{subject}: {diagnosis.what}")
    if diagnosis.remedy:
        output.line(Toned(f"{'':8}{diagnosis.remedy}", "faint"))


def _document(subject: str, diagnosis: Diagnosis) -> dict[str, str | None]:
    return {
        "level": diagnosis.level,
        "subject": subject,
        "code": diagnosis.code,
        "what": diagnosis.what,
        "remedy": diagnosis.remedy or None,
    }


COMMAND = Command(
    examine,
    usage=("[--all] [--json]",),
    examples=(
        ("desk doctor", "Show what should be mended, and what is worth knowing."),
        ("sudo desk -C /srv/desk doctor --all", "Show everything, and try the door as the mail user."),
        (
            "desk doctor --json | jq -r '.items[] | select(.level == \"error\") | .what'",
            "Only what does not work, for a program that watches.",
        ),
    ),
    see_also=("fsck", "setup", "backup", "whoami"),
)
