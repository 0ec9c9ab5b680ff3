"""How mail goes out: whether it may, by what, and what lies there that nobody looks after."""

from __future__ import annotations

import os
import shlex
import shutil
import stat
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from helpdesk_cli.desk.health.diagnosis import Diagnosis, counted, ok
from helpdesk_cli.desk.letters import sends_here
from helpdesk_cli.desk.outbox_list import listing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.health.diagnosis import Level, Patient
    from helpdesk_cli.desk.outbox_list import Listed

_OLD = timedelta(days=1)
_OTHERS = stat.S_IROTH | stat.S_IWOTH


def check(patient: Patient) -> Iterator[Diagnosis]:
    """The switch, the way out, and what waits."""
    desk = patient.desk
    found = listing(desk)
    for problem in found.problems:
        yield Diagnosis("error", "outbox-damaged", str(problem), "`desk fsck` says what to do.")
    queued = [mail for mail in found.mails if mail.state in {"queued", "sending"}]
    if sends_here(desk):
        yield from _switch(desk, queued)
        yield from _way(desk)
        yield from _old(desk, queued)
    else:
        yield from _for_server(desk, queued)
    yield from _unsettled(list(found.mails))


def _switch(desk: Desk, queued: list[Listed]) -> Iterator[Diagnosis]:
    if desk.settings.sending == "on":
        yield ok("sending", "mail is sent")
        return
    remedy = "`desk doctor mail --to ADDRESS` tries the way out and back; then `sending: on` in desk.yaml."
    if queued:
        told = f"sending is on hold, and {_wait(queued)} to be sent"
        yield Diagnosis("warning", "sending-held", told, remedy)
    else:
        yield Diagnosis("note", "sending-held", "sending is on hold: no mail leaves", remedy)


def _way(desk: Desk) -> Iterator[Diagnosis]:
    outgoing = desk.settings.outgoing
    level: Level = "error" if desk.settings.sending == "on" else "note"
    if outgoing.via == "sendmail":
        if os.access(outgoing.sendmail, os.X_OK):
            yield ok("way-out", f"mail leaves by {outgoing.sendmail}")
            return
        yield Diagnosis(
            level,
            "sendmail-missing",
            f"{outgoing.sendmail} is no program that can be run: no mail leaves this machine",
            "Install a mail server (Debian: postfix, or msmtp-mta), or set `outgoing: via: smtp`.",
        )
        return
    smtp = outgoing.smtp
    command = smtp.token_command or smtp.password_command
    problem = ""
    if not smtp.host:
        problem = "`outgoing: smtp:` names no host"
    elif smtp.user and not command:
        problem = f"there is no password-command and no token-command for {smtp.user} at {smtp.host}"
    elif command and not _program_of(command):
        problem = f"the program of `{command}` is not found: no password for {smtp.host}"
    if problem:
        remedy = "Mend `outgoing: smtp:` in desk.yaml; run the command as the user who runs `desk cron`."
        yield Diagnosis(level, "smtp-incomplete", problem, remedy)
    else:
        yield ok("way-out", f"mail leaves by {smtp.host}:{smtp.port}")
    for path in _open_secrets(command):
        yield Diagnosis(
            "error",
            "secret-open",
            f"every user of this machine may read {path}, from which the password for {smtp.host} comes",
            f"`chmod o-rwx {shlex.quote(path)}`, and change the password.",
        )


def _open_secrets(command: str) -> list[str]:
    """The files that a secret's command names and that others on this machine may read."""
    try:
        paths = [Path(os.path.expanduser(word)) for word in shlex.split(command)[1:]]  # noqa: PTH111 - as the shell
        return [str(path) for path in paths if path.is_file() and path.stat().st_mode & _OTHERS]
    except (ValueError, OSError):
        return []


def _program_of(command: str) -> bool:
    """Whether the first word of a shell command is a program here; where it is more than a word, believed."""
    try:
        first = shlex.split(command)[0]
    except (ValueError, IndexError):
        return True
    return "=" in first or shutil.which(os.path.expanduser(first)) is not None  # noqa: PTH111 - as the shell


def _old(desk: Desk, queued: list[Listed]) -> Iterator[Diagnosis]:
    old = [mail for mail in queued if desk.now - mail.queued_at > _OLD]
    if old and desk.settings.sending == "on":
        why = f": {old[0].why}" if old[0].why else ""
        yield Diagnosis(
            "warning",
            "queue-old",
            f"{_wait(old)} to be sent for more than a day{why}",
            "`desk outbox` lists them; `desk cron` must run every minute (`desk setup cron`).",
        )


def _for_server(desk: Desk, queued: list[Listed]) -> Iterator[Diagnosis]:
    if not queued:
        return
    old = any(desk.now - mail.queued_at > _OLD for mail in queued)
    yield Diagnosis(
        "warning" if old else "note",
        "waits-for-server",
        f"{_wait(queued)} for the desk's server to send {'it' if len(queued) == 1 else 'them'}",
        "`desk sync` takes them there and brings back what became of them.",
    )


def _unsettled(mails: list[Listed]) -> Iterator[Diagnosis]:
    unknown = [mail for mail in mails if mail.state == "unknown"]
    if unknown:
        yield Diagnosis(
            "warning",
            "mail-unknown",
            f"of {counted(len(unknown), 'mail')} nobody knows whether it left: {_named(unknown)}",
            "Look into the mail server's log; then `desk outbox send NAME` or `desk outbox drop NAME`.",
        )
    failed = [mail for mail in mails if mail.state == "failed"]
    if failed:
        yield Diagnosis(
            "warning",
            "mail-failed",
            f"{counted(len(failed), 'mail')} did not leave: {_named(failed)}",
            "`desk outbox` says why; `desk outbox send NAME` tries again, `drop` gives up.",
        )


def _wait(mails: list[Listed]) -> str:
    return f"{counted(len(mails), 'mail')} {'waits' if len(mails) == 1 else 'wait'}"


def _named(mails: list[Listed]) -> str:
    named = ", ".join(mail.ticket or mail.name for mail in mails[:3])
    return named if len(mails) <= 3 else f"{named} …"  # noqa: PLR2004 - as many as are named
