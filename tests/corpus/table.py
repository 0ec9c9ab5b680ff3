"""`python tests/corpus/table.py > docs/CORPUS.md`: how far desk reads real mail as its origins expect."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from itertools import groupby
from pathlib import Path
from string import Template

# As a script, this finds its neighbours the way the tests do.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from corpus.score import CHECKS, CORPUS, corpus_mails, explained, score, tally
from corpus.score_meaning import MEANING_CHECKS
from mail.hostile_mails import LITERALS, THREATS

ALL = "*"
# What each field asks for; met/total of the two simple programs of tests/corpus/README.md, where it has them.
FIELDS = {
    "subject": ("the subject, decoded", "24/24", "23/24"),
    "from_email": ("the sender's address", "", ""),
    "from_name": ("the sender's name", "", ""),
    "in_reply_to": ("the message this one answers", "", ""),
    "references": ("the messages before it", "", ""),
    "body_text": ("the text", "20/20", "12/20"),
    "body_contains": ("a piece of the text", "", ""),
    "attachments": ("name, type, size or hash of each attachment", "6/8 names", "7/8 names"),
    "attachments_count": ("how many attachments", "4/12", "9/12"),
    "tnef_attachments": ("what is in a winmail.dat", "1/10", "1/10"),
    "has_calendar": ("an invitation", "", ""),
    "visible_reply": ("what the sender newly wrote, exactly", "", ""),
    "visible_reply_startswith": ("how that begins", "", ""),
    "visible_reply_contains": ("what is in it", "", ""),
    "visible_reply_not_contains": ("what is not in it", "", ""),
    "signature": ("the signature, exactly", "", ""),
    "signature_contains": ("what is in the signature", "", ""),
    "is_bounce": ("whether it is a delivery report", "56/66", "57/66"),
    "failed_recipients": ("whom it could not be delivered to", "3/47", "3/47"),
    "temporary": ("whether that is final", "", ""),
    "is_auto_reply": ("whether a machine answered", "5/8", "5/8"),
    "may_auto_respond": ("whether it may be answered by a machine", "", ""),
    "is_feedback_report": ("whether it is a complaint report", "", ""),
    "label": ("whether it is spam", "", ""),
}
# In the corpus's README the four ways to ask for new text are one figure.
TOGETHER = ("visible_reply, all four kinds", "62/88", "67/88")
_GROUP = "visible_reply"
TEXT = """\
# How well real mail is read

<!-- Made by `python tests/corpus/table.py > docs/CORPUS.md`; a test holds it to what the code does. -->

The $mails mails of `tests/corpus` come from the test suites of $sources other programs. Every one of them
goes through the front door (`tests/corpus_door`): exit code 0, within 25 seconds and 600 MiB, nothing
printed; afterwards `desk fsck --full` finds nothing, `git status` is clean, no control character reaches a
terminal, and taking all of them in again adds nothing. The same is asked of the $hostile hostile mails
[below](#hostile-mails).

Where an origin's own tests say what is in a mail, desk is held to it. It meets $met of $total such
expectations; each of the others is [explained](#expectations-not-met). Most are no faults: the origin has
a convention of its own, or expects what nothing in the mail tells. The figures are those of the functions
that read mail; a test sees that `desk show --json` of the mail taken in says the same.

## By field

The last two columns are two simple programs on the same mails: Python's `email` with html2text, and
mail-parser with mail-parser-reply. Their figures are those of the corpus's own
[README](../tests/corpus/README.md), which gives fewer fields, counts names of attachments only, and of new
text two checks more.

| field | what is asked for | desk | email + html2text | mail-parser + reply |
|---|---|---:|---:|---:|
$field_rows

Not scored is `n_replies`, how many mails a quotation holds: desk has no use for it.

## By source

| source | mails | met | fields |
|---|---:|---:|---|
$source_rows

## Expectations not met

$misses

## Hostile mails

Made by us (`tests/mail/hostile_mails.py`), in the plainest words or at a size that hurts. The numbers are
those that tests and comments in the code use.

| | what somebody tries | mails |
|---|---|---:|
$threat_rows
"""


def page() -> str:
    """The page's whole text."""
    outcomes = score(CHECKS | MEANING_CHECKS)
    counts = tally(outcomes)
    return Template(TEXT).substitute(
        mails=len(corpus_mails()),
        sources=len(_sources()),
        hostile=len(LITERALS),
        met=sum(not outcome.miss for outcome in outcomes),
        total=len(outcomes),
        field_rows="\n".join(_field_rows(counts)),
        source_rows="\n".join(_source_rows(counts)),
        misses="\n".join(_miss_lines()),
        threat_rows="\n".join(_threat_rows()),
    )


def _sources() -> list[str]:
    return sorted({mail.parent.parent.name for mail in corpus_mails()}, key=str.casefold)


def _field_rows(counts: dict[tuple[str, str], tuple[int, int]]) -> list[str]:
    rows = []
    for field, (asked, plain, library) in FIELDS.items():
        met, total = counts[ALL, field]
        rows.append(f"| `{field}` | {asked} | {met}/{total} | {plain} | {library} |")
    new_text = [counts[ALL, field] for field in FIELDS if field.startswith(_GROUP)]
    met, total = (sum(numbers) for numbers in zip(*new_text, strict=True))
    name, plain, library = TOGETHER
    place = 1 + max(number for number, field in enumerate(FIELDS) if field.startswith(_GROUP))
    rows.insert(place, f"| *{name}* | | {met}/{total} | {plain} | {library} |")
    return rows


def _source_rows(counts: dict[tuple[str, str], tuple[int, int]]) -> list[str]:
    mails = Counter(mail.parent.parent.name for mail in corpus_mails())
    rows = []
    for source in _sources():
        own = {field: counts[source, field] for field in FIELDS if (source, field) in counts}
        met, total = (sum(numbers) for numbers in zip(*own.values(), strict=True)) if own else (0, 0)
        fields = ", ".join(f"`{field}` {met}/{total}" for field, (met, total) in own.items())
        said = f"{met}/{total}" if total else ""
        rows.append(f"| {_origin(source)} | {mails[source]} | {said} | {fields or 'states none'} |")
    return rows


def _origin(source: str) -> str:
    """The source's name, linked to its folder, which says where it is from and under which licence."""
    return f"[{source}](../tests/corpus/{source})"


def _miss_lines() -> list[str]:
    """One item a reason, with the mails it holds for."""
    misses = sorted(explained().items(), key=lambda miss: (list(FIELDS).index(miss[0][1]), miss[1], miss[0]))
    lines = []
    for (field, reason), same in groupby(misses, key=lambda miss: (miss[0][1], miss[1])):
        names = [f"`{mail}`" for (mail, _), _ in same]
        lines.append(f"- `{field}` of {', '.join(names)}: {reason}.")
    return lines


def _threat_rows() -> list[str]:
    made = Counter(number[0] for name in LITERALS if (number := re.match(r"T\d+", name)))
    rows = [f"| {number} | {asked} | {made[number]} |" for number, asked in THREATS.items()]
    others = [name for name in LITERALS if not re.match(r"T\d+ ", name)]
    return [*rows, f"| | {', '.join(others)} | {len(others)} |"]


def expected_fields() -> set[str]:
    """Every field that an origin states, those that are details of another left out."""
    details = {"file", "body_text_alt", "attachments_mode"}
    stated = (json.loads(file.read_text("utf-8")) for file in CORPUS.glob("*/expectations.json"))
    return {field for each in stated for mail in each["mails"] for field in mail} - details


if __name__ == "__main__":
    sys.stdout.write(page())
