"""`desk-ingest`: the door for mail servers. One mail on standard input; exit 0 or 75, nothing printed from it.

Run by the shim as `python -I -c 'from helpdesk_cli.cli.door import main; main()'`. No Typer in its
path; start-up is what a mail server waits for. Whatever goes wrong ends in 75 (EX_TEMPFAIL of
sysexits.h): the mail server keeps the mail and tries again. What is written to standard error names
the fault and never holds text of the mail: Postfix would read `5.7.1 ...` there as a refusal.
"""

from __future__ import annotations

import gc
import os
import sys

# A process that lives for a tenth of a second collects no garbage: 6 ms of 74.
gc.disable()

from helpdesk_cli.desk.clock import read_clock  # noqa: E402 - see above
from helpdesk_cli.desk.desk import open_desk  # noqa: E402
from helpdesk_cli.desk.ingest import Options, ingest  # noqa: E402
from helpdesk_cli.errors import DeskError, TryAgainError, UsageError  # noqa: E402
from helpdesk_cli.mail.received import Envelope  # noqa: E402

TRY_AGAIN = 75
_STDIN = 0
_PIECE = 1 << 20
# More than any mail server hands over (Postfix: 10 MB by default); a bound on our memory.
LARGEST = 256 * 1024 * 1024

USAGE = "desk-ingest [--desk=DIR] [--sender=ADDRESS] [--recipient=ADDRESS]... [--check]"


def main() -> None:
    """Take in the mail on standard input and end the process."""
    status = TRY_AGAIN
    try:
        status = run(sys.argv[1:])
    except DeskError as error:
        _complain(f"{type(error).__name__}: {error.place or error.message}")
    except BaseException as error:  # noqa: BLE001 - whatever it is, the mail server keeps the mail
        _complain(type(error).__name__)
    # Everything that matters is on the disk; tearing the interpreter down costs 8 ms and may still fail.
    os._exit(status)


def run(arguments: list[str]) -> int:
    """Do what the arguments say; the exit status. Raises DeskError and whatever else goes wrong."""
    folder, check = os.environ.get("DESK_DIR", "."), False
    sender: str | None = None
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
        return 0
    data = _read_all()
    if not data:
        # An MTA never hands over nothing; a broken pipe does.
        raise TryAgainError("nothing came on standard input", "stdin")
    ingest(desk, data, Options(Envelope(sender, tuple(recipients)), live=True))
    return 0


def _read_all() -> bytes:
    pieces = []
    size = 0
    while piece := os.read(_STDIN, _PIECE):
        pieces.append(piece)
        size += len(piece)
        if size > LARGEST:
            raise TryAgainError(f"larger than {LARGEST} bytes", "stdin")
    return b"".join(pieces)


def _complain(words: str) -> None:
    line = f"desk-ingest: {words}\n".encode("ascii", "backslashreplace")
    try:
        os.write(2, line)
    except OSError:
        return
