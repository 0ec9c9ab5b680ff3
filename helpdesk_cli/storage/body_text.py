r"""The body of an entry: each segment in a code fence longer than any inside it.

The fence's info string says what the segment is (text, quote, signature). Nothing in a mail can end
the fence, and no renderer reads Markdown or HTML in it. A line that would be structure gets one more
backslash in front: `\<!-- desk:`.
"""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING, cast

from helpdesk_cli.storage.decoration import fold
from helpdesk_cli.tickets.entries import Segment, SegmentKind
from helpdesk_cli.tickets.escapes import escape, unescape

if TYPE_CHECKING:
    from collections.abc import Iterable

_OPENING = re.compile(r"^(`{3,})(text|quote|signature)\n", re.MULTILINE)
_TICKS = re.compile(r"^[ \t]*(`+)", re.MULTILINE)
_STRUCTURE = re.compile(r"^(?=\\*<!-- /?desk:)", re.MULTILINE)
_SHIELDED = re.compile(r"^\\(?=\\*<!-- /?desk:)", re.MULTILINE)
_SHORTEST = 3


def write_body(body: Iterable[Segment]) -> tuple[str, bool]:
    """The fences of a body, each after an empty line, and whether its text ends in a newline."""
    whole = _whole_lines(body)
    pieces: list[str] = []
    for folded, run in groupby(whole, key=lambda segment: segment.kind != "text"):
        segments = list(run)
        fenced = "".join(map(_write_segment, segments))
        if folded:
            count = sum(segment.text.count("\n") or 1 for segment in segments)
            fenced = fold([segment.kind for segment in segments], count, fenced)
        pieces.append(fenced)
    return "".join(pieces), not whole or whole[-1].text.endswith("\n")


def read_body(inside: str, *, ended: bool) -> tuple[Segment, ...]:
    """The segments in the fences of an entry; a fence that is never closed runs to the entry's end.

    `ended`: whether the text ends in a newline.
    """
    segments: list[Segment] = []
    position = 0
    while opening := _OPENING.search(inside, position):
        start = opening.end()
        end = inside.find(f"\n{opening[1]}\n", start - 1)
        position = len(inside) if end < 0 else end + len(opening[1]) + 2
        segments.append(_read_segment(opening[2], inside[start:] if end < 0 else inside[start : end + 1]))
    if segments and not ended:
        segments[-1] = Segment(segments[-1].kind, segments[-1].text.removesuffix("\n"))
    return tuple(segments)


def _whole_lines(body: Iterable[Segment]) -> list[Segment]:
    """The body without empty segments; one that ends within a line takes in the one behind it."""
    whole: list[Segment] = []
    for segment in body:
        if whole and not whole[-1].text.endswith("\n"):
            whole[-1] = Segment(whole[-1].kind, whole[-1].text + segment.text)
        elif segment.text:
            whole.append(segment)
    return whole


def _write_segment(segment: Segment) -> str:
    text = escape(segment.text)
    longest = max(map(len, _TICKS.findall(text)), default=0) if "`" in text else 0
    fence = "`" * max(_SHORTEST, longest + 1)
    if "<!-- " in text:
        text = _STRUCTURE.sub(r"\\", text)
    end = "" if text.endswith("\n") else "\n"
    return f"\n{fence}{segment.kind}\n{text}{end}{fence}\n"


def _read_segment(kind: str, text: str) -> Segment:
    if "<!-- " in text:
        text = _SHIELDED.sub("", text)
    return Segment(cast("SegmentKind", kind), unescape(text))
