"""One reading of a text from top to bottom: which lines quote, and which are the sender's own.

Every look ahead or back is bounded, so a hostile text costs what a long one does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.mail.attribution import begins_above, is_attribution, may_end
from helpdesk_cli.mail.header_block import collect, is_header, read_label
from helpdesk_cli.mail.marks import LONGEST_MARK, RULE, forward_mark, is_ruled
from helpdesk_cli.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Sequence

    from helpdesk_cli.mail.model import SegmentKind

_LONGEST_LINE = 600  # a longer line introduces nothing
_MOST_LINES = 4  # of one attribution
_SHORTEST_WRAPPED = 60  # programs wrap at 72 to 78
_SHORTEST_RULE = 3
_MOST_TRIES = 2000  # lines that looked like an attribution and were none; then we stop looking


@dataclass(slots=True)
class QuotationReader:
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
            elif quote_depth(line):
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
            quote_depth(above)
            and len(above) >= _SHORTEST_WRAPPED
            and not above.endswith((".", "?", "!", ":"))
        )
        return bool(broken and line[:1].islower() and quote_depth(self.lines[self.at + 1]))

    def _next_filled(self, at: int) -> int:
        while at < len(self.lines) and not self.lines[at].strip():
            at += 1
        return at

    def _quote_follows(self, at: int) -> bool:
        follows = self._next_filled(at)
        return follows < len(self.lines) and quote_depth(self.lines[follows]) > 0

    def _attribution(self) -> bool:
        """Whether "... wrote:" ends on this line; the lines it takes up and what it introduces are marked."""
        line = self.lines[self.at]
        if len(line) > _LONGEST_LINE or self.tries > _MOST_TRIES or not may_end(line):
            return False
        # `<ada@example.org` broken before `>:` looks like a quoted line.
        if quote_depth(line) and line.strip(" \t:：") != ">":
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
            and not quote_depth(line)
        )

    def _may_precede(self, at: int, window: list[str]) -> bool:
        return self._is_own(at) and begins_above(self.lines[at], window)

    def _mark(self) -> bool:
        """Whether "-----Original Message-----" or its like stands here."""
        line = self.lines[self.at]
        if len(line) > LONGEST_MARK:
            return False
        kind = forward_mark(line)
        if not kind:
            return False
        after = self._next_filled(self.at + 1)
        block = collect(self.lines, after) if after < len(self.lines) else None
        has_block = block is not None and len(block.fields) > 1
        ends = line.rstrip(" \t*_").endswith((":", "："))
        if not (is_ruled(line) or has_block or (kind == "forward" and ends)):
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
                not line.strip(RULE) or (line[:3] == line[-3:] and not line[:3].strip("-_=*"))
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
                not self.lines[self.at].strip() or quote_depth(self.lines[self.at])
            ):
                if quote_depth(self.lines[self.at]) > 1:
                    self._quote(self.at, self.at + 1)
                self.at += 1


def quote_depth(line: str) -> int:
    """0 for a line of the sender's own, 1 for `> ` and 2 for anything deeper."""
    head = line[:8].lstrip(" \t\ufeff\u200b")
    if not head.startswith(">"):
        return 0
    return 2 if head[1:].lstrip().startswith(">") else 1
