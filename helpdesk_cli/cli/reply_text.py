"""The text in the editor: headers as in a mail, an empty line, the body, scissors, and what is only read.

Above the body, lines that begin with `# ` are remarks and are left out. In the body nothing is: people write
`# ` in answers. What stands below the scissors is never sent.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from helpdesk_cli.errors import UsageError
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SCISSORS = "------------------------ >8 ------------------------"
NOT_SENT = "Nothing below this line is sent."
# An editor that wraps lines may have cut ours in two.
_SCISSORS = re.compile(r"-{8,} ?>8(?: ?-*)?\s*")
_HEADER = re.compile(r"([A-Za-z][A-Za-z-]*)[ \t]*:[ \t]*(.*)")
_KNOWN = ("from", "to", "cc", "subject")
# Shorter lines may stand in an answer by chance.
_TELLING = 12


@dataclass(frozen=True, slots=True)
class Buffer:
    """What is in the editor; `to` and `cc` as typed. `offers` are remarks with headers to take, by group."""

    from_: str
    to: str
    cc: str
    subject: str
    body: str
    offers: tuple[tuple[str, tuple[str, ...]], ...] = ()


def write_buffer(buffer: Buffer, *, top: Iterable[str], below: str) -> str:
    """The text for the editor: `top` are remarks, a line each, `below` what is only read."""
    lines = [remark(line) for line in top]
    lines += [f"From: {buffer.from_}", f"To: {buffer.to}", f"Cc: {buffer.cc}"]
    for why, headers in buffer.offers:
        lines += [remark(why), *map(remark, headers)]
    lines += [f"Subject: {buffer.subject}", ""]
    # A line of a template that looks like scissors would cut it off.
    body = [f" {line}" if _SCISSORS.fullmatch(line) else line for line in buffer.body.split("\n")]
    head = "\n".join(line.rstrip() for line in lines)
    text = "\n".join(body).rstrip("\n")
    return f"{head}\n{text}\n\n{write_below(below)}" if text else f"{head}\n\n\n{write_below(below)}"


def write_below(below: str) -> str:
    """The scissors and what is only read."""
    return f"{SCISSORS}\n{NOT_SENT}\n\n{below.rstrip()}\n"


def remark(line: str) -> str:
    """The line as a remark."""
    return f"# {line}".rstrip()


def with_top(text: str, top: Sequence[str]) -> str:
    """The text with other remarks at its very top: a draft that is opened again."""
    lines = text.split("\n")
    while lines and (not lines[0].strip() or _is_remark(lines[0])):
        lines.pop(0)
    return "\n".join([*map(remark, top), *lines])


def with_below(text: str, below: str) -> str:
    """The text with something else to read below its scissors; as it is where they are gone."""
    lines = text.split("\n")
    end = _scissors(lines)
    return text if end is None else "\n".join([*lines[:end], write_below(below)])


def read_buffer(text: str, *, below: str = "") -> Buffer:
    """What the person made of it. Raises UsageError with the line and the remedy.

    Where the scissors are gone, so must be every line of `below`: else it cannot be told what is to be sent.
    """
    lines = text.replace("\r\n", "\n").split("\n")
    end = _scissors(lines)
    if end is None:
        _check_nothing_below(lines, below)
        end = len(lines)
    found: dict[str, list[str]] = {name: [] for name in _KNOWN}
    number, last = 0, ""
    while number < end and (not lines[number].strip() or _is_remark(lines[number])):
        number += 1
    while number < end and lines[number].strip():
        line = lines[number]
        number += 1
        if _is_remark(line):
            continue
        if last and (line[0] in " \t" or found[last][-1].rstrip().endswith(",")) and not _header_of(line):
            found[last][-1] = f"{found[last][-1].rstrip()} {line.strip()}"
            continue
        last, value = _read_header(line, number)
        found[last].append(value)
    for name in ("from", "subject"):
        if len(found[name]) > 1:
            raise UsageError(f"{name.capitalize()} stands there twice", hint="Keep one of them.")
    return Buffer(
        ", ".join(found["from"]),
        ", ".join(filter(str.strip, found["to"])),
        ", ".join(filter(str.strip, found["cc"])),
        " ".join(found["subject"]).strip(),
        "\n".join(lines[number:end]).strip("\n"),
    )


def _read_header(line: str, number: int) -> tuple[str, str]:
    name, value = _header_of(line) or ("", "")
    if not name:
        raise UsageError(
            f'line {number}, "{_short(line)}", is no header', hint="Leave an empty line above the text."
        )
    if name == "bcc":
        raise UsageError(
            f"line {number}: there is no Bcc", hint="Whoever gets an answer is named in it: To or Cc."
        )
    if name not in _KNOWN:
        raise UsageError(
            f'line {number}: there is no header "{_short(name)}"',
            hint="From, To, Cc and Subject; an empty line above the text.",
        )
    return name, value.strip()


def _header_of(line: str) -> tuple[str, str] | None:
    match = _HEADER.fullmatch(line)
    return (match[1].casefold(), match[2]) if match else None


def _is_remark(line: str) -> bool:
    return line.startswith("# ") or line.rstrip() == "#"


def _scissors(lines: Sequence[str]) -> int | None:
    return next((number for number, line in enumerate(lines) if _SCISSORS.fullmatch(line)), None)


def _check_nothing_below(lines: Sequence[str], below: str) -> None:
    read_only = {line.strip() for line in [NOT_SENT, *below.split("\n")] if len(line.strip()) >= _TELLING}
    left = next((line for line in lines if line.strip() in read_only), None)
    if left is not None:
        raise UsageError(
            "the line of scissors is gone, but not what stood below it", hint=f"Put it back: {SCISSORS}"
        )


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:39]}…"  # noqa: PLR2004 - what a reader needs to find it
