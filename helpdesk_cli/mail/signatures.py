"""Where a letter's signature begins: only what is certainly none of the message."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from helpdesk_cli.mail.header_block import entries, folded, plain
from helpdesk_cli.mail.wording_quotes import CLOSINGS, SENT_FROM, SMALL_PRINT

if TYPE_CHECKING:
    from collections.abc import Sequence

_LONGEST_LINE = 200  # longer lines are no greeting, name or device
_MOST_AFTER_DASHES = {"-- ": 60, "--": 12}  # the mark with its space is certain, RFC 3676 section 4.3
_MOST_AFTER_CLOSING = 14
_LONGEST_NAME_LINE = 100
_MOST_PASSES = 4
_LONGEST_NAME = 40
_MOST_NAME_WORDS = 4
_MOST_DEVICE_WORDS = 9  # "Sent from my Verizon Wireless 4G LTE smartphone"
_SHORTEST_RULE = 20
_LONGEST_FOOTER = 4000
_REACH = 80  # lines looked at from the end


def signature_start(lines: Sequence[str], first: int, last: int) -> int:
    """The line in [first, last) where the signature begins; `last` when there is none."""
    end = last
    for _ in range(_MOST_PASSES):
        low = max(first, end - _REACH)
        while end > low and not lines[end - 1].strip():
            end -= 1
        found = _one_signature(lines, low, end)
        if found is None:
            break
        end = found
    # Blank lines before a signature belong to neither; without one nothing has changed.
    return end if any(line.strip() for line in lines[end:last]) else last


def _one_signature(lines: Sequence[str], first: int, end: int) -> int | None:
    """Where the last signature of the kinds known begins, or None."""
    for find in (_after_dashes, _list_footer, _sent_from, _after_closing, _dashed_name, _visiting_card):
        found = find(lines, first, end)
        if found is not None:
            return found
    return None


def _filled(lines: Sequence[str], first: int, end: int) -> list[str]:
    return [line.strip() for line in lines[first:end] if line.strip()]


def _after_dashes(lines: Sequence[str], first: int, end: int) -> int | None:
    for at in range(first, end):
        mark = "-- " if lines[at] in ("-- ", "--\u00a0") else lines[at].rstrip()
        if mark in _MOST_AFTER_DASHES and len(_filled(lines, at + 1, end)) <= _MOST_AFTER_DASHES[mark]:
            return at
    return None


def _list_footer(lines: Sequence[str], first: int, end: int) -> int | None:
    """The line of underscores that list servers put above the list's name and address."""
    for at in range(max(first, end - 8), end):
        line = lines[at].strip()
        if len(line) >= _SHORTEST_RULE and not line.strip("_-="):
            below = folded(" ".join(_filled(lines, at + 1, end))[:_LONGEST_FOOTER])
            if re.search(
                r"mailing ?list|listinfo|unsubscribe|/lists?/|list-?serv|https?://\S+/mailman", below
            ):
                return at
    return None


@cache
def _sent_phrases() -> tuple[str, ...]:
    return tuple(entries(SENT_FROM))


def _sent_from(lines: Sequence[str], first: int, end: int) -> int | None:
    """`Sent from my phone` as the last line; few words and no clause, for people write so too."""
    line = lines[end - 1] if end > first else ""
    if not line.strip() or len(line) > _LONGEST_LINE:
        return None
    bare = re.sub(r"<?\(?https?://[^\s>)]*[>)]?|\]\(\S*\)|[*_\[\]]", " ", plain(line))
    words = folded(" ".join(bare.split())).rstrip(".! ")
    starts = words.startswith(_sent_phrases()) or words.endswith(_SENT_ENDINGS)
    if starts and len(words.split()) <= _MOST_DEVICE_WORDS and not re.search(r"[,;?]|\. ", words):
        return end - 1
    return None


# Languages that put the verb last: "Von meinem iPhone gesendet", "iPhoneから送信", "나의 iPhone에서 보냄".
_SENT_ENDINGS = (
    "iphone gesendet",
    "ipad gesendet",
    "から送信",
    "에서 보냄",
    "에서 보낸 메일",
    "küldve",
    "gönderildi",
    "lähetetty",
)


@cache
def _closings() -> frozenset[str]:
    return frozenset(entries(CLOSINGS))


@cache
def _small_print() -> tuple[str, ...]:
    return tuple(entries(SMALL_PRINT))


def _after_closing(lines: Sequence[str], first: int, end: int) -> int | None:
    """`Kind regards` on a line of its own, names and addresses after it, text before it."""
    for at in range(end - 1, first - 1, -1):
        if len(lines[at]) > _LONGEST_LINE or not _is_closing(lines[at], last=at == end - 1):
            continue
        below = _filled(lines, at + 1, end)
        return at if _reads_as_address(below) and _filled(lines, first, at) else None
    return None


def _is_closing(line: str, *, last: bool) -> bool:
    text = folded(plain(line).strip(" \t*_,.!;:-–"))
    if text in _closings():
        return True
    closing, comma, name = text.partition(",")
    # "Kind regards, Kim Smith" on one line, the last one.
    return last and bool(comma) and closing.strip() in _closings() and len(name.split()) <= _MOST_NAME_WORDS


def _reads_as_address(lines: list[str]) -> bool:
    """Whether these can be names, titles, telephone numbers; not a postscript, not a question."""
    if len(lines) > 4 * _MOST_AFTER_CLOSING:
        return False
    rest = [line for line in lines if not _is_small_print(line)]
    return len(rest) <= _MOST_AFTER_CLOSING and not any(
        len(line) > _LONGEST_NAME_LINE
        or "?" in line
        or "？" in line
        or re.match(r"p\.? ?s\b", line, re.IGNORECASE)
        for line in rest
    )


def _is_small_print(line: str) -> bool:
    text = folded(line[:2000])
    return any(phrase in text for phrase in _small_print())


def _dashed_name(lines: Sequence[str], first: int, end: int) -> int | None:
    """`-Ada Lovelace` or `/Ada` as the last line, a blank line before it."""
    if end - 2 < first or lines[end - 2].strip() or not _filled(lines, first, end - 1):
        return None
    line = lines[end - 1].strip()
    if (
        len(line) <= _LONGEST_NAME
        and re.fullmatch(r"[-–—/~][^\W\d_][\w.'’-]*(?: [^\W\d_][\w.'’-]*){0,2}", line)
        and line[1].isupper()
    ):
        return end - 1
    return None


_CARD = {
    "mail": re.compile(r"[^\s@]{1,64}@[^\s@]{1,250}"),
    "telephone": re.compile(r"(?:[^\W\d]{1,12}[.:]? ?)?\+?\(?\d[\d ()/.-]{5,24}(?: ?(?:x|ext\.?) ?\d{1,6})?"),
    "web": re.compile(r"(?:[^\W\d]{1,12}[.:]? ?)?(?:https?://|www\.)\S{1,200}"),
}
_CARD_LINES = range(4, 10)


def _visiting_card(lines: Sequence[str], first: int, end: int) -> int | None:
    """A last paragraph of a name, an address, a telephone number and a web site, each on a line."""
    start = end
    while start > first and lines[start - 1].strip():
        start -= 1
    card = [line.strip() for line in lines[start:end]]
    above = _filled(lines, first, start)
    if len(card) not in _CARD_LINES or not above or above[-1].endswith((":", "：")):
        return None
    name = re.fullmatch(r"[^\W\d_][\w.'’-]*(?: [^\W\d_][\w.'’-]*){0,3}", card[0]) is not None
    kinds = {
        kind
        for kind, pattern in _CARD.items()
        for line in card[1:]
        if pattern.fullmatch(plain(line).strip("*_ "))
    }
    return start if name and len(kinds) == len(_CARD) else None
