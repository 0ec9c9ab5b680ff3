"""The bytes of a letter: strict in every header, plain in its body (RELIABILITY G26)."""

from __future__ import annotations

import binascii
import re
from hashlib import sha256
from typing import TYPE_CHECKING

from helpdesk_cli.errors import UsageError
from helpdesk_cli.mail import header_lines as lines
from helpdesk_cli.mail.filenames import Names, safe_name
from helpdesk_cli.mail.flowed import flow
from helpdesk_cli.mail.proof import check_bytes, prove
from helpdesk_cli.mail.recipients import check_address

if TYPE_CHECKING:
    from helpdesk_cli.mail.letter import File, Letter

__all__ = ["check_address", "check_bytes", "trim_references", "write_letter"]

# As Request Tracker does it: the first four tell where the thread began, the last six where it is.
_FIRST, _LAST = 4, 6
_LONGEST_LINE = 998  # RFC 5322 section 2.1.1
_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,63}/[a-z0-9][a-z0-9!#$&^_.+-]{0,63}")
_BASE64_LINE = 57  # octets, which are 76 letters


def trim_references(references: tuple[str, ...]) -> tuple[str, ...]:
    """At most ten of the ids, each once: the first four and the last six."""
    ids = tuple(dict.fromkeys(references))
    return ids if len(ids) <= _FIRST + _LAST else (*ids[:_FIRST], *ids[-_LAST:])


def write_letter(letter: Letter) -> bytes:
    """The mail with CRLF line ends, in ASCII. Raises UsageError for what is not fit to be sent.

    Ids of others that cannot be repeated as they are, or that their mail never had, are left out: a ticket
    that such a mail opened can be answered all the same.
    """
    if not lines.is_id(letter.message_id) or "@" not in letter.message_id:
        raise UsageError(f"{letter.message_id!r} is no Message-ID", hint="It names the desk's own domain.")
    if not letter.to and not letter.cc:
        raise UsageError("this mail has no recipient", hint="Name one with --to.")
    fields = [
        ("Date", lines.date_words(letter.date)),
        ("From", lines.people_words((letter.from_,))),
        ("To", lines.people_words(letter.to)),
        ("Cc", lines.people_words(letter.cc)),
        ("Reply-To", [check_address(letter.reply_to)] if letter.reply_to else []),
        ("Subject", lines.text_words(letter.subject)),
        ("Message-ID", lines.id_words([letter.message_id])),
        ("In-Reply-To", lines.id_words(_known([letter.in_reply_to]))),
        ("References", lines.id_words(trim_references(tuple(_known(letter.references))))),
        *((name, lines.further_words(name, value)) for name, value in letter.headers),
        ("MIME-Version", ["1.0"]),
    ]
    head = b"".join(lines.header(name, words) for name, words in fields if words)
    parts = [_text_part(flow(letter.text)), *_file_parts(letter.files)]
    data = head + (parts[0] if len(parts) == 1 else _mixed(parts, letter.message_id))
    prove(letter, data)
    return data


def _known(ids: tuple[str, ...] | list[str]) -> list[str]:
    return [each for each in ids if lines.is_id(each) and not each.endswith("@missing.invalid")]


def _text_part(text: str) -> bytes:
    """Its headers, an empty line, and the text in the encoding that alters it least."""
    octets = text.encode("utf-8")
    words = ["text/plain;", "charset=utf-8;", "format=flowed;", "delsp=no"]
    if text.isascii() and max(map(len, text.split("\r\n"))) <= _LONGEST_LINE:
        encoding, body = "7bit", octets
    else:
        quoted = binascii.b2a_qp(octets, istext=True)
        base64 = _base64(octets)
        encoding, body = ("quoted-printable", quoted) if len(quoted) <= len(base64) else ("base64", base64)
    return _part(words, encoding, body)


def _file_parts(files: tuple[File, ...]) -> list[bytes]:
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


def _mixed(parts: list[bytes], message_id: str) -> bytes:
    """A multipart; its boundary stands in none of its parts."""
    number = 0
    while True:
        boundary = f"=_{sha256(f'{message_id} {number}'.encode()).hexdigest()[:32]}"
        if not any(boundary.encode() in part for part in parts):
            break
        number += 1
    between = f"--{boundary}\r\n".encode()
    head = lines.header("Content-Type", ["multipart/mixed;", f'boundary="{boundary}"'])
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
