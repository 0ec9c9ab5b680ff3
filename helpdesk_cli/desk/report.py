"""`desk report`: which reports there are, and one of them, worked out."""

from __future__ import annotations

import gc
import importlib
import pkgutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol, cast

import helpdesk_cli.reports
from helpdesk_cli.desk.articles import all_articles
from helpdesk_cli.desk.asking import vocabulary_of, zone_of
from helpdesk_cli.desk.finding import wanted_of
from helpdesk_cli.desk.levels import kinds_of
from helpdesk_cli.desk.report_at import moment_of, open_view, remark_of
from helpdesk_cli.desk.report_comments import with_comments
from helpdesk_cli.desk.report_facts import Gathering, Scope
from helpdesk_cli.desk.report_period import Period, read_report_period
from helpdesk_cli.errors import UsageError
from helpdesk_cli.reports.figures.asked import DAY, Asked, Topic, wall
from helpdesk_cli.reports.figures.goals import read_goal
from helpdesk_cli.reports.figures.groups import FIELDS
from helpdesk_cli.sla.hours import hours_of, ms_of
from helpdesk_cli.storage.index_reports import words_used
from helpdesk_cli.storage.settings import suggest
from helpdesk_cli.tickets.as_json import SCHEMA
from helpdesk_cli.values import dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from helpdesk_cli.desk.actor import Actor
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.report_at import View
    from helpdesk_cli.reports.figures.history import History
    from helpdesk_cli.reports.figures.section import Cells, Section
    from helpdesk_cli.sla.calendar import Calendar
    from helpdesk_cli.sla.policies import Sla

OFFICE = "office"
# What a report needs beside its own where it is grouped so.
_NEEDED_BY = {"customer": frozenset({"customers"}), "agent": frozenset({"assignees", "said"})}


class ReportModule(Protocol):
    """What a module in `helpdesk_cli/reports` has."""

    SUMMARY: str
    # What of tickets it needs: words of desk/report_facts.
    NEEDS: frozenset[str]
    # What it can be grouped by; () is nothing.
    GROUPS: tuple[str, ...]

    @staticmethod
    def build(histories: Sequence[History], asked: Asked) -> list[Section]:
        """The report's sections."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants of a report; "" and None are what is usual."""

    period: str = ""
    by: str = ""
    query: str = ""
    compare: bool = False
    by_wall: bool = False
    as_of: str = ""
    top: int = 10


@dataclass(frozen=True, slots=True)
class Gathered:
    """What reports are made of. `late` are the tickets of which something was recorded only afterwards."""

    period: Period
    asked: Asked
    histories: tuple[History, ...]
    remarks: tuple[str, ...] = ()
    late: tuple[str, ...] = ()
    problems: tuple[tuple[str, str], ...] = ()
    commit: str = ""

    @property
    def earlier(self) -> Asked:
        """The same, asked of the period before."""
        return replace(self.asked, start=self.asked.previous[0], end=self.asked.previous[1])


@dataclass(frozen=True, slots=True)
class Report:
    """A report. `before` are the sections of the period before, in the same order, where that was wanted.

    `remarks` are what whoever reads the figures must know, `late` the tickets of which something was recorded
    only afterwards; `problems` are (path, why) of unread files.
    """

    name: str
    period: Period
    asked: Asked
    wish: Wish
    sections: tuple[Section, ...]
    before: tuple[Section, ...] = ()
    remarks: tuple[str, ...] = ()
    late: tuple[str, ...] = ()
    problems: tuple[tuple[str, str], ...] = ()
    commit: str = ""

    def only(self, name: str) -> Report:
        """The same with the section of that name alone."""
        return replace(self, sections=tuple(each for each in self.sections if each.name == name))

    def before_of(self, section: Section) -> Section | None:
        """The same section of the period before; None where nothing is compared.

        What there was nothing of then, and so no section, is one without rows.
        """
        if not self.wish.compare:
            return None
        same = (each for each in self.before if each.name == section.name)
        return next(same, replace(section, rows=(), total=None))

    def json(self) -> dict[str, Any]:
        """The stable JSON of `desk report --json`."""
        return {
            "schema": SCHEMA,
            "kind": "report",
            "report": self.name,
            "period": self.period.json(),
            "compared_with": self.period.before.json() if self.period.before and self.before else None,
            "by": self.asked.by or None,
            "query": self.wish.query or None,
            "calendar": self.asked.calendar or None,
            "as_of": self.wish.as_of or None,
            "commit": self.commit or None,
            "remarks": list(self.remarks),
            "recorded_later": list(self.late),
            "sections": [_section_json(section, self.before_of(section)) for section in self.sections],
        }


def names() -> list[str]:
    """The names of all reports: the modules of `helpdesk_cli/reports`."""
    found = pkgutil.iter_modules(helpdesk_cli.reports.__path__)
    return sorted(each.name for each in found if not each.ispkg)


def summaries() -> list[tuple[str, str]]:
    """(name, what it tells) of every report."""
    return [(name, module_of(name).SUMMARY) for name in names()]


def module_of(name: str) -> ReportModule:
    """The report of that name. Raises UsageError with the likely one."""
    known = names()
    if name not in known:
        raise UsageError(f'there is no report "{name}"', hint=suggest(name, known))
    return cast("ReportModule", importlib.import_module(f"helpdesk_cli.reports.{name}"))


def _unread(problems: Sequence[object]) -> Iterator[str]:
    """What whoever reads the figures must know of files that could not be read."""
    if problems:
        number = len(problems)
        said = "1 ticket file" if number == 1 else f"{number:,} ticket files"
        yield f"{said} could not be read: what is in {'it' if number == 1 else 'them'} is not counted."


@contextmanager
def _without_a_broom() -> Iterator[None]:
    """Python's collector off: it would look through a hundred thousand tickets again and again."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@_without_a_broom()
def report(
    desk: Desk,
    name: str,
    wish: Wish,
    *,
    actor: Actor | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """The report of that name. Raises UsageError, QueryError, and InvalidFileError for a broken sla.yaml."""
    module = module_of(name)
    require_group(name, wish.by)
    gathered = gather(
        desk,
        wish,
        needs=module.NEEDS | _NEEDED_BY.get(wish.by, frozenset()),
        actor=actor,
        progress=progress,
    )
    sections = tuple(module.build(gathered.histories, gathered.asked))
    before: tuple[Section, ...] = ()
    if wish.compare:
        before = beside(sections, module.build(gathered.histories, gathered.earlier))
    return Report(
        name,
        gathered.period,
        gathered.asked,
        wish,
        sections,
        before,
        gathered.remarks,
        gathered.late,
        gathered.problems,
        gathered.commit,
    )


def require_group(name: str, by: str) -> None:
    """Raise UsageError where the report of that name cannot be grouped so, with what can be."""
    groups = module_of(name).GROUPS
    if not by or by in groups:
        return
    others = [each for each in names() if by in module_of(each).GROUPS]
    meant = by.casefold()
    near = [each for each in groups if meant in {each, f"{each}s"}]
    if near:
        hint = f'Did you mean "{near[0]}"?'
    elif groups:
        hint = f"Choose one of {', '.join(groups)}."
    elif others:
        hint = f"These can: {', '.join(others)}. Or narrow it by `--query`."
    else:
        hint = "Leave `--by` out."
    raise UsageError(f'the report "{name}" cannot be grouped by "{by}"', "--by", hint)


def beside(sections: Sequence[Section], earlier: Sequence[Section]) -> tuple[Section, ...]:
    """For each section that of the same name of the period before; empty where there was none."""
    found = {each.name: each for each in earlier}
    return tuple(found.get(each.name) or replace(each, rows=(), total=None, tones={}) for each in sections)


def gather(
    desk: Desk,
    wish: Wish,
    *,
    needs: frozenset[str],
    actor: Actor | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Gathered:
    """What reports with these needs are made of; one reading is enough for any number of them.

    Raises as `report` does.
    """
    moment = moment_of(desk, wish.as_of)
    with open_view(desk, moment, with_texts=bool(wish.query), progress=progress) as view:
        desk = view.desk
        period = read_report_period(wish.period, desk.now, zone_of(desk))
        asked = _asked(view, wish, period)
        start = asked.previous[0] if wish.compare or "previous" in needs else asked.start
        wanted = wanted_of(desk, view.index, wish.query, actor=actor, everything=True)
        scope = Scope(wanted.asked, start, asked.end, asked.now, needs, view.is_past, view.sla)
        gathering = Gathering(desk, view.index, scope)
        with _without_a_broom():
            histories = gathering.histories()
        # They stay until the end.
        gc.freeze()
        if "comments" in needs:
            histories = list(with_comments(histories, start=start, end=asked.end, read=view.read))
        if "topics" in needs:
            asked = replace(asked, tags=tuple(words_used(view.index, "tag")), articles=_articles(desk))
        late = view.told_later()
        remarks = (*_unread(gathering.problems), *remark_of(view, late))
        return Gathered(
            period, asked, tuple(histories), remarks, tuple(late), gathering.problems, moment.commit
        )


def _asked(view: View, wish: Wish, period: Period) -> Asked:
    desk = view.desk
    office = calendar_of(view.sla)
    calendar = None if wish.by_wall else office
    goals = {key: read_goal(key, text) for key, text in desk.settings.goals}
    if office is not None and calendar is None:
        # They are of working time, and say nothing about time by the wall.
        goals = {key: goal for key, goal in goals.items() if not goal.is_working_time}
    vocabulary = vocabulary_of(desk.settings)
    return Asked(
        ms_of(period.start),
        # What happens at this very moment is of a period that ends with it.
        ms_of(period.end) + (period.end == desk.now),
        ms_of(desk.now),
        zone_of(desk),
        wish.by,
        hours_of(calendar).between if calendar else wall,
        calendar.name if calendar else "",
        office.working_day if office else DAY,
        kinds_of(desk.settings),
        goals,
        {
            field: tuple(word[0] for word in vocabulary.words.get(_key(field), ()))
            for field in (*FIELDS, "status")
        },
        (ms_of(period.before.start), ms_of(period.before.end)) if period.before else (0, 0),
        top=wish.top,
        office=hours_of(office).between if office else wall,
    )


def _articles(desk: Desk) -> tuple[Topic, ...]:
    return tuple(Topic(each.name, each.tags, each.title) for each in all_articles(desk)[0])


def _key(field: str) -> str:
    return "assignee" if field == "agent" else field


def calendar_of(sla: Sla) -> Calendar | None:
    """The calendar of working time: `office`, else that of the last policy; None where there is none."""
    named = [OFFICE, *(policy.calendar for policy in reversed(sla.policies))]
    return next((found for name in named if (found := sla.calendar(name)) is not None), None)


def _section_json(section: Section, before: Section | None) -> dict[str, Any]:
    return {
        "name": section.name,
        "title": section.title,
        "columns": [
            {"key": head.key, "heading": head.heading, "unit": head.unit} for head in section.columns
        ],
        "total": len(section.rows),
        "items": [_row_json(section, row) for row in section.rows],
        "sum": _row_json(section, section.total) if section.total is not None else None,
        "before": None
        if before is None
        else {
            "items": [_row_json(before, row) for row in before.rows],
            "sum": _row_json(before, before.total) if before.total is not None else None,
        },
        "notes": list(section.notes),
    }


def _row_json(section: Section, row: Cells) -> dict[str, Any]:
    return {key: None if value == "" else value for key, value in zip(section.keys, row, strict=True)}
