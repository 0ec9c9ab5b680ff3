"""Charts as places: where each mark stands, in hundredths of the width and height. Nothing here is drawn."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from helpdesk_cli.pages.wording import as_number, words
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from helpdesk_cli.reports.figures.section import Section, Unit
    from helpdesk_cli.table import Value

# So many names fit below a chart on a telephone, and so many where each is short.
_NAMES, _SHORT_NAMES, _SHORT = 5, 10, 4
# What a scale may end at, in tens, hundreds, thousands ...
_STEPS = (1, 1.2, 1.6, 2, 3, 4, 5, 6, 8, 10)
_LEVELS = 5
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAY = re.compile(r"(\d{4})-(0[1-9]|1[0-2])-(\d\d)")
_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
# How much of its place a column takes.
_FILLED = 0.76


@dataclass(frozen=True, slots=True)
class Mark:
    """A column or a cell. `level` 0 to 5 is how dark a cell is; `series` counts from 0."""

    x: float
    y: float
    width: float
    height: float
    tip: str
    series: int = 0
    level: int = 0


@dataclass(frozen=True, slots=True)
class Tick:
    """A name at a place of an axis; `anchor` as SVG has it."""

    at: float
    text: str
    anchor: str = "middle"


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture. `kind`: columns, line or heat. `line` are points; `says` is the picture in a sentence."""

    kind: str
    says: str
    marks: tuple[Mark, ...] = ()
    line: tuple[tuple[float, float], ...] = ()
    scale: tuple[Tick, ...] = ()
    names: tuple[Tick, ...] = ()
    rows: tuple[Tick, ...] = ()
    legend: tuple[str, ...] = ()


def columns(section: Section, keys: Sequence[str]) -> Chart:
    """Columns side by side for each row, of the columns of these keys."""
    labels = [words(value, "text") for value in section.column(section.keys[0])]
    heads = {head.key: head for head in section.columns}
    series = [[as_number(value) or 0 for value in section.column(key)] for key in keys]
    top, scale = _scale(max((max(each, default=0) for each in series), default=0), heads[keys[0]].unit)
    place = 100 / max(1, len(labels))
    width = place * _FILLED / len(keys)
    marks = [
        Mark(
            x=number * place + place * (1 - _FILLED) / 2 + which * width,
            y=100 - value * 100 / top,
            width=width,
            height=value * 100 / top,
            tip=f"{labels[number]}: {words(section.column(keys[which])[number], heads[keys[which]].unit)}"
            f" {_lower(heads[keys[which]].heading)}",
            series=which,
        )
        for which, values in enumerate(series)
        for number, value in enumerate(values)
    ]
    legend = tuple(_lower(heads[key].heading) for key in keys)
    says = "; ".join(_said(section, key, labels, heads[key].unit, _lower(heads[key].heading)) for key in keys)
    return Chart(
        "columns", says, tuple(marks), (), scale, _names(labels), (), legend if len(keys) > 1 else ()
    )


def line(section: Section, key: str) -> Chart:
    """A line through the values of a column."""
    labels = [words(value, "text") for value in section.column(section.keys[0])]
    head = next(each for each in section.columns if each.key == key)
    values = [as_number(value) or 0 for value in section.column(key)]
    top, scale = _scale(max(values, default=0), head.unit)
    place = 100 / max(1, len(values))
    points = tuple((place * (number + 0.5), 100 - value * 100 / top) for number, value in enumerate(values))
    says = _said(section, key, labels, head.unit, _lower(head.heading))
    return Chart("line", says, (), points, scale, _names(labels))


def heat(section: Section) -> Chart:
    """A cell for each count, darker for more; the longer side of the table lies across."""
    places = [place for place, head in enumerate(section.columns) if head.unit == "count" and not head.hidden]
    across = [words(row[0], "text") for row in section.rows]
    down = [section.columns[place].heading.capitalize() for place in places]
    counts = [[as_number(row[place]) or 0 for row in section.rows] for place in places]
    if len(across) < len(down):
        across, down = down, across
        counts = [list(each) for each in zip(*counts, strict=True)]
    most = max((max(each, default=0) for each in counts), default=0)
    width, height = 100 / max(1, len(across)), 100 / max(1, len(down))
    marks = []
    busiest = ""
    for row, (name, values) in enumerate(zip(down, counts, strict=True)):
        for column, value in enumerate(values):
            level = max(1, round(value * _LEVELS / most)) if value else 0
            tip = f"{name} {across[column]}: {value:,.0f}"
            busiest = busiest or (tip if value == most and most else "")
            marks.append(Mark(column * width, row * height, width, height, tip, level=level))
    rows = tuple(Tick((place + 0.5) * height, name) for place, name in enumerate(down))
    says = f"The most: {busiest}" if busiest else "Nothing in this period"
    return Chart("heat", says, tuple(marks), names=_names(across), rows=rows)


def spark(values: Sequence[Value]) -> tuple[tuple[float, float], ...]:
    """A small line without scale, from 0 to 100 both ways; nothing for fewer than two values.

    Where there is no value it goes straight to the next.
    """
    numbers = [as_number(value) for value in values]
    known = [(place, number) for place, number in enumerate(numbers) if number is not None]
    top = max((number for _, number in known), default=0)
    if len(known) <= 1 or not top:
        return ()
    return tuple((place * 100 / (len(numbers) - 1), 100 - number * 100 / top) for place, number in known)


def _scale(most: float, unit: Unit) -> tuple[float, tuple[Tick, ...]]:
    """The top of the scale, and a few round numbers on it."""
    if unit == "share":
        return 1.0, (Tick(0, "100 %"), Tick(50, "50 %"))
    power = 1.0
    while power * 10 <= most:
        power *= 10
    top = max(2.0, next(step * power for step in _STEPS if step * power >= most))
    half = top / 2
    ticks = (Tick(0, f"{top:,.0f}"), Tick(50, f"{half:,.0f}"))
    return top, ticks if half == int(half) else ticks[:1]


def _names(labels: Sequence[str]) -> tuple[Tick, ...]:
    """Names below the first, the last, and some between, in the middle of their places."""
    count = len(labels)
    if not count:
        return ()
    labels = [_short(label) for label in labels]
    most = _SHORT_NAMES if max(map(len, labels)) <= _SHORT else _NAMES
    steps = min(count, most)
    chosen = sorted({round(number * (count - 1) / max(1, steps - 1)) for number in range(steps)})
    place = 100 / count
    is_tight = count > most

    def anchor(number: int) -> str:
        if not is_tight:
            return "middle"
        return "start" if number == 0 else "end" if number == count - 1 else "middle"

    def at(number: int) -> float:
        if is_tight and number in {0, count - 1}:
            return 0.0 if number == 0 else 100.0
        return (number + 0.5) * place

    return tuple(Tick(at(number), labels[number], anchor(number)) for number in chosen)


def _short(label: str) -> str:
    """`3 Nov` of 2026-11-03 and `Nov 2026` of 2026-11; all else as it is."""
    if match := _DAY.fullmatch(label):
        return f"{int(match[3])} {_MONTHS[int(match[2]) - 1]}"
    if match := _MONTH.fullmatch(label):
        return f"{_MONTHS[int(match[2]) - 1]} {match[1]}"
    return label


def _said(section: Section, key: str, labels: Sequence[str], unit: Unit, name: str) -> str:
    values = section.column(key)
    numbers = [as_number(value) or 0 for value in values]
    if not any(numbers):
        return f"{name}: nothing"
    place = max(range(len(numbers)), key=numbers.__getitem__)
    return f"{name}: at most {words(values[place], unit)} ({labels[place]}), last {words(values[-1], unit)}"


def _lower(heading: str) -> str:
    return heading.lower()
