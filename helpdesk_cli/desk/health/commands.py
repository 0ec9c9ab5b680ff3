"""The commands of desk.yaml: whether a person approved them here, and who else could change what they do."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from helpdesk_cli.desk.approving import review
from helpdesk_cli.desk.commands import remedy
from helpdesk_cli.desk.health.diagnosis import Diagnosis, ok
from helpdesk_cli.errors import DeskError
from helpdesk_cli.storage.approvals import read_approvals

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpdesk_cli.desk.approving import Reviewed
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.health.diagnosis import Level, Patient

_OTHERS = stat.S_IROTH | stat.S_IWOTH
# No programs, though a command may begin with them.
_OF_THE_SHELL = re.compile(r"[.:!{(]|cd|command|eval|exec|export|for|if|read|set|umask|unset|while|case")


def check(patient: Patient) -> Iterator[Diagnosis]:
    """Each command that this clone runs. None of them is run."""
    desk = patient.desk
    found = review(desk)
    try:
        read_approvals(desk.layout)
    except DeskError as error:
        yield Diagnosis("error" if found else "warning", "approvals-damaged", str(error), remedy(desk))
    for each in found:
        yield _approval(desk, each)
        yield from _program(each, _level(desk, each))
        yield from _secrets(each)


def _approval(desk: Desk, reviewed: Reviewed) -> Diagnosis:
    named = reviewed.named
    place = f"desk.yaml:{reviewed.line}: {named.place}"
    if reviewed.state == "approved":
        return ok("command", f"{place}: approved on this host")
    what = "is not the one that was approved on this host"
    if reviewed.state == "new":
        what = "was not approved on this host"
    elif reviewed.approval and reviewed.approval.text == named.text:
        what = f"was approved for {reviewed.approval.to}, not for {named.to}"
    told = f"{place}: this command {what}, and does not run: `{named.text}`"
    return Diagnosis(_level(desk, reviewed), f"command-{reviewed.state}", told, remedy(desk))


def _level(desk: Desk, reviewed: Reviewed) -> Level:
    """Before sending is on, nothing fails that has to do with it."""
    is_held = reviewed.named.place.startswith("outgoing") and desk.settings.sending != "on"
    return "note" if is_held else "error"


def _program(reviewed: Reviewed, level: Level) -> Iterator[Diagnosis]:
    """Whether the program is there, and only its owner and root can put another in its place."""
    named = reviewed.named
    first = _first_word(named.text) if named.to else named.text
    if not first:
        return
    path = shutil.which(first)
    if path is None:
        if named.to:
            yield Diagnosis(
                level,
                "command-missing",
                f"{named.place}: there is no program {first} here, and so no password",
                "Install it, or name it by its whole path: cron looks in few folders.",
            )
        return
    if place := _open_place(path):
        yield Diagnosis(
            "error",
            "command-open",
            f"{named.place}: every user of this machine may write {place}, and so change what is run",
            f"`chmod o-w {shlex.quote(place)}`.",
        )


def _secrets(reviewed: Reviewed) -> Iterator[Diagnosis]:
    """The files that a secret's command names and that others on this machine may read."""
    named = reviewed.named
    if not named.to:
        return
    try:
        paths = [Path(os.path.expanduser(word)) for word in shlex.split(named.text)[1:]]  # noqa: PTH111 - as the shell
        # A script that is run by its name behind `sh` or `python3` is no secret.
        is_open = [path for path in paths if path.is_file() and _is_open(path.stat().st_mode)]
    except (ValueError, OSError):
        return
    for path in is_open:
        yield Diagnosis(
            "error",
            "secret-open",
            f"every user of this machine may read {path}, from which the secret of {named.to} comes",
            f"`chmod o-rwx {shlex.quote(str(path))}`, and change the password.",
        )


def _is_open(mode: int) -> bool:
    return bool(mode & _OTHERS) and not mode & stat.S_IXUSR


def _first_word(text: str) -> str:
    """The program of a shell command; "" where that takes a shell to say."""
    try:
        first = shlex.split(text)[0]
    except (ValueError, IndexError):
        return ""
    return "" if "=" in first or _OF_THE_SHELL.fullmatch(first) else os.path.expanduser(first)  # noqa: PTH111 - as the shell


def _open_place(path: str) -> str:
    """The program, or a folder above it, that everybody may write; "" for none."""
    real = Path(os.path.realpath(path))
    for place in (real, *real.parents):
        mode = place.stat().st_mode
        # In a folder like /tmp everybody may make names, and replace only their own.
        if mode & stat.S_IWOTH and not (place != real and mode & stat.S_ISVTX):
            return str(place)
    return ""
