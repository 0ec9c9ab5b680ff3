"""A section of a report: a table of figures, what each of them means, and what a picture would show.

Cells are plain values: numbers, lengths of time, shares from 0 to 1. How they look is for whoever shows them;
the same values stand in tables, CSV, JSON and on the page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from helpdesk_cli.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Mapping

    from helpdesk_cli.table import Value

Unit = Literal["text", "count", "sum", "points", "length", "share", "time", "change", "flag"]
Picture = Literal["", "bars", "line", "heat"]
Cells = tuple["Value", ...]


@dataclass(frozen=True, slots=True)
class Head:
    """A column: `key` in data formats, `heading` above a table. `hidden`: in data formats only.

    `better` says which way is good, for who compares: "more", "less", or "" where neither is.
    """

    key: str
    heading: str
    unit: Unit = "count"
    hidden: bool = False
    better: Literal["", "more", "less"] = ""
    by_wall: bool = False  # of lengths: time by the clock on the wall, which people count in days
    begins: bool = False  # where a table is best divided that is too wide


@dataclass(frozen=True, slots=True)
class Section:
    """A table of figures. The first column names the rows; `total`, where there is one, is over all of them.

    `notes` are the definitions. `picture` is how to draw the column `drawn`; "heat": all columns of counts.
    `tones` are what to think of a cell, by (row, key): "good" or "alarm". `limit`: so many rows do for who
    only looks; 0 is all.
    """

    name: str
    title: str
    columns: tuple[Head, ...]
    rows: tuple[Cells, ...]
    notes: tuple[str, ...] = ()
    total: Cells | None = None
    picture: Picture = ""
    drawn: str = ""
    tones: Mapping[tuple[int, str], str] = field(default_factory=dict)
    limit: int = 0

    def __post_init__(self) -> None:
        """Refuse rows that do not fit the columns."""
        for row in (*self.rows, *(() if self.total is None else (self.total,))):
            if len(row) != len(self.columns):
                raise ValueError(f"{self.name}: a row of {len(row)} cells under {len(self.columns)} columns")

    @property
    def keys(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(head.key for head in self.columns)

    def column(self, key: str) -> tuple[Value, ...]:
        """The values of a column. Raises ValueError for one that is not there."""
        place = self.keys.index(key)
        return tuple(row[place] for row in self.rows)
