"""One command line, from words to exit code: the only place that turns faults into messages.

Exit codes are DECISIONS 31, owned by the kinds of DeskError; 130 is an interrupt, 141 a reader
that went away, as shells count them.
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import TYPE_CHECKING, cast

import typer

from helpdesk_cli.cli import complete
from helpdesk_cli.cli.output import Output
from helpdesk_cli.cli.root import make_root
from helpdesk_cli.cli.session import Session, is_terminal
from helpdesk_cli.errors import DeskError, UsageError, fault, is_of_the_system

if TYPE_CHECKING:
    from collections.abc import Sequence

INTERRUPTED = 130
READER_GONE = 141
TRY_AGAIN = 75
# Typer names no public base for its faults; BadParameter's own base is it in every version we take.
_USAGE_FAULT = cast("type[Exception]", typer.BadParameter.__base__)


def run(arguments: Sequence[str]) -> int:
    """The exit code of `desk ARGUMENTS…`; everything that can go wrong has been said on stderr."""
    session = Session()
    try:
        code = _call(arguments, session)
    except Exception as error:  # noqa: BLE001 - the one net below everything: no traceback meets a person
        code = _explain(arguments, session, error)
    except KeyboardInterrupt:
        code = INTERRUPTED
    return TRY_AGAIN if code and _mail_waits(arguments, session) else code


def _mail_waits(arguments: Sequence[str], session: Session) -> bool:
    """Whether a mail server may be at the other end: for any code but 0 and 75 it would return the mail.

    A command line that cannot be read counts too: a typing error in a recipe must not cost a mail.
    """
    if session.mail_waits is not None:
        return session.mail_waits
    return "ingest" in arguments and not is_terminal(0)


def _call(arguments: Sequence[str], session: Session) -> int:
    root = make_root()
    instruction = os.environ.get(complete.VARIABLE)
    if instruction:
        return complete.answer(root, instruction)
    with root.make_context("desk", list(arguments), obj=session) as context:
        answer = root.invoke(context)
    return answer if isinstance(answer, int) else 0


def _explain(arguments: Sequence[str], session: Session, error: Exception) -> int:
    """Say what went wrong, if anything did, and give its exit code."""
    if isinstance(error, typer.Exit):
        return error.exit_code
    if isinstance(error, typer.Abort):
        return INTERRUPTED
    if isinstance(error, BrokenPipeError):
        return _reader_gone()
    if isinstance(error, _USAGE_FAULT):
        error = _as_usage_error(error)
    if isinstance(error, OSError) and error.filename and is_of_the_system(error):
        error = fault(error, str(error.filename))
    if isinstance(error, DeskError):
        Output(session).error(str(error))
        return error.exit_code
    # A fault's own words may quote the mail, and a mail server reads what is said here.
    # What only a fault needs is loaded only for one.
    faults = importlib.import_module("helpdesk_cli.cli.faults")
    code: int = faults.report(Output(session), error, quotes=not _mail_waits(arguments, session))
    return code


def _as_usage_error(error: Exception) -> UsageError:
    """Typer's complaint in our words: the command as its place, where to read on as its remedy."""
    context = getattr(error, "ctx", None)
    name = getattr(context, "info_name", "") if getattr(context, "parent", None) is not None else ""
    format_message = getattr(error, "format_message", error.__str__)
    message = str(format_message()).strip()
    message = message[:1].lower() + message[1:]
    return UsageError(
        message, place=name or "", hint=f"See `desk help {name}`." if name else "See `desk help`."
    )


def _reader_gone() -> int:
    # `desk list | head` is no fault; the interpreter's own last flush would complain about the pipe.
    sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - lives until the process ends
    return READER_GONE
