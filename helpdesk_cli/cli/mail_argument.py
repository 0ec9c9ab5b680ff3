"""A mail that somebody names on the command line: a file, or `-`."""

from __future__ import annotations

import sys
from pathlib import Path

from helpdesk_cli.errors import NotFoundError, UsageError
from helpdesk_cli.mail.limits import LARGEST_MAIL

__all__ = ["read_mail"]


def read_mail(name: str) -> bytes:
    """The bytes of the file, or of standard input for `-`.

    Raises NotFoundError where it cannot be read, UsageError where nothing or too much is in it.
    """
    try:
        if name == "-":
            data = sys.stdin.buffer.read(LARGEST_MAIL + 1)
        else:
            with Path(name).open("rb") as file:
                data = file.read(LARGEST_MAIL + 1)
    except OSError as error:
        raise NotFoundError(f"cannot be read: {error.strerror}", name) from error
    if not data.strip():
        raise UsageError("there is no mail in it", name)
    if len(data) > LARGEST_MAIL:
        raise UsageError(f"the mail is larger than {LARGEST_MAIL} bytes", name)
    return data
