"""A table drawn for a person: fitted to the terminal, aligned by what the eye sees, coloured by tone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import tabulate
from wcwidth import wcswidth, wcwidth

from helpdesk_cli.table import Toned
from helpdesk_cli.tickets.escapes import make_visible
from helpdesk_cli.tickets.times import short_length

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from helpdesk_cli.table import Table, Tone, Value

GAP = 2
# A column that must give way keeps at least this much.
LEAST = 8
NOTHING = "–"


def draw(table: Table, width: int | None) -> Iterator[list[str | Toned]]:
    """The lines of the table as pieces for Output.line; None = as wide as it needs to be."""
    table = table.visible()
    columns = table.columns
    cells = [[as_people_read(value) for value in row] for row in table.values()]
    tones = [[_tone(cell) for cell in row] for row in table.rows]
    widths = _fit(
        [
            max([_width(column.heading), *(_width(row[n]) for row in cells)])
            for n, column in enumerate(columns)
        ],
        [column.shrinks for column in columns],
        width,
    )
    headings = [_cut(column.heading, limit) for column, limit in zip(columns, widths, strict=True)]
    body = [[_cut(cell, limit) for cell, limit in zip(row, widths, strict=True)] for row in cells]
    text = tabulate.tabulate(
        # As a row: tabulate makes a column of its own headings two wider than they are.
        [headings, *body],
        tablefmt="plain",
        colalign=[column.align for column in columns],
        disable_numparse=True,
        preserve_whitespace=True,
    )
    lines = text.split("\n")
    yield [Toned(lines[0].rstrip(), "strong")]
    for line, row, row_tones in zip(lines[1:], body, tones, strict=True):
        yield _tint(line, row, row_tones)
    if table.notes:
        yield [""]
        for note in table.notes:
            yield [Toned(note, "faint")]


def as_people_read(value: Value) -> str:
    """A value in the words of a table: `3h`, `20 Nov 09:12`, `vip, billing`, a dash for nothing."""
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, timedelta):
        return short_length(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value.isoformat()
    text = ", ".join(value) if isinstance(value, tuple) else str(value)
    return " ".join(make_visible(text).split()) or NOTHING


def _tone(cell: Value | Toned) -> Tone:
    return cell.tone if isinstance(cell, Toned) else "plain"


def _fit(natural: Sequence[int], shrinks: Sequence[bool], width: int | None) -> list[int]:
    """Column widths that fit: the widest of the columns that may shrink gives way first."""
    widths = list(natural)
    if width is None:
        return widths
    excess = sum(widths) + GAP * (len(widths) - 1) - width
    for may in (True, False):
        while excess > 0:
            candidates = [n for n, size in enumerate(widths) if shrinks[n] is may and size > LEAST]
            if not candidates:
                break
            widest = max(candidates, key=lambda n: widths[n])
            # Down to the next widest in one step: a subject of 900 characters is no loop of 800.
            second = max((widths[n] for n in candidates if n != widest), default=LEAST)
            step = min(excess, max(1, widths[widest] - max(second, LEAST)))
            widths[widest] -= step
            excess -= step
    return widths


def _cut(text: str, limit: int) -> str:
    """The text within that many columns, ending in … where something is missing."""
    if _width(text) <= limit:
        return text
    kept, used = [], 0
    for character in text:
        size = max(wcwidth(character), 0)
        if used + size > limit - 1:
            break
        kept.append(character)
        used += size
    return "".join(kept).rstrip() + "…"


def _width(text: str) -> int:
    size = wcswidth(text)
    return size if size >= 0 else len(text)


def _tint(line: str, cells: Sequence[str], tones: Sequence[Tone]) -> list[str | Toned]:
    """The drawn line cut into pieces, so that the cells with a tone can be coloured."""
    pieces: list[str | Toned] = []
    rest = line.rstrip()
    for cell, tone in zip(cells, tones, strict=True):
        before, found, after = rest.partition(cell)
        if not found:
            break
        pieces += [before, Toned(cell, tone)]
        rest = after
    return [*pieces, rest]
