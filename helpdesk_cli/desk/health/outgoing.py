"""How mail goes out: whether it may, by what, and what lies there that nobody looks after."""

from __future__ import annotations

import os
from datetime import timedelta
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
    problem = ""
    if not smtp.host:
        problem = "`outgoing: smtp:` names no host"
    elif smtp.user and not (smtp.token_command or smtp.password_command):
        problem = f"there is no password-command and no token-command for {smtp.user} at {smtp.host}"
    if problem:
        yield Diagnosis(level, "smtp-incomplete", problem, "Mend `outgoing: smtp:` in desk.yaml.")
    else:
        yield ok("way-out", f"mail leaves by {smtp.host}:{smtp.port}")


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
