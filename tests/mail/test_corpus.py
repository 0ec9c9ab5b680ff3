"""Every mail of the corpus is read, quickly and silently; what is expected of it is met or explained."""

from __future__ import annotations

import time
import tomllib
from typing import TYPE_CHECKING

import pytest
from corpus.facts import read
from corpus.score import CHECKS, CORPUS, corpus_mails, score, tally, unexplained

from helpdesk_cli.mail.incoming import read_mail
from helpdesk_cli.mail.problems import PROBLEMS
from helpdesk_cli.mail.salvage import salvage

if TYPE_CHECKING:
    from pathlib import Path

# (met, total) that the better of the two programs in the corpus' README reaches.
BASELINES = {
    "subject": (24, 24),
    "attachments_count": (9, 12),
    "tnef_attachments": (1, 10),
}
FLOORS = {
    "attachments": (10, 10),
    "attachments_count": (10, 12),
    "body_contains": (2, 2),
    "body_text": (19, 20),
    "from_email": (22, 23),
    "from_name": (8, 8),
    "has_calendar": (1, 1),
    "in_reply_to": (2, 3),
    "references": (2, 2),
    "subject": (24, 24),
    "tnef_attachments": (10, 10),
}


def test_the_corpus_is_here_whole() -> None:
    assert len(corpus_mails()) == 513
    assert len({mail.parent for mail in corpus_mails()}) == 17
    assert all((mail.parent.parent / "LICENSE").is_file() for mail in corpus_mails())


@pytest.mark.parametrize("mail", corpus_mails(), ids=lambda mail: f"{mail.parent.parent.name}/{mail.name}")
def test_every_mail_is_read(mail: Path, capfd: pytest.CaptureFixture[str]) -> None:
    raw = mail.read_bytes()
    started = time.process_time()
    found = read_mail(raw)
    assert time.process_time() - started < 2
    assert capfd.readouterr() == ("", "")
    assert "unparsed" not in found.problems
    assert set(found.problems) <= set(PROBLEMS)
    assert salvage(raw).problems == ("unparsed",)
    assert found.text or found.parts or not _says_something(raw)


def _says_something(raw: bytes) -> bool:
    """Whether any line below the headers is more than MIME's own."""
    body = raw.replace(b"\r\n", b"\n").partition(b"\n\n")[2]
    return any(
        line and not line.startswith((b"--", b"Content-", b"MIME-Version", b"<html>"))
        for line in body.split(b"\n")
    )


def test_every_miss_is_explained_and_no_met_expectation_is() -> None:
    assert unexplained(score(CHECKS)) == []


def test_each_field_reaches_its_floor_and_the_baselines() -> None:
    reached = {field: counts for (source, field), counts in tally(score(CHECKS)).items() if source == "*"}
    assert reached == FLOORS
    for field, (met, total) in BASELINES.items():
        assert reached[field][1] == total
        assert reached[field][0] >= met


def test_reasons_name_real_expectations() -> None:
    for miss in tomllib.loads((CORPUS / "misses.toml").read_text("utf-8"))["miss"]:
        source, name = miss["mail"].split("/")
        assert (CORPUS / source / "mails" / name).is_file()
        assert len(miss["reason"]) > 20


def test_the_same_mail_with_other_line_ends_says_the_same() -> None:
    for mail in corpus_mails():
        raw = mail.read_bytes()
        # Only plain text: the bytes of binary parts, signed mail and sealed mail are what they are.
        if b"\r" in raw or b"\n--" in raw or b"\0" in raw:
            continue
        found, other = read(raw), read_mail(raw.replace(b"\n", b"\r\n"))
        assert other.text == found.text, mail
        assert other.subject == found.subject
        assert other.from_ == found.from_
