"""Whom a note calls."""

from __future__ import annotations

import pytest

from helpdesk_cli.desk.mentions import mentioned, unknown_mentions

AGENTS = ("dana", "lee", "j.doe", "j", "kim-")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("@lee can you fix it?", ("lee",)),
        ("Ask @Lee, or @dana. Or @lee.", ("lee", "dana")),
        ("(@lee)", ("lee",)),
        ("@j.doe. @j.", ("j.doe", "j")),
        ("@kim- and @lee-", ("kim-", "lee")),
        ("\n@dana\n@lee", ("dana", "lee")),
        ("write to ada@lee", ()),
        ("ada.@lee.example", ()),
        ("@lee@example.org", ()),
        ("git@lee HEAD@{1} x/@lee +@lee", ()),
        ("@leex", ()),
        ("@ lee", ()),
        ("", ()),
    ],
)
def test_agents_are_found_where_they_are_called(text: str, found: tuple[str, ...]) -> None:
    assert mentioned(text, AGENTS) == found


@pytest.mark.parametrize(
    ("text", "unknown"),
    [("@leo, look", ("leo",)), ("@lee @nobody. @nobody", ("nobody",)), ("a@b.example", ())],
)
def test_names_of_nobody_are_told(text: str, unknown: tuple[str, ...]) -> None:
    assert unknown_mentions(text, AGENTS) == unknown
