"""Lines like "On Monday, Ada wrote:" that stand above what somebody answers, in any language.

Most programs name a date and an address and end with a colon; that is told without words. Words
(the verbs of many languages) are needed only where the address is missing.
"""

from __future__ import annotations

import re
from functools import cache

from helpdesk_cli.mail.header_block import visible
from helpdesk_cli.mail.wording_quotes import VERBS

_LONGEST = 500
_MOST_WORDS = 45
_EARLY = 40  # a date stands near the start
_DECORATION = " \t*_-–—=~"
_UNSPACED = 0x2E80  # where the scripts without spaces begin
_MOST_NAME_WORDS = 12  # "Ada Lovelace wrote:", not a paragraph
_LONGEST_ABOVE = 200


@cache
def _verbs() -> tuple[re.Pattern[str], tuple[str, ...]]:
    words = sorted(
        (verb for line in VERBS.strip().split("\n") for verb in line.split("|")), key=len, reverse=True
    )
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
    end = visible(line[-120:]).rstrip(_DECORATION)
    return end.endswith((":", "：")) or end.casefold().endswith(_verbs()[1])


def is_attribution(lines: list[str], *, quote_follows: bool) -> bool:
    """Whether these lines together introduce a quotation."""
    text = visible(" ".join(line.strip() for line in lines)).strip(_DECORATION)
    if len(text) > _LONGEST or text.count(" ") > _MOST_WORDS:
        return False
    core = re.sub(r"\s+>", ">", text.rstrip(":： "))
    colon = text.endswith((":", "："))
    verb = _verbs()[0].search(core.casefold()) is not None
    verb_last = verb and core.casefold().endswith(_verbs()[1])
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


def belongs_before(line: str, window: list[str]) -> bool:
    """Whether an attribution found in `window` began on the line above: its date stands there."""
    above = visible(line.strip())
    look = _patterns()
    digit = re.search(r"\d", above)
    if (
        digit is None
        or digit.start() > _EARLY
        or len(above) > _LONGEST_ABOVE
        or above.endswith((".", "!", "?", ":"))
    ):
        return False
    if look["date"].search(" ".join(window)) is None:
        return look["date"].search(above) is not None
    return above.endswith(",") and len(above) < _EARLY
