r"""What `mail/incoming` makes of raw bytes: plain values, every one of them bounded and decoded.

Text here is str without lone surrogates, lines end in "\n" only; control characters may still be
in it (they are made visible where text is stored or shown, not here). Ids are bare: no `<` `>`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from helpdesk_cli.tickets.entries import Segment, SegmentKind
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from datetime import datetime

    from helpdesk_cli.tickets.person import Person

__all__ = ["Automatic", "Bulk", "Incoming", "Part", "Segment", "SegmentKind"]

Automatic = Literal["auto-reply", "bounce", "loop", "other"]
Bulk = Literal["list", "newsletter"]


@dataclass(frozen=True, slots=True)
class Part:
    """An attachment as it came: every part that is not the text, attached mails among them."""

    filename: str  # safe and readable: no path, no control or bidi characters, at most 100 bytes, never ""
    original_name: str  # as the mail gave it, decoded; "" when it gave none
    content_type: str  # "type/subtype", lower case
    content: bytes  # decoded from its transfer encoding
    content_id: str = ""  # without < >
    inline: bool = False


@dataclass(frozen=True, slots=True)
class Incoming:
    """A mail as read. `problems` names what was wrong with it in words from a fixed list."""

    message_id: str = ""  # "" when missing or not usable as an id
    in_reply_to: str = ""  # the first id
    references: tuple[str, ...] = ()  # References, then further In-Reply-To ids; bounded, in order
    subject: str = ""
    from_: tuple[Person, ...] = ()  # every mailbox of every From header: normally one
    sender: Person | None = None
    reply_to: tuple[Person, ...] = ()
    to: tuple[Person, ...] = ()
    cc: tuple[Person, ...] = ()
    date: datetime | None = None  # UTC; None when missing or absurd
    text: str = ""  # the whole text, quoted history included
    parts: tuple[Part, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()  # (lower-case name, decoded unfolded value), top level, bounded
    content_type: str = "text/plain"  # of the whole mail, e.g. "multipart/report"
    report_type: str = ""  # the report-type parameter of a multipart/report
    problems: tuple[str, ...] = ()

    def header(self, name: str) -> str:
        """The first header of that (lower-case) name, or ""."""
        return next((value for key, value in self.headers if key == name), "")

    def all_headers(self, name: str) -> list[str]:
        """Every header of that (lower-case) name, in the order of the mail."""
        return [value for key, value in self.headers if key == name]
