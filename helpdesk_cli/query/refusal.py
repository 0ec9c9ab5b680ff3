"""What is said of a value that cannot be read: why, and what was most likely meant."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_MOST = 12


class Refusal(ValueError):  # noqa: N818 - what it says of a value is no error of the program
    """Why a value cannot be read, and what to write instead; whoever knows its place makes an error of it."""

    def __init__(self, message: str, hint: str = "") -> None:
        """`hint` is a sentence."""
        super().__init__(message)
        self.hint = hint


def likely(word: str, known: Iterable[str]) -> str:
    """`Did you mean "assignee"?`, or the known words where they are few and none is near."""
    words = list(known)
    # difflib costs 4 ms to import and is needed only to say something helpful.
    close = importlib.import_module("difflib").get_close_matches(word[:60], words, n=1, cutoff=0.6)
    if close:
        return f'Did you mean "{close[0]}"?'
    return f"Known: {', '.join(words)}." if 0 < len(words) <= _MOST else ""
