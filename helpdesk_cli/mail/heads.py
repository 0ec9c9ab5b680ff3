"""The head of a mail mended on its bytes, so that one odd line does not cost all headers after it."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

from helpdesk_cli.mail.limits import cut_head

if TYPE_CHECKING:
    from helpdesk_cli.mail.limits import Limits

_KNOWN: Final = frozenset(
    b"from to cc bcc subject date sender reply-to message-id in-reply-to references mime-version"
    b" received return-path delivered-to content-type content-transfer-encoding content-disposition x-mailer"
    b" user-agent dkim-signature list-id precedence auto-submitted importance x-priority thread-topic"
    b" thread-index authentication-results x-originating-ip envelope-to x-original-to organization comments"
    b" keywords".split()
)
_LOOKED_AT: Final = 400  # characters in which NULs would show UTF-16


@cache
def _regular() -> re.Pattern[bytes]:
    """A head in which every line is a field or continues one, up to the blank line."""
    return re.compile(rb"(?:[!-9;-~]+:[^\r\n]*\r?\n(?:[ \t][^\r\n]*\r?\n)*)+(?:\r?\n|\Z)")


_NAME: Final = re.compile(rb"([!-9;-~]{1,100})[ \t]*:")


def mended(raw: bytes, limits: Limits) -> tuple[bytes, list[str]]:
    """(the mail with a head that a parser understands, the problems met)."""
    problems = []
    wide = _from_utf16(raw)
    if wide is not None:
        raw = wide
        problems.append("utf-16")
    raw = raw.removeprefix(b"\xef\xbb\xbf")
    if b"\n" not in raw[: limits.head]:
        raw = raw.replace(b"\r", b"\n")
    raw = _begun(raw)
    match = _regular().match(raw)
    end = match.end() if match else -1
    if match is None:
        head, rest, was_mended = _mended_head(raw, limits)
        if not head:
            return b"\n" + rest, [*problems, "no-headers"]
        raw, end = head + b"\n" + rest, len(head)
        if was_mended:
            problems.append("headers-mended")
    if end > limits.head:
        head = cut_head(raw[:end].replace(b"\r\n", b"\n").rstrip(b"\n") + b"\n", limits)
        raw = head + b"\n" + raw[end:].lstrip(b"\r\n") if match is None else head + b"\n" + raw[end:]
        problems.append("headers-cut")
    return raw, problems


def _from_utf16(raw: bytes) -> bytes | None:
    """A mail saved as UTF-16, by its mark or by a zero in every other place, as UTF-8."""
    start = raw[:_LOOKED_AT]
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        codec = "utf-16"
    elif len(start) > 8 and not any(start[1:40:2]) and all(start[0:40:2]):  # noqa: PLR2004 - a few letters
        codec = "utf-16-le"
    elif len(start) > 8 and not any(start[0:40:2]) and all(start[1:40:2]):  # noqa: PLR2004
        codec = "utf-16-be"
    else:
        return None
    return raw.decode(codec, "replace").encode("utf-8", "replace")


def _begun(raw: bytes) -> bytes:
    """Without what stands before the first header: blank lines, an mbox's "From " line, a ruler."""
    raw = raw.lstrip(b"\r\n")
    for _ in range(3):
        line, _, rest = raw.partition(b"\n")
        if (
            (re.match(rb">?From [^:]*\S+[ \t]+\S", line) and not _NAME.match(line))
            or (line[:1] in {b" ", b"\t"} and _is_field(rest) and _NAME.match(line) is None)
            or (not _NAME.match(line) and _is_field(rest, known=True))
        ):
            raw = rest
        else:
            break
    return raw


def _is_field(raw: bytes, *, known: bool = True) -> bool:
    match = _NAME.match(raw)
    return bool(match) and (not known or match[1].lower() in _KNOWN)  # type: ignore[index]


def _mended_head(raw: bytes, limits: Limits) -> tuple[bytes, bytes, bool]:
    """(head, what follows, whether a line of it was changed); an empty head when there is none.

    A line that is no field continues the one before it, when known fields come after it; else the
    text begins there, without the blank line that should stand before it.
    """
    blank = re.search(rb"\n\r?\n|\Z", raw)
    end = min(blank.end() if blank else len(raw), limits.head * 2)
    block = raw[:end].replace(b"\r\n", b"\n").replace(b"\0", b"")
    lines = block.rstrip(b"\n").split(b"\n") if block.strip() else []
    last_known = max(
        (i for i, line in enumerate(lines) if _is_field(line) and _is_late_field(lines, i)), default=-1
    )
    head: list[bytes] = []
    changed = False
    for number, line in enumerate(lines):
        line = line.replace(b"\r", b" ")  # noqa: PLW2901 - a lone CR ends no header
        match = _NAME.match(line)
        if line[:1] in {b" ", b"\t"} and head:
            head.append(line)
        elif match:
            changed = changed or match.end() - match.start() - 1 != len(match[1])
            head.append(match[1] + b":" + line[match.end() :])
        elif number < last_known:
            changed = True
            if head:
                head.append(b" " + line)
        else:
            rest = b"\n".join(lines[number:])
            return (
                _joined(head),
                rest + b"\n" + raw[end:] if end >= len(raw) else rest + b"\n\n" + raw[end:],
                True,
            )
    return _joined(head), raw[end:], changed


def _is_late_field(lines: list[bytes], number: int) -> bool:
    """Whether a known field still belongs to the head: most lines around it are fields, too."""
    around = lines[max(0, number - 3) : number + 4]
    fields = sum(bool(_NAME.match(line)) or line[:1] in {b" ", b"\t"} for line in around)
    return fields * 2 > len(around)


def _joined(lines: list[bytes]) -> bytes:
    return b"".join(line + b"\n" for line in lines)
