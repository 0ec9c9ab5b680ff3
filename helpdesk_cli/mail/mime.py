"""The parts of a mail that is written: its text, its files, and what holds them together."""

from __future__ import annotations

import binascii
import re
from hashlib import sha256
from typing import TYPE_CHECKING, Literal

from helpdesk_cli.mail import header_lines as lines
from helpdesk_cli.mail.filenames import Names, safe_name

if TYPE_CHECKING:
    from helpdesk_cli.mail.letter import File

_LONGEST_LINE = 998  # RFC 5322 section 2.1.1
_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,63}/[a-z0-9][a-z0-9!#$&^_.+-]{0,63}")
_BASE64_LINE = 57  # octets, which are 76 letters


def text_part(text: str, *, flowed: bool = False) -> bytes:
    """Its headers, an empty line, and the text (lines end in CRLF) in the encoding that alters it least."""
    octets = text.encode("utf-8")
    words = ["text/plain;", "charset=utf-8;", "format=flowed;", "delsp=no"]
    if not flowed:
        words = ["text/plain;", "charset=utf-8"]
    return _encoded(words, text, octets)


def html_part(text: str) -> bytes:
    """The same of HTML, whose lines end in LF."""
    wired = text.rstrip("\n").replace("\n", "\r\n") + "\r\n"
    return _encoded(["text/html;", "charset=utf-8"], wired, wired.encode("utf-8"))


def _encoded(words: list[str], text: str, octets: bytes) -> bytes:
    if text.isascii() and max(map(len, text.split("\r\n"))) <= _LONGEST_LINE:
        encoding, body = "7bit", octets
    else:
        quoted = binascii.b2a_qp(octets, istext=True)
        base64 = _base64(octets)
        encoding, body = ("quoted-printable", quoted) if len(quoted) <= len(base64) else ("base64", base64)
    return _part(words, encoding, body)


def file_parts(files: tuple[File, ...]) -> list[bytes]:
    """Each file as a part; mail in mail is no mail there, so that its bytes stay what they are."""
    parts, names = [], Names()
    for number, file in enumerate(files, 1):
        kind = file.content_type.partition(";")[0].strip().lower()
        # RFC 2045 section 6.4: mail in mail and parts in parts may not be in base64, which keeps the bytes.
        if not _TYPE.fullmatch(kind) or kind.startswith(("message/", "multipart/")):
            kind = "application/octet-stream"
        words = [kind]
        if kind.startswith("text/") and _is_utf8(file.content):
            words = [f"{kind};", "charset=utf-8"]
        name = names.unique(safe_name(file.filename, kind, number))
        disposition = ["attachment;", *lines.parameter_words("filename", name)]
        parts.append(_part(words, "base64", _base64(file.content), disposition=disposition))
    return parts


def _part(kind: list[str], encoding: str, body: bytes, *, disposition: list[str] | None = None) -> bytes:
    head = lines.header("Content-Type", kind) + lines.header("Content-Transfer-Encoding", [encoding])
    if disposition:
        head += lines.header("Content-Disposition", disposition)
    return head + b"\r\n" + body


def multipart(kind: Literal["mixed", "alternative"], parts: list[bytes], message_id: str) -> bytes:
    """A multipart, which is a part itself; its boundary stands in none of its parts."""
    number = 0
    while True:
        boundary = f"=_{sha256(f'{message_id} {number}'.encode()).hexdigest()[:32]}"
        if not any(boundary.encode() in part for part in parts):
            break
        number += 1
    between = f"--{boundary}\r\n".encode()
    head = lines.header("Content-Type", [f"multipart/{kind};", f'boundary="{boundary}"'])
    body = b"".join(between + part + b"\r\n" for part in parts)
    return head + b"\r\n" + body + f"--{boundary}--\r\n".encode()


def _base64(data: bytes) -> bytes:
    pieces = (data[at : at + _BASE64_LINE] for at in range(0, len(data), _BASE64_LINE))
    return b"".join(binascii.b2a_base64(piece, newline=False) + b"\r\n" for piece in pieces)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
