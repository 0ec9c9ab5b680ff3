"""The dozen plain questions that every query comes down to: what `match` and `sql` both must answer.

Columns are names of `Facts.scalars`, fields names of `Facts.items`, texts names of `Facts.texts`. Every
answer is yes or no; what is not known is no.
"""

from __future__ import annotations

from helpdesk_cli.values import dataclass


@dataclass(frozen=True, slots=True)
class Among:
    """A text column holds one of `values`; with `inside` false, none of them."""

    column: str
    values: frozenset[str]
    inside: bool = True


@dataclass(frozen=True, slots=True)
class Between:
    """A number column holds low <= value < high; None = no bound."""

    column: str
    low: int | None = None
    high: int | None = None


@dataclass(frozen=True, slots=True)
class Empty:
    """A column holds nothing; with `empty` false, something."""

    column: str
    empty: bool = True


@dataclass(frozen=True, slots=True)
class Begins:
    """A text column begins with `text`."""

    column: str
    text: str


@dataclass(frozen=True, slots=True)
class ItemAmong:
    """One of the field's items is one of `values`."""

    field: str
    values: frozenset[str]


@dataclass(frozen=True, slots=True)
class ItemHas:
    """One item of one of the fields has `text` in it."""

    fields: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class ItemEnds:
    """One of the field's items ends with one of `endings`."""

    field: str
    endings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ItemMatches:
    """One item of one of the fields matches the RE2 pattern."""

    fields: tuple[str, ...]
    pattern: str


@dataclass(frozen=True, slots=True)
class NoItem:
    """None of the fields has an item; with `none` false, one has."""

    fields: tuple[str, ...]
    none: bool = True


@dataclass(frozen=True, slots=True)
class TextHas:
    """One of the texts has `text` in it."""

    texts: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class TextIs:
    """One of the texts, or one of the messages that it is joined of, is `text`."""

    texts: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class TextMatches:
    """One of the texts matches the RE2 pattern."""

    texts: tuple[str, ...]
    pattern: str


Atom = (
    Among
    | Between
    | Empty
    | Begins
    | ItemAmong
    | ItemHas
    | ItemEnds
    | ItemMatches
    | NoItem
    | TextHas
    | TextIs
    | TextMatches
)
