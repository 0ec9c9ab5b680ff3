"""The lines of headers, for the wire: the one place where a header is written (RELIABILITY G26).

Every value becomes words without white space before it is folded, so that no CR, LF or NUL of a value can
reach a line, whatever the value is. Own code, because Python 3.11's `email` lets line breaks into headers
(CVE-2024-6923, cpython #132105), cuts names into further recipients (CVE-2025-1795), and raises on others.
"""

from __future__ import annotations

import binascii
import re
from datetime import UTC
from typing import TYPE_CHECKING, Final

from helpdesk_cli.errors import UsageError
from helpdesk_cli.mail.recipients import check_address

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from helpdesk_cli.tickets.person import Person

# RFC 2047 section 2 for lines with encoded words, and below the 78 of RFC 5322 section 2.1.1.
_COLUMNS: Final = 76
# Of an encoded word (at most 75) and of what is quoted in one piece: a header's name fits before it.
_LONGEST_WORD: Final = 60
_LONGEST_NAME: Final = 200
_FURTHER: Final = frozenset({"Auto-Submitted", "Precedence", "X-Auto-Response-Suppress", "X-Desk-Loop"})
# C0, DEL, C1 and what else some program takes for the end of a line.
_BLANK: Final = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029]+")
_LONE: Final = re.compile(r"[\ud800-\udfff]")
_ATOMS: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
# No backslash and no quotation mark: readers disagree on them. No brackets, colon and @: they look like more.
_QUOTABLE: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ .,()-]*")
# What needs no escape in an encoded word of a name (RFC 2047 section 5), and in a parameter (RFC 2231).
_LITERAL: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!+-")
_ATTRIBUTE: Final = _LITERAL | frozenset(b"._")
_PLAIN_VALUE: Final = re.compile(r"(?=.{1,60}$)[A-Za-z0-9._+()#,-]+(?: [A-Za-z0-9._+()#,-]+)*")
_ID: Final = re.compile(r"[!-;=?-~]{1,250}")
_FIELD_VALUE: Final = re.compile(r"[!-~]+(?: [!-~]+)*")
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def header(name: str, words: Iterable[str]) -> bytes:
    """The header of these words, folded between them and nowhere else. ValueError for what is no word."""
    lines, line = [], f"{name}:"
    for number, word in enumerate(words):
        if not _FIELD_VALUE.fullmatch(word):
            raise ValueError(f"not fit for the header {name}: {word!r}")
        # The first word stays beside the name: a line of white space alone is the end of a header to some.
        if number and len(line) + 1 + len(word) > _COLUMNS:
            lines.append(line)
            line = ""
        line += f" {word}"
    return "\r\n".join([*lines, line]).encode("ascii") + b"\r\n"


def one_line(text: str) -> str:
    """The text as a header can say it: white space and control characters are single spaces."""
    return _BLANK.sub(" ", _LONE.sub("\N{REPLACEMENT CHARACTER}", text)).strip(" ")


def text_words(text: str) -> list[str]:
    """The words of a Subject; what is not plain ASCII is encoded, the rest stays readable (RFC 2047)."""
    words = one_line(text).split(" ")
    unfit = [at for at, word in enumerate(words) if not _is_plain(word)]
    if not unfit:
        return [word for word in words if word]
    first, last = unfit[0], unfit[-1] + 1
    return [*words[:first], *_encoded(" ".join(words[first:last])), *words[last:]]


def shown_name(person: Person) -> str:
    """The name as a header says it."""
    return one_line(person.name)[:_LONGEST_NAME].strip(" ")


def people_words(people: Iterable[Person]) -> list[str]:
    """The words of an address header; each address apart from its name (T38). Raises UsageError."""
    words: list[str] = []
    for person in people:
        if words:
            words[-1] += ","
        address = check_address(person.email)
        name = shown_name(person)
        words += [*_phrase(name), f"<{address}>"] if name else [address]
    return words


def id_words(ids: Iterable[str]) -> list[str]:
    """The words of Message-ID, In-Reply-To and References; `is_id` holds for each."""
    return [f"<{each}>" for each in ids]


def is_id(text: str) -> bool:
    """Whether a bare Message-ID can be repeated as it is, in any mail program's view."""
    return _ID.fullmatch(text) is not None


def date_words(at: datetime) -> list[str]:
    """RFC 5322 section 3.3."""
    at = at.astimezone(UTC)
    day, month = _DAYS[at.weekday()], _MONTHS[at.month - 1]
    return [f"{day},", f"{at.day}", month, f"{at.year:04}", f"{at:%H:%M:%S}", "+0000"]


def further_words(name: str, value: str) -> list[str]:
    """The words of a header from the fixed list. Raises UsageError."""
    if name not in _FURTHER:
        raise UsageError(f"{name!r} is no header that a mail of this desk may have")
    if not _FIELD_VALUE.fullmatch(value):
        raise UsageError(f"{value!r} is not fit for the header {name}")
    return value.split(" ")


def parameter_words(name: str, value: str) -> list[str]:
    """A parameter as words: quoted where that will do, else by RFC 2231, in pieces of whole characters."""
    if _PLAIN_VALUE.fullmatch(value):
        return [f'{name}="{value}"']
    pieces, piece = [], "utf-8''"
    for char in value:
        escaped = "".join(chr(byte) if byte in _ATTRIBUTE else f"%{byte:02X}" for byte in char.encode())
        if len(piece) + len(escaped) > _LONGEST_WORD:
            pieces.append(piece)
            piece = ""
        piece += escaped
    if not pieces:
        return [f"{name}*={piece}"]
    pieces.append(piece)
    words = [f"{name}*{number}*={each};" for number, each in enumerate(pieces)]
    return [*words[:-1], words[-1].removesuffix(";")]


def _is_plain(word: str) -> bool:
    return word.isascii() and len(word) <= _LONGEST_WORD and "=?" not in word


def _phrase(name: str) -> list[str]:
    if "=?" not in name and len(name) <= _LONGEST_WORD:
        if _ATOMS.fullmatch(name):
            return name.split(" ")
        if _QUOTABLE.fullmatch(name):
            return [f'"{name}"']
    return _encoded(name)


def _encoded(text: str) -> list[str]:
    """Encoded words, each of whole characters; in the shorter of the two encodings."""
    octets = text.encode("utf-8")
    quoted = sum(1 if byte in _LITERAL or byte == ord(" ") else 3 for byte in octets)
    write = _q_word if quoted * 3 <= len(octets) * 4 else _b_word
    words, piece = [], ""
    for char in text:
        if piece and len(write(piece + char)) > _LONGEST_WORD:
            words.append(write(piece))
            piece = ""
        piece += char
    return [*words, write(piece)] if piece else words


def _q_word(text: str) -> str:
    pieces = (
        chr(byte) if byte in _LITERAL else "_" if byte == ord(" ") else f"={byte:02X}"
        for byte in text.encode()
    )
    return f"=?utf-8?q?{''.join(pieces)}?="


def _b_word(text: str) -> str:
    return f"=?utf-8?b?{binascii.b2a_base64(text.encode(), newline=False).decode('ascii')}?="
