"""Proof that a rating answers a question of ours: an HMAC over ticket, recipient, rating and last day.

RELIABILITY T45. A token stands in the subject of a mail that one of the links in our question begins:
`csat.good.UID.20261220.MAC`. It proves who was asked, not who answers: whoever has the mail may answer for
them, once (a later answer takes the place of the earlier one).
"""

from __future__ import annotations

import hmac
import re
from datetime import date
from typing import TYPE_CHECKING

from helpdesk_cli.tickets.ids import ALPHABET, ID_BYTES, write_id
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable

RATINGS = ("good", "ok", "bad")
# The wish to be asked no more is proven in the same way.
STOP = "stop"
MARK = "csat."
_SAID = "|".join((*RATINGS, STOP))
_TOKEN = re.compile(
    rf"(?<![\w.])csat\.({_SAID})\.([{ALPHABET}]{{16}})\.([0-9]{{8}})\.([{ALPHABET}]{{32}})(?![\w.])"
)
_SHORTEST_KEY = 16  # bytes, as in `token`
_LONGEST_TEXT = 2000
_MOST_TOKENS = 5


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it was read; nothing in it is proven before `is_signed`."""

    rating: str
    uid: str
    last_day: str  # YYYYMMDD, UTC
    mac: str

    def is_signed(self, recipient: str, key: bytes) -> bool:
        """Whether this desk wrote it to that address."""
        if len(key) < _SHORTEST_KEY:
            return False
        return hmac.compare_digest(self.mac, _mac(key, self.rating, self.uid, self.last_day, recipient))

    def is_valid_on(self, day: date) -> bool:
        """Whether that day is not behind the last one."""
        try:
            return day <= date.fromisoformat(self.last_day)
        except ValueError:
            return False


def write_token(uid: str, rating: str, *, recipient: str, last_day: date, key: bytes) -> str:
    """The token of one rating. ValueError on what could not be read back."""
    said = last_day.strftime("%Y%m%d")
    made = f"{MARK}{rating}.{uid}.{said}.{_mac(key, rating, uid, said, recipient)}"
    if not any(token.is_signed(recipient, key) for token in read_tokens(made)):
        raise ValueError(f"not fit for a rating: {rating!r}, {uid!r}, {recipient!r}")
    return made


def read_tokens(text: str) -> list[Token]:
    """What looks like a token, in any case; bounded, and [] for nearly every text."""
    folded = text[:_LONGEST_TEXT].casefold()
    if MARK not in folded:
        return []
    return [Token(*match.groups()) for match in _TOKEN.finditer(folded)][:_MOST_TOKENS]


def find_signed(text: str, recipients: Iterable[str], key: bytes) -> tuple[Token, str] | None:
    """The first token in a text that was written to one of these addresses, and that address."""
    known = sorted(recipients)
    return next(
        (
            (token, recipient)
            for token in read_tokens(text)
            for recipient in known
            if token.is_signed(recipient, key)
        ),
        None,
    )


def _mac(key: bytes, *parts: str) -> str:
    """160 bits in thirty-two lower-case letters and digits; the address counts in any case."""
    if len(key) < _SHORTEST_KEY:
        raise ValueError("the key is too short")
    said = "\0".join(("csat", *(part.casefold() for part in parts))).encode("utf-8", "surrogatepass")
    digest = hmac.digest(key, said, "sha256")
    return write_id(digest[:ID_BYTES]) + write_id(digest[ID_BYTES : 2 * ID_BYTES])
