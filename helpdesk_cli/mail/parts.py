"""What a mail is made of: parts in parts, and the leaves that hold its text and its files.

The structure is the one that mail-parser reads (its `message`: the standard library's parser with
the compat32 policy). Here attached mails stay closed: they are bytes, as they came.
"""

from __future__ import annotations

import email
import re
from email.message import Message
from typing import TYPE_CHECKING, Any, Final, Literal

from helpdesk_cli.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Iterator

Role = Literal["plain", "html", "attached"]

# Text that is not for reading as the body of a mail.
_FILES: Final = frozenset(
    [
        "calendar",
        "csv",
        "css",
        "javascript",
        "rfc822-headers",
        "rtf",
        "vcard",
        "x-vcard",
        "directory",
        "xml",
        "x-patch",
        "x-diff",
        "patch",
        "x-python",
        "x-sh",
        "x-shellscript",
        "x-csrc",
        "x-chdr",
        "x-log",
        "tab-separated-values",
        "troff",
        "sgml",
        "x-tex",
        "cache-manifest",
        "x-moz-deleted",
    ]
)
# Other versions of the text for programs that desk is none of.
RENDITIONS: Final = frozenset({"text/x-amp-html", "text/watch-html", "text/x-watch-html"})
CONTENT_TYPE: Final = re.compile(r"[a-z0-9!#$&^_.+-]{1,80}/[a-z0-9!#$&^_.+-]{1,80}")


class Unopened(Message):
    """A message of the standard library that leaves attached mails unparsed, whatever their depth."""

    @property
    def source(self) -> str:
        """The undecoded body of a part that has no parts, bytes as surrogates; "" when it has parts.

        Not `get_payload()`, which applies the declared character set to it and so changes its bytes.
        """
        payload: Any = self._payload  # type: ignore[attr-defined] # where the base keeps it
        return payload if isinstance(payload, str) else ""

    def get_content_type(self) -> str:
        """The type, for the parser: an attached mail is bytes to it."""
        kind = super().get_content_type()
        return "application/octet-stream" if kind.startswith("message/") else kind

    @property
    def kind(self) -> str:
        """The type as the part says it, lower-case, always `type/subtype`."""
        kind = super().get_content_type()
        return kind if CONTENT_TYPE.fullmatch(kind) else "application/octet-stream"

    def said(self, name: str) -> list[str]:
        """The values of the headers of that (lower-case) name, bytes as surrogates."""
        return [str(value) for key, value in self.raw_items() if key.lower() == name]

    def first(self, name: str) -> str:
        """The first of them, or ""."""
        return next(iter(self.said(name)), "")


@dataclass(slots=True, eq=False)
class Leaf:
    """A part without parts."""

    node: Unopened
    kind: str
    role: Role
    original_name: str = ""
    content_id: str = ""
    inline: bool = False
    parameters: dict[str, str] = field(default_factory=dict)
    content: bytes = b""

    @property
    def charset(self) -> str:
        """The character set that the part names, or ""."""
        return self.parameters.get("charset", "")


def parse(raw: bytes) -> Unopened:
    """The structure of a mail; raises what the standard library's parser raises."""
    return email.message_from_bytes(raw, _class=Unopened)


def body_role(kind: str) -> Role:
    """Whether a part of this type is text to read, when nothing else makes it an attachment."""
    main, _, sub = kind.partition("/")
    if main != "text" or sub in _FILES or kind in RENDITIONS:
        return "attached"
    return "html" if sub == "html" else "plain"


def bodies(leaves: list[Leaf]) -> Iterator[Leaf]:
    """The leaves that are text."""
    return (leaf for leaf in leaves if leaf.role != "attached")
