"""The order of tickets: by the fields that a query names, then by number; without a value comes last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.query.folding import fold
from helpdesk_cli.query.nodes import Sort

if TYPE_CHECKING:
    from collections.abc import Iterable

    from helpdesk_cli.query.context import Context
    from helpdesk_cli.query.facts import Facts
    from helpdesk_cli.query.fields import Field

_SORTED = frozenset({"word", "uid", "ticket", "time", "length", "number"})


def sort_of(row: Field, context: Context, *, descending: bool) -> Sort | None:
    """The order by a field; None for a field that gives none.

    Words of the vocabulary are in their declared order; those declared from the greatest down the other
    way round, so that the urgent come first with `sort:-priority`.
    """
    if row.late or (row.kind not in _SORTED and row.texts != ("subject",)):
        return None
    words = context.vocabulary.words.get(row.words or row.key, ()) if row.kind == "word" else ()
    ranks = tuple(tuple(map(fold, word)) for word in words)
    column = row.texts[0] if row.kind == "text" else row.stored
    return Sort(row.key, column, descending, row.kind == "length", ranks[::-1] if row.ordered else ranks)


def in_order(sort: tuple[Sort, ...], found: Iterable[Facts]) -> list[Facts]:
    """The tickets in the order that is asked for, and by number and path where it leaves them equal."""
    ordered = sorted(found, key=lambda facts: (facts.scalars["number"] or 0, facts.path))
    for key in reversed(sort):
        falling = key.descending != key.turned
        having = [facts for facts in ordered if _value(key, facts) not in {None, ""}]
        without = [facts for facts in ordered if _value(key, facts) in {None, ""}]
        having.sort(key=lambda facts, key=key: _place(key, facts), reverse=falling)  # type: ignore[misc]
        ordered = having + without
    return ordered


def _value(key: Sort, facts: Facts) -> str | int | None:
    return facts.texts["subject"] if key.column == "subject" else facts.scalars[key.column]


def _place(key: Sort, facts: Facts) -> tuple[int, str | int]:
    value = _value(key, facts)
    assert value is not None  # noqa: S101 - those without one are parted before
    rank = next((place for place, words in enumerate(key.ranks) if value in words), len(key.ranks))
    return (rank, value)
