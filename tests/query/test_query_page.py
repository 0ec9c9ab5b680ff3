"""docs/QUERY.md says what the code does."""

from __future__ import annotations

import re
import subprocess

import pytest
from needs import require
from query.asked import CONTEXT
from query.page import EXAMPLE, PAGE, find, section, written

from helpdesk_cli.query.fields import FIELDS, FLAGS
from helpdesk_cli.query.parse import parse

TEXT = PAGE.read_text("utf-8")
EXAMPLES = EXAMPLE.findall(section(TEXT, "Examples"))


def test_the_page_is_made_from_the_code() -> None:
    """Else: `python tests/query/page.py`."""
    assert written(TEXT) == TEXT


@pytest.mark.parametrize(("query", "found"), EXAMPLES)
def test_an_example_finds_what_the_page_says(query: str, found: str) -> None:
    assert find(query.replace("\\|", "|")) == found


def test_the_examples_use_every_field_and_flag() -> None:
    """But for what five tickets cannot show."""
    queries = [parse(query.replace("\\|", "|"), CONTEXT) for query, _ in EXAMPLES]
    asked = frozenset().union(*(query.fields for query in queries))
    keys = {row.key for row in FIELDS}
    assert (
        keys - asked
        == {"uid", "type", "product", "team", "channel", "other", "formerly", "header", "flag"} & keys
    )
    assert {flag.field for flag in FLAGS} <= {
        name for query, _ in EXAMPLES for name in re.findall(r"\w+(?=:)", query)
    }


@pytest.mark.parametrize("shell", ["bash", "zsh", "dash"])
def test_what_needs_no_quotation_marks_in_a_shell(shell: str) -> None:
    require(shell)
    lines = re.findall(r"```\n(.*?)```", section(TEXT, "In a shell"), re.DOTALL)[0].splitlines()
    assert len(lines) == 2
    for line in lines:
        call = [shell, *(["-f"] if shell == "zsh" else []), "-c", f"printf '%s\\0' {line}"]
        words = subprocess.run(call, capture_output=True, check=True, text=True).stdout.split("\0")[:-1]
        assert words == line.split()
        assert parse(words, CONTEXT) == parse(line, CONTEXT)


def test_the_query_at_the_top_is_one() -> None:
    assert parse(re.findall(r"```\n(.*?)```", TEXT, re.DOTALL)[0], CONTEXT)
