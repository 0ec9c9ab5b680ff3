"""How much of a mail is read, and the cuts made on its bytes before any parser sees them.

Python's parser is quadratic in the parameters of a header and recursive in nested parts, so what is
over the limits is found by plain scans and cut off, or refused to the parser altogether.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from helpdesk_cli.values import dataclass

# More than any mail server hands over (Postfix: 10 MB by default); a bound on our memory. Bytes.
LARGEST_MAIL: Final = 256 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that is read of one mail; bytes unless another unit is said."""

    mail: int = 25 << 20
    head: int = 256 << 10  # the headers of the whole mail
    field: int = 64 << 10  # one header
    parameters: int = 128  # in one Content-Type or Content-Disposition
    parts: int = 1000
    depth: int = 50  # parts in parts
    addresses: int = 1000  # in one header
    subject: int = 2000  # characters
    text: int = 1 << 20  # characters of text; more is attached
    html: int = 4 << 20  # characters of HTML


_PARAMETERS: Final = 16 << 10  # bytes of one field with parameters
# Fields that are kept when the head is too long, however late they come.
_VITAL: Final = (
    b"from sender reply-to to cc subject date message-id in-reply-to references mime-version content-type"
    b" content-transfer-encoding content-disposition auto-submitted precedence return-path list-id"
).split()


def cut_head(head: bytes, limits: Limits) -> bytes:
    """The fields of a head that fit: each cut to `field`, the vital ones first, their order kept."""
    fields = re.findall(rb"[^\n]*\n(?:[ \t][^\n]*\n)*", head)
    fields = [field if len(field) <= limits.field else field[: limits.field - 1] + b"\n" for field in fields]
    room = limits.head
    kept = set()
    for vital in (True, False):
        for number, field in enumerate(fields):
            if (field.partition(b":")[0].strip().lower() in _VITAL) is vital and len(field) <= room:
                room -= len(field)
                kept.add(number)
    return b"".join(field for number, field in enumerate(fields) if number in kept)


def cut_parameters(raw: bytes, limits: Limits) -> bytes:
    """`raw` with every Content-Type and Content-Disposition cut to what is read of its parameters."""
    lower = raw.lower()
    pieces, done, at = [], 0, -1
    while (at := lower.find(b"content-", at + 1)) != -1:
        if at and lower[at - 1 : at] not in b"\n\r":
            continue
        end = _end_of_field(raw, at)
        keep = at + _PARAMETERS if end - at > _PARAMETERS else end
        if raw.count(b";", at, keep) > limits.parameters:
            for _ in range(limits.parameters):
                keep = raw.find(b";", at if _ == 0 else keep + 1)
        if keep < end:
            pieces += [raw[done:keep], b"\n"]
            done = end
        at = end - 1
    return raw if not pieces else b"".join([*pieces, raw[done:]])


@cache
def _field_end() -> re.Pattern[bytes]:
    # Python's parser ends a line at a lone CR too.
    return re.compile(rb"\r?\n(?![ \t])|\r(?![\n \t])")


def _end_of_field(raw: bytes, start: int) -> int:
    """Where the header field that begins at `start` ends: behind its last line."""
    match = _field_end().search(raw, start)
    return match.end() if match else len(raw)


@cache
def _structure() -> re.Pattern[bytes]:
    """What opens and closes parts: a declared boundary, an attached mail, a delimiter line."""
    return re.compile(
        rb"boundary[ \t]*=[ \t]*(?:\"(?P<quoted>[^\"\r\n]{1,200})\"|(?P<bare>[^\s;\"]{1,200}))"
        rb"|^content-type[ \t]*:\s*(?P<mail>message/)"
        rb"|^--(?P<line>[^\r\n]{1,202})",
        re.IGNORECASE | re.MULTILINE,
    )


def cut_parts(raw: bytes, limits: Limits) -> tuple[bytes, str]:
    """(`raw` without the parts that are too many, the problem): "" | "parts-cut" | "too-deep"."""
    lines = raw.replace(b"\r", b"\n") if b"\r--" in raw else raw  # as long, and every line begins behind LF
    if lines.count(b"\n--") <= limits.depth:
        return raw, ""
    declared: set[bytes] = set()
    open_parts: list[bytes] = []  # boundaries; b"" for an attached mail
    delimiters = 0
    for match in _structure().finditer(lines):
        name = match["quoted"] or match["bare"]
        if name:
            declared.add(name.rstrip())
            open_parts.append(name.rstrip())
        elif match["mail"]:
            open_parts.append(b"")
        else:
            line = match["line"].rstrip()
            closing = line not in declared and line.endswith(b"--") and line[:-2] in declared
            if not closing and line not in declared:
                continue
            delimiters += 1
            if delimiters > limits.parts:
                return raw[: match.start()], "parts-cut"
            name = line[:-2] if closing else line
            if name in open_parts:
                last = len(open_parts) - 1 - open_parts[::-1].index(name)
                del open_parts[last + (not closing) :]
        if len(open_parts) > limits.depth:
            return raw, "too-deep"
    return raw, ""
