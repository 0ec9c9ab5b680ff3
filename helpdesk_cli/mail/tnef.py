"""winmail.dat (application/ms-tnef) opened: what Outlook wraps when it takes the reader for Outlook.

Read by MS-OXTNEF, every count and length held to the bytes that are there. (tnefparse 1.4, which did
this first, believes any count: 4 billion turns for a changed byte; it also copies what follows at
each attribute, and knows nothing of types and content ids.)
"""

from __future__ import annotations

import importlib
import struct
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from helpdesk_cli.mail.charsets import decode
from helpdesk_cli.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Iterator

KINDS: Final = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
_SIGNATURE: Final = b"\x78\x9f\x3e\x22"
_DEPTH: Final = 3  # mails in mails
_FILES: Final = 1000
_RTF: Final = 512 << 10  # bytes of compressed RTF; its reader takes a second for that

# Attributes (MS-OXTNEF 2.1.3.2).
_BODY, _OEM_CODEPAGE, _MESSAGE_PROPERTIES = 0x800C, 0x9007, 0x9003
_ATTACH_START, _ATTACH_TITLE, _ATTACH_DATA, _ATTACH_PROPERTIES = 0x9002, 0x8010, 0x800F, 0x9005
# Properties (MS-OXPROPS).
_TEXT, _RTF_COMPRESSED, _HTML, _INTERNET_CODEPAGE = 0x1000, 0x1009, 0x1013, 0x3FDE
_DISPLAY_NAME, _CONTENT, _FILE_NAME, _LONG_FILE_NAME = 0x3001, 0x3701, 0x3704, 0x3707
_MIME_TYPE, _CONTENT_ID = 0x370E, 0x3712
# Types of properties (MS-OXCDATA 2.11.1): the bytes that each value takes, padding and all.
_FIXED: Final = {2: 4, 3: 4, 4: 4, 5: 8, 6: 8, 7: 8, 0x0A: 4, 0x0B: 4, 0x14: 8, 0x40: 8, 0x48: 16}
_STRING8, _UNICODE, _OBJECT, _BINARY = 0x1E, 0x1F, 0x0D, 0x102
_MULTIPLE, _NAMED = 0x1000, 0x8000
_INTERFACE: Final = 16  # bytes


class File(NamedTuple):
    """A file in a winmail.dat; `kind` and `content_id` are "" where it says none."""

    name: str
    content: bytes
    kind: str = ""
    content_id: str = ""


@dataclass(slots=True)
class Wrapped:
    """What a winmail.dat holds."""

    text: str = ""
    html: str = ""
    files: list[File] = field(default_factory=list)  # the formatted body among them
    whole: bool = False  # False when some of it could not be read


def is_tnef(kind: str, name: str, content: bytes) -> bool:
    """Whether a part is a winmail.dat, whatever the gateways on its way called it."""
    return content.startswith(_SIGNATURE) and (kind in KINDS or name.lower().endswith(".dat"))


def unwrap(content: bytes) -> Wrapped:
    """What is in a winmail.dat, as far as it can be read. Never raises."""
    return _Reader(content, _DEPTH).wrapped


class _Reader:
    """One winmail.dat, or a mail in it."""

    def __init__(self, content: bytes, depth: int) -> None:
        self.wrapped = Wrapped(whole=True)
        self._depth = depth
        self._page = ""  # the character set of its 8-bit strings
        self._attachments: list[dict[int, bytes | str]] = []
        message: dict[int, bytes | str] = {}
        for identity, data in self._attributes(content):
            if identity == _OEM_CODEPAGE and len(data) >= 4:  # noqa: PLR2004 - a number of 32 bits
                self._page = f"cp{struct.unpack_from('<I', data)[0]}"
            elif identity == _BODY:
                message.setdefault(_TEXT, data)
            elif identity == _MESSAGE_PROPERTIES:
                message.update(self._properties(data))
            elif identity == _ATTACH_START and len(self._attachments) < _FILES:
                self._attachments.append({})
            elif self._attachments:
                self._attach(identity, data)
        for attachment in self._attachments:
            self._add(attachment)
        self._add_body(message)
        if not (self.wrapped.text or self.wrapped.files):
            self.wrapped.whole = False

    def _attributes(self, content: bytes) -> Iterator[tuple[int, bytes]]:
        """(id, data) of each attribute."""
        at = 6
        while at + 11 <= len(content):
            _, identity, _, length = struct.unpack_from("<BHHI", content, at)
            if at + 11 + length > len(content):
                break
            yield identity, content[at + 9 : at + 9 + length]
            at += 11 + length  # two bytes of checksum: what is damaged shows elsewhere
        if at != len(content):
            self.wrapped.whole = False

    def _properties(self, data: bytes) -> dict[int, bytes | str]:
        """The last value of each property that has bytes or text."""
        found: dict[int, bytes | str] = {}
        try:
            at = 4
            for _ in range(_count(data, 0, 4)):
                at = self._property(data, at, found)
        except (struct.error, ValueError):
            self.wrapped.whole = False
        return found

    def _property(self, data: bytes, at: int, found: dict[int, bytes | str]) -> int:
        """Read the property at `at` into `found`; where the next one begins."""
        kind, identity = struct.unpack_from("<HH", data, at)
        at += 4
        if identity >= _NAMED:
            at += 20
            (by_name,) = struct.unpack_from("<I", data, at - 4)
            at += 4 + (_padded(_count(data, at, 1)) if by_name else 0)
        base = kind & ~_MULTIPLE
        if base in _FIXED:
            size = _FIXED[base]
            count = _count(data, at, size) if kind & _MULTIPLE else 1
            at += 4 * bool(kind & _MULTIPLE)
            found[identity] = data[at : at + size]
            return at + size * count
        if base not in {_STRING8, _UNICODE, _OBJECT, _BINARY}:
            raise ValueError(base)
        count = _count(data, at, 4)
        at += 4
        for _ in range(count):
            length = _count(data, at, 1)
            value = data[at + 4 : at + 4 + length]
            if base == _UNICODE:
                found[identity] = decode(value, "utf-16-le")[0].rstrip("\0")
            else:
                # An object begins with what kind of object it is, a storage or a mail.
                found[identity] = value[_INTERFACE:] if base == _OBJECT else value
            at += 4 + _padded(length)
        return at

    def _attach(self, identity: int, data: bytes) -> None:
        attachment = self._attachments[-1]
        if identity == _ATTACH_TITLE:
            attachment.setdefault(_FILE_NAME, data)
        elif identity == _ATTACH_DATA:
            attachment.setdefault(_CONTENT, data)
        elif identity == _ATTACH_PROPERTIES:
            # The old attributes hold the short name; the content may be in either.
            attachment.update(self._properties(data))

    def _add(self, attachment: dict[int, bytes | str]) -> None:
        names = (self._text(attachment.get(key, b"")) for key in (_LONG_FILE_NAME, _FILE_NAME, _DISPLAY_NAME))
        name = next(filter(None, names), "")
        content = attachment.get(_CONTENT, b"")
        content = content if isinstance(content, bytes) else b""
        if content.startswith(_SIGNATURE) and self._depth > 1:
            mail = _Reader(content, self._depth - 1).wrapped
            self.wrapped.whole = self.wrapped.whole and mail.whole
            if mail.text and not mail.html:
                self.wrapped.files.append(File(f"{name or 'message'}.txt", mail.text.encode(), "text/plain"))
            self.wrapped.files += mail.files
            return
        kind = self._text(attachment.get(_MIME_TYPE, b"")).strip().lower()
        content_id = self._text(attachment.get(_CONTENT_ID, b"")).strip("<> ")
        self.wrapped.files.append(File(name, content, kind, content_id[:250]))

    def _add_body(self, message: dict[int, bytes | str]) -> None:
        """The text; and the body as it was formatted, as pictures and tables in it are in no text."""
        page = message.get(_INTERNET_CODEPAGE, b"")
        if isinstance(page, bytes) and len(page) == 4:  # noqa: PLR2004 - a number of 32 bits
            number = struct.unpack("<I", page)[0]
            self._page = {65001: "utf-8", 20127: "us-ascii"}.get(number, _PAGES.get(number, f"cp{number}"))
        self.wrapped.text = self._text(message.get(_TEXT, b""))
        html = message.get(_HTML, b"")
        self.wrapped.html = self._text(html)
        if html:
            octets = html if isinstance(html, bytes) else html.encode()
            self.wrapped.files.append(File("body.html", octets, "text/html"))
        packed = message.get(_RTF_COMPRESSED, b"")
        if isinstance(packed, bytes) and packed:
            rtf = _unpacked(packed)
            if rtf:
                self.wrapped.files.append(File("body.rtf", rtf, "text/rtf"))
            else:
                self.wrapped.whole = False

    def _text(self, value: bytes | str) -> str:
        return (decode(value, self._page)[0] if isinstance(value, bytes) else value).strip("\0")


# Code pages that have another name than their number.
_PAGES: Final = {
    20866: "koi8-r",
    21866: "koi8-u",
    28591: "iso-8859-1",
    28592: "iso-8859-2",
    28595: "iso-8859-5",
    28597: "iso-8859-7",
    28599: "iso-8859-9",
    28605: "iso-8859-15",
    50220: "iso-2022-jp",
    50221: "iso-2022-jp",
    50225: "iso-2022-kr",
    51932: "euc-jp",
    51949: "euc-kr",
    54936: "gb18030",
}


def _count(data: bytes, at: int, size: int) -> int:
    """The number at `at`, of things that take at least `size` bytes each and must be there."""
    (count,) = struct.unpack_from("<I", data, at)
    if at + 4 + count * size > len(data):
        raise ValueError(count)
    return int(count)


def _padded(length: int) -> int:
    return length + -length % 4


@cache
def _rtf_reader() -> Any:  # noqa: ANN401 - it has no types
    # Imported when there is a formatted body to unpack.
    return importlib.import_module("compressed_rtf")


def _unpacked(packed: bytes) -> bytes:
    """Compressed RTF (MS-OXRTFCP) as RTF; b"" when it is damaged or too long."""
    if len(packed) > _RTF:
        return b""
    try:
        # The reader wants the end marker, which some writers leave out.
        return bytes(_rtf_reader().decompress(packed + b"\0")).rstrip(b"\0")
    except Exception:  # noqa: BLE001 - it raises bare Exception, and what Python raises on damage
        return b""
