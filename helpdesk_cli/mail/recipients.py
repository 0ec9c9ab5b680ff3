"""Addresses fit for the wire: strict, ASCII, never anybody else's than was written (G26, T38, T39)."""

from __future__ import annotations

import importlib
import re
import unicodedata
from typing import Final

from helpdesk_cli.errors import UsageError

_ATEXT: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]"
# RFC 5321 section 4.1.2, the Dot-string: a quoted local part is legal too, and nobody has one.
_LOCAL: Final = re.compile(rf"(?!-){_ATEXT}+(?:\.{_ATEXT}+)*")
_LABEL: Final = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)")
# Section 4.5.3.1, octets; 254 is what a path of 256 leaves without its brackets.
_LONGEST_LOCAL_PART: Final = 64
_LONGEST: Final = 254


def check_address(text: str) -> str:
    """The address as it goes on the wire: its domain in ASCII (IDNA 2008), nothing else altered.

    Raises UsageError for what is not exactly one plain address. Only the case and composition of a domain's
    letters are normalised: with a fullwidth at-sign for its @, a text is no address (T16).
    """
    local, at, domain = text.rpartition("@")
    if not at or not text.isprintable() or any(char.isspace() for char in text):
        raise _bad(text, "is not a mail address")
    if not local.isascii():
        raise _bad(text, "has letters before the @ that not every mail server takes (SMTPUTF8)")
    if local.startswith("-"):
        raise _bad(text, "begins with a dash, as an option of a program does")
    if not _LOCAL.fullmatch(local):
        raise _bad(text, "is not a plain mail address")
    domain = domain if domain.isascii() else _in_ascii(domain, text)
    if not all(_LABEL.fullmatch(label) for label in domain.split(".")):
        raise _bad(text, "has no proper domain behind the @")
    if len(local) > _LONGEST_LOCAL_PART or len(local) + 1 + len(domain) > _LONGEST:
        raise _bad(text, "is longer than mail addresses may be")
    return f"{local}@{domain}"


def _in_ascii(domain: str, text: str) -> str:
    # Python's own codec is IDNA 2003: it sends mail for straße.example to strasse.example, somebody else's.
    idna = importlib.import_module("idna")
    try:
        return str(idna.encode(unicodedata.normalize("NFC", domain).lower(), strict=True).decode("ascii"))
    except (idna.IDNAError, UnicodeError) as error:
        raise _bad(text, "has a domain that cannot exist") from error


def _bad(text: str, what: str) -> UsageError:
    shown = text if len(text) <= _LONGEST else f"{text[:60]}..."
    return UsageError(f"{shown!r} {what}", hint="Write one address, as ada@example.org.")
