"""`desk-ingest`, the door for mail servers: a mail on standard input, exit 0 or 75, nothing printed of it.

Run by the shim as `python -I -c 'from helpdesk_cli.cli.door import main; main()'`. No Typer in its
path; start-up is what a mail server waits for. Whatever goes wrong ends in 75 (EX_TEMPFAIL of
sysexits.h): the mail server keeps the mail and tries again. What is written to standard error names
the fault and never holds text of the mail: Postfix would read `5.7.1 ...` there as a refusal.
"""

from __future__ import annotations

import gc
import importlib
import os
import signal
import sys
from typing import TYPE_CHECKING

# A process that lives for a tenth of a second collects no garbage: 6 ms of 74.
gc.disable()

from helpdesk_cli.desk.clock import read_clock  # noqa: E402 - see above
from helpdesk_cli.desk.desk import open_desk  # noqa: E402
from helpdesk_cli.desk.reading import Reading, circumstances_of  # noqa: E402
from helpdesk_cli.errors import DeskError, TryAgainError, UsageError  # noqa: E402
from helpdesk_cli.mail.received import Envelope  # noqa: E402

if TYPE_CHECKING:
    from helpdesk_cli.desk.desk import Desk

TRY_AGAIN = 75
_STDIN = 0
_PIECE = 1 << 20
# More than any mail server hands over (Postfix: 10 MB by default); a bound on our memory.
LARGEST = 256 * 1024 * 1024
# A mail server that loses patience may bounce (Postfix does, after the 300 s of our recipe): be sooner.
LONGEST = 240

USAGE = "desk-ingest [--desk=DIR] [--sender=ADDRESS] [--recipient=ADDRESS]... [--check]"


def main() -> None:
    """Take in the mail on standard input and end the process."""
    status = TRY_AGAIN
    _open_standard_streams()
    signal.alarm(LONGEST)
    try:
        status = run(sys.argv[1:])
    except DeskError as error:
        _complain(f"{type(error).__name__}: {error}")
    except OSError as error:
        _complain(f"{type(error).__name__}: {error.filename}: {error.strerror}")
    except BaseException as error:  # noqa: BLE001 - whatever it is, the mail server keeps the mail
        _complain(f"{type(error).__name__} {_where(error)}")
    # Everything that matters is on the disk; tearing the interpreter down costs 8 ms and may still fail.
    os._exit(status)


def run(arguments: list[str]) -> int:
    """Do what the arguments say; the exit status. Raises DeskError and whatever else goes wrong."""
    folder, check = os.environ.get("DESK_DIR", "."), False
    # Postfix's local(8), Exim and qmail say the envelope here; an empty sender is the null sender.
    sender = os.environ.get("SENDER")
    recipients: list[str] = []
    for argument in arguments:
        name, equals, value = argument.partition("=")
        if argument == "--check":
            check = True
        elif name == "--desk" and equals:
            folder = value
        elif name == "--sender" and equals:
            sender = value.strip("<> ")
        elif name == "--recipient" and equals:
            recipients.append(value.strip("<> "))
        else:
            raise UsageError("unknown argument", USAGE)
    desk = open_desk(folder, now=read_clock(os.environ.get("DESK_NOW", "")))
    if check:
        return _check(desk)
    data = _read_all()
    if not data:
        # An MTA never hands over nothing; a broken pipe does.
        raise TryAgainError("nothing came on standard input", "stdin")
    envelope = Envelope(sender, tuple(recipients or _recipients_told()))
    reading = Reading(data, envelope, circumstances_of(desk))
    # Imported while the child reads the mail: on two cores that hides a quarter of the whole run.
    verb = importlib.import_module("helpdesk_cli.desk.ingest")
    verb.ingest(desk, data, verb.Options(envelope, live=True), reading=reading)
    return 0


def _check(desk: Desk) -> int:
    """0 when this user could take in a mail now; the reasons on standard error otherwise. Changes nothing."""
    # Only here: not worth a millisecond of every mail.
    obstacles = importlib.import_module("helpdesk_cli.desk.readiness").obstacles(desk)
    for obstacle in obstacles:
        _complain(obstacle)
    return TRY_AGAIN if obstacles else 0


def _recipients_told() -> list[str]:
    told = os.environ.get("ORIGINAL_RECIPIENT") or os.environ.get("RECIPIENT")
    return [told] if told else []


def _open_standard_streams() -> None:
    """Closed ones on /dev/null: else the next file opened would be the mail, or get our complaints."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


def _read_all() -> bytes:
    pieces = []
    size = 0
    while piece := os.read(_STDIN, _PIECE):
        pieces.append(piece)
        size += len(piece)
        if size > LARGEST:
            raise TryAgainError(f"larger than {LARGEST} bytes", "stdin")
    return b"".join(pieces)


def _where(error: BaseException) -> str:
    """File and line of the innermost call; not the message, which may hold text of the mail."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"in {trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""


def _complain(words: str) -> None:
    visible = "".join(character if character.isprintable() else "?" for character in words)
    line = f"desk-ingest: {visible}\n".encode("ascii", "backslashreplace")
    try:
        os.write(2, line)
    except OSError:
        return
