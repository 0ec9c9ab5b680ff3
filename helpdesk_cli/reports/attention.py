"""Attention: the open tickets that need somebody, the most pressing first."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from helpdesk_cli.reports.figures.occurrences import reopenings, unanswered_at
from helpdesk_cli.reports.figures.section import Head, Section
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from helpdesk_cli.reports.figures.asked import Asked
    from helpdesk_cli.reports.figures.history import History, Promise

SUMMARY = "The open tickets that need somebody: late, unhappy, nobody's, waiting for us."
NEEDS = frozenset({"said", "assignees", "teams", "promises", "ratings"})
GROUPS: tuple[str, ...] = ()
# From so long on without an answer a ticket needs somebody, whatever was promised: working days.
_LONG = 2
_AGAIN = 2
_REASONS = (
    "Open at the end of the period, with a reason: a promise of sla.yaml that ran out (late), a person who"
    " rated us bad (unhappy), nobody whose it is (nobody's), two working days without our answer (waiting),"
    " or two reopenings (again)."
)
_ORDER = (
    "The most reasons first, then who has waited longest. Waiting: since the first message that we have not"
    " answered. Late, waiting and age are time by the clock on the wall."
)


@dataclass(frozen=True, slots=True)
class Pressing:
    """A ticket and why it needs somebody; times in milliseconds, None where there is none."""

    history: History
    reasons: tuple[str, ...]
    late: int | None
    waiting: int | None
    age: int
    assignee: str
    team: str


def build(histories: Sequence[History], asked: Asked) -> list[Section]:
    """The section `attention`."""
    heads = (
        Head("ticket", "TICKET", "text"),
        Head("subject", "SUBJECT", "text"),
        Head("assignee", "ASSIGNEE", "text"),
        Head("team", "TEAM", "text", hidden=True),
        Head("why", "WHY", "text"),
        Head("late", "LATE", "length", by_wall=True),
        Head("waiting", "WAITING", "length", by_wall=True),
        Head("age", "AGE", "length", by_wall=True),
    )
    rows = tuple(
        (
            each.history.id,
            each.history.subject,
            each.assignee,
            each.team,
            each.reasons,
            _length(each.late),
            _length(each.waiting),
            _length(each.age),
        )
        for each in pressing(histories, asked)
    )
    notes = (_REASONS, _ORDER)
    return [Section("attention", "Tickets that need someone", heads, rows, notes, limit=asked.top)]


def pressing(histories: Sequence[History], asked: Asked) -> list[Pressing]:
    """The open tickets that need somebody, the most pressing first."""
    at = asked.until if asked.end > asked.now else asked.end - 1
    found = [_looked_at(each, at, asked) for each in histories if each.is_open_at(at)]
    return sorted((each for each in found if each.reasons), key=_pressure)


def _pressure(each: Pressing) -> tuple[int, int, int, int]:
    return -len(each.reasons), -(each.waiting or 0), -(each.late or 0), each.history.number


def _looked_at(history: History, at: int, asked: Asked) -> Pressing:
    since = unanswered_at(history, at)
    due = min((each.due for each in history.promises if each.due and _is_late(each, at)), default=None)
    assignee = history.assignee_at(at)
    rated = [each for each in history.ratings if each.rating and each.at <= at]
    reopened = [each for each in reopenings([history]) if each.at <= at]
    reasons = {
        "late": due is not None,
        "unhappy": bool(rated) and max(rated, key=lambda each: each.at).rating == "bad",
        "nobody's": not assignee,
        "waiting": since is not None and asked.office(since, at) >= _LONG * asked.working_day,
        "again": len(reopened) >= _AGAIN,
    }
    return Pressing(
        history,
        tuple(name for name, is_so in reasons.items() if is_so),
        None if due is None else at - due,
        None if since is None else at - since,
        at - history.created,
        assignee,
        history.team_at(at),
    )


def _is_late(promise: Promise, at: int) -> bool:
    """Whether it had run out then, and what was promised was still to come."""
    due, stopped = promise.due, promise.stopped
    is_open = stopped is None or stopped > at
    return promise.state == "breached" and due is not None and due <= at and is_open


def _length(milliseconds: int | None) -> timedelta | None:
    return None if milliseconds is None else timedelta(seconds=milliseconds // 1000)
