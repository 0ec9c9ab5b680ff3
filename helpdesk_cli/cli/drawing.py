"""A table drawn for a person: fitted to the terminal, aligned by what the eye sees, coloured by tone."""

from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import tabulate
from wcwidth import iter_graphemes, wcswidth

from helpdesk_cli.table import Toned
from helpdesk_cli.tickets.escapes import make_visible
from helpdesk_cli.tickets.times import short_length

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from helpdesk_cli.table import Table, Tone, Value

GAP = 2
# What a column keeps that must give way: first so much, which a time and the name of an operation need.
ENOUGH = 16
LEAST = 8
NOTHING = "–"
_FLAG_A, _FLAG_Z = "\U0001f1e6", "\U0001f1ff"
_AS_PICTURE = "\ufe0f"


def draw(table: Table, width: int | None, *, cut: str = "…") -> Iterator[list[str | Toned]]:
    """The lines of the table as pieces for Output.line; None = as wide as it needs to be.

    `cut`: the character that a text ends in of which something is missing.
    """
    table = table.visible()
    cells = _cells(table)
    natural = _natural(table, cells)
    if width is not None and cells and _total(natural) > width:
        # Before anything is cut, columns go in which nothing stands.
        said = [n for n in range(len(natural)) if any(row[n] != NOTHING for row in cells)]
        table = table.select(tuple(table.keys[n] for n in said))
        cells = [[row[n] for n in said] for row in cells]
        natural = [natural[n] for n in said]
    columns = table.columns
    tones = [[_tone(cell) for cell in row] for row in table.rows]
    limits = _fit(natural, [column.shrinks for column in columns], width)
    headings = [_cut(column.heading, limit, cut) for column, limit in zip(columns, limits, strict=True)]
    body = [[_cut(cell, limit, cut) for cell, limit in zip(row, limits, strict=True)] for row in cells]
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


def widths(table: Table) -> list[int]:
    """How wide each column would be if there were room for everything."""
    return _natural(table, _cells(table))


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


def _cells(table: Table) -> list[list[str]]:
    return [
        [
            "" if column.drawn and not value else _plain(as_people_read(value))
            for column, value in zip(table.columns, row, strict=True)
        ]
        for row in table.values()
    ]


def _plain(text: str) -> str:
    """The text without what terminals do not agree on how wide it is: pictures made of several characters.

    Of a family, a skin or a variant the first picture stays; a flag becomes its country's letters.
    """
    return text if text.isascii() else "".join(map(_plain_cluster, iter_graphemes(text)))


def _plain_cluster(cluster: str) -> str:
    if all(_FLAG_A <= character <= _FLAG_Z for character in cluster):
        return "".join(chr(ord(character) - ord(_FLAG_A) + ord("A")) for character in cluster)
    is_picture = unicodedata.category(cluster[0]) == "So" or _AS_PICTURE in cluster
    return cluster[0] if is_picture else cluster


def _tone(cell: Value | Toned) -> Tone:
    return cell.tone if isinstance(cell, Toned) else "plain"


def _natural(table: Table, cells: Sequence[Sequence[str]]) -> list[int]:
    """How wide each column would be."""
    headings = [_width(column.heading) for column in table.columns]
    return [max([size, *(_width(row[n]) for row in cells)]) for n, size in enumerate(headings)]


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + GAP * (len(widths) - 1)


def _fit(natural: Sequence[int], shrinks: Sequence[bool], width: int | None) -> list[int]:
    """Column widths that fit: the widest of the columns that may shrink gives way first.

    No column is cut to what nobody can read while another is wider than it needs to be.
    """
    widths = list(natural)
    if width is None:
        return widths
    excess = _total(widths) - width
    for may, least in ((True, ENOUGH), (False, ENOUGH), (True, LEAST), (False, LEAST)):
        while excess > 0:
            candidates = [n for n, size in enumerate(widths) if shrinks[n] is may and size > least]
            if not candidates:
                break
            widest = max(candidates, key=lambda n: widths[n])
            # Down to the next widest in one step: a subject of 900 characters is no loop of 800.
            second = max((widths[n] for n in candidates if n != widest), default=least)
            step = min(excess, max(1, widths[widest] - max(second, least)))
            widths[widest] -= step
            excess -= step
    return widths


def _cut(text: str, limit: int, end: str) -> str:
    """The text within that many columns, ending in `end` where something is missing; none is divided."""
    if _width(text) <= limit:
        return text
    kept, used = [], 0
    for cluster in iter_graphemes(text):
        size = _width(cluster)
        if used + size > limit - 1:
            break
        kept.append(cluster)
        used += size
    return "".join(kept).rstrip() + end


def _width(text: str) -> int:
    size = wcswidth(text)
    return size if size >= 0 else len(text)


def _tint(line: str, cells: Sequence[str], tones: Sequence[Tone]) -> list[str | Toned]:
    """The drawn line cut into pieces, so that the cells with a tone can be coloured."""
    pieces: list[str | Toned] = []
    rest = line.rstrip()
    for cell, tone in zip(cells, tones, strict=True):
        if not cell:
            continue
        before, found, after = rest.partition(cell)
        if not found:
            break
        pieces += [before, Toned(cell, tone)]
        rest = after
    return [*pieces, rest]
