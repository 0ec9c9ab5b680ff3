"""How far what `desk` reads agrees with what the origins of the corpus expect of their mails.

A check is a function (expectation of one mail, facts found) -> "" when met, else what was found
instead. `CHECKS` has those about what a mail *is* (subject, people, text, attachments); what it
*means* (new text, bounces, automatic mail) stands in score_meaning.py and is scored the same way.
Rules of comparison: README.md beside this file.
"""

from __future__ import annotations

import json
import re
import tomllib
import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpus.facts import facts_of_mail

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from corpus.facts import Facts, File

    Expectation = Mapping[str, Any]
    Check = Callable[[Expectation, Facts], str]

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


def score(checks: Mapping[str, Check], facts_of: Callable[[bytes], Facts] = facts_of_mail) -> list[Outcome]:
    """Try every expectation that one of `checks` covers on what `facts_of` finds in that mail."""
    outcomes = []
    for source, path, mail in expectations():
        fields = [field for field in checks if field in mail]
        if fields:
            facts = facts_of(path.read_bytes())
            name = f"{source}/{path.name}"
            outcomes += [Outcome(source, name, field, checks[field](mail, facts)) for field in fields]
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


def _subject(mail: Expectation, facts: Facts) -> str:
    return _differ(fold(mail["subject"]), fold(facts.subject))


def _from_email(mail: Expectation, facts: Facts) -> str:
    return _differ([mail["from_email"].casefold()], [email.casefold() for _, email in facts.senders])


def _from_name(mail: Expectation, facts: Facts) -> str:
    return _differ([fold(mail["from_name"])], [fold(name) for name, _ in facts.senders])


def _body_text(mail: Expectation, facts: Facts) -> str:
    accepted = [mail["body_text"], *([mail["body_text_alt"]] if "body_text_alt" in mail else [])]
    met = any(holds(each, facts.text) for each in accepted)
    return "" if met else f"expected {accepted!r}, found {facts.text!r}"


def _body_contains(mail: Expectation, facts: Facts) -> str:
    text = fold(facts.text)
    return _differ([], [piece for piece in mail["body_contains"] if fold(piece) not in text])


def _is_it(expected: Mapping[str, Any], file: File) -> bool:
    """Whether a file is the attachment described; the name may be the one given or the safe one."""
    found = {
        "filename": (file.filename, file.original_name),
        "content_type": (file.content_type,),
        "size": (file.size,),
        "sha256": (file.sha256,),
    }
    return all(expected[name] in values for name, values in found.items() if name in expected)


def _attachments(mail: Expectation, facts: Facts) -> str:
    files = list(facts.files)
    for expected in mail["attachments"]:
        match = next((file for file in files if _is_it(expected, file)), None)
        if match is None:
            return f"{expected!r} is not among {_listing(facts)}"
        files.remove(match)
    exact = mail.get("attachments_mode", "exact") != "subset"
    return f"beyond what was expected: {[file.filename for file in files]}" if exact and files else ""


def _listing(facts: Facts) -> list[tuple[str, str, int]]:
    return [(file.filename, file.content_type, file.size) for file in facts.files]


def _attachments_count(mail: Expectation, facts: Facts) -> str:
    met = len(facts.files) == mail["attachments_count"]
    return "" if met else f"not {mail['attachments_count']}: {_listing(facts)}"


def _tnef_attachments(mail: Expectation, facts: Facts) -> str:
    names = Counter(name for file in facts.files for name in {file.filename, file.original_name})
    # Two parts of one name: the second safe name gets a number, the original names are equal.
    missing = Counter(mail["tnef_attachments"]) - names
    return f"{sorted(missing)} are not among {_listing(facts)}" if missing else ""


def _has_calendar(mail: Expectation, facts: Facts) -> str:
    return _differ(mail["has_calendar"], any(file.content_type == "text/calendar" for file in facts.files))


def _in_reply_to(mail: Expectation, facts: Facts) -> str:
    return _differ(mail["in_reply_to"][0], facts.in_reply_to)


def _references(mail: Expectation, facts: Facts) -> str:
    return _differ(mail["references"], list(facts.references))


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
