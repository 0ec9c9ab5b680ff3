"""Mail as an mbox holds it (mboxrd): a `From ` line, lines that end in LF, one more `>` before `From `."""

from __future__ import annotations

import re
from datetime import UTC
from typing import TYPE_CHECKING, Final

from helpdesk_cli.mail import header_lines as lines

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_QUOTED: Final = re.compile(rb"^(>*From )", re.MULTILINE)
_SENDER: Final = re.compile(r"[!-~]{1,320}")
_HEAD_END: Final = re.compile(rb"\n\n")


def mbox_entry(data: bytes, *, sender: str, at: datetime) -> bytes:
    """The mail with its `From ` line and the empty line behind it. RFC 4155; quoted as in qmail's mbox(5)."""
    who = sender if _SENDER.fullmatch(sender) else "MAILER-DAEMON"
    at = at.astimezone(UTC)
    when = f"{_DAYS[at.weekday()]} {_MONTHS[at.month - 1]} {at.day:2} {at:%H:%M:%S} {at.year:04}"
    body = _QUOTED.sub(rb">\1", without_envelope(data).replace(b"\r\n", b"\n"))
    return f"From {who} {when}\n".encode("ascii") + body + (b"\n" if body.endswith(b"\n") else b"\n\n")


def without_envelope(data: bytes) -> bytes:
    """The mail without a `From ` line that a mail server wrote above it."""
    return data.partition(b"\n")[2] if data.startswith(b"From ") else data


def has_header(data: bytes, *names: str) -> bool:
    """Whether a mail's own headers have one of these."""
    head = _HEAD_END.split(without_envelope(data).replace(b"\r\n", b"\n"), maxsplit=1)[0]
    wanted = b"|".join(name.encode() for name in names)
    return bool(re.search(rb"^(?:%s)[ \t]*:" % wanted, head, re.MULTILINE | re.IGNORECASE))


def with_headers(data: bytes, headers: Iterable[tuple[str, str]]) -> bytes:
    """The mail with these above its own, as a mail server adds what it has to say; its own bytes stay."""
    added = b"".join(lines.header(name, lines.text_words(value)) for name, value in headers if value)
    return added + without_envelope(data)
