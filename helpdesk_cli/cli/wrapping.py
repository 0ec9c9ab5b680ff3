"""Sentences on a terminal, broken between words; a command in backticks stays in one piece where it fits."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wcwidth import wcswidth

if TYPE_CHECKING:
    from collections.abc import Iterator

# A word, or what stands in backticks with what is attached to it.
_PIECE = re.compile(r"[^\s`]*(?:`[^`]*`[^\s`]*)+|\S+")
# What a query's error shows of the query: the sign below it points at a column.
_QUOTED = "  "


def wrap_text(text: str, width: int, *, indent: str = "") -> str:
    """The text with no line wider than that, `indent` before those that were broken off.

    What is quoted stays as it is. A piece that is wider than a line has one to itself: whoever copies it
    from a terminal gets it whole.
    """
    found: list[str] = []
    for place, line in enumerate(text.split("\n")):
        is_quoted = place > 0 and line.startswith(_QUOTED)
        found += [line] if is_quoted or _width(line) <= width else _lines(line, width, indent)
    return "\n".join(found)


def _lines(line: str, width: int, indent: str) -> Iterator[str]:
    """The line's pieces, as many in a row as fit."""
    row = line[: len(line) - len(line.lstrip())]
    for piece in _PIECE.findall(line):
        longer = f"{row} {piece}" if row.strip() else f"{row}{piece}"
        if row.strip() and _width(longer) > width:
            yield row
            longer = f"{indent}{piece}"
        row = longer
    yield row


def _width(text: str) -> int:
    size = wcswidth(text)
    return size if size >= 0 else len(text)
