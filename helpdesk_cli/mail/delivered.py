"""The envelope sender, as whoever delivered a mail to our program wrote it above the mail.

Programs that hand a mail on do not all say the envelope (procmail clears the environment); local delivery
writes it on top: the `From ` line (of local(8), of procmail) or a Return-Path (RFC 5321 section 4.4). What
stands above the first Received was written by our own machine; below it, by anybody.
"""

from __future__ import annotations

_LONGEST = 320
_MOST_LINES = 20
# What mail servers write in the place of the null sender in a `From ` line.
_NULL = frozenset({b"MAILER-DAEMON", b"<>"})


def sender_above(data: bytes) -> str | None:
    """The envelope sender that stands above a piped mail: "" the null sender, None where none stands."""
    for number, line in enumerate(data[: 1 << 14].split(b"\n")[:_MOST_LINES]):
        name, colon, value = line.partition(b":")
        if number == 0 and line.startswith(b"From "):
            words = line.split()
            sender = words[1] if len(words) > 1 else b""
            return None if not sender else "" if sender in _NULL else _address(sender)
        if colon and name.strip().lower() == b"return-path":
            return _address(value.strip())
        if not line.strip() or name.strip().lower() == b"received":
            return None
    return None


def _address(word: bytes) -> str | None:
    """The address without brackets; None for what is none, so that it counts as not told."""
    bare = word.strip(b"<> \t\r")
    if not bare:
        return "" if word.strip() == b"<>" else None
    fits = len(bare) <= _LONGEST and bare.isascii() and b"@" in bare and not bare.split()[1:]
    return bare.decode("ascii") if fits else None
