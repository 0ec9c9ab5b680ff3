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
def _verbs() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(as they are looked for in a line padded with spaces, as they end one)."""
    words = entries(VERBS)
    # Scripts without spaces have no word boundaries to ask for.
    return tuple(word if ord(word[-1]) >= _UNSPACED else f" {word} " for word in words), tuple(words)


_BOUNDARIES = {ord(mark): " " for mark in "<>[](),;:：\"'\t、，"}


def _has_verb(core: str) -> bool:
    # "napisał(a)" loses its brackets here, and has an entry without them.
    padded = f" {' '.join(folded(core).translate(_BOUNDARIES).split())} "
    return any(verb in padded for verb in _verbs()[0])


# From the start of a word only: tried at each character this would be the cost of the whole pass.
_ADDRESS = r"(?<![^\s<>()\[\]\",;:：])[^\s<>()\[\]\",;:：@]{1,100}@[^\s<>()\[\]\",;:：]{1,100}"
_BRACKETED = rf"[<(\[]\s?(?:mailto:)?{_ADDRESS}(?:<mailto:{_ADDRESS}>)?\s?[>)\]]"
_PATTERNS = {
    "address": _ADDRESS,
    "bracketed address": _BRACKETED,
    "ends with address": rf"(?:{_BRACKETED}|(?<!\S){_ADDRESS})[>\s]*$",
    "address and a word": rf"{_BRACKETED}(?:\s?[^\s@<>]+){{0,5}}$",
    "address and a date": rf"{_BRACKETED}[^@<>]{{0,60}}$",
    "date": r"(?<!\d)(?:19|20|25)\d\d(?!\d)|\d{1,4}[./-] ?\d{1,2}[./-] ?\d{2,4}",
    "time": r"(?i)\d{1,2} ?[:.h] ?\d{2}(?!\d)|\d{1,2} ?[ap]\.?m\b|\d{1,2}[時点点시]",
}


@cache
def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(_PATTERNS[name])


def _has(name: str, text: str) -> bool:
    """Whether the text has one: an address, a date ..."""
    return ("@" in text or "address" not in name) and _pattern(name).search(text) is not None


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
    verb = _has_verb(core)
    verb_last = verb and folded(core).endswith(_verbs()[1])
    digit = re.search(r"\d", core)
    if not verb and (digit is None or not colon):
        return False
    date, time = _has("date", core), _has("time", core)
    early = date and digit is not None and digit.start() <= _EARLY
    certain = (
        (verb and (date or time) and _has("address", core))
        or (verb_last and _has("bracketed address", core))
        or (early and colon and _has("ends with address", core))
        or (early and verb and time)
    )
    likely = quote_follows and (
        (verb and text.count(" ") < _MOST_NAME_WORDS)
        or (early and colon and time)
        or (date and colon and _has("address and a word", core))
    )
    return (colon or verb_last) and (certain or likely)


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
    return "@" not in " ".join(window) and _has("address and a date", above)


def _dates(above: str, below: str, window: list[str]) -> bool:
    """Whether the date, or its first half, stands above: "On Monday," or "Mon, 2 Nov"."""
    digit = re.search(r"\d", above)
    early = digit is not None and digit.start() <= _EARLY
    if early and _has("date", above) and not _has("date", " ".join(window)):
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
