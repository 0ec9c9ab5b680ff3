"""Backlog: what is open, whose it is, and how old."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.reports.figures.asked import DAY, wall
from helpdesk_cli.reports.figures.groups import FIELDS, group, meaning_of
from helpdesk_cli.reports.figures.history import value_at
from helpdesk_cli.reports.figures.numbers import as_length, median
from helpdesk_cli.reports.figures.occurrences import Occurrence, unanswered_at
from helpdesk_cli.reports.figures.section import Head, Section
from helpdesk_cli.values import replace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from helpdesk_cli.reports.figures.asked import Asked
    from helpdesk_cli.reports.figures.history import History
    from helpdesk_cli.reports.figures.section import Cells

SUMMARY = "What is open, whose it is, and how old."
NEEDS = frozenset({"assignees", "teams", "snoozes", "said"})
GROUPS = FIELDS
_AGES = (
    (DAY, "1D", "below_1d"),
    (3 * DAY, "3D", "below_3d"),
    (7 * DAY, "7D", "below_7d"),
    (30 * DAY, "30D", "below_30d"),
)
_HEADS = (
    Head("open", "OPEN", better="less"),
    Head("waiting", "WAITING"),
    Head("snoozed", "SNOOZED"),
    Head("unanswered", "UNANSWERED", better="less"),
    *(Head(key, f"<{heading}", begins=key == "below_1d") for _, heading, key in _AGES),
    Head("older", "OLDER", better="less"),
    Head("median", "MEDIAN", "length", better="less", by_wall=True),
    Head("oldest", "OLDEST", "length", better="less", by_wall=True),
)
_AT_END = frozenset({"agent", "team", "status"})
_NOTES = (
    (
        "Open: not done at the end of the period. Of these, waiting: for the customer or somebody else, by"
        " their status; snoozed: at rest until a time; unanswered: a person wrote last, and has no answer."
    ),
    (
        "<1d to <30d, older: how long ago they were opened, by the wall, each counted once; so are median"
        " and oldest."
    ),
)


def build(histories: Sequence[History], asked: Asked) -> list[Section]:
    """What is open by agent and by team, or by what is asked; and the oldest."""
    at = asked.until if asked.end > asked.now else asked.end - 1
    still = [each for each in histories if each.is_open_at(at)]
    groups = (asked.by,) if asked.by else ("agent", "team")
    sections = [_section(by, still, at, asked) for by in groups]
    last = sections[-1]
    return [
        *sections[:-1],
        replace(last, notes=(*_NOTES, *meaning_of(asked.by, at_end=_AT_END))),
        _oldest(still, at, asked),
    ]


def _section(by: str, still: Sequence[History], at: int, asked: Asked) -> Section:
    grouped = group([_occurrence(each, at, by) for each in still], replace(asked, by=by))
    rows = tuple(
        (label, *_cells([each.history for each in some], at, asked)) for label, some in grouped.items()
    )
    total = ("all", *_cells(still, at, asked))
    heads = (Head("label", by.upper(), "text"), *_HEADS)
    limit = asked.top
    return Section(f"by-{by}", f"Open by {by}", heads, rows, (), total, "bars", "open", limit=limit)


def _occurrence(each: History, at: int, by: str) -> Occurrence:
    """The ticket, as whose it was then."""
    if by == "team":
        each = replace(each, fields={**each.fields, "team": each.team_at(at)})
    elif by == "status":
        each = replace(each, status=value_at(each.statuses, at))
    return Occurrence(at, each, None, each.assignee_at(at))


def _cells(still: Sequence[History], at: int, asked: Asked) -> Cells:
    ages = sorted(wall(each.created, at) for each in still)
    below = [sum(1 for age in ages if age < limit) for limit, _, _ in _AGES]
    each_once = [count - before for count, before in zip(below, (0, *below), strict=False)]
    waiting = [each for each in still if asked.kind_of(value_at(each.statuses, at)) == "waiting"]
    return (
        len(still),
        len(waiting),
        sum(1 for each in still if is_snoozed(each, at)),
        sum(1 for each in still if unanswered_at(each, at) is not None),
        *each_once,
        len(ages) - below[-1],
        as_length(median(ages)),
        as_length(ages[-1] if ages else None),
    )


def is_snoozed(history: History, at: int) -> bool:
    """Whether it rested then."""
    until = value_at(history.snoozes, at)
    return bool(until) and until.isdigit() and int(until) > at


def _oldest(still: Sequence[History], at: int, asked: Asked) -> Section:
    found = sorted(still, key=lambda each: (each.created, each.number))
    rows = tuple(
        (
            each.id,
            as_length(wall(each.created, at)),
            value_at(each.statuses, at),
            each.fields.get("priority", ""),
            each.assignee_at(at),
            None if (since := unanswered_at(each, at)) is None else as_length(wall(since, at)),
            each.subject,
        )
        for each in found
    )
    heads = (
        Head("id", "ID", "text"),
        Head("age", "AGE", "length", by_wall=True),
        Head("status", "STATUS", "text"),
        Head("priority", "PRIORITY", "text"),
        Head("assignee", "ASSIGNEE", "text"),
        Head("unanswered_for", "UNANSWERED", "length", by_wall=True),
        Head("subject", "SUBJECT", "text"),
    )
    return Section("oldest", "The oldest", heads, rows, limit=asked.top)
