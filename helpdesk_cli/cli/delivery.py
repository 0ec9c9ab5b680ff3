"""What the door for mail servers does once the reading child is on its way: desk, mail, ingest."""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING

from helpdesk_cli.cli.door import TRY_AGAIN, complain
from helpdesk_cli.desk.clock import read_clock
from helpdesk_cli.desk.desk import open_desk
from helpdesk_cli.desk.ingest import ingest
from helpdesk_cli.desk.outcome import Options
from helpdesk_cli.desk.reading import Reading, circumstances_of
from helpdesk_cli.errors import DeskError, TryAgainError, UsageError
from helpdesk_cli.mail.delivered import sender_above
from helpdesk_cli.mail.limits import LARGEST_MAIL
from helpdesk_cli.mail.received import Envelope

if TYPE_CHECKING:
    from helpdesk_cli.desk.desk import Desk

_STDIN = 0
_PIECE = 1 << 20

USAGE = "desk-ingest [--desk=DIR] [--sender=ADDRESS] [--recipient=ADDRESS]... [--check]"


def run(arguments: list[str], reader: tuple[int, int, int] | None) -> int:
    """Do what the arguments say; the exit status. `reader` is the waiting child. Raises our own faults."""
    try:
        return _take_in(arguments, reader)
    except DeskError as error:
        complain(f"{type(error).__name__}: {error}")
    except OSError as error:
        complain(f"{type(error).__name__}: {error.filename}: {error.strerror}")
    return TRY_AGAIN


def _take_in(arguments: list[str], reader: tuple[int, int, int] | None) -> int:
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
    if sender is None:
        sender = sender_above(data)
    envelope = Envelope(sender, tuple(recipients or _recipients_told()))
    reading = Reading(data, envelope, circumstances_of(desk), reader=reader)
    ingest(desk, data, Options(envelope, live=True), reading=reading)
    return 0


def _check(desk: Desk) -> int:
    """0 when this user could take in a mail now; the reasons on standard error otherwise. Changes nothing."""
    # Only here: not worth a millisecond of every mail.
    obstacles = importlib.import_module("helpdesk_cli.desk.readiness").obstacles(desk)
    for obstacle in obstacles:
        complain(obstacle)
    return TRY_AGAIN if obstacles else 0


def _recipients_told() -> list[str]:
    told = os.environ.get("ORIGINAL_RECIPIENT") or os.environ.get("RECIPIENT")
    return [told] if told else []


def _read_all() -> bytes:
    pieces = []
    size = 0
    while piece := os.read(_STDIN, _PIECE):
        pieces.append(piece)
        size += len(piece)
        if size > LARGEST_MAIL:
            raise TryAgainError(f"larger than {LARGEST_MAIL} bytes", "stdin")
    return b"".join(pieces)
