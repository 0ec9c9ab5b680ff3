"""What others found of a mail's SPF, DKIM and DMARC: read from headers, pasted headers and robots' reports.

Tolerant, for it reads what people paste: quote marks, lost indentation, tables of webmail. It tells what is
said, not whether it is true; nothing but advice may hang on it (RFC 8601 section 7.1).
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final, Literal, cast

from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Method = Literal["spf", "dkim", "dmarc"]
Result = Literal[
    "pass", "fail", "softfail", "neutral", "none", "policy", "temperror", "permerror", "unaligned", ""
]
METHODS: Final[tuple[Method, ...]] = ("spf", "dkim", "dmarc")
_LONGEST_TEXT: Final = 400_000
_LONGEST_VALUE: Final = 8000
_MOST: Final = 200
# Words that some write for the registered ones.
_WORDS: Final = {
    "passed": "pass",
    "success": "pass",
    "failed": "fail",
    "failure": "fail",
    "hardfail": "fail",
    "bestguesspass": "none",
    "error": "temperror",
    "unknown": "permerror",
    "unsigned": "none",
    "missing": "none",
    "discard": "policy",
}
_RESULTS: Final = ("pass", "fail", "softfail", "neutral", "none", "policy", "temperror", "permerror")
# Of several results of one method that are no pass, the first of these is told.
_WORST: Final = ("fail", "softfail", "permerror", "policy", "temperror", "neutral", "none")


@dataclass(frozen=True, slots=True)
class Verdict:
    """One result of one method. `domain`: what it is about; `by`: who looked; "" where that is not said."""

    method: Method
    result: Result
    domain: str = ""
    by: str = ""


def read_verdicts(text: str) -> list[Verdict]:
    """Every verdict in a text, in its order, each once."""
    lines = _plain_lines(text[:_LONGEST_TEXT])
    found = dict.fromkeys((*_in_fields(lines), *_in_reports(lines)))
    return list(found)[:_MOST]


def judge(verdicts: Iterable[Verdict], *, domain: str) -> dict[Method, Verdict]:
    """The verdict that counts for each method, for a mail from that domain; result "" where none is known.

    A pass for a domain that has nothing to do with the mail's own is "unaligned": DMARC does not count it.
    """
    every = list(verdicts)
    return {
        method: _best(method, [one for one in every if one.method == method], domain) for method in METHODS
    }


def _best(method: Method, found: list[Verdict], domain: str) -> Verdict:
    if not found:
        return Verdict(method, "")
    passed = [one for one in found if one.result == "pass"]
    for one in passed:
        if method == "dmarc" or not one.domain or is_aligned(one.domain, domain):
            return one
    if passed:
        return Verdict(method, "unaligned", passed[0].domain, passed[0].by)
    return min(found, key=lambda one: _WORST.index(one.result))


def is_aligned(one: str, other: str) -> bool:
    """Whether two domains are the same, or one lies below the other: near to RFC 7489's relaxed alignment."""
    first, second = one.casefold().rstrip("."), other.casefold().rstrip(".")
    return first == second or first.endswith(f".{second}") or second.endswith(f".{first}")


def own_part(text: str, *, message_id: str, tag: str) -> str:
    """The head of our own mail in a copy of it that came back; "" where the copy is of another mail.

    `message_id` is ours, bare; `tag` stands in its subject: some systems give a mail another id on its way.
    """
    blocks = re.split(r"\n[ \t]*\n", text[:_LONGEST_TEXT].replace("\r\n", "\n"))
    ours = [block for block in blocks if message_id.casefold() in _unfolded(block, "message-id").casefold()]
    ours += [block for block in blocks if tag in _unfolded(block, "subject")]
    return ours[0] if ours else ""


def _unfolded(block: str, name: str) -> str:
    match = re.search(
        rf"^{name}[ \t]*:([^\n]*(?:\n[ \t][^\n]*){{0,20}})", block, re.IGNORECASE | re.MULTILINE
    )
    return " ".join(match[1].split()) if match else ""


@cache
def _field_start() -> re.Pattern[str]:
    return re.compile(
        r"[\W_]{0,6}(?P<name>(?:X-)?(?:ARC-)?(?:Original-)?Authentication-Results(?:-Original)?|Received-SPF)"
        r"[\W_]{0,3}?:(?P<value>.*)",
        re.IGNORECASE,
    )


_HEADER: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]{1,60}:(?:\s|$)")
_RESINFO: Final = re.compile(
    r"(?<![\w.-])(?P<method>spf|dkim|dmarc)(?:\s*/\s*\d{1,3})?\s*=\s*[\"']?(?P<result>[a-z]{2,14})",
    re.IGNORECASE,
)
_DOMAIN: Final = re.compile(
    r"\b(?P<key>header\.(?:d|i|from)|smtp\.(?:mailfrom|mail|helo)|envelope-from)\s*=\s*"
    r"[\"'<]*(?:[^\s@;\"'<>()=]{0,128}@)?(?P<domain>[A-Za-z0-9_.-]{1,255})",
    re.IGNORECASE,
)
_KEYS: Final = {
    "dkim": ("header.d", "header.i"),
    "spf": ("smtp.mailfrom", "smtp.mail", "envelope-from", "smtp.helo"),
    "dmarc": ("header.from",),
}
_REPORT: Final = re.compile(
    r"[\W_]{0,6}(?P<method>SPF|DKIM|DMARC)[\s\"']*"
    r"(?:check|checks|result|results|status|test|authentication|verification|validation)?[\W_]{0,3}"
    r"[:\t|][\W_]{0,12}(?P<result>[a-z]{2,14})\b(?P<rest>.{0,300})",
    re.IGNORECASE,
)
_WITH_DOMAIN: Final = re.compile(
    r"\bdomain\s+(?:of\s+)?(?:transitioning\s+)?[\"'<]*(?:[^\s@;\"'<>()]{0,128}@)?([A-Za-z0-9_-][A-Za-z0-9_.-]*\.[A-Za-z]+)"
)


def _plain_lines(text: str) -> list[str]:
    """The lines without quote marks; spaces of all kinds are spaces."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u00a0", " ")
    return [re.sub(r"^[ \t]{0,8}(?:[>|][ \t]?){1,20}", "", line) for line in text.split("\n")]


def _in_fields(lines: list[str]) -> Iterator[Verdict]:
    at = 0
    while at < len(lines):
        match = _field_start().match(lines[at])
        at += 1
        if match is None:
            continue
        value = [match["value"]]
        while at < len(lines) and lines[at].strip() and not _starts_another(lines[at]):
            value.append(lines[at].strip())
            at += 1
        said = " ".join(value)[:_LONGEST_VALUE]
        yield from _received_spf(said) if match["name"].lower() == "received-spf" else _results(said)


def _starts_another(line: str) -> bool:
    """Whether the line begins another field; its own indentation may be lost, so that alone tells nothing."""
    return bool(_HEADER.match(line) or _field_start().match(line))


def _results(value: str) -> Iterator[Verdict]:
    plain = _without_comments(value)
    by = _authserv(plain)
    found = list(_RESINFO.finditer(plain))
    for number, match in enumerate(found):
        method, result = match["method"].lower(), _word(match["result"])
        if not result:
            continue
        end = found[number + 1].start() if number + 1 < len(found) else len(plain)
        yield Verdict(cast("Method", method), result, _domain(method, plain[match.end() : end]), by)


def _authserv(plain: str) -> str:
    """The authserv-id; behind `i=1;` in an ARC header, missing in those of Microsoft."""
    for piece in plain.split(";")[:2]:
        words = piece.split()
        if words and "=" not in words[0] and re.fullmatch(r"[A-Za-z0-9_.:-]{1,255}", words[0]):
            return words[0].casefold()
    return ""


def _domain(method: str, properties: str) -> str:
    found = {match["key"].lower(): match["domain"] for match in reversed(list(_DOMAIN.finditer(properties)))}
    return next((found[key].casefold().strip(".") for key in _KEYS[method] if key in found), "")


def _received_spf(value: str) -> Iterator[Verdict]:
    """`Received-SPF: pass (mx: domain of a@b designates ...) envelope-from=...` (RFC 7208 section 9.1)."""
    word = re.match(r"\s*([A-Za-z]{2,14})", value)
    result = _word(word[1]) if word else ""
    if not result:
        return
    said = _WITH_DOMAIN.search(value)
    domain = _domain("spf", value) or (said[1].casefold() if said else "")
    receiver = re.search(r"\breceiver\s*=\s*[\"']?([A-Za-z0-9_.-]{1,255})", value)
    yield Verdict("spf", result, domain, receiver[1].casefold() if receiver else "")


def _in_reports(lines: list[str]) -> Iterator[Verdict]:
    """Lines such as `SPF check: pass`, and `DKIM: 'PASS' with domain example.com` of webmail's own view."""
    for number, line in enumerate(lines):
        match = _REPORT.fullmatch(line.rstrip()) if len(line) < _LONGEST_VALUE else None
        following = lines[number + 1] if number + 1 < len(lines) else ""
        if match is None and re.fullmatch(r"[\W_]{0,6}(SPF|DKIM|DMARC)[\W_]{0,3}", line, re.IGNORECASE):
            # The two columns of a table, one below the other.
            match = _REPORT.fullmatch(f"{line.strip().rstrip(':')}: {following.strip()}")
        if match is None or not (result := _word(match["result"])):
            continue
        said = _WITH_DOMAIN.search(match["rest"])
        yield Verdict(
            cast("Method", match["method"].lower()), result, said[1].casefold().strip(".") if said else ""
        )


def _word(word: str) -> Result:
    word = _WORDS.get(word.lower(), word.lower())
    return cast("Result", word) if word in _RESULTS else ""


def _without_comments(value: str) -> str:
    """The value without (comments), which may hold any word; in a straight line, whatever they nest."""
    kept = []
    depth = 0
    for piece in re.split(r"([()])", value):
        if piece == "(":
            depth += 1
        elif piece == ")":
            depth = max(0, depth - 1)
        elif not depth:
            kept.append(piece)
    return " ".join(kept)
