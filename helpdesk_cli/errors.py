"""What can go wrong, said as place, fact and remedy; each kind owns its exit code.

The codes are DECISIONS 31: 1 findings, 2 usage, 3 not found, 4 invalid file, 5 conflict,
6 cancelled, 7 not sent, 8 partial, 70 internal, 75 try again.
"""

from __future__ import annotations

import errno
from typing import ClassVar


class DeskError(Exception):
    """A fault that a person can act on: where it is, what it is, what to do about it."""

    exit_code: ClassVar[int] = 70

    def __init__(self, message: str, place: str = "", hint: str = "") -> None:
        """`place` is a file with its line, an option, a ticket; `hint` a sentence."""
        super().__init__(message)
        self.message = message
        self.place = place
        self.hint = hint

    def __str__(self) -> str:
        """`PLACE: message. hint`, with the empty pieces left out."""
        text = f"{self.place}: {self.message}" if self.place else self.message
        if not self.hint:
            return text
        stop = "" if text.endswith((".", "?", "!")) else "."
        return f"{text}{stop} {self.hint}"


class FindingsError(DeskError):
    """A check looked and found something."""

    exit_code = 1


class UsageError(DeskError):
    """The command line or a query is wrong."""

    exit_code = 2


class NotFoundError(DeskError):
    """What was named does not exist, is ambiguous, or lies on another host."""

    exit_code = 3


class InvalidFileError(DeskError):
    """A ticket file, a configuration file or a template cannot be read as what it claims to be."""

    exit_code = 4


class ConflictError(DeskError):
    """Somebody else changed the same thing; nothing was overwritten."""

    exit_code = 5


class CancelledError(DeskError):
    """A person said no, or nobody was there to be asked."""

    exit_code = 6


class NotSentError(DeskError):
    """A mail did not leave."""

    exit_code = 7


class PartialError(DeskError):
    """The work is done except for some files that could not be read."""

    exit_code = 8


class TryAgainError(DeskError):
    """A passing fault (a busy lock, a full disk): the same call may succeed later."""

    exit_code = 75


_NO_ACCESS = "`desk doctor` shows who may write where."
_HINTS = {
    errno.ENOSPC: "Free some space on this disk.",
    errno.EDQUOT: "The disk quota is used up.",
    errno.EROFS: "This disk is mounted read-only.",
    errno.EIO: "The disk reports an error: look at the kernel's log before anything else.",
    errno.EACCES: _NO_ACCESS,
    errno.EPERM: _NO_ACCESS,
    errno.EMFILE: "Too many files are open in this process.",
    errno.ENFILE: "Too many files are open on this machine.",
}
# ENXIO: a socket, or a FIFO that nobody reads.
_OTHER_KINDS = {errno.ELOOP, errno.ENOTDIR, errno.EISDIR, errno.ENXIO}


def fault(error: OSError, place: object) -> DeskError:
    """The DeskError that says what `error` means at `place`."""
    what = (error.strerror or str(error)).lower()
    if error.errno in _OTHER_KINDS:
        return InvalidFileError(
            f"something else stands where a plain file or a folder belongs ({what})",
            str(place),
            "desk never reads or writes through symbolic links: move it away.",
        )
    return TryAgainError(what, str(place), _HINTS.get(error.errno or 0, ""))


def is_of_the_system(error: OSError) -> bool:
    """Whether the disk or its rights are at fault, wherever it showed: no mistake of ours."""
    return error.errno in _HINTS


def where(error: BaseException) -> str:
    """`in FILE:LINE` of the innermost call: not the error's words, which may hold text of a mail."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"in {trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""
