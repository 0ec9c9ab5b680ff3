"""What the page says: key figures, and of each section a picture, a list, or a table of figures."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from helpdesk_cli.pages import charts
from helpdesk_cli.pages.wording import NOTHING, SAME, age_words, as_number, change_words, words
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from helpdesk_cli.pages.charts import Chart
    from helpdesk_cli.reports.figures.section import Cells, Head, Section
    from helpdesk_cli.table import Value

_MOST_ROWS = 200
_MOST_BARS = 6
# Of three columns of a wide page; one where nothing is said.
_WIDTHS = {"attention": 3, "volume": 2, "agents": 2, "comments": 2, "requests": 3, "trend": 3}
# What is drawn of sections that leave it open; and what says more as a table.
_DRAWN = {"sla": "within", "quality": "share"}
_TABLES = frozenset({"agents"})
_WITHIN = "promises kept in time"
_SHORT = frozenset({"id", "ticket", "state", "status", "priority"})
_SHORTEST = 16
# What others write, in one piece or in a hundred.
_LONG = frozenset({"subject", "comment", "by"})


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table as words; `change` is against the period before; tones are good, alarm or "".

    Short: a word that is read in one piece, such as an id or a time. Long: a text that may be anything.
    """

    text: str
    is_number: bool = False
    is_short: bool = False
    is_long: bool = False
    tone: str = ""
    change: str = ""
    change_tone: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """A row of a list with bars: name, words, how long the bar is (0 to 100), and what has changed."""

    name: str
    text: str
    share: float
    tone: str = ""
    change: str = ""
    change_tone: str = ""
    details: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """A ticket, or what somebody said: what to call it, its words, short marks, and facts about it."""

    name: str
    text: str
    marks: tuple[tuple[str, str], ...] = ()  # (word, tone)
    facts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Panel:
    """A section on the page: pictures, bars or items with its table behind them, else the table alone.

    `width`: columns that it takes of a wide page. `more`: rows that no bar and no item stands for; `hidden`:
    rows that stand nowhere on the page; `on_paper`: so many of the `listed` are printed.
    """

    name: str
    title: str
    width: int
    heads: tuple[tuple[str, bool], ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...]
    charts: tuple[tuple[str, Chart], ...] = ()
    bars: tuple[Bar, ...] = ()
    items: tuple[Item, ...] = ()
    bars_of: str = ""
    hidden: int = 0
    more: int = 0
    on_paper: int = 0
    listed: int = 0

    @property
    def left(self) -> int:
        """How many rows of its table stand on the screen alone, after those on paper."""
        return self.listed - self.on_paper

    @property
    def is_table(self) -> bool:
        """Whether its table is all there is."""
        return not (self.charts or self.bars or self.items)


def panel(section: Section, before: Section | None) -> Panel:
    """The section as it stands on the page."""
    drawn = _charts(section)
    bars = _bars(section, before) if section.rows and not drawn else ()
    items = _items(section)
    heads = [head for head in section.columns if not head.hidden]
    # Behind a picture everything stands that has room; a table that is all there is has what people want.
    is_behind = bool(drawn or bars or items)
    limit = _MOST_ROWS if is_behind else min(section.limit or _MOST_ROWS, _MOST_ROWS)
    rows = tuple(
        tuple(_cell(section, number, head, row, old) for head in heads)
        for number, row, old in _paired(section, before, limit)
    )
    return Panel(
        section.name,
        section.title,
        _WIDTHS.get(section.name, 1),
        tuple((head.heading, _is_number(head)) for head in heads),
        rows,
        section.notes,
        drawn,
        bars,
        items,
        _WITHIN if section.name == "sla" else _drawn_heading(section),
        max(0, len(section.rows) - limit),
        max(0, len(section.rows) - (len(items) or _MOST_BARS)) if items or bars else 0,
        min(section.limit or _MOST_ROWS, limit, len(section.rows)),
        min(limit, len(section.rows)),
    )


def _charts(section: Section) -> tuple[tuple[str, Chart], ...]:
    """(title, picture) of each that the section is drawn as."""
    if not section.rows:
        return ()
    if section.name == "volume":
        drawn = [("In and resolved", charts.columns(section, ("in", "resolved")))]
        if "open" in section.keys:
            drawn.append(("Open", charts.line(section, "open")))
        return tuple(drawn)
    if section.picture == "heat":
        return (("", charts.heat(section)),)
    if section.picture == "line":
        return (("", charts.line(section, section.drawn)),)
    return (("", charts.columns(section, (section.drawn,))),) if section.name.endswith("-spread") else ()


def _bars(section: Section, before: Section | None) -> tuple[Bar, ...]:
    """A bar for each of the rows that matter most; of shares, of the whole."""
    drawn = _DRAWN.get(section.name) or (section.drawn if section.picture == "bars" else "")
    if not drawn or section.name in _TABLES:
        return ()
    place = section.keys.index(drawn)
    head = section.columns[place]
    numbers = [as_number(row[place]) for row in section.rows]
    top = 1.0 if head.unit == "share" else max((each or 0 for each in numbers), default=0) or 1.0
    found = []
    for number, row, old in _paired(section, before, _MOST_BARS):
        if number is None or (numbers[number] is None and _has_no_time(section, row)):
            continue
        cell = _cell(section, number, head, row, old)
        said = dict(zip(section.keys, row, strict=True))
        change = _bar_change(head, cell, row[place], old[place] if old is not None else None)
        size = min(100.0, (numbers[number] or 0) * 100 / top)
        tone = cell.tone if section.name != "sla" else ""
        name = words(row[0], "text")
        found.append(Bar(name, cell.text, size, tone, change, cell.change_tone, _details(section, said)))
    return tuple(found)


def _has_no_time(section: Section, row: Cells) -> bool:
    """Whether nothing is to be told beside the figure that is drawn; what took time is, unpromised too."""
    return section.name != "sla" or row[section.keys.index("median")] is None


def _bar_change(head: Head, cell: Cell, value: Value, old: Value) -> str:
    """Of small counts the difference says more than a percentage."""
    if head.unit == "count" and isinstance(value, int) and isinstance(old, int):
        return words(value - old, "change") if value != old else "="
    return cell.change


def _details(section: Section, said: Mapping[str, Value]) -> str:
    """What stands below a bar."""
    goal = f"goal {said['goal']}" if said.get("goal") else ""
    if section.name != "sla":
        return goal
    parts = [f"median {words(said['median'], 'length')}", goal]
    is_promised = said["kept"] or said["late"]
    parts += [f"{said['kept']} kept", f"{said['late']} late"] if is_promised else ["nothing promised"]
    return ", ".join(filter(None, parts))


def _items(section: Section) -> tuple[Item, ...]:
    """Tickets that need somebody, or what people wrote."""
    if section.name not in {"attention", "comments"}:
        return ()
    rows = section.rows[: min(section.limit or _MOST_ROWS, _MOST_ROWS)]
    found = [dict(zip(section.keys, row, strict=True)) for row in rows]
    return tuple(_pressing(each) if section.name == "attention" else _comment(each) for each in found)


def _pressing(said: Mapping[str, Value]) -> Item:
    reasons = said["why"] if isinstance(said["why"], tuple) else ()
    facts = [words(said["assignee"], "text") if said["assignee"] else "nobody's"]
    times = (("waiting", "waiting"), ("late", "late"), ("age", "open"))
    lengths = [(word, said[key]) for key, word in times]
    facts += [f"{word} {age_words(length)}" for word, length in lengths if isinstance(length, timedelta)]
    tones = {"late": "alarm", "unhappy": "alarm"}
    marks = tuple((reason, tones.get(reason, "")) for reason in reasons)
    return Item(str(said["ticket"]), str(said["subject"] or "(no subject)"), marks, tuple(facts))


def _comment(said: Mapping[str, Value]) -> Item:
    tone = {"good": "good", "bad": "alarm"}.get(str(said["rating"]), "")
    facts = (words(said["agent"], "text"), words(said["at"], "time"))
    shown = tuple(fact for fact in facts if fact != NOTHING)
    return Item(str(said["id"]), str(said["comment"]), ((str(said["rating"]), tone),), shown)


def _paired(
    section: Section, before: Section | None, limit: int
) -> list[tuple[int | None, Cells, Cells | None]]:
    """(its number, the row, the row of that name in the period before), and the sum, which has no number."""
    named = {row[0]: row for row in before.rows} if before is not None else {}
    found: list[tuple[int | None, Cells, Cells | None]] = [
        (number, row, named.get(row[0])) for number, row in enumerate(section.rows[:limit])
    ]
    if section.total is not None:
        found.append((None, section.total, before.total if before is not None else None))
    return found


def _cell(section: Section, number: int | None, head: Head, row: Cells, old: Cells | None) -> Cell:
    place = section.columns.index(head)
    tone = section.tones.get((number, head.key), "") if number is not None else ""
    change, change_tone = "", ""
    if old is not None and _is_number(head):
        change = change_words(row[place], old[place], head.unit)
        change_tone = tone_of(head.better, row[place], old[place]) if change != SAME else ""
    text = words(row[place], head.unit)
    is_short = head.unit == "time" or (head.key in _SHORT and len(text) <= _SHORTEST)
    is_long = not is_short and (head.key in _LONG or place == 0)
    return Cell(text, _is_number(head), is_short, is_long, tone, change, change_tone)


def tone_of(better: str, value: Value, before: Value) -> str:
    """Whether the change is good or an alarm; "" where neither."""
    now, old = as_number(value), as_number(before)
    if not better or now is None or old is None or now == old:
        return ""
    return "good" if (now > old) is (better == "more") else "alarm"


def _drawn_heading(section: Section) -> str:
    drawn = _DRAWN.get(section.name, section.drawn)
    return next((head.heading.lower() for head in section.columns if head.key == drawn), "")


def _is_number(head: Head) -> bool:
    return head.unit not in {"text", "time", "flag"}
