"""What the documents name exists; what the code cites is written down."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
CODE = sorted(
    path
    for folder in ("helpdesk_cli", "tests", "benchmarks", "demo")
    for path in (ROOT / folder).rglob("*")
    if path.suffix in {".py", ".md", ".sh", ".yaml"} and "corpus" not in path.relative_to(ROOT).parts
)
# The command's own folders in examples: what is named there is not of this repository.
_PLACES = re.compile(r"`((?:docs|tests|benchmarks|helpdesk_cli|demo)/[\w./-]+)`")


@cache
def anchors(page: Path) -> set[str]:
    """The headings of a page as links name them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"^(```|~~~).*?^\1", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    for link, anchor in re.findall(r"\]\((?!https?:|mailto:)([^)#\s]*)#?([^)\s]*)\)", text):
        target = page.parent / link if link else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), f"{link}#{anchor}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_places_that_are_named_exist(page: Path) -> None:
    for place in _PLACES.findall(page.read_text("utf-8")):
        assert (ROOT / place).exists(), place


def cited(name: str, number: str) -> dict[str, str]:
    """Every number of that document that code, tests or pages cite, with one place that does."""
    found = {}
    for path in [*CODE, *PAGES]:
        for numbers in re.findall(
            rf"{name} ((?:{number})(?:(?:,| and| to|-)? ?(?:{number}))*)", path.read_text("utf-8")
        ):
            found |= dict.fromkeys(re.findall(number, numbers), str(path.relative_to(ROOT)))
    return found


def test_every_decision_that_is_cited_is_written_down() -> None:
    written = set(
        re.findall(r"(?:^|, )\**(\d+)\. ", (ROOT / "docs/DECISIONS.md").read_text("utf-8"), re.MULTILINE)
    )
    told = cited("DECISIONS", r"\d+")
    assert len(told) > 20
    assert {number: place for number, place in told.items() if number not in written} == {}


def test_every_promise_and_threat_that_is_cited_is_written_down() -> None:
    pages = [(ROOT / "docs" / name).read_text("utf-8") for name in ("RELIABILITY.md", "CORPUS.md")]
    written = set(re.findall(r"^\| ([AFGT]\d+) \|", "\n".join(pages), re.MULTILINE))
    told = cited("RELIABILITY", r"[AFGT]\d+")
    assert len(told) > 20
    assert {number: place for number, place in told.items() if number not in written} == {}
