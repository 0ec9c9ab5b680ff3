"""Handing a mail to this machine's mail server by the program all of them have: `sendmail`."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import tempfile
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from helpdesk_cli.channels.transport import Outcome

_TIMEOUT = 300.0
_SAID = 2000  # bytes of its complaints
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_KEPT = ("HOME", "USER", "LOGNAME", "XDG_CONFIG_HOME", "TMPDIR")
# sysexits.h: the codes that speak of this mail. All others speak of the machine or of the moment: whoever
# mends it finds the mail waiting.
_FOR_GOOD = frozenset(
    {
        os.EX_DATAERR,
        os.EX_NOUSER,
        os.EX_NOHOST,
    }
)
_WORDS = {
    os.EX_USAGE: "usage error",
    os.EX_DATAERR: "the mail or an address is not accepted",
    os.EX_NOUSER: "unknown recipient",
    os.EX_NOHOST: "unknown host",
    os.EX_UNAVAILABLE: "service unavailable",
    os.EX_SOFTWARE: "a fault of its own",
    os.EX_OSERR: "a fault of the system",
    os.EX_TEMPFAIL: "try again later",
    os.EX_NOPERM: "not permitted",
    os.EX_CONFIG: "wrong settings",
}
# A program that speaks SMTP itself repeats a lasting refusal: `server message: 550 5.1.1 ...`.
_REFUSAL = re.compile(r"(?:^|[\s:])5[0-9]{2}[ -]5\.[0-9]{1,3}\.[0-9]{1,3}\b", re.MULTILINE)


class Sendmail:
    """The program at this path."""

    def __init__(self, program: str, *, timeout: float = _TIMEOUT) -> None:
        """`timeout` in seconds: after it the mail may or may not have been taken."""
        self._program = program
        self._timeout = timeout

    def deliver(self, data: bytes, *, sender: str, recipients: Sequence[str]) -> dict[str, Outcome]:
        """One outcome for all: the program takes the mail or does not. See `transport.Carrier`."""
        try:
            outcome = self._run(data, sender, recipients)
        except OSError as error:  # before the program began: it is what leaves the mail in our hands
            outcome = "later", f"the mail cannot be handed to {self._program}: {error.strerror or error}"
        return dict.fromkeys(recipients, outcome)

    def close(self) -> None:
        """Nothing is open between two mails."""

    def _run(self, data: bytes, sender: str, recipients: Sequence[str]) -> Outcome:
        # -i: a lone dot does not end the mail. -oep: Exim would mail its complaints to the sender and be done
        # with it. Never -t: who gets it is said here, not read from the mail.
        command = [self._program, "-i", "-oep", "-f", sender or "<>", "--", *recipients]
        # From a file, not a pipe: were this process killed, a pipe would end early, and half a mail be sent.
        with tempfile.TemporaryFile() as mail, tempfile.TemporaryFile() as complaints:
            # Programs of a Unix machine are given its line ends; there is no other CR in the mail.
            mail.write(data.replace(b"\r\n", b"\n"))
            mail.seek(0)
            try:
                # In a session of its own, so that an impatient ^C does not stop it halfway.
                process = subprocess.Popen(
                    command,
                    stdin=mail,
                    stdout=complaints,
                    stderr=complaints,
                    env=_environment(),
                    cwd="/",
                    start_new_session=True,
                )
            except OSError as error:
                remedy = "Install a mail server, or name another program at `outgoing: sendmail:`."
                return "later", f"{self._program} cannot be run: {error.strerror}. {remedy}"
            try:
                code = process.wait(self._timeout)
            except subprocess.TimeoutExpired:
                # With what it started: nothing of it goes on when the outbox says that nobody knows.
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                return "unknown", f"{self._program} did not end within {self._timeout:g} s"
            said = ""
            with suppress(OSError):
                complaints.seek(0)
                said = complaints.read(_SAID).decode("utf-8", "replace").strip()
        return _outcome(self._program, code, said)


def _outcome(program: str, code: int, said: str) -> Outcome:
    if code == 0:
        return "sent", said
    if code < 0:
        return "unknown", f"{program} was killed by signal {-code}. {said}"
    words = f"{program} ended with {code}" + (f" ({_WORDS[code]})" if code in _WORDS else "")
    is_final = code in _FOR_GOOD or _REFUSAL.search(said) is not None
    return "refused" if is_final else "later", f"{words}: {said}" if said else words


def _environment() -> dict[str, str]:
    """Nothing that could change what the program does; a home, where some have their settings."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return kept | {"PATH": _PATH, "LC_ALL": "C", "TZ": "UTC"}
