"""Header values to text: folding, encoded words, raw 8-bit, parameters, ids and dates."""

from __future__ import annotations

import binascii
import importlib
import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_tz
from functools import cache
from typing import TYPE_CHECKING, Final

from helpdesk_cli.mail.charsets import decode
from helpdesk_cli.mail.common_forms import common_date

if TYPE_CHECKING:
    from collections.abc import Iterable

_BLANK: Final = re.compile(r"[\x00-\x20\x7f]+")
_ID_LENGTH: Final = 250
_REFERENCES: Final = 100
_DATE_LENGTH: Final = 200
_FIRST_YEAR, _LAST_YEAR = 1970, 2100
_DAY: Final = 24  # hours that no zone is away


def header_text(value: str, hint: str = "") -> str:
    """A header's value in one line: unfolded, decoded, no control character but what a word brought.

    `value` is as compat32 keeps it (raw bytes as surrogates), `hint` the character set of the mail.
    mail-parser's own decoding is not used: 4.8 drops raw 8-bit that is not UTF-8, loses the space
    between an encoded word and a folded line, takes any Python codec for a character set and keeps a
    line break that an encoded word brings in.
    """
    if not value.isascii():
        value = from_octets(value, hint)
    if "=?" in value:
        value = _decode_words(value, hint)
    return _BLANK.sub(" ", value).strip(" ")


def from_octets(value: str, hint: str = "") -> str:
    """The text of a value whose non-ASCII bytes compat32 keeps as surrogates (RFC 6532, or no RFC)."""
    try:
        octets = value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        octets = value.encode("utf-8", "replace")
    return decode(octets, hint=hint)[0]


@cache
def _word() -> re.Pattern[str]:
    # RFC 2047 section 2, and what is sent in its name: spaces and "?" inside a word.
    return re.compile(r"=\?([^?\s]{1,75})\?([bq])\?([^?]*(?:\?(?!=)[^?]*)*)\?=", re.IGNORECASE)


def _decode_words(value: str, hint: str, *, recode: bool = False) -> str:
    """Encoded words decoded; neighbours are joined as bytes first, as letters are cut in two."""
    pieces: list[str] = []
    run: list[bytes] = []  # the bytes of neighbouring words in one character set
    label, end = "", 0

    def end_run() -> None:
        if run:
            text = decode(b"".join(run), label, hint=hint)[0]
            pieces.append(_as_word(text) if recode else text)
            run.clear()

    for match in _word().finditer(value):
        between = value[end : match.start()]
        apart = bool(between.strip()) or not end
        if apart or match[1].lower() != label:
            end_run()
        if apart or (recode and not run):
            pieces.append(between)
        label = match[1].lower()
        run.append(_word_bytes(match[2], match[3]))
        end = match.end()
    end_run()
    return "".join([*pieces, value[end:]])


def _as_word(text: str) -> str:
    octets = _BLANK.sub(" ", text).encode("utf-8", "replace")
    return f"=?utf-8?b?{binascii.b2a_base64(octets, newline=False).decode('ascii')}?="


def with_plain_words(value: str, hint: str = "") -> str:
    """An address header whose encoded words hold nothing special to it.

    RFC 2047 section 5 allows few characters in a word of a phrase; many programs write commas, colons
    and more there, which would cut the phrase in two, and a word may bring in a line break.
    """
    return _decode_words(value, hint, recode=True) if "=?" in value else value


def _word_bytes(encoding: str, text: str) -> bytes:
    if encoding in "qQ":
        return binascii.a2b_qp(text.replace(" ", "_").encode("utf-8", "replace"), header=True)
    return from_base64(text.encode("ascii", "ignore"))


def from_base64(text: bytes) -> bytes:
    """What can be decoded: padding may be missing or stand between pieces, other characters are dropped."""
    decoded = bytearray()
    for piece in re.findall(rb"[A-Za-z0-9+/]+", re.sub(rb"[^A-Za-z0-9+/=]", b"", text)):
        whole = piece[:-1] if len(piece) % 4 == 1 else piece  # a lone character holds no byte
        decoded += binascii.a2b_base64(whole + b"=" * (-len(whole) % 4))
    return bytes(decoded)


@cache
def _parameter() -> re.Pattern[str]:
    # Unquoted values run to the ";": file names with spaces come without quotes.
    return re.compile(r';\s*([^\s=;"]+?)\s*=\s*(?:"((?:[^"\\]|\\.)*)"?|([^;]*))', re.DOTALL)


def parameters(value: str, most: int = 128) -> list[tuple[str, str]]:
    """The parameters of a Content-Type or Content-Disposition, (lower-case name, value) in order.

    Continuations and character sets of RFC 2231 are put together under the name alone; such a value
    comes before the plain one of the same name, as RFC 6266 section 4.3 has it.
    """
    plain: list[tuple[str, str]] = []
    pieces: dict[str, dict[int, tuple[str, bool]]] = {}
    for count, match in enumerate(_parameter().finditer(value)):
        if count == most:
            break
        name = match[1].lower()
        text = re.sub(r"\\(.)", r"\1", match[2]) if match[2] is not None else match[3].strip()
        base, star, number = name.partition("*")
        if star and re.fullmatch(r"(?:\d{1,4}\*?)?", number):
            place = int(number.rstrip("*")) if number.rstrip("*") else 0
            pieces.setdefault(base, {}).setdefault(place, (text, not number or number.endswith("*")))
        else:
            plain.append((name, text))
    return [(name, _joined(found)) for name, found in pieces.items()] + plain


def _joined(pieces: dict[int, tuple[str, bool]]) -> str:
    """The value of a parameter from its numbered pieces (RFC 2231 sections 3 and 4)."""
    label, octets = "", bytearray()
    for place, (text, encoded) in sorted(pieces.items()):
        rest = text
        if encoded and place == min(pieces) and text.count("'") > 1:
            label, _, rest = text.split("'", 2)
        raw = rest.encode("utf-8", "surrogateescape") if _encodable(rest) else rest.encode("utf-8", "replace")
        octets += re.sub(rb"%([0-9A-Fa-f]{2})", lambda m: bytes([int(m[1], 16)]), raw) if encoded else raw
    return decode(bytes(octets), label)[0]


def _encodable(text: str) -> bool:
    try:
        text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return False
    return True


def message_ids(value: str) -> tuple[str, ...]:
    """The ids in a Message-ID, In-Reply-To or References, bare and each once.

    Odd ids are kept (Exchange writes spaces, brackets and slashes of all kinds) as long as they are
    printable; spaces in an id come from folding and are taken out. Without `<`, only what has an "@".
    """
    value = header_text(value)
    found: Iterable[str] = re.findall(r"<([^<>]{1,400})>", value)
    if "<" not in value:
        found = (token for token in re.split(r"[\s,;>]+", value) if "@" in token.strip("@"))
    bare = (re.sub(r"\s+", "", token) for token in found)
    return tuple(dict.fromkeys(token for token in bare if _is_id(token)))


def _is_id(token: str) -> bool:
    return 0 < len(token.encode()) <= _ID_LENGTH and token.isprintable()


def bounded(ids: tuple[str, ...]) -> tuple[str, ...]:
    """The first id, which began the thread, and the last hundred, which are nearest."""
    return ids if len(ids) <= _REFERENCES + 1 else (ids[0], *ids[-_REFERENCES:])


def date_of(value: str) -> datetime | None:
    """The time a Date header means, in UTC; None when it means none between 1970 and 2100."""
    value = value[:_DATE_LENGTH]
    if found := common_date(value):
        return found if _FIRST_YEAR <= found.year < _LAST_YEAR else None
    result = importlib.import_module("mailparser.dates").parse_mail_date(value)
    found = result.value if abs(float(result.timezone)) < _DAY else None
    if result.reasons == ("invalid-date-syntax",):
        found = _lenient_date(value)
    return found if found is not None and _FIRST_YEAR <= found.year < _LAST_YEAR else None


def _lenient_date(value: str) -> datetime | None:
    """What mail-parser 4.8 refuses: no zone, no space before the zone, an unknown zone."""
    try:
        fields = parsedate_tz(value)
        if fields is None or abs(fields[9] or 0) >= _DAY * 3600:
            return None
        return datetime(*fields[:6], tzinfo=UTC) - timedelta(seconds=fields[9] or 0)
    except (ValueError, OverflowError, IndexError, TypeError):  # parsedate_tz of 3.11 raises some of these
        return None
