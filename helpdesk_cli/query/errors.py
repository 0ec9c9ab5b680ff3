"""What is wrong with a query, with a caret line under the place."""

from __future__ import annotations

import unicodedata

from helpdesk_cli.errors import UsageError
from helpdesk_cli.tickets.escapes import make_visible

# As much of a long query is shown on either side of the place.
_AROUND = 60
_LONGEST = 300


class QueryError(UsageError):
    """A query that cannot be read. `text[start:end]` is the place; `start < end <= len(text)`."""

    def __init__(
        self, message: str, text: str, span: tuple[int, int], *, hint: str = "", place: str = "query"
    ) -> None:
        """`span` is put right where it lies outside the text, or is empty."""
        super().__init__(_short(message), place, _short(hint))
        self.text = text
        start = max(0, min(span[0], len(text) - 1))
        self.start = start
        self.end = min(len(text), max(start + 1, span[1]))

    def __str__(self) -> str:
        """The sentence, and below it the query with a line under the place."""
        return f"{super().__str__()}\n{self.picture()}" if self.text else super().__str__()

    def picture(self) -> str:
        """Two lines: the query, or the part of it around the place; carets under the place."""
        first = max(0, self.start - _AROUND)
        last = min(len(self.text), max(self.end, self.start + 1) + _AROUND)
        end = min(self.end, self.start + _AROUND)
        before = ("…" if first else "") + _shown(self.text[first : self.start])
        at = _shown(self.text[self.start : end])
        after = _shown(self.text[end:last]) + ("…" if last < len(self.text) else "")
        return f"  {before}{at}{after}\n  {' ' * _width(before)}{'^' * max(1, _width(at))}"


def _short(sentence: str) -> str:
    """On one line, whatever was quoted in it."""
    sentence = _shown(sentence)
    return sentence if len(sentence) <= _LONGEST else f"{sentence[:_LONGEST]}…"


def _shown(text: str) -> str:
    return make_visible(text.replace("\n", " ").replace("\t", " "))


def _width(text: str) -> int:
    """How many columns of a terminal the text takes: enough to set a caret, no more."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )
