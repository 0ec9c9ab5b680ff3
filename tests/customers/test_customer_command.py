"""`desk customer` as it is typed: its JSON as docs/JSON.md has it, its exit codes, harmless text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from corpus_door.front import Front
from documented import faults

if TYPE_CHECKING:
    from pathlib import Path

MAIL = (
    b"From: =?utf-8?B?QWRhIBtbMzFtTG92ZWxhY2XigK4=?= <ada@acme.example>\n"
    b"To: support@example.com\nSubject: Hi\n\nHello\n"
)


@pytest.fixture
def front(tmp_path: Path) -> Front:
    """A desk with a mail whose sender's name plays with terminals, and an organisation."""
    front = Front.make(tmp_path)
    assert front.desk("ingest", stdin=MAIL).code == 0
    words = ("customer", "new", "--organisation", "acme", "domains=acme.example", "name=Acme Ltd")
    assert front.desk("--as", "dana", *words).code == 0
    return front


def document(front: Front, *words: str) -> dict[str, object]:
    ended = front.desk("--as", "dana", "customer", *words, "--json")
    assert ended.code == 0, ended.err
    found: dict[str, object] = json.loads(ended.text)
    return found


def test_json_is_as_it_is_documented(front: Front) -> None:
    assert faults(document(front, "list"), "customers") == []
    assert faults(document(front, "show", "ada@acme.example"), "customer history") == []
    done = front.desk(
        "--as", "dana", "customer", "new", "--from-ticket", "1", "tier=gold", "-m", "Likes tea."
    )
    assert done.code == 0, done.err
    (path,) = front.root.glob("customers/*.md")
    path.write_text(path.read_text().replace("\n---\n", "\ncontract: [a, b]\n---\n", 1))
    for words, kind in (
        (("list",), "customers"),
        (("list", "--organisation"), "organisations"),
        (("show", "ada@acme.example"), "customer history"),
        (("show", "acme"), "customer history"),
        (("show", "nobody@x.example"), "customer history"),
    ):
        found = document(front, *words)
        assert faults(found, kind) == []
    assert document(front, "list")["total"] == 1
    customer = document(front, "show", "ada@acme.example")["customer"]
    assert isinstance(customer, dict)
    assert (customer["tier"], customer["organisation"]) == ("gold", {"id": "acme", "name": "Acme Ltd"})
    assert (customer["notes"], customer["other"]) == (
        "Likes tea.",
        [{"key": "contract", "value": ["a", "b"]}],
    )


def test_what_a_mail_says_somebody_is_called_does_nothing_to_a_terminal(front: Front) -> None:
    done = front.desk("--as", "dana", "customer", "new", "--from-ticket", "1")
    assert done.code == 0, done.err
    (path,) = front.root.glob("customers/*.md")
    assert path.name.isascii()
    assert "\x1b" not in path.read_text()
    assert "\u202e" not in path.read_text()
    for words in (("list",), ("list", "-O", "table"), ("show", "ada@acme.example"), ("list", "-O", "md")):
        text = front.desk("customer", *words).text
        assert "ada@acme.example" in text
        assert "\x1b" not in text
        assert "\u202e" not in text


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("frobnicate",), 2, "there is no `desk customer frobnicate`"),
        (("show",), 2, "name somebody"),
        (("show", "acne"), 3, 'Did you mean "acme"?'),
        (("set", "acme", "tier=glod"), 2, 'Did you mean "gold"?'),
        (("set", "acme"), 2, "nothing is to be set"),
        (("set", "tier=gold"), 2, "name somebody"),
        (("set", "ada@acme.example", "tier=gold"), 3, "`desk customer new ada@acme.example` makes one."),
        (("new",), 2, "say who it is"),
        (("new", "x@y.example", "--from-ticket", "1"), 2, "in one way"),
        (("new", "--from-ticket", "99"), 3, "there is no TICKET-99"),
        (("new", "--organisation", "Acme Ltd"), 2, "is no name for a file"),
        (("new", "--organisation", "acme"), 5, "there is such a file already"),
        (("erase", "acme"), 2, "people are erased"),
        (("erase", "ada@acme.example"), 6, "Say --yes if this is meant."),
        (("export", "nobody@x.example"), 3, "the desk holds nothing of"),
        (("list", "-O", "xml"), 2, "there is no output format"),
    ],
)
def test_mistakes_are_said(front: Front, words: tuple[str, ...], code: int, said: str) -> None:
    before = sorted(path.name for path in front.root.rglob("customers/**/*.md"))
    done = front.desk("--as", "dana", "customer", *words)
    assert (done.code, done.text) == (code, "")
    assert said in done.err.decode()
    assert sorted(path.name for path in front.root.rglob("customers/**/*.md")) == before


def test_reading_needs_no_name_and_writing_does(front: Front) -> None:
    assert front.desk("customer", "list").code == 0
    done = front.desk("customer", "set", "acme", "tier=gold")
    assert done.code == 3
    assert "no agent of this desk" in done.err.decode()


def test_a_broken_file_is_told_and_hides_no_other(front: Front) -> None:
    (front.root / "customers/broken.md").write_text("---\nvip: perhaps\n---\n")
    (front.root / "customers/fine.md").write_text("---\nname: Fine\n---\n")
    done = front.desk("customer", "list")
    assert done.code == 8
    assert done.text.startswith("fine\tFine")
    assert "customers/broken.md:2: " in done.err.decode()
    assert front.desk("customer", "show", "broken").code == 4
