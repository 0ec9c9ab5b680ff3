"""Text as `format=flowed` (RFC 3676): paragraphs that any window wraps anew, and all else line by line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_COLUMNS: Final = 72
_SEPARATOR: Final = "-- "  # above a signature; the one line that ends in a space and is not continued
_QUOTE: Final = re.compile(r"(?:> ?)*>")
_FENCE: Final = re.compile(r" {0,3}(```|~~~)")
# Tables and code stand as they were typed: an indent, a tab or a gap in a line says so.
_FIXED: Final = re.compile(r"[ \t|]|.*(?:\t| {3})")
_GAP: Final = re.compile(r" +(?=[^ ])")
_UNFIT: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_LONE: Final = re.compile(r"[\ud800-\udfff]")


def plain_lines(text: str) -> list[str]:
    """The lines as people see them: no control character but TAB, no space at a line's end.

    A space there would mean that the next line continues this one. Lines end at CRLF, CR and LF alone.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = _LONE.sub("\N{REPLACEMENT CHARACTER}", _UNFIT.sub(" ", text))
    lines = [line if _is_separator(line) else line.rstrip(" \t") for line in text.split("\n")]
    while lines and not lines[-1].strip():
        lines.pop()
    return lines


def flow(text: str) -> str:
    """The text with soft line breaks at 72 columns at most, each line ended by CRLF.

    Kept in one line: indented lines, fenced blocks, tables, words longer than a line (addresses of pages).
    Quoted lines stay quoted as deep as they were; `> > ` becomes `>> `, which is how this format says it.
    """
    return "".join(f"{line}\r\n" for line in _flow(plain_lines(text)))


def _flow(lines: list[str]) -> Iterator[str]:
    fence = ""
    for line in lines:
        marks = _QUOTE.match(line)
        depth = ">" * marks[0].count(">") if marks else ""
        words = line[marks.end() :].removeprefix(" ") if marks else line
        opened = _FENCE.match(words)
        fixed = bool(fence) or opened is not None or _FIXED.match(words) is not None
        if opened and fence in {"", depth + opened[1]}:
            fence = "" if fence else depth + opened[1]
        pieces = [words] if fixed or words == _SEPARATOR else _wrap(words, _COLUMNS - len(depth) - 1)
        for piece in pieces:
            yield depth + _stuffed(piece, depth)


def _wrap(words: str, room: int) -> Iterator[str]:
    """Pieces that are the line when joined; each but the last ends in the space where it was cut."""
    start = cut = 0
    for match in _GAP.finditer(words):
        if match.end() - start > room and cut > start:
            yield words[start:cut]
            start = cut
        # Cut there, the piece would read as the line above a signature.
        if words[start : match.end()] != _SEPARATOR:
            cut = match.end()
    if len(words) - start > room and cut > start:
        yield words[start:cut]
        start = cut
    yield words[start:]


def _stuffed(piece: str, depth: str) -> str:
    """With the space that RFC 3676 section 4.4 takes away again."""
    if depth:
        return f" {piece}" if piece else ""
    return f" {piece}" if piece.startswith((" ", ">", "From ")) else piece


def _is_separator(line: str) -> bool:
    marks = _QUOTE.match(line)
    return (line[marks.end() :].removeprefix(" ") if marks else line) == _SEPARATOR
