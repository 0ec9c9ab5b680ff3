"""Header blocks copied into a text, as mail programs put them above what they quote or forward."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from helpdesk_cli.mail.wording_quotes import LABELS
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_LONGEST_LABEL = 30
_LONGEST_HEAD = 80  # label, decoration and what else stands before the colon
_MOST_LINES = 40
# A field's value may go on for so many lines (a long list of recipients, a folded subject).
_MOST_CONTINUATIONS = 4
# Invisible marks that programs put around names and addresses in mixed directions, and odd spaces.
_PLAIN: dict[int, str | None] = {
    ord(mark): None
    for mark in "\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
}
_PLAIN[0xA0] = " "
# Digits of other scripts, as dates are written with.
_PLAIN.update(
    {ord(digit): str(at % 10) for at, digit in enumerate("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹०१२३४५६७८९๐๑๒๓๔๕๖๗๘๙")}
)


def plain(text: str) -> str:
    """The text as it is compared: without the marks nobody sees, with plain spaces and digits."""
    return text if text.isascii() else text.translate(_PLAIN)


def folded(text: str) -> str:
    """Case-folded for comparison with the tables; the dot of a Turkish capital İ is let go."""
    return text.casefold().replace("\u0307", "")


def entries(table: str) -> list[str]:
    """The entries of a table of `wording_quotes`, folded."""
    return [folded(entry) for line in table.strip().split("\n") for entry in line.split("|")]


@dataclass(frozen=True, slots=True)
class HeaderBlock:
    """Fields ("from", "sent", "to", "cc", "subject") and the line after the block."""

    fields: Mapping[str, str]
    end: int


@cache
def _kinds() -> dict[str, str]:
    """Label, case-folded -> the field it stands for."""
    return {label: kind for kind, table in LABELS.items() for label in entries(table)}


def read_label(line: str) -> tuple[str, str] | None:
    """(field, value) of a line like `*Von:* Ada <ada@example.org>`; None for any other line."""
    if ":" not in line[:_LONGEST_HEAD] and "：" not in line[:_LONGEST_HEAD]:
        return None
    label, _, _ = plain(line[:_LONGEST_HEAD]).replace("：", ":").lstrip(" \t*_|").partition(":")
    kind = _kinds().get(folded(label.strip(" \t*_"))) if len(label) <= _LONGEST_LABEL else None
    if kind is None:
        return None
    return kind, plain(line).replace("：", ":", 1).partition(":")[2].strip(" \t*_")


def read_block(lines: Sequence[str], at: int) -> HeaderBlock | None:
    """The header block that starts with line `at`; None when these lines are none."""
    block = collect(lines, at)
    return block if is_header(block.fields) else None


def is_header(fields: Mapping[str, str]) -> bool:
    """Whether these fields are a mail's.

    They name who it is from and two things more; people write "From: Paris" and "To: London" too, so
    without an address among them both a date and a subject are wanted.
    """
    rest = sum(kind in fields for kind in ("sent", "to", "cc", "subject"))
    told = "@" in " ".join(fields.values()) or {"sent", "subject"} <= fields.keys()
    return "from" in fields and rest > 1 and told and ("sent" in fields or "subject" in fields)


def collect(lines: Sequence[str], at: int) -> HeaderBlock:
    """The fields from line `at` on, as long as there are any; a blank line may stand between two."""
    fields: dict[str, str] = {}
    end = at
    kind, continued = "", 0
    while end < min(len(lines), at + _MOST_LINES):
        read = read_label(lines[end])
        if read is not None:
            if read[0] != "other" and read[0] in fields:
                break
            kind, continued = read[0], 0
            fields[kind] = read[1]
        elif lines[end].strip():
            continued += 1
            if (
                not kind
                or continued > _MOST_CONTINUATIONS
                or not _goes_on(fields[kind], lines[end], kind=kind)
            ):
                break
            fields[kind] = f"{fields[kind]} {lines[end].strip()}".strip()
        elif not (_next_is_new(lines, end + 1, fields) or _next_is_new(lines, end + 2, fields)):
            break
        end += 1
    return HeaderBlock(fields, end)


def _goes_on(value: str, line: str, *, kind: str) -> bool:
    """Whether a line carries on the field above it rather than starting the text."""
    if line[:1] in " \t" or not value:
        return True
    if kind == "subject":
        return False
    # A list of people broken after a comma or inside <...>; the address of a name, on its own line.
    return (
        value.endswith((",", ";", "<"))
        or value.count("<") > value.count(">")
        or ("@" not in value and re.match(r"\s*[<\[]?[^\s@]+@\S+$", line.strip()) is not None)
    )


def _next_is_new(lines: Sequence[str], at: int, fields: Mapping[str, str]) -> bool:
    """Whether a field not seen yet stands there: programs fold values and put blank lines between fields."""
    read = read_label(lines[at]) if at < len(lines) else None
    return read is not None and read[0] not in fields
