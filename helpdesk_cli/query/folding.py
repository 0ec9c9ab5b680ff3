"""Text made equal where people mean the same: case, composed letters, widths and white space."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache

# All white space and control characters are one space: a phrase is found over the end of a line, and
# "\n" is free to part messages, so that no phrase is found across two of them.
_CONTROL = r"[\x00-\x1f\x7f-\x9f]"
# A lone surrogate is in no UTF-8: neither SQLite nor RE2 take it.
_SURROGATE = "[\ud800-\udfff]"
_compiled = cache(re.compile)
BETWEEN = "\n"
_SHORT, _LONG = 80, 50_000


def fold(text: str) -> str:
    """The text for comparison: composed, case-folded, white space as one space, none at the ends.

    Source: caseless matching of the Unicode Standard, D146 (NFKC where it says NFKD: shorter, as equal).
    """
    if len(text) <= _SHORT:
        return _fold_again(text)
    return _fold_twice(text) if len(text) <= _LONG else _fold(text)


def _fold(text: str) -> str:
    if text.isascii():
        text = text.casefold()
    else:
        text = _compiled(_SURROGATE).sub("\ufffd", text)
        text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
        # Some folds bring forth what folds again (U+0345 among others): twice is stable.
        again = text.casefold()
        text = text if again == text else unicodedata.normalize("NFKC", again)
    text = " ".join(text.split())
    return text if text.isprintable() else " ".join(_compiled(_CONTROL).sub(" ", text).split())


# Words, names and addresses come again with every message; the same answer is kept for each.
_fold_again = lru_cache(maxsize=8192)(_fold)
# The body of a message is asked for as a whole, and for what is new in it.
_fold_twice = lru_cache(maxsize=32)(_fold)


def fold_all(texts: tuple[str, ...]) -> tuple[str, ...]:
    """Each text folded, each once, none empty, in order of code points."""
    if len(texts) == 1:
        folded = fold(texts[0])
        return (folded,) if folded else ()
    return tuple(sorted({folded for text in texts if (folded := fold(text))}))
