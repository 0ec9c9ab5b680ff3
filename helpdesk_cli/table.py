"""Table: what lists and reports return. Values, not looks; nothing here renders."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Literal

from helpdesk_cli.values import dataclass, replace

Tone = Literal["plain", "good", "notice", "alarm", "faint", "strong"]
Value = str | int | float | bool | datetime | date | timedelta | tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Toned:
    """A value with the weight it has for a reader; a terminal may colour it, data formats drop the tone."""

    value: Value
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: `key` names it in data formats and `--fields`, `heading` above a printed table."""

    key: str
    heading: str
    align: Literal["left", "right"] = "left"
    shrinks: bool = False  # gives up width first when the terminal is narrow
    hidden: bool = False  # only in csv and json, and where it is asked for
    drawn: bool = False  # a picture: where it is empty, nothing stands in its place


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under columns. A row has exactly one cell a column; `notes` are definitions to read below it."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value | Toned, ...], ...]
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse rows that do not fit the columns: a wrong cell count would shift every value."""
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(f"a row of {len(row)} cells under {len(self.columns)} columns")

    @property
    def keys(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(column.key for column in self.columns)

    def values(self) -> list[tuple[Value, ...]]:
        """The rows without tones."""
        return [tuple(cell.value if isinstance(cell, Toned) else cell for cell in row) for row in self.rows]

    def visible(self) -> Table:
        """The table without the columns that are there to be asked for."""
        return self.select(tuple(column.key for column in self.columns if not column.hidden))

    def select(self, keys: tuple[str, ...]) -> Table:
        """The table with just these columns, in this order. Raises KeyError for an unknown key."""
        places = {column.key: place for place, column in enumerate(self.columns)}
        chosen = [places[key] for key in keys]
        return Table(
            self.title,
            # A column that was asked for is no longer hidden.
            tuple(replace(self.columns[place], hidden=False) for place in chosen),
            tuple(tuple(row[place] for place in chosen) for row in self.rows),
            self.notes,
        )
