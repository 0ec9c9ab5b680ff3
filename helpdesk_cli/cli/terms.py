"""The words of `desk list`: `field:value`, with `-` or `not:` before what is not wanted."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from helpdesk_cli.desk.listing import Filter
from helpdesk_cli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FIELDS = ("status", "assignee", "team", "tag")


def read_terms(words: Sequence[str], given: Mapping[str, Sequence[str]], *, done: bool) -> Filter:
    """The filter that words (`status:open,new`, `-tag:spam`) and options say together.

    A comma is OR inside a field; different fields, and different words of one field that exclude,
    are AND. Raises UsageError for a word that is not understood, with the likely field.
    """
    wanted: dict[str, list[str]] = {field: [] for field in FIELDS}
    without: list[tuple[str, str]] = []
    for field, values in given.items():
        for value in values:
            wanted[field] += split(value)
    for word in words:
        field, values, excluded = read_term(word)
        if excluded:
            without += [(field, value) for value in values]
        else:
            wanted[field] += values
    return Filter(
        status=tuple(wanted["status"]),
        assignee=tuple(wanted["assignee"]),
        team=tuple(wanted["team"]),
        tag=tuple(wanted["tag"]),
        without=tuple(without),
        done=done,
    )


def read_term(word: str) -> tuple[str, list[str], bool]:
    """(field, values, whether they are excluded) of one word."""
    rest = word
    excluded = False
    if rest.startswith("-") and rest != "-":
        rest, excluded = rest[1:], True
    elif rest.startswith("not:"):
        rest, excluded = rest[4:], True
    field, colon, value = rest.partition(":")
    if not colon:
        raise UsageError(
            f'"{word}" is not understood', "query", "Write FIELD:VALUE, such as `status:open` or `-tag:spam`."
        )
    if field not in FIELDS:
        likely = difflib.get_close_matches(field, FIELDS, n=1)
        hint = f'Did you mean "{likely[0]}"?' if likely else f"Fields: {', '.join(FIELDS)}."
        raise UsageError(f'unknown field "{field}"', "query", hint)
    values = split(value)
    if not values:
        raise UsageError(f'"{word}" names no {field}', "query")
    return field, values, excluded


def split(value: str) -> list[str]:
    """The values between commas."""
    return [part.strip() for part in value.split(",") if part.strip()]
