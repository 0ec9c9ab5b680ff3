"""What the sender newly wrote, told from quoted history and signature. DECISIONS 27.

Nothing is cut away: segments are ranges of whole lines of the text as it is.
"""

from __future__ import annotations

from itertools import groupby, pairwise
from typing import TYPE_CHECKING

from helpdesk_cli.mail.marks import is_forward_subject
from helpdesk_cli.mail.model import Segment
from helpdesk_cli.mail.quotation import QuotationReader
from helpdesk_cli.mail.signatures import signature_start

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from helpdesk_cli.mail.model import SegmentKind


def split(text: str, *, subject: str = "") -> tuple[Segment, ...]:
    """The segments of a message's text; their texts joined are that text, exactly.

    `subject` helps to tell a forwarded mail (its content is what the sender writes about) from an
    answer (what it answers is quoted).
    """
    if not text:
        return ()
    lines = text.split("\n")
    kinds = QuotationReader(lines, forwarded=is_forward_subject(subject)).read()
    _join_blank_lines(lines, kinds)
    _mark_signatures(lines, kinds)
    numbered = [(kind, line) for kind, line in zip(kinds, lines, strict=True)]
    runs = [
        (kind, "\n".join(line for _, line in run))
        for kind, run in groupby(numbered, key=lambda each: each[0])
    ]
    return tuple(
        Segment(kind, run if number == len(runs) - 1 else run + "\n")
        for number, (kind, run) in enumerate(runs)
    )


def new_text(segments: Iterable[Segment]) -> str:
    """What the sender newly wrote: the text segments, without blank lines around them."""
    pieces = [_without_blank_edges(each.text) for each in segments if each.kind == "text"]
    return "\n\n".join(piece for piece in pieces if piece)


def _without_blank_edges(text: str) -> str:
    """The text from its first filled line (with its indentation) to its last character."""
    start = len(text) - len(text.lstrip())
    return text[text.rfind("\n", 0, start) + 1 :].rstrip()


def _join_blank_lines(lines: Sequence[str], kinds: list[SegmentKind]) -> None:
    """Blank lines between two quoted lines are quoted; none makes a segment of its own."""
    filled = [at for at, line in enumerate(lines) if line.strip()]
    for before, after in pairwise(filled):
        if kinds[before] == kinds[after] == "quote" and after - before > 1:
            kinds[before + 1 : after] = ["quote"] * (after - before - 1)
    if filled and kinds[filled[-1]] != "text":
        kinds[filled[-1] + 1 :] = [kinds[filled[-1]]] * (len(lines) - filled[-1] - 1)


def _mark_signatures(lines: Sequence[str], kinds: list[SegmentKind]) -> None:
    """From the end upwards: a signature below the last text; above it too when it was nothing else."""
    last = len(lines)
    for kind, run in groupby(range(len(lines) - 1, -1, -1), key=lambda at: kinds[at]):
        first = last - sum(1 for _ in run)
        if kind == "text":
            start = signature_start(lines, first, last)
            kinds[start:last] = ["signature"] * (last - start)
            if any(line.strip() for line in lines[first:start]):
                return
        last = first
