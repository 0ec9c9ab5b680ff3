"""Names of tickets and entries: numbers for people, 80 bits in base32 for machines."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# Crockford's alphabet in lower case: no i, l, o, u, so that nobody misreads an id aloud.
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
ID_BYTES = 10
ID_LENGTH = 16
_ID = re.compile(f"[{ALPHABET}]{{{ID_LENGTH}}}")
# As high as a ticket file may say (FORMAT F10): short enough that no int() is slow.
HIGHEST: Final = 999_999_999
# As high as numbers go by themselves and from elsewhere: a hand's number above it leaves room behind it.
FARTHEST: Final = 99_999_999
_NUMBER = re.compile(r"(?:[A-Za-z][A-Za-z0-9]*-)?0*(\d{1,9})")


def write_id(data: bytes) -> str:
    """The first 80 bits of `data` (at least ten bytes) as sixteen letters and digits."""
    number = int.from_bytes(data[:ID_BYTES], "big")
    return "".join(ALPHABET[number >> shift & 31] for shift in range(75, -1, -5))


def is_id(text: str) -> bool:
    """Whether `text` is the id of an entry or the uid of a ticket."""
    return _ID.fullmatch(text) is not None


def ticket_id(prefix: str, number: int) -> str:
    """`TICKET-42`."""
    return f"{prefix}-{number}"


def read_number(text: str, prefix: str) -> int | None:
    """The number in `42`, `042`, `TICKET-42` or `ticket-42`; None when it names no ticket of ours."""
    match = _NUMBER.fullmatch(text.strip())
    if match is None or match.end(1) - match.start(1) > 9:  # noqa: PLR2004 - as in the pattern
        return None
    name, dash, _ = text.strip().rpartition("-")
    if dash and name.casefold() != prefix.casefold():
        return None
    return int(match[1]) or None


def number_after(highest: int, taken: Callable[[], Iterable[int]]) -> int:
    """The next number: above the highest that was given out, and one that can be read again.

    Where a hand went beyond FARTHEST, it is the first free one above all others; `taken` gives every number.
    """
    if highest < FARTHEST:
        return highest + 1
    used = {number for number in taken() if number <= HIGHEST}
    free = max((number for number in used if number <= FARTHEST), default=0) + 1
    while free in used:
        free += 1
    return free
