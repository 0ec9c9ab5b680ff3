"""The columns that `desk list` can show: one row a column."""

from __future__ import annotations

import importlib
from datetime import timedelta
from typing import TYPE_CHECKING

from helpdesk_cli.desk.asking import local_text
from helpdesk_cli.desk.listing import moment
from helpdesk_cli.table import Column, Table, Tone, Toned, Value
from helpdesk_cli.tickets.escapes import one_line
from helpdesk_cli.tickets.person import Person
from helpdesk_cli.tickets.times import read_time, write_time
from helpdesk_cli.values import dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.finding import Line

Cell = Value | Toned


@dataclass(frozen=True, slots=True)
class Looks:
    """What the looks of a list depend on: the desk's words, the time, and whether a person looks."""

    desk: Desk
    for_people: bool = False

    def snoozed_until(self, line: Line) -> datetime | None:
        """Until when it rests; None when it does not."""
        until = moment(line.facts.get("snoozed_until_at"))
        is_open = self.desk.settings.status_kind(line.row.status) != "done"
        return until if is_open and until is not None and until > self.desk.now else None

    def is_resting(self, line: Line) -> bool:
        """Whether nobody of us has to act."""
        is_active = self.desk.settings.status_kind(line.row.status) == "active"
        return not is_active or self.snoozed_until(line) is not None

    def since(self, at: str) -> timedelta | None:
        """How long ago that was, never less than nothing; None for no time."""
        return max(self.desk.now - read_time(at), timedelta()) if at else None

    def since_fact(self, line: Line, name: str) -> timedelta | None:
        """The same of a time among the facts."""
        at = moment(line.facts.get(name))
        return None if at is None else max(self.desk.now - at, timedelta())


def _priority(line: Line, looks: Looks) -> Cell:
    words = [word.name for word in looks.desk.settings.priorities]
    tones: dict[str, Tone] = dict(zip(words, ("alarm", "notice"), strict=False))
    resting = looks.is_resting(line)
    return Toned(line.row.priority, "plain" if resting else tones.get(line.row.priority, "plain"))


def _status(line: Line, looks: Looks) -> Cell:
    until = looks.snoozed_until(line) if looks.for_people else None
    text = f"{line.row.status} until {local_text(looks.desk, until)}" if until else line.row.status
    return Toned(text, "faint" if looks.is_resting(line) else "plain")


def _time(name: str) -> Callable[[Line, Looks], Cell]:
    def read(line: Line, _: Looks) -> Cell:
        at = moment(line.facts.get(name))
        return write_time(at) if at else ""

    return read


def _plain(name: str) -> Callable[[Line, Looks], Cell]:
    return lambda line, _: getattr(line.row, name)


def _number(name: str) -> Callable[[Line, Looks], Cell]:
    return lambda line, _: line.facts.get(name)


def _left(line: Line, _: Looks) -> Cell:
    """`18m left`, `2h over`: of the clock that is due next."""
    if line.clock is None:
        return ""
    words = importlib.import_module("helpdesk_cli.sla.words")
    return Toned(words.left_text(line.clock), words.tone_of(line.clock))


def _due(line: Line, _: Looks) -> Cell:
    due = line.clock.due_shown if line.clock else None
    return "" if due is None else write_time(importlib.import_module("helpdesk_cli.sla.hours").moment_of(due))


_NUMBERS = ("messages", "replies", "notes", "attachments", "reopened")
_CELLS: dict[str, Callable[[Line, Looks], Cell]] = {
    "id": _plain("id"),
    "age": lambda line, looks: looks.since(line.row.created_at),
    "priority": _priority,
    "status": _status,
    "assignee": _plain("assignee"),
    "requester": lambda line, _: one_line(Person.read(line.row.requester).label),
    "subject": lambda line, _: one_line(line.row.subject),
    "email": lambda line, _: Person.read(line.row.requester).email,
    "team": _plain("team"),
    "tags": _plain("tags"),
    "category": _plain("category"),
    "type": _plain("type"),
    "product": _plain("product"),
    "inbox": _plain("inbox"),
    "channel": _plain("channel"),
    "created_at": _plain("created_at"),
    "last_at": _plain("last_at"),
    "last_in_at": _plain("last_in_at"),
    "last_out_at": _plain("last_out_at"),
    "first_response_at": _time("first_response_at"),
    "resolved_at": _time("resolved_at"),
    "waiting_for": lambda line, looks: looks.since_fact(line, "unanswered_at"),
    "silent_for": lambda line, looks: looks.since_fact(line, "last_message_at"),
    "snoozed_until": _time("snoozed_until_at"),
    "messages": _plain("messages"),
    "replies": _number("replies"),
    "notes": _number("notes"),
    "attachments": _number("attachments"),
    "reopened": _number("reopened"),
    "merged_into": _plain("merged_into"),
    "path": _plain("path"),
    "uid": _plain("uid"),
    "sla": _left,
    "due_at": _due,
}
# What these show is worked out when somebody asks for it.
OF_CLOCKS = frozenset({"sla", "due_at"})
_HEADINGS = {"assignee": "WHO", "requester": "FROM", "waiting_for": "WAITING", "silent_for": "SILENT"}
_SHRINK = frozenset({"requester", "subject", "email", "tags"})
COLUMNS = tuple(
    Column(
        key,
        _HEADINGS.get(key, key.replace("_", " ").upper()),
        align="right" if key in {"age", "waiting_for", "silent_for", "sla", *_NUMBERS} else "left",
        shrinks=key in _SHRINK,
        hidden=True,
    )
    for key in _CELLS
)


def columns_of(keys: Sequence[str]) -> tuple[Column, ...]:
    """Every column: first those that are shown, in this order, then the others, hidden."""
    known = {column.key: column for column in COLUMNS}
    shown = tuple(replace(known[key], hidden=False) for key in dict.fromkeys(keys))
    return (*shown, *(column for column in COLUMNS if column.key not in keys))


def table_of(
    desk: Desk,
    lines: Iterable[Line],
    keys: Sequence[str] = (),
    *,
    for_people: bool = False,
    hidden: bool = True,
) -> Table:
    """The tickets as a table that shows these columns, by default those of desk.yaml.

    For people, who snoozes says until when. Without `hidden` it has no others: nobody asks for them.
    """
    columns = columns_of(keys or desk.settings.list_columns)
    if not hidden:
        columns = tuple(column for column in columns if not column.hidden)
    looks = Looks(desk, for_people)
    rows = tuple(tuple(_CELLS[column.key](line, looks) for column in columns) for line in lines)
    return Table("tickets", columns, rows)
