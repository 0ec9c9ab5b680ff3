"""What people are called in a greeting."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_cli.replies.names import first_name, full_name


@pytest.mark.parametrize(
    ("written", "full", "first"),
    [
        ("Ada Lovelace", "Ada Lovelace", "Ada"),
        ("  Ada   Lovelace ", "Ada Lovelace", "Ada"),
        ("Lovelace, Ada", "Ada Lovelace", "Ada"),
        ("'Ada Lovelace'", "Ada Lovelace", "Ada"),
        ("Ada", "Ada", "Ada"),
        ("Dr. Ada Lovelace", "Dr. Ada Lovelace", "Ada"),
        ("Prof. Dr. Ada Lovelace", "Prof. Dr. Ada Lovelace", "Ada"),
        ("Mrs Lovelace", "Mrs Lovelace", ""),
        ("Herr Müller", "Herr Müller", ""),
        ("A. Lovelace", "A. Lovelace", ""),
        ("J. R. R. Tolkien", "J. R. R. Tolkien", ""),
        ("Jean-Luc Picard", "Jean-Luc Picard", "Jean-Luc"),
        ("Ada Lovelace (Accounts)", "Ada Lovelace (Accounts)", "Ada"),
        ("Martin Luther King, Jr.", "Martin Luther King, Jr.", "Martin"),
        ("Example GmbH", "Example GmbH", ""),
        ("Example, Inc.", "Example, Inc.", ""),
        ("Example Support", "Example Support", ""),
        ("山田太郎", "山田太郎", "山田太郎"),
        ("김 민수", "김 민수", "김 민수"),
        ("Ærø Ødegård", "Ærø Ødegård", "Ærø"),
        ("ada@example.org", "", ""),
        ("Ada <ada@example.org>", "", ""),
        ("+49 30 1234", "", ""),
        ("user1843", "", ""),
        ("Win now www.example.com", "", ""),
        ("https://example.com/win", "", ""),
        ("example.com", "", ""),
        ("...", "", ""),
        ("", "", ""),
        ("x" * 81, "", ""),
    ],
)
def test_names(written: str, full: str, first: str) -> None:
    assert (full_name(written), first_name(written)) == (full, first)


@given(st.text(max_size=100))
def test_a_name_is_made_of_what_was_written(written: str) -> None:
    full = full_name(written)
    assert set(full) <= set(written) | {" "}
    assert first_name(written) in full
    assert "@" not in full
    assert full.split() == full.split(" ") or not full
