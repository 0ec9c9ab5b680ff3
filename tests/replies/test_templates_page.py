"""docs/templates.md says what templates know and may say, no more and no less."""

from __future__ import annotations

import re
from pathlib import Path

from helpdesk_cli.replies.grammar import FILTERS
from helpdesk_cli.replies.template import PURPOSES
from helpdesk_cli.replies.variables import VARIABLES

PAGE = (Path(__file__).resolve().parents[2] / "docs/templates.md").read_text("utf-8")


def test_every_variable_is_explained() -> None:
    rows = set(re.findall(r"^\| `(\w+)` \| (.+) \| (.+) \|$", PAGE, re.MULTILINE))
    assert rows == {(each.name, each.about, each.empty_when or "never") for each in VARIABLES}


def test_every_filter_and_purpose_is_named() -> None:
    said = set(re.findall(r"\w+", PAGE.partition("## What it may say")[2].partition("\n## ")[0]))
    assert said >= FILTERS
    assert {word for word in PURPOSES if f"`{word}`" not in PAGE} == set()
