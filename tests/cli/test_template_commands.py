"""`desk template` and `desk kb`: what they print for people and for programs."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from corpus_door.front import Front
from documented import faults

if TYPE_CHECKING:
    from pathlib import Path

MAIL = b"From: Ada <ada@example.org>\nTo: support@example.com\nSubject: VAT\n\nWrong.\n"
ESCAPES = (
    b"From: Ada <ada@example.org>\nTo: support@example.com\nSubject: =?utf-8?q?a=1b=5B31m=E2=80=AEb?=\n\nx\n"
)


@pytest.fixture
def front(tmp_path: Path, first: Front) -> Front:
    """A desk with an article and a ticket."""
    shutil.copytree(first.root.parent, tmp_path, symlinks=True, dirs_exist_ok=True)
    return replace(first, root=tmp_path / first.root.name)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Front:
    """The same, made once; not to be changed."""
    front = Front.make(tmp_path_factory.mktemp("first"))
    (front.root / "kb").mkdir()
    (front.root / "kb/vat.md").write_text("---\ntitle: VAT numbers\ntags: vat\n---\nSet it.\n")
    assert front.desk("ingest", stdin=MAIL).code == 0
    return front


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (("template", "--json"), "templates"),
        (("template", "list", "--json"), "templates"),
        (("template", "stats", "--json"), "template-stats"),
        (("kb", "--json"), "articles"),
        (("kb", "search", "vat", "--json"), "articles-found"),
        (("kb", "suggest", "1", "--json"), "articles-found"),
    ],
)
def test_json_is_as_documented(front: Front, words: tuple[str, ...], kind: str) -> None:
    done = front.desk(*words)
    assert done.code == 0, done.err
    found = json.loads(done.text)
    assert faults(found, kind) == []
    assert found["items"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("template", "lst"), 2, "There are list, show, render, lint, stats."),
        (("template", "list", "x"), 2, "takes no names"),
        (("template", "render", "solution"), 2, "`desk template render` takes NAME ID"),
        (("template", "show"), 2, "`desk template show` takes NAME"),
        (("template", "show", "solutoin"), 3, 'Did you mean "solution"?'),
        (("template", "render", "solution", "7"), 3, "there is no TICKET-7"),
        (("kb", "find"), 2, "There are list, search, show, suggest."),
        (("kb", "search"), 2, "takes words to look for"),
        (("kb", "suggest"), 2, "takes one ticket"),
        (("kb", "show", "vta"), 3, 'Did you mean "vat"?'),
        (("kb", "search", "zebra"), 1, "no article fits"),
    ],
)
def test_mistakes_are_answered(front: Front, words: tuple[str, ...], code: int, said: str) -> None:
    done = front.desk(*words)
    assert done.code == code
    assert said in done.err.decode()


def test_a_broken_file_hides_no_other(front: Front) -> None:
    (front.root / "templates/broken.md").write_text("---\nx: y\n---\nHi\n")
    (front.root / "kb/broken.md").write_text("Hi\n")
    for words, other in ((("template",), "solution"), (("kb",), "vat"), (("kb", "search", "vat"), "vat")):
        done = front.desk(*words)
        assert done.code == 8
        assert other in done.text
        assert "broken.md" in done.err.decode()
    assert front.desk("template", "lint").code == 4


def test_nothing_of_a_mail_reaches_the_terminal_unseen(front: Front) -> None:
    assert front.desk("ingest", stdin=ESCAPES).code == 0
    (front.root / "templates/x.md").write_text("{{ ticket_subject }}\n")
    done = front.desk("template", "render", "x", "2")
    assert done.code == 0
    assert done.text.endswith("\n\na [31mb\n")
    assert "\x1b" not in done.text
    assert "\u202e" not in done.text


def test_what_desk_sends_can_be_looked_at(front: Front) -> None:
    for name in ("csat", "notification", "digest", "acknowledgement"):
        done = front.desk("template", "render", name, "1")
        assert done.code == 0, done.err
    assert "<link_good>" in front.desk("template", "render", "csat", "1").text
