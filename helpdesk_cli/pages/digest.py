"""The digest as a mail: the same figures as text, and in HTML that mail programs show.

Pictures are cells of tables with a colour: mail programs strip SVG, and ask before they load images.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from helpdesk_cli.pages.page import fill
from helpdesk_cli.pages.panels import tone_of
from helpdesk_cli.pages.wording import SAME, age_words, as_number, change_words, words
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from helpdesk_cli.reports.figures.section import Section
    from helpdesk_cli.table import Value

# Sections whose rows compare now with before, and what of them it is good to have less of.
_COMPARED = ("changed", "times", "well")
_LESS = frozenset({"Open", "Reopened", "First response", "Next response", "Resolution"})
_NEUTRAL = frozenset({"In"})
_TALLEST = 48
_MOST_LATE = 10


@dataclass(frozen=True, slots=True)
class Line:
    """A figure: its name, the value, what it was before, the change with its tone, and the goal."""

    name: str
    now: str
    before: str
    change: str
    tone: str
    goal: str


@dataclass(frozen=True, slots=True)
class Column:
    """A day or week in the picture: heights in pixels."""

    name: str
    came: int
    resolved: int
    came_height: int
    resolved_height: int


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket that somebody must look at."""

    id: str
    subject: str
    facts: str


@dataclass(frozen=True, slots=True)
class Digest:
    """What the mail says. So many as `late_more` late tickets are not listed; `late_command` lists them."""

    desk: str
    heading: str
    groups: tuple[tuple[str, tuple[Line, ...]], ...]
    columns: tuple[Column, ...]
    late: tuple[Ticket, ...]
    late_more: int
    lead: tuple[Ticket, ...]
    remarks: tuple[str, ...]
    late_command: str
    footer: str


def digest(
    sections: Mapping[str, Section],
    volume: Section,
    *,
    desk: str,
    heading: str,
    remarks: tuple[str, ...],
    late_command: str,
    footer: str,
) -> Digest:
    """The digest of these sections, by name, and of the volume over time."""
    late = [_ticket(sections["late"], row) for row in sections["late"].rows]
    return Digest(
        desk,
        heading,
        tuple((sections[name].title, _lines(sections[name])) for name in _COMPARED),
        _columns(volume),
        tuple(late[:_MOST_LATE]),
        max(0, len(late) - _MOST_LATE),
        tuple(_ticket(sections["lead"], row) for row in sections["lead"].rows),
        remarks,
        late_command,
        footer,
    )


def write_text(said: Digest) -> str:
    """The digest as a plain text."""
    return fill("digest.txt", digest=said).replace("\N{NO-BREAK SPACE}", " ")


def write_html(said: Digest) -> str:
    """The same in HTML."""
    return fill("digest.html", digest=said)


def _lines(section: Section) -> tuple[Line, ...]:
    now, before = (section.keys.index(key) for key in ("now", "before"))
    unit = section.columns[now].unit
    found = []
    for row in section.rows:
        said = dict(zip(section.keys, row, strict=True))
        name = str(row[0])
        better = "" if name in _NEUTRAL else "less" if name in _LESS else "more"
        change = change_words(row[now], row[before], unit)
        if unit == "count" and isinstance(row[now], int) and row[now] != row[before]:
            change = words(said.get("change"), "change")
        tone = tone_of(better, row[now], row[before]) if change != SAME else ""
        values = (words(row[now], unit), words(row[before], unit))
        found.append(Line(name, *values, change, tone, str(said.get("goal") or "")))
    return tuple(found)


def _columns(volume: Section) -> tuple[Column, ...]:
    label, came, done = (volume.keys.index(key) for key in ("label", "in", "resolved"))
    top = max((as_number(row[at]) or 0 for row in volume.rows for at in (came, done)), default=0) or 1

    def height(value: Value) -> int:
        return round((as_number(value) or 0) * _TALLEST / top)

    return tuple(
        Column(
            words(row[label], "text"),
            int(as_number(row[came]) or 0),
            int(as_number(row[done]) or 0),
            height(row[came]),
            height(row[done]),
        )
        for row in volume.rows
    )


def _ticket(section: Section, row: tuple[Value, ...]) -> Ticket:
    said = dict(zip(section.keys, row, strict=True))
    facts = [words(said["why"], "text")] if said.get("why") else []
    lengths = [(word, said.get(key)) for key, word in (("late", "late"), ("age", "open"))]
    facts += [f"{word} {age_words(length)}" for word, length in lengths if isinstance(length, timedelta)]
    facts += [str(said["assignee"])] if said.get("assignee") else []
    subject = " ".join(str(said["subject"] or "(no subject)").split())
    return Ticket(str(said["id"]), subject[:_LONGEST], ", ".join(facts))


# Of a subject in a mail of ours.
_LONGEST = 100
