"""Key figures: the few numbers at the top of the page, with what became of them and what was wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.pages.charts import spark
from helpdesk_cli.pages.panels import tone_of
from helpdesk_cli.pages.wording import SAME, change_words, words
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable

    from helpdesk_cli.reports.figures.asked import Asked
    from helpdesk_cli.reports.figures.section import Cells, Section


@dataclass(frozen=True, slots=True)
class Key:
    """A key figure as words. `spark` are points of a small line; tones are good, alarm or "".

    `target` is the name of the section that has the figure.
    """

    title: str
    value: str
    target: str
    change: str = ""
    change_tone: str = ""
    before: str = ""
    goal: str = ""
    goal_tone: str = ""
    spark: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a key figure stands: section, row (by name, None: the sum), column, goal, column in `trend`."""

    title: str
    section: str
    row: str | None
    column: str
    goal: str = ""
    trend: str = ""


_PLACES = (
    _Place("New tickets", "volume", None, "in"),
    _Place("Resolved", "volume", None, "resolved"),
    _Place("Open now", "volume", None, "open"),
    _Place("First response", "sla", "First response", "median", "first-response", "first_response"),
    _Place("Resolution", "sla", "Resolution", "median", "resolution", "resolution"),
    _Place("First answers in time", "sla", "First response", "within", "promises-kept", "in_time"),
    _Place(
        "Resolved at first contact",
        "quality",
        "Resolved at first contact",
        "share",
        "first-contact-resolution",
        "first_contact",
    ),
    _Place(
        "Resolved in one day",
        "quality",
        "Resolved in one business day",
        "share",
        "resolved-in-one-day",
        "in_one_day",
    ),
    _Place("Reopened", "quality", "Reopened", "share", "reopened", "reopened"),
    _Place("Rated good", "quality", "Rated good", "share", "csat", "csat"),
)
# Of shares whose column does not say it: whether more of it is better.
_LESS = frozenset({"Reopened"})


def keys_of(sections: Iterable[Section], before: Iterable[Section], asked: Asked) -> list[Key]:
    """The key figures that these sections have."""
    now, old = ({each.name: each for each in some} for some in (sections, before))
    return [
        _key(place, now[place.section], old.get(place.section), asked, now.get("trend"))
        for place in _PLACES
        if place.section in now and _row(now[place.section], place.row) is not None
    ]


def _row(section: Section, name: str | None) -> Cells | None:
    """The row of that name, wherever it stands; the sum for None."""
    if name is None:
        return section.total
    return next((row for row in section.rows if row[0] == name), None)


def _key(place: _Place, section: Section, before: Section | None, asked: Asked, trend: Section | None) -> Key:
    column = section.keys.index(place.column)
    head = section.columns[column]
    row = _row(section, place.row) or ()
    old_row = _row(before, place.row) if before is not None else None
    value, old = row[column], old_row[column] if old_row is not None else None
    better = head.better or ("less" if place.title in _LESS else "more" if head.unit == "share" else "")
    goal = asked.goals.get(place.goal)
    tone = section.tones.get((section.rows.index(row), place.column), "") if row in section.rows else ""
    change = change_words(value, old, head.unit)
    over_time = section.column(place.column) if place.row is None else ()
    if trend is not None and place.trend:
        over_time = trend.column(place.trend)
    return Key(
        place.title if asked.end >= asked.now or place.column != "open" else "Open at the end",
        words(value, head.unit),
        section.name,
        change,
        tone_of(better, value, old) if change != SAME else "",
        words(old, head.unit) if old is not None else "",
        str(goal) if goal else "",
        tone if goal else "",
        spark(over_time),
    )
