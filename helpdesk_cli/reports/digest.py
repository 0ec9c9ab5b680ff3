"""The digest: what changed, what is late, and the three tickets that need the lead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.reports import attention, quality, sla, volume
from helpdesk_cli.reports.figures.groups import fitting_unit
from helpdesk_cli.reports.figures.numbers import as_length, share
from helpdesk_cli.reports.figures.section import Head, Section
from helpdesk_cli.values import replace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from helpdesk_cli.reports.figures.asked import Asked
    from helpdesk_cli.reports.figures.history import History
    from helpdesk_cli.reports.figures.section import Cells
    from helpdesk_cli.table import Value

SUMMARY = "What changed, what is late, and the three tickets that need the lead."
NEEDS = volume.NEEDS | sla.NEEDS | quality.NEEDS | attention.NEEDS | {"previous"}
GROUPS: tuple[str, ...] = ()
_NEED_THE_LEAD = 3
_TIMES = ("First response", "Next response", "Resolution")


def build(histories: Sequence[History], asked: Asked) -> list[Section]:
    """How much, how soon and how well, each beside the period before; then what somebody must look at."""
    earlier = replace(asked, start=asked.previous[0], end=asked.previous[1])
    both = (asked, earlier)
    return [
        _counts(histories, both),
        _times(histories, both),
        _shares(histories, both),
        _late(histories, asked),
        _lead(histories, asked),
    ]


def _counts(histories: Sequence[History], both: tuple[Asked, Asked]) -> Section:
    found = []
    for asked in both:
        (section,) = volume.build(histories, replace(asked, by=fitting_unit(both[0])))
        found.append(dict(zip(section.keys, section.total or (), strict=False)))
    rows = tuple(
        (
            label,
            _whole(found[0].get(key)),
            _whole(found[1].get(key)),
            _whole(found[0].get(key)) - _whole(found[1].get(key)),
        )
        for key, label in (("in", "In"), ("resolved", "Resolved"), ("reopened", "Reopened"), ("open", "Open"))
    )
    heads = _heads(Head("now", "NOW"), Head("before", "BEFORE"), Head("change", "CHANGE", "change"))
    note = "Before: the period before. Open: not done at the end; the others as in `desk report volume`."
    return Section("changed", "How much", heads, rows, (note,))


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0


def _times(histories: Sequence[History], both: tuple[Asked, Asked]) -> Section:
    found = [_by_label(sla.build(histories, replace(asked, by=""))[0], "median") for asked in both]
    goals = {sla.TARGETS[key]: str(goal) for key, goal in both[0].goals.items() if key in sla.TARGETS}
    rows = tuple((label, found[0].get(label), found[1].get(label), goals.get(label, "")) for label in _TIMES)
    heads = _heads(
        Head("now", "MEDIAN", "length"), Head("before", "BEFORE", "length"), Head("goal", "GOAL", "text")
    )
    return Section("times", "How soon", heads, rows, (both[0].time_name,))


def _shares(histories: Sequence[History], both: tuple[Asked, Asked]) -> Section:
    levels = [sla.build(histories, replace(asked, by=""))[0] for asked in both]
    kept, late = ([sum(map(_whole, each.column(key))) for each in levels] for key in ("kept", "late"))
    promised = [share(one, one + other) for one, other in zip(kept, late, strict=True)]
    found = [_by_label(quality.build(histories, replace(asked, by=""))[0], "share") for asked in both]
    goal = both[0].goals.get("promises-kept")
    rows: list[Cells] = [("Promises kept", *promised, str(goal) if goal else "")]
    goals = _by_label(quality.build(histories, replace(both[0], by=""))[0], "goal")
    rows += [(label, value, found[1].get(label), goals[label]) for label, value in found[0].items()]
    heads = _heads(
        Head("now", "NOW", "share"), Head("before", "BEFORE", "share"), Head("goal", "GOAL", "text")
    )
    note = "As in `desk report sla` and `desk report quality`."
    return Section("well", "How well", heads, tuple(rows), (note,))


def _by_label(section: Section, key: str) -> dict[Value, Value]:
    return dict(zip(section.column("label"), section.column(key), strict=True))


def _heads(*columns: Head) -> tuple[Head, ...]:
    return (Head("label", "WHAT", "text"), *columns)


def _late(histories: Sequence[History], asked: Asked) -> Section:
    """What ran out and is still to be done, the longest over first."""
    found = [each for each in attention.pressing(histories, asked) if each.late is not None]
    found.sort(key=lambda each: (-(each.late or 0), each.history.number))
    rows = tuple(
        (each.history.id, as_length(each.late), each.assignee, each.team, each.history.subject)
        for each in found
    )
    heads = (
        Head("id", "ID", "text"),
        Head("late", "LATE", "length", by_wall=True),
        Head("assignee", "ASSIGNEE", "text"),
        Head("team", "TEAM", "text"),
        Head("subject", "SUBJECT", "text"),
    )
    note = "Open tickets of which a promise of sla.yaml ran out; how long ago, by the wall."
    return Section("late", "Late", heads, rows, (note,), limit=asked.top)


def _lead(histories: Sequence[History], asked: Asked) -> Section:
    """The most pressing three."""
    rows = tuple(
        (each.history.id, each.reasons, each.assignee, as_length(each.age), each.history.subject)
        for each in attention.pressing(histories, asked)[:_NEED_THE_LEAD]
    )
    heads = (
        Head("id", "ID", "text"),
        Head("why", "WHY", "text"),
        Head("assignee", "ASSIGNEE", "text"),
        Head("age", "AGE", "length", by_wall=True),
        Head("subject", "SUBJECT", "text"),
    )
    note = "The most pressing of those that need somebody: `desk report attention` has them all."
    return Section("lead", "For the lead", heads, rows, (note,))
