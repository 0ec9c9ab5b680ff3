"""What the sender newly wrote, told from quoted history and signature. DECISIONS 27.

One pass over the lines; every look ahead or back is bounded, so a hostile text costs what a long one
does. Nothing is cut away: segments are ranges of whole lines of the text as it is.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Literal

from helpdesk_cli.mail.attribution import begins_above, is_attribution, may_end
from helpdesk_cli.mail.header_block import collect, entries, folded, is_header, plain, read_label
from helpdesk_cli.mail.model import Segment
from helpdesk_cli.mail.signatures import signature_start
from helpdesk_cli.mail.wording_quotes import FORWARD_PREFIXES, FORWARDED, ORIGINAL
from helpdesk_cli.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from helpdesk_cli.mail.model import SegmentKind

Mark = Literal["reply", "forward", ""]

_LONGEST_LINE = 600  # a longer line introduces nothing
_LONGEST_MARK = 160
_MOST_LINES = 4  # of one attribution
_SHORTEST_WRAPPED = 60  # programs wrap at 72 to 78
_SHORTEST_RULE = 3
_MOST_TRIES = 2000  # lines that looked like an attribution and were none; then we stop looking
# Lotus Notes and others name somebody in the line itself.
_NAMED_FORWARDS = ("forwarded by ", "forwarded message from ", "weitergeleitet von ", "transféré par ")
_RULE = " \t-–—_=*~>#|:."


def split(text: str, *, subject: str = "") -> tuple[Segment, ...]:
    """The segments of a message's text; their texts joined are that text, exactly.

    `subject` helps to tell a forwarded mail (its content is what the sender writes about) from an
    answer (what it answers is quoted).
    """
    if not text:
        return ()
    lines = text.split("\n")
    kinds = _Reader(lines, forwarded=is_forward_subject(subject)).read()
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


@cache
def _forward_prefix() -> re.Pattern[str]:
    return re.compile(
        rf"\s*(?:\[[^\]]{{0,60}}\]\s*)*(?:{FORWARD_PREFIXES})\s*(?:\[\d+\])?\s*[:：]", re.IGNORECASE
    )


def is_forward_subject(subject: str) -> bool:
    """Whether the mail was sent by "forward": `Fwd:`, `WG:`, `TR:` as the outermost prefix."""
    return _forward_prefix().match(subject[:300]) is not None


@cache
def _marks() -> dict[str, Mark]:
    """What stands between dashes -> "reply" or "forward"."""
    replies: dict[str, Mark] = dict.fromkeys(entries(ORIGINAL), "reply")
    return replies | dict.fromkeys(entries(FORWARDED), "forward")


def forward_mark(line: str) -> Mark:
    """What a line such as `---- Forwarded message ----` says that follows; "" for any other line."""
    core = " ".join(folded(plain(line[:_LONGEST_MARK]).strip(_RULE)).split())
    named = core.startswith(_NAMED_FORWARDS) and _is_ruled(line)
    return "forward" if named else _marks().get(core, "")


def _is_ruled(line: str) -> bool:
    """Whether the line begins as a mark drawn by a program: with dashes or in bold."""
    return line.lstrip(" \t>")[:2] in ("--", "––", "——", "__", "==", "~~", "**", "- ")


@dataclass(slots=True)
class _Reader:
    """One reading of a text: the kind of every line."""

    lines: Sequence[str]
    forwarded: bool
    kinds: list[SegmentKind] = field(default_factory=list)
    at: int = 0
    tries: int = 0
    no_block_before: int = 0  # up to this line it is known that no header block starts
    own: list[int] = field(default_factory=list)  # the lines that are the sender's own, so far
    quoted: bool = False  # whether anything is quoted so far

    def read(self) -> list[SegmentKind]:
        """Walk the lines; each step marks at least the line it looks at."""
        self.kinds = ["text"] * len(self.lines)
        while self.at < len(self.lines):
            line = self.lines[self.at]
            if not line or not line.strip():
                self.at += 1
            elif self._attribution():
                continue
            elif _depth(line):
                self._quoted_line(line)
            elif len(line) > _LONGEST_LINE or not (self._mark() or self._block()):
                self._own_line(line)
        return self.kinds

    def _quote(self, first: int, end: int) -> None:
        self.kinds[first:end] = ["quote"] * (end - first)
        self.quoted = True
        while self.own and self.own[-1] >= first:
            self.own.pop()

    def _own_line(self, line: str) -> None:
        if self._is_wrapped_quote(line):
            self._quote(self.at, self.at + 1)
        else:
            self.own.append(self.at)
        self.at += 1

    def _quoted_line(self, line: str) -> None:
        # What a Python or SMTP session prints; nobody quotes in the third degree out of nothing.
        if line.startswith(">>> ") and not self._is_quoted_above():
            self._own_line(line)
            return
        # Apple Mail marks every line of what it forwards, "Begin forwarded message:" included.
        if forward_mark(line.lstrip("> \t")) == "forward" and not self._is_quoted_above():
            self._keep_forwarded(self.at)
        else:
            self._quote(self.at, self.at + 1)
            self.at += 1

    def _is_quoted_above(self) -> bool:
        above = self.at - 1
        while above >= 0 and not self.lines[above].strip():
            above -= 1
        return above >= 0 and self.kinds[above] == "quote"

    def _is_wrapped_quote(self, line: str) -> bool:
        """A long quoted line that a program on the way broke, so that its end lost the mark."""
        if not 0 < self.at < len(self.lines) - 1 or self.kinds[self.at - 1] != "quote":
            return False
        above = self.lines[self.at - 1].rstrip()
        broken = (
            _depth(above) and len(above) >= _SHORTEST_WRAPPED and not above.endswith((".", "?", "!", ":"))
        )
        return bool(broken and line[:1].islower() and _depth(self.lines[self.at + 1]))

    def _next_filled(self, at: int) -> int:
        while at < len(self.lines) and not self.lines[at].strip():
            at += 1
        return at

    def _quote_follows(self, at: int) -> bool:
        follows = self._next_filled(at)
        return follows < len(self.lines) and _depth(self.lines[follows]) > 0

    def _attribution(self) -> bool:
        """Whether "... wrote:" ends on this line; the lines it takes up and what it introduces are marked."""
        line = self.lines[self.at]
        if len(line) > _LONGEST_LINE or self.tries > _MOST_TRIES or not may_end(line):
            return False
        # `<ada@example.org` broken before `>:` looks like a quoted line.
        if _depth(line) and line.strip(" \t:：") != ">":
            return False
        self.tries += 1
        follows = self._quote_follows(self.at + 1)
        first = self.at
        for _ in range(_MOST_LINES):
            window = list(self.lines[first : self.at + 1])
            if is_attribution(window, quote_follows=follows):
                while first > 0 and self.at - first < _MOST_LINES and self._may_precede(first - 1, window):
                    first -= 1
                    window = list(self.lines[first : self.at + 1])
                self._quote_from(self._with_rules_above(first), self.at + 1)
                return True
            first -= 1
            if first < 0 or not self._is_own(first):
                break
        return False

    def _is_own(self, at: int) -> bool:
        line = self.lines[at]
        return (
            self.kinds[at] == "text"
            and bool(line.strip())
            and len(line) <= _LONGEST_LINE
            and not _depth(line)
        )

    def _may_precede(self, at: int, window: list[str]) -> bool:
        return self._is_own(at) and begins_above(self.lines[at], window)

    def _mark(self) -> bool:
        """Whether "-----Original Message-----" or its like stands here."""
        line = self.lines[self.at]
        if len(line) > _LONGEST_MARK:
            return False
        kind = forward_mark(line)
        if not kind:
            return False
        after = self._next_filled(self.at + 1)
        block = collect(self.lines, after) if after < len(self.lines) else None
        has_block = block is not None and len(block.fields) > 1
        ends = line.rstrip(" \t*_").endswith((":", "："))
        if not (_is_ruled(line) or has_block or (kind == "forward" and ends)):
            return False
        end = block.end if block is not None and has_block else self.at + 1
        if kind == "forward" or (self.forwarded and not self.quoted):
            self._keep_forwarded(end)
        else:
            self._quote_from(self._with_rules_above(self.at), end)
        return True

    def _block(self) -> bool:
        """Whether a copied header block starts here."""
        if self.at < self.no_block_before or read_label(self.lines[self.at]) is None:
            return False
        block = collect(self.lines, self.at)
        if not is_header(block.fields):
            self.no_block_before = block.end
            return False
        if self.forwarded and not self.quoted:
            self._keep_forwarded(block.end)
        else:
            self._quote_from(self._with_rules_above(self.at), block.end)
        return True

    def _with_rules_above(self, at: int) -> int:
        """The first of the lines of dashes that a program puts above a header block."""
        above = at
        while above > 0 and at - above < _MOST_LINES and self.kinds[above - 1] == "text":
            line = self.lines[above - 1].strip()
            rule = len(line) >= _SHORTEST_RULE and (
                not line.strip(_RULE) or (line[:3] == line[-3:] and not line[:3].strip("-_=*"))
            )
            if line and not rule:
                break
            above -= 1
        return above

    def _quote_from(self, first: int, content: int) -> None:
        """Mark an introduction [first, content) and what it introduces.

        With `>` below, those lines mark themselves and what comes after them is the sender's again;
        without, everything below is quoted, unless nothing stands above: then the sender put the old
        text there for us to read.
        """
        follows = self._quote_follows(content)
        while self.own and self.own[-1] >= first:
            self.own.pop()
        if follows:
            self._quote(first, content)
        elif self.own:
            content = len(self.lines)
            self._quote(first, content)
        else:
            self.own.append(first)
        self.at = max(content, self.at + 1)

    def _keep_forwarded(self, content: int) -> None:
        """Step over a forwarded mail's header; where its lines bear `>`, the first level is what was sent."""
        self.own.append(self.at)
        self.at = content
        if self._quote_follows(self.at):
            self.at = self._next_filled(self.at)
            while self.at < len(self.lines) and (
                not self.lines[self.at].strip() or _depth(self.lines[self.at])
            ):
                if _depth(self.lines[self.at]) > 1:
                    self._quote(self.at, self.at + 1)
                self.at += 1


def _depth(line: str) -> int:
    """0 for a line of the sender's own, 1 for `> ` and 2 for anything deeper."""
    head = line[:8].lstrip(" \t\ufeff\u200b")
    if not head.startswith(">"):
        return 0
    return 2 if head[1:].lstrip().startswith(">") else 1


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
