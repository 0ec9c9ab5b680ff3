"""How figures look to people: tables, with bars where a picture says more."""

from __future__ import annotations

import importlib
import os
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal, cast

from helpdesk_cli.reports.figures.groups import MOST_COMPARED, SPANS
from helpdesk_cli.table import Column, Table, Toned
from helpdesk_cli.values import dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from helpdesk_cli.desk.report import Report
    from helpdesk_cli.reports.figures.section import Cells, Head, Section, Unit
    from helpdesk_cli.table import Tone, Value

NUMBERS: frozenset[Unit] = frozenset({"count", "sum", "length", "share", "change", "points"})
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_SHADES = " ░▒▓█"
_PLAIN_SHADES = " .:*#"
_BAR = 16
_HOUR, _DAY = 3600, 86400
# From so many hours on minutes say nothing.
_MANY = 100
_TWO_DAYS = 48
_LINE = 78
# A mail of cron's is read in a window of eighty columns.
IN_A_PIPE = 78
# What a text keeps where a table is divided; and what says that nothing stands there.
_A_TEXT = 12
_NOTHING = frozenset({"", "–", "-"})


@dataclass(frozen=True, slots=True)
class Look:
    """What stands beside the figures: bars, and what changed since before; or below them, how it was then."""

    changes: Literal["", "beside", "below"] = ""
    pictures: bool = False


def is_unicode() -> bool:
    """Whether what the locale says can show more than ASCII: a mail of cron's under LANG=C cannot."""
    said = os.environ.get("LC_ALL") or os.environ.get("LC_CTYPE") or os.environ.get("LANG") or ""
    return "utf" in said.casefold()


def lines(report: Report, *, width: int = IN_A_PIPE) -> Iterator[list[str | Toned]]:
    """The report for people, in lines of that width."""
    drawing = importlib.import_module("helpdesk_cli.cli.drawing")
    wrapping = importlib.import_module("helpdesk_cli.cli.wrapping")
    room = min(width, _LINE)
    for line in wrapping.wrap_text(heading_of(report), room).split("\n"):
        yield [Toned(line, "strong")]
    for remark in report.remarks:
        yield from ([line] for line in wrapping.wrap_text(remark, room).split("\n"))
    for section in report.sections:
        before = report.before_of(section)
        yield [""]
        yield [Toned(section.title, "strong")]
        if not section.rows:
            yield ["Nothing to show."]
        else:
            table = _fitting(section, report, before, width, drawing.widths)
            parts = _parts(table, section, drawing.widths(table), width)
            yield from _drawn(drawing.draw(part, width, cut="…" if is_unicode() else "~") for part in parts)
        if hidden := hidden_rows(section):
            yield [f"{hidden} more: `--top 0`"]
        if section.notes:
            yield [""]
        for note in section.notes:
            for line in wrapping.wrap_text(note, room).split("\n"):
                yield [Toned(line, "faint")]


def _drawn(parts: Iterable[Iterable[list[str | Toned]]]) -> Iterator[list[str | Toned]]:
    """The lines of tables, an empty one between two of them."""
    for number, part in enumerate(parts):
        if number:
            yield [""]
        yield from part


def heading_of(report: Report) -> str:
    """What it is a report of, in a line."""
    zone = report.asked
    start, end = zone.local(zone.start), zone.local(zone.end)
    is_days = (start.hour, start.minute, end.hour, end.minute) == (0, 0, 0, 0)
    last = end - timedelta(days=1) if is_days else end
    form = "%a %d %b %Y" if is_days else "%a %d %b %Y %H:%M"
    said = (
        f"{start:{form}}" if is_days and start.date() == last.date() else f"{start:{form}} to {last:{form}}"
    )
    text = f"{report.name}: {said}"
    if report.wish.query:
        text += f", {report.wish.query}"
    return text if not report.wish.as_of else f"{text}, as of {report.wish.as_of}"


def as_table(section: Section, report: Report, before: Section | None, look: Look) -> Table:
    """The section as a table of texts."""
    rows = list(shown_rows(section))
    earlier = paired(section, before, rows, report) if before is not None else {}
    heads = [(n, head) for n, head in enumerate(section.columns) if not head.hidden]
    columns: list[Column] = []
    cells: list[list[Value | Toned]] = [[] for _ in rows]

    def add(column: Column, values: Iterable[Value | Toned]) -> None:
        columns.append(column)
        for line, value in zip(cells, values, strict=True):
            line.append(value)

    top = max((_largest(rows, n) for n, head in heads if head.unit == "count"), default=0)
    for n, head in heads:
        side: Literal["left", "right"] = "right" if head.unit in NUMBERS else "left"
        add(
            Column(head.key, head.heading, side, shrinks=head.unit == "text"),
            [_cell(section, head, row[n], number) for number, row in rows],
        )
        if look.changes == "beside" and head.unit in NUMBERS:
            olds = [earlier[number][n] if number in earlier else None for number, _ in rows]
            changes = [_change(head, row[n], old) for (_, row), old in zip(rows, olds, strict=True)]
            add(Column(f"{head.key}_change", "±" if is_unicode() else "+-", "right", drawn=True), changes)
        if look.pictures and section.picture == "heat" and head.unit == "count":
            shades = ["" if number is None else _shade(row[n], top) for number, row in rows]
            add(Column(f"{head.key}_shade", "", drawn=True), shades)
    if look.changes == "below":
        cells = [
            line
            for (number, _), line in zip(rows, cells, strict=True)
            for line in _with(line, heads, earlier.get(number))
        ]
    elif look.pictures and section.picture in {"bars", "line"}:
        n = section.keys.index(section.drawn)
        most = _largest(rows, n)
        bars = ["" if number is None else bar(_amount(row[n]), most) for number, row in rows]
        add(Column("picture", "", drawn=True), bars)
    return Table(section.title, tuple(columns), tuple(map(tuple, cells)))


def _with(
    line: list[Value | Toned], heads: Sequence[tuple[int, Head]], before: Cells | None
) -> Iterator[list[Value | Toned]]:
    """A row, and below it how it was before."""
    yield line
    if before is not None:
        was: list[Value | Toned] = [
            Toned(value_text(before[n] if head.unit in NUMBERS else None, head), "faint")
            for n, head in heads[1:]
        ]
        yield [Toned("  before", "faint"), *was]


def _fitting(
    section: Section,
    report: Report,
    before: Section | None,
    width: int,
    widths_of: Callable[[Table], list[int]],
) -> Table:
    """With as much beside the figures as there is room for: changes, then pictures."""
    looks = [Look(pictures=True), Look()]
    if before is not None:
        looks = [Look("beside", pictures=True), Look("beside"), Look("below")]
    tables = (as_table(section, report, before, look) for look in looks)
    found = next(tables)
    for each in tables:
        if _total(widths_of(found)) <= width:
            break
        found = each
    return found


def _parts(table: Table, section: Section, widths: Sequence[int], width: int) -> Iterator[Table]:
    """The table, or where it is too wide several below each other, each with the names of the rows.

    Before that, columns go in which nothing stands. No number is ever cut.
    """
    if _total(widths) <= width:
        yield table
        return
    columns, rows = table.columns, table.values()
    begins = {head.key for head in section.columns if head.begins}
    least = [
        min(size, _A_TEXT) if column.shrinks else size for column, size in zip(columns, widths, strict=True)
    ]
    least[0] = min(widths[0], max(_A_TEXT, width // 3))
    if least[0] == widths[0]:
        # What names the rows stays whole.
        columns = (replace(columns[0], shrinks=False), *columns[1:])
        table = replace(table, columns=columns)
    part: list[int] = [0]
    for n in range(1, len(columns)):
        if all(str(row[n]) in _NOTHING for row in rows):
            continue
        if len(part) > 1 and _total([least[each] for each in (*part, n)]) > width:
            cut = next(
                (at for at in range(len(part) - 1, 1, -1) if columns[part[at]].key in begins), len(part)
            )
            yield table.select(tuple(columns[each].key for each in part[:cut]))
            part = [0, *part[cut:]]
        part.append(n)
    yield table.select(tuple(columns[each].key for each in part))


def _total(widths: Sequence[int]) -> int:
    """How wide columns are side by side."""
    return sum(widths) + 2 * (len(widths) - 1)


def bar(amount: int, most: int, *, width: int = _BAR) -> str:
    """A bar as long as that amount is of the most; something for whatever is more than nothing."""
    if most <= 0 or amount <= 0:
        return ""
    if not is_unicode():
        return "#" * max(1, round(amount * width / most))
    eighths = max(1, round(amount * width * 8 / most))
    whole, rest = divmod(eighths, 8)
    return "█" * whole + (_EIGHTHS[rest] if rest else "")


def value_text(value: Value, head: Head) -> str:
    """A value as people read it: `3h 20m`, `72 %`, `+3`."""
    unit = head.unit
    if value is None or value in ("", ()):
        return "–" if is_unicode() else "-"
    match value:
        case timedelta():
            text = length_text(value, in_days=head.by_wall)
        case int() | float() if unit == "share":
            text = f"{round(value * 100)} %"
        case float():
            text = f"{value:.1f}"
        case int():
            text = f"{value:+,}" if unit == "change" and value else f"{value:,}"
        case datetime():
            text = f"{value:%Y-%m-%d %H:%M}"
        case tuple():
            text = ", ".join(value)
        case _:
            text = str(value)
    return text


def length_text(length: timedelta, *, in_days: bool = False) -> str:
    """`45s`, `12m`, `3h 20m`, `142h`; `in_days`, `5d 22h`: a working day has no 24 hours."""
    seconds = int(length.total_seconds())
    if seconds < 60:  # noqa: PLR2004 - a minute
        return f"{seconds}s"
    hours, minutes = divmod(seconds // 60, 60)
    if not hours:
        return f"{minutes}m"
    if in_days and hours >= _TWO_DAYS:
        return f"{hours // 24}d {hours % 24:02d}h"
    return f"{hours}h {minutes:02d}m" if hours < _MANY else f"{hours}h"


def shown_rows(section: Section) -> Iterator[tuple[int | None, Cells]]:
    """(its number, the row) of those to show, and the sum, which has no number."""
    yield from enumerate(section.rows[: section.limit or None])
    if section.total is not None:
        yield None, section.total


def hidden_rows(section: Section) -> int:
    """How many rows are left out for people."""
    return max(0, len(section.rows) - section.limit) if section.limit else 0


def paired(
    section: Section, before: Section, rows: Sequence[tuple[int | None, Cells]], report: Report
) -> dict[int | None, Cells]:
    """The row of the period before for each row: by its place in time, else by its name."""
    found: dict[int | None, Cells] = {None: before.total} if before.total is not None else {}
    is_time = report.asked.by in SPANS or (section.name == "volume" and not report.asked.by)
    named = {row[0]: row for row in before.rows}
    for number, row in rows:
        if number is None:
            continue
        if is_time:
            # Longer ones begin where something began, which is not the same place.
            if number < len(before.rows) and max(len(section.rows), len(before.rows)) <= MOST_COMPARED:
                found[number] = before.rows[number]
        elif row[0] in named:
            found[number] = named[row[0]]
    return found


def _cell(section: Section, head: Head, value: Value, number: int | None) -> Value | Toned:
    text = value_text(value, head)
    tone = section.tones.get((number, head.key)) if number is not None else None
    return Toned(text, cast("Tone", tone)) if tone else text


def _change(head: Head, value: Value, old: Value) -> Value | Toned:
    """By how much it is more, in the colour of whether that is good."""
    if value is None or old is None or isinstance(value, str) or isinstance(old, str):
        return ""
    if isinstance(value, timedelta) and isinstance(old, timedelta):
        more = value - old
        size = int(more.total_seconds())
        text = f"{'-' if size < 0 else '+'}{length_text(abs(more))}" if size else "="
    else:
        size = cast("float", value) - cast("float", old)  # type: ignore[assignment]
        text = f"{round(size * 100):+d}" if head.unit == "share" else f"{size:+,}"
        text = "=" if not size else text
    if not size or not head.better:
        return text
    return Toned(text, "good" if (size > 0) is (head.better == "more") else "notice")


def _largest(rows: Sequence[tuple[int | None, Cells]], n: int) -> int:
    return max((_amount(row[n]) for number, row in rows if number is not None), default=0)


def _amount(value: Value) -> int:
    if isinstance(value, timedelta):
        return int(value.total_seconds())
    if isinstance(value, float):
        return int(value * 10_000)
    return value if isinstance(value, int) else 0


def _shade(value: Value, top: int) -> str:
    """A darker sign for more."""
    amount = _amount(value)
    shades = _SHADES if is_unicode() else _PLAIN_SHADES
    step = 0 if not amount or not top else max(1, round(amount * (len(shades) - 1) / top))
    return shades[step] * 2 if step else ""
