"""The words of a mail in every wrapping that bytes can have: for looking whether somebody is named in it.

Nothing is parsed: damaged mail is looked through alike, and a part more than a reader would show is none too
many. Records of this host and other files may be given as well.
"""

from __future__ import annotations

import binascii
import html
import re
from typing import TYPE_CHECKING, Final

from helpdesk_cli.mail.charsets import codec_named
from helpdesk_cli.mail.headers import from_base64, header_text

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_CHARSETS: Final = 12
# RFC 2047: one word, and neighbours, which are decoded together as letters are cut in two.
_WORD: Final = rb"=\?[^\s?]{1,75}\?[bBqQ]\?[^?\r\n]{0,1000}\?="
_WORDS: Final = re.compile(rb"%s(?:\s+%s)*" % (_WORD, _WORD))
# Lines of nothing but base64.
_BASE64: Final = re.compile(
    rb"^[A-Za-z0-9+/]{4,}={0,2}[ \t]*\r?$(?:\n[A-Za-z0-9+/]+={0,2}[ \t]*\r?$)*", re.MULTILINE
)
_CHARSET: Final = re.compile(rb"charset\s*=\s*[\"']?([\w.:-]{1,40})|\*=\"?([\w.:-]{1,40})'", re.IGNORECASE)
# RFC 2231 and links; JSON.
_PERCENT: Final = re.compile(rb"(?:%[0-9A-Fa-f]{2})+")
_ESCAPED: Final = re.compile(r"(?:\\u[0-9A-Fa-f]{4})+")
_ENTITY: Final = re.compile(r"&#?\w{1,30};")


def unwrapped(data: bytes) -> Iterator[str]:
    """Texts, among which are all words of the mail: of its headers, of its parts and of their names.

    Bytes that are no text in any character set named in it are lone surrogates.
    """
    if b"=?" in data:
        data = _WORDS.sub(lambda found: header_text(found[0].decode("latin-1")).encode(), data)
    codecs = _codecs(data)
    is_wide = any(name.startswith(("utf-16", "utf-32")) for name in codecs)
    for piece in _pieces(data):
        if piece is not data and b"\0" in piece and not is_wide:
            # A picture, an archive: no words that can be read like this, and the largest part of all mail.
            continue
        for text in _texts(piece, codecs):
            yield text
            plain = html.unescape(text) if _ENTITY.search(text) else text
            plain = _ESCAPED.sub(_letters, plain) if "\\u" in plain else plain
            if plain != text:
                yield plain


def _pieces(data: bytes) -> Iterator[bytes]:
    yield data
    if b"=" in data:
        yield binascii.a2b_qp(data)
    if _PERCENT.search(data):
        yield _PERCENT.sub(lambda found: binascii.a2b_hex(found[0].replace(b"%", b"")), data)
    if b"base64" in data.lower():
        for found in _BASE64.finditer(data):
            yield from_base64(found[0])


def _codecs(data: bytes) -> list[str]:
    """The codecs of the character sets that are named anywhere, but for UTF-8."""
    labels = dict.fromkeys(label for found in _CHARSET.findall(data) for label in found if label)
    names = dict.fromkeys(codec_named(label.decode("ascii", "replace")) for label in labels)
    return [name for name in names if name not in {"", "ascii", "utf-8"}][:_MOST_CHARSETS]


def _texts(piece: bytes, codecs: list[str]) -> Iterator[str]:
    text = piece.decode("utf-8", "surrogateescape")
    yield text
    for codec in codecs if _is_utf8(piece) else dict.fromkeys([*codecs, "cp1252"]):
        yield piece.decode(codec, "replace")


def _is_utf8(piece: bytes) -> bool:
    try:
        piece.decode()
    except UnicodeDecodeError:
        return False
    return True


def _letters(found: re.Match[str]) -> str:
    units = found[0].replace("\\u", "")
    return binascii.a2b_hex(units).decode("utf-16-be", "replace")
