"""How far what `desk` reads agrees with what the origins of the corpus expect of their mails.

A check is a function (expectation of one mail, its raw bytes) -> "" when met, else what was found
instead. `CHECKS` has those about what a mail *is* (subject, people, text, attachments); what it
*means* (new text, bounces, automatic mail) stands in score_meaning.py and is scored the same way.
Rules of comparison: README.md beside this file.
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from helpdesk_cli.mail.incoming import read_mail

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from helpdesk_cli.mail.model import Incoming, Part

    Expectation = Mapping[str, Any]
    Check = Callable[[Expectation, bytes], str]

CORPUS = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Outcome:
    """One expectation of one mail, tried."""

    source: str
    mail: str  # "SOURCE/FILE.eml"
    field: str
    miss: str  # "" when met


def corpus_mails() -> list[Path]:
    """Every mail of the corpus, with expectations or without."""
    return sorted(CORPUS.glob("*/mails/*"))


@cache
def expectations() -> tuple[tuple[str, Path, Expectation], ...]:
    """(source, file, what its origin expects) of every mail that has expectations."""
    found = []
    for file in sorted(CORPUS.glob("*/expectations.json")):
        stated = json.loads(file.read_text("utf-8"))
        found += [(stated["source"], file.parent / mail["file"], mail) for mail in stated["mails"]]
    return tuple(found)


@cache
def read(raw: bytes) -> Incoming:
    """The mail as read, once a test run."""
    return read_mail(raw)


def score(checks: Mapping[str, Check]) -> list[Outcome]:
    """Try every expectation that one of `checks` covers."""
    outcomes = []
    for source, path, mail in expectations():
        fields = [field for field in checks if field in mail]
        raw = path.read_bytes() if fields else b""
        outcomes += [Outcome(source, f"{source}/{path.name}", f, checks[f](mail, raw)) for f in fields]
    return outcomes


def tally(outcomes: Iterable[Outcome]) -> dict[tuple[str, str], tuple[int, int]]:
    """(source, field) -> (met, total); the source "*" is all of them together."""
    met: Counter[tuple[str, str]] = Counter()
    total: Counter[tuple[str, str]] = Counter()
    for outcome in outcomes:
        for key in ((outcome.source, outcome.field), ("*", outcome.field)):
            total[key] += 1
            met[key] += not outcome.miss
    return {key: (met[key], total[key]) for key in sorted(total)}


@cache
def explained() -> dict[tuple[str, str], str]:
    """(mail, field) -> why this expectation is not met, from misses.toml."""
    listed = tomllib.loads((CORPUS / "misses.toml").read_text("utf-8"))["miss"]
    return {(miss["mail"], miss["field"]): miss["reason"] for miss in listed}


def unexplained(outcomes: Iterable[Outcome]) -> list[str]:
    """Misses without a reason in misses.toml, and reasons for what is met: both must be mended."""
    known = explained()
    return [
        f"{o.mail}: {o.field}: {o.miss or 'is met now: take it out of misses.toml'}"
        for o in outcomes
        if bool(o.miss) != ((o.mail, o.field) in known)
    ]


def fold(text: str) -> str:
    """Text for comparison: NFC, white space folded."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def words(text: str) -> list[str]:
    """The words of a text, whatever stands between them."""
    return re.findall(r"\w+", unicodedata.normalize("NFC", text).lower())


def holds(expected: str, found: str) -> bool:
    """Whether the words are there (recall at least 0.90) without much else (precision at least 0.50)."""
    want, have = Counter(words(expected)), Counter(words(found))
    if not want:
        return not have
    common = (want & have).total()
    return common >= 0.9 * want.total() and common >= 0.5 * have.total()


def _differ(expected: object, found: object) -> str:
    return "" if expected == found else f"expected {expected!r}, found {found!r}"


def _subject(mail: Expectation, raw: bytes) -> str:
    return _differ(fold(mail["subject"]), fold(read(raw).subject))


def _from_email(mail: Expectation, raw: bytes) -> str:
    found = [person.email.casefold() for person in read(raw).from_]
    return _differ([mail["from_email"].casefold()], found)


def _from_name(mail: Expectation, raw: bytes) -> str:
    return _differ([fold(mail["from_name"])], [fold(person.name) for person in read(raw).from_])


def _body_text(mail: Expectation, raw: bytes) -> str:
    text = read(raw).text
    accepted = [mail["body_text"], *([mail["body_text_alt"]] if "body_text_alt" in mail else [])]
    return "" if any(holds(each, text) for each in accepted) else f"expected {accepted!r}, found {text!r}"


def _body_contains(mail: Expectation, raw: bytes) -> str:
    text = fold(read(raw).text)
    return _differ([], [piece for piece in mail["body_contains"] if fold(piece) not in text])


def _is_it(expected: Mapping[str, Any], part: Part) -> bool:
    """Whether a part is the attachment described; the name may be the one given or the safe one."""
    facts = {
        "filename": (part.filename, part.original_name),
        "content_type": (part.content_type,),
        "size": (len(part.content),),
        "sha256": (hashlib.sha256(part.content).hexdigest(),),
    }
    return all(expected[name] in found for name, found in facts.items() if name in expected)


def _attachments(mail: Expectation, raw: bytes) -> str:
    parts = list(read(raw).parts)
    for expected in mail["attachments"]:
        match = next((part for part in parts if _is_it(expected, part)), None)
        if match is None:
            return f"{expected!r} is not among {_listing(read(raw))}"
        parts.remove(match)
    exact = mail.get("attachments_mode", "exact") != "subset"
    return f"beyond what was expected: {[part.filename for part in parts]}" if exact and parts else ""


def _listing(mail: Incoming) -> list[tuple[str, str, int]]:
    return [(part.filename, part.content_type, len(part.content)) for part in mail.parts]


def _attachments_count(mail: Expectation, raw: bytes) -> str:
    found = _listing(read(raw))
    return "" if len(found) == mail["attachments_count"] else f"not {mail['attachments_count']}: {found}"


def _tnef_attachments(mail: Expectation, raw: bytes) -> str:
    names = Counter(name for part in read(raw).parts for name in {part.filename, part.original_name})
    # Two parts of one name: the second safe name gets a number, the original names are equal.
    missing = Counter(mail["tnef_attachments"]) - names
    return f"{sorted(missing)} are not among {_listing(read(raw))}" if missing else ""


def _has_calendar(mail: Expectation, raw: bytes) -> str:
    return _differ(mail["has_calendar"], any(p.content_type == "text/calendar" for p in read(raw).parts))


def _in_reply_to(mail: Expectation, raw: bytes) -> str:
    return _differ(mail["in_reply_to"][0], read(raw).in_reply_to)


def _references(mail: Expectation, raw: bytes) -> str:
    return _differ(mail["references"], list(read(raw).references))


CHECKS: dict[str, Check] = {
    "subject": _subject,
    "from_email": _from_email,
    "from_name": _from_name,
    "body_text": _body_text,
    "body_contains": _body_contains,
    "attachments": _attachments,
    "attachments_count": _attachments_count,
    "tnef_attachments": _tnef_attachments,
    "has_calendar": _has_calendar,
    "in_reply_to": _in_reply_to,
    "references": _references,
}
