"""Lines like "On Monday, Ada wrote:" that stand above what somebody answers, in any language.

Most programs name a date and an address and end with a colon; that is told without words. Words
(the verbs of many languages) are needed only where the address is missing.
"""

from __future__ import annotations

import re
from functools import cache

from helpdesk_cli.mail.header_block import entries, folded, plain
from helpdesk_cli.mail.wording_quotes import STARTS, VERBS

_LONGEST = 500
_MOST_WORDS = 45
_EARLY = 40  # a date stands near the start
_DECORATION = " \t*_-–—=~"
_UNSPACED = 0x2E80  # where the scripts without spaces begin
_MOST_NAME_WORDS = 12  # "Ada Lovelace wrote:", not a paragraph
_LONGEST_ABOVE = 200
_LONGEST_DATE = 60
_MOST_DATE_WORDS = 3
_EARLY_IN_DATE = 15


@cache
def _verbs() -> tuple[re.Pattern[str], tuple[str, ...]]:
    words = sorted(entries(VERBS), key=len, reverse=True)
    # Scripts without spaces have no word boundaries to ask for.
    pieces = [
        re.escape(word) if ord(word[-1]) >= _UNSPACED else rf"(?<!\w){re.escape(word)}(?!\w)"
        for word in words
    ]
    return re.compile("|".join(pieces)), tuple(words)


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    address = r"[^\s<>()\[\]\",;:：]{1,100}@[^\s<>()\[\]\",;:：]{1,100}"
    bracketed = rf"[<(\[]\s?(?:mailto:)?{address}(?:<mailto:{address}>)?\s?[>)\]]"
    return {
        "address": re.compile(address),
        "bracketed": re.compile(bracketed),
        "ends with address": re.compile(rf"(?:{bracketed}|(?<!\S){address})[>\s]*$"),
        "address and a word": re.compile(rf"{bracketed}(?:\s?[^\s@<>]+){{0,5}}$"),
        "date": re.compile(
            r"(?<!\d)(?:19|20)\d\d(?!\d)|\d{1,4}[./-] ?\d{1,2}[./-] ?\d{2,4}|(?<!\d)25\d\d年?(?!\d)"
        ),
        "time": re.compile(
            r"\d{1,2} ?[:.h] ?\d{2}(?!\d)|\d{1,2} ?[ap]\.?m\b|\d{1,2}[時点点시]", re.IGNORECASE
        ),
    }


def may_end(line: str) -> bool:
    """Whether an attribution could end with this line: a cheap first look."""
    end = plain(line[-120:]).rstrip(_DECORATION)
    return end.endswith((":", "：")) or folded(end).endswith(_verbs()[1])


def is_attribution(lines: list[str], *, quote_follows: bool) -> bool:
    """Whether these lines together introduce a quotation."""
    text = plain(" ".join(line.strip() for line in lines)).strip(_DECORATION)
    if len(text) > _LONGEST or text.count(" ") > _MOST_WORDS:
        return False
    core = re.sub(r"\s+>", ">", text.rstrip(":： "))
    colon = text.endswith((":", "："))
    verb = _verbs()[0].search(folded(core)) is not None
    verb_last = verb and folded(core).endswith(_verbs()[1])
    look = {name: pattern.search(core) is not None for name, pattern in _patterns().items()}
    date, time = look["date"], look["time"]
    digit = re.search(r"\d", core)
    early = date and digit is not None and digit.start() <= _EARLY
    certain = (
        (verb and look["address"] and (date or time))
        or (verb_last and look["bracketed"])
        or (early and colon and look["ends with address"])
        or (early and verb and time)
    )
    likely = (
        (verb and text.count(" ") < _MOST_NAME_WORDS)
        or (early and colon and time)
        or (date and colon and look["address and a word"])
    )
    return (colon or verb_last) and (certain or (quote_follows and likely))


def begins_above(above: str, window: list[str]) -> bool:
    """Whether an attribution found in `window` began on the line above it."""
    above, below = plain(above).strip(), plain(window[0]).strip()
    if len(above) > _LONGEST_ABOVE or above.endswith(("!", "?")):
        return False
    if above.count("<") > above.count(">") or above.count("(") > above.count(")"):
        return True
    return not above.endswith(":") and (_names(above, below, window) or _dates(above, below, window))


def _names(above: str, below: str, window: list[str]) -> bool:
    """Whether the name stands above: its address begins the window, or is above too."""
    if below.startswith(("<", "[", "(")):
        return above.count(" ") <= _MOST_NAME_WORDS and not above.endswith(".")
    return (
        "@" not in " ".join(window)
        and re.search(rf"{_patterns()['bracketed'].pattern}[^@<>]{{0,60}}$", above) is not None
    )


def _dates(above: str, below: str, window: list[str]) -> bool:
    """Whether the date, or its first half, stands above: "On Monday," or "Mon, 2 Nov"."""
    date = _patterns()["date"]
    digit = re.search(r"\d", above)
    early = digit is not None and digit.start() <= _EARLY
    if early and date.search(above) is not None and date.search(" ".join(window)) is None:
        return True
    if _starts(below) or len(above) > _LONGEST_DATE:
        return False
    if _starts(above):
        return digit is not None or above.count(" ") <= _MOST_DATE_WORDS
    broken = below[:1].islower() or below[:1].isdigit()
    return broken and digit is not None and digit.start() <= _EARLY_IN_DATE


@cache
def _start_words() -> tuple[str, ...]:
    return tuple(f"{word} " for word in entries(STARTS))


def _starts(line: str) -> bool:
    return folded(line).startswith(_start_words())
