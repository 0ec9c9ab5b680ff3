"""What the operating system refuses, said as a DeskError with its remedy (RELIABILITY G6)."""

from __future__ import annotations

import errno
from contextlib import contextmanager
from typing import TYPE_CHECKING

from helpdesk_cli.errors import DeskError, InvalidFileError, TryAgainError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

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


def fault(error: OSError, place: Path | str) -> DeskError:
    """The DeskError that says what `error` means at `place`."""
    what = (error.strerror or str(error)).lower()
    if error.errno in _OTHER_KINDS:
        return InvalidFileError(
            f"something else stands where a plain file or a folder belongs ({what})",
            str(place),
            "desk never reads or writes through symbolic links: move it away.",
        )
    return TryAgainError(what, str(place), _HINTS.get(error.errno or 0, ""))


@contextmanager
def translated(place: Path | str) -> Iterator[None]:
    """OSErrors inside become DeskErrors; "exists" and "does not exist" stay, for callers decide on them."""
    try:
        yield
    except (FileExistsError, FileNotFoundError):
        raise
    except OSError as error:
        raise fault(error, place) from error
