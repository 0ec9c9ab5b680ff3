r"""The `key: value` lines of an entry, inside an HTML comment that no value can end.

What would end the line, the comment or a cell is written as an escape (`\u{a}`, `\u{3e}`, `\u{7c}`),
as is a space at either end, so that an editor that trims lines takes nothing away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.tickets.escapes import escape, is_plain, unescape
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable

_IN_VALUE = r"[\t\n]|(?<=--)>|(?<=--!)>|\A | \Z"
_IN_CELL = rf"\||{_IN_VALUE}"

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class RawEntry:
    """An entry as the file has it: header pairs still escaped, `inside` = the text behind the header.

    `text` is all of it, with LF line ends; `place` is `file:line` of its opening; `folder` is the
    ticket's attachment folder, `TICKET-42`.
    """

    kind: str
    id: str
    pairs: tuple[Pair, ...]
    inside: str
    text: str
    place: str
    folder: str

    def one(self, key: str) -> str:
        """The first value of that key, or ""."""
        for name, value in self.pairs:
            if name == key:
                return unescape(value)
        return ""

    def every(self, key: str) -> list[str]:
        """All values of that key, in order."""
        return [unescape(value) for name, value in self.pairs if name == key]

    def rows(self, key: str) -> list[list[str]]:
        """The cells of every value of that key."""
        return [read_row(value) for name, value in self.pairs if name == key]

    def other(self, known: frozenset[str]) -> tuple[Pair, ...]:
        """The pairs whose keys are not among `known`, in order."""
        return tuple((key, unescape(value)) for key, value in self.pairs if key not in known)


def write_header(pairs: Iterable[Pair], other: Iterable[Pair]) -> str:
    """The header's lines: `pairs` (written values) less the empty ones, then all of `other`."""
    lines = [f"{key}: {value}\n" for key, value in pairs if value]
    lines += [f"{key}: {write_value(value)}".rstrip(" ") + "\n" for key, value in other]
    return "".join(lines)


def write_value(value: str) -> str:
    """A value on one line that cannot end the HTML comment around it."""
    if is_plain(value) and "\n" not in value and "\t" not in value and "-->" not in value:
        return value if value == value.strip(" ") and "--!>" not in value else escape(value, _IN_VALUE)
    return escape(value, _IN_VALUE)


def write_row(*cells: str) -> str:
    """Cells joined by ` | `; an empty cell has nothing between its bars."""
    return " | ".join(map(_write_cell, cells)).rstrip(" ")


def read_row(value: str) -> list[str]:
    """The cells of a row as `write_row` wrote it."""
    return [unescape(cell.strip(" ")) for cell in value.split("|")]


def _write_cell(cell: str) -> str:
    return escape(cell, _IN_CELL) if "|" in cell else write_value(cell)
