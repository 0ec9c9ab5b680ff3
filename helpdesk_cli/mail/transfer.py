"""Transfer encodings undone, damage and all (RFC 2045 section 6, uuencode)."""

from __future__ import annotations

import binascii
import re
from functools import cache
from typing import Final

from helpdesk_cli.mail.headers import from_base64

_DAMAGED: Final = "damaged-encoding"


def transfer_decoded(source: str, encoding: str) -> tuple[bytes, str]:
    """(the bytes of a body, the problem or ""); `source` as compat32 keeps it, bytes as surrogates."""
    octets = (
        source.encode("ascii", "surrogateescape") if _is_octets(source) else source.encode("utf-8", "replace")
    )
    # "base64; charset=utf-8", "quoted-printable (comment)" and the like occur.
    word = re.match(r"[\s\"']*([a-z0-9-]*)", encoding.lower())
    match word[1] if word else "":
        case "base64" | "b64":
            return _base64(octets)
        case "quoted-printable" | "quotedprintable" | "qp":
            return binascii.a2b_qp(octets), ""
        case "x-uuencode" | "uuencode" | "x-uue" | "uue":
            return _uuencoded(octets)
    return octets, ""


def _is_octets(source: str) -> bool:
    try:
        source.encode("ascii", "surrogateescape")
    except UnicodeEncodeError:
        return False
    return True


@cache
def _whole_base64() -> re.Pattern[bytes]:
    return re.compile(rb"[A-Za-z0-9+/\s]*={0,2}\s*")


def _base64(octets: bytes) -> tuple[bytes, str]:
    whole = _whole_base64().match(octets)
    end = whole.end() if whole else 0
    if end == len(octets):
        try:
            return binascii.a2b_base64(octets), ""
        except binascii.Error:
            return from_base64(octets), _DAMAGED
    # A delimiter that the header does not name ends it.
    octets = octets[: end + 1] + re.split(rb"^--(?=\S)", octets[end + 1 :], maxsplit=1, flags=re.MULTILINE)[0]
    line = octets.rfind(b"\n", 0, end) + 1 if b"=" not in octets[max(0, end - 80) : end] else end
    rest = octets[line:].strip()
    if not re.search(rb"^[A-Za-z0-9+/]{40,}={0,2}\s*$", rest, re.MULTILINE):
        # No more base64 comes. Text behind it, the footer of a mailing list, is text; else stray
        # characters stand in it, and are left out.
        if re.match(rb"--\S", rest):
            return from_base64(octets[:line]), _DAMAGED
        if b" " in rest:
            return from_base64(octets[:line]) + b"\n" + rest, _DAMAGED
    return from_base64(octets), _DAMAGED


@cache
def uu_block() -> re.Pattern[bytes]:
    """`begin 644 NAME` … `end`; each full line is 61 or 62 characters from space to backquote."""
    return re.compile(
        rb"^begin [0-7]{3,4} ([^\r\n]{1,200})\r?\n((?:[!-`][ -`]{0,90}\r?\n)+?)"
        rb"(?:[ `]?\r?\n)?end[ \t]*\r?$\n?",
        re.MULTILINE,
    )


def uu_lines(lines: bytes) -> bytes | None:
    """The bytes of the lines between `begin` and `end`; None when they are no uuencode."""
    decoded = bytearray()
    for line in lines.splitlines():
        try:
            decoded += binascii.a2b_uu(line)
        except binascii.Error:
            # Some encoders pad lines wrongly; the first character says how many bytes count.
            count = ((line[0] - 32) & 63) * 4 + 5
            try:
                decoded += binascii.a2b_uu(line[: count // 3])
            except binascii.Error:
                return None
    return bytes(decoded)


def _uuencoded(octets: bytes) -> tuple[bytes, str]:
    match = uu_block().search(octets)
    decoded = uu_lines(match[2]) if match else None
    return (octets, _DAMAGED) if decoded is None else (decoded, "")
