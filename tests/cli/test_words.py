"""Which words are tickets, options or changes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.core import TyperOption

from helpdesk_cli.cli import complete, words
from helpdesk_cli.cli.command import sort_words
from helpdesk_cli.cli.globals import global_options
from helpdesk_cli.errors import UsageError

PARAMS = [*global_options(), TyperOption(param_decls=["--dry-run", "-n"], is_flag=True)]


@pytest.mark.parametrize(
    ("typed", "sorted_words"),
    [
        ("42 +vip -billing", "-- 42 +vip -billing"),
        ("-n 42 -billing", "-n -- 42 -billing"),
        ("42 -billing -n", "-n -- 42 -billing"),
        ("42 -nq", "-- 42 -nq"),
        ("-C /srv/desk 42 -x", "-C /srv/desk -- 42 -x"),
        ("--as kim -tag:spam --as=lee", "--as kim --as=lee -- -tag:spam"),
        ("- -x", "-- - -x"),
        ("42 -- -n --as", "-- 42 -n --as"),
        ("--unknown 42", "--unknown -- 42"),
        ("42 -C", "-C -- 42"),
        ("", "--"),
    ],
)
def test_a_single_dash_begins_an_option_only_when_it_is_one(typed: str, sorted_words: str) -> None:
    """DECISIONS 30: own token reading."""
    assert sort_words(typed.split(), PARAMS) == sorted_words.split()


@given(st.lists(st.sampled_from(["42", "-", "-x", "-n", "-C", "--as", "--as=a", "--", "+a", "-tag:b"])))
def test_sorting_loses_no_word(typed: list[str]) -> None:
    """Every word is still there, but for the first `--`, which is always there."""
    result = sort_words(typed, PARAMS)
    expected = list(typed)
    expected_separators = max(expected.count("--"), 1) if "--" in result else 0
    assert sorted(word for word in result if word != "--") == sorted(
        word for word in expected if word != "--"
    )
    assert result.count("--") >= min(1, expected_separators)


def test_a_dash_is_the_first_column_of_standard_input() -> None:
    """`desk list | fzf -m | desk close -`: extra columns, empty lines and repetitions do not matter."""
    lines = ["TICKET-1\t21h\tWrong VAT\n", "\n", "  2 rest\n", "TICKET-1\n"]
    assert words.read_ids(["7", "-", "2"], lines) == ["7", "TICKET-1", "2"]


def test_no_ticket_is_an_error() -> None:
    """An empty list must not close nothing and say that all is well."""
    with pytest.raises(UsageError, match="no ticket was named"):
        words.read_ids(["-"], [])


@pytest.mark.parametrize(
    ("typed", "added", "removed"),
    [
        ("+vip -billing", ("vip",), ("billing",)),
        ("+vip,new,vip", ("vip", "new"), ()),
        ("-a,b +c", ("c",), ("a", "b")),
    ],
)
def test_tag_changes(typed: str, added: tuple[str, ...], removed: tuple[str, ...]) -> None:
    """A sign and one or more names."""
    assert words.read_tag_changes(typed.split()) == (added, removed)


@pytest.mark.parametrize("typed", ["+", "-,", "+vip -vip"])
def test_a_tag_change_that_says_nothing_or_two_things_is_refused(typed: str) -> None:
    """Guessing would lose a tag."""
    with pytest.raises(UsageError):
        words.read_tag_changes(typed.split())


def test_a_dash_alone_is_no_tag() -> None:
    """It is standard input."""
    assert words.part(["42", "-", "+a", "-b"], words.is_tag_change) == (["+a", "-b"], ["42", "-"])


def test_assignments() -> None:
    """FIELD=VALUE, also empty, also with a sign in the value."""
    assert words.read_assignments(["priority=high", "team=", "subject=a=b"]) == [
        ("priority", "high"),
        ("team", ""),
        ("subject", "a=b"),
    ]
    with pytest.raises(UsageError, match="is no assignment"):
        words.read_assignments(["priority"])


def test_completion_offers_only_what_no_shell_can_run() -> None:
    """What is offered is evaluated by zsh and expanded by bash."""
    values = ["vip", "$(id)", "`id`", "a b", "*", "-rf", "ok-1", "it's", "x;y", "v\n", "größe"]
    assert complete.plain(values, "") == ["vip", "ok-1"]
    assert complete.plain(values, "v") == ["vip"]
