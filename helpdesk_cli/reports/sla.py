"""Service levels: how soon people were answered, how soon tickets were done, which promises were kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.reports.figures.groups import BY, HEADINGS, group, meaning_of, shown_of
from helpdesk_cli.reports.figures.numbers import as_length, mean, median, ninetieth, share
from helpdesk_cli.reports.figures.occurrences import (
    Occurrence,
    answers_among,
    in_period,
    lengths,
    resolutions,
    waits_of,
)
from helpdesk_cli.reports.figures.section import Head, Section
from helpdesk_cli.values import replace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from helpdesk_cli.reports.figures.asked import Asked
    from helpdesk_cli.reports.figures.history import History
    from helpdesk_cli.reports.figures.occurrences import Wait
    from helpdesk_cli.reports.figures.section import Cells

    # What people waited for in each ticket.
    Waits = Sequence[tuple[History, tuple[Wait, ...]]]

SUMMARY = "How soon people were answered, how soon tickets were done, which promises were kept."
NEEDS = frozenset({"said", "promises"})
GROUPS = BY
TARGETS = {
    "first-response": "First response",
    "next-response": "Next response",
    "update": "Update",
    "resolution": "Resolution",
}
_ANSWERS = frozenset({"first-response", "next-response"})
_MEANS = {
    "first-response": "First response: from the first message of a person until an agent answers. None where"
    " we wrote first.",
    "next-response": "Next response: from the first message after an answer until the next answer.",
    "update": "Update: from one answer of ours until the next, where a policy promises one.",
    "resolution": "Resolution: from the opening until the ticket was done, less the time in which it had been"
    " done before.",
}
_COUNT = (
    "Number, median, p90, mean: of all that were given in the period; nine tenths took no longer than p90."
    " By wall: the median by the clock on the wall. Open: what still waited at the end."
)
_PROMISED = (
    "Kept, late, within: of the promises of sla.yaml that were kept, or ran out, in the period, whether an"
    " answer came later or not. A resolution is kept where the ticket was first done in time."
)


def build(histories: Sequence[History], asked: Asked) -> list[Section]:
    """One section of all targets; with `by` one each."""
    waits = [(each, tuple(waits_of(each))) for each in histories]
    found = {target: _taken(target, histories, waits, asked) for target in TARGETS}
    promises = _promises(waits, asked)
    waiting = _waiting(waits, asked)
    wanted = [
        target
        for target in TARGETS
        if target != "update" or any(each.history.promises for each in promises[target])
    ]
    if not asked.by:
        rows: list[Cells] = []
        tones: dict[tuple[int, str], str] = {}
        for place, target in enumerate(wanted):
            parts = (found[target], promises[target], len(waiting[target]))
            rows.append(_cells(TARGETS[target], parts, target, asked))
            tones |= _tones(place, target, found[target], asked)
        notes = (*(_MEANS[target] for target in wanted), _COUNT, _PROMISED, asked.time_name)
        by_wall = [[each.by_wall for each in found[target] if each.by_wall is not None] for target in wanted]
        shown = tuple(
            (*row[:5], as_length(median(times)), *row[5:]) for row, times in zip(rows, by_wall, strict=True)
        )
        plain = _heads("WHAT")
        extra = Head("median_by_wall", "BY WALL", "length", better="less", by_wall=True)
        heads = (*plain[:5], extra, *plain[5:])
        return [Section("sla", "Response and resolution", heads, shown, notes, tones=tones)]
    first = min((each.created for each in histories), default=None)
    sections = [
        _grouped(target, (found[target], promises[target], waiting[target]), asked, first=first)
        for target in wanted
    ]
    last = sections[-1]
    return [
        *sections[:-1],
        replace(last, notes=(*last.notes, _COUNT, _PROMISED, *meaning_of(asked.by), asked.time_name)),
    ]


def _grouped(
    target: str, every: tuple[Sequence[Occurrence], ...], asked: Asked, *, first: int | None
) -> Section:
    found, promises, waiting = every
    parts = [group(each, asked, first=first) for each in every]
    labels = list(dict.fromkeys(label for part in parts for label in part))
    rows: list[Cells] = []
    tones: dict[tuple[int, str], str] = {}
    for place, label in enumerate(labels):
        taken, promised, open_ = (part.get(label, []) for part in parts)
        rows.append(_cells(label, (taken, promised, len(open_)), target, asked))
        tones |= _tones(place, target, taken, asked)
    total = _cells("all", (found, promises, len(waiting)), target, asked)
    goal = asked.goals.get(target)
    notes = (_MEANS[target], *([f"Goal: a median of {goal}."] if goal else []))
    heads = _heads(HEADINGS.get(asked.by, asked.by.upper()), is_grouped=True)
    return Section(
        target, TARGETS[target], heads, tuple(rows), notes, total, "bars", "median", tones, shown_of(asked)
    )


def _heads(first: str, *, is_grouped: bool = False) -> tuple[Head, ...]:
    return (
        Head("label", first, "text"),
        Head("number", "NUMBER"),
        Head("median", "MEDIAN", "length", better="less"),
        Head("p90", "P90", "length", better="less"),
        Head("mean", "MEAN", "length", better="less"),
        Head("goal", "GOAL", "text", hidden=is_grouped),
        Head("open", "OPEN", better="less"),
        Head("kept", "KEPT", better="more", begins=True),
        Head("late", "LATE", better="less"),
        Head("within", "WITHIN", "share", better="more"),
    )


def _cells(
    label: str,
    parts: tuple[Sequence[Occurrence], Sequence[Occurrence], int],
    target: str,
    asked: Asked,
) -> Cells:
    found, promises, waiting = parts
    times = lengths(found)
    kept = sum(1 for each in promises if each.length)
    goal = asked.goals.get(target)
    return (
        label,
        len(times),
        as_length(median(times)),
        as_length(ninetieth(times)),
        as_length(mean(times)),
        str(goal) if goal else "",
        waiting,
        kept,
        len(promises) - kept,
        share(kept, len(promises)),
    )


def _tones(place: int, target: str, found: Sequence[Occurrence], asked: Asked) -> dict[tuple[int, str], str]:
    goal = asked.goals.get(target)
    is_met = goal.is_met(median(lengths(found))) if goal else None
    return {} if is_met is None else {(place, "median"): "good" if is_met else "alarm"}


def _taken(target: str, histories: Sequence[History], waits: Waits, asked: Asked) -> list[Occurrence]:
    """What was given in the period."""
    if target == "update":
        return []
    if target == "resolution":
        found = in_period(resolutions(histories, between=asked.between), asked)
        return [each for each in found if each.length is not None]
    return in_period(answers_among(waits, target, between=asked.between), asked)


def _promises(waits: Waits, asked: Asked) -> dict[str, list[Occurrence]]:
    """What was kept (`length` 1) or ran out (0) in the period, as the agent's who answered or has it."""
    found: dict[str, list[Occurrence]] = {target: [] for target in TARGETS}
    for each, some in waits:
        # What was asked at one moment is answered by the first answer.
        answered_by = {wait.asked_at: wait.by for wait in reversed(some)} if each.promises else {}
        for promise in each.promises:
            at, is_kept = each.decided(promise) or (None, False)
            if at is not None and asked.holds(at):
                by = answered_by.get(promise.started, "") if promise.target in _ANSWERS else ""
                agent = by or each.assignee_at(at)
                found[promise.target].append(Occurrence(at, each, int(is_kept), agent))
    return found


def _waiting(waits: Waits, asked: Asked) -> dict[str, list[Occurrence]]:
    """What still waited at the end of the period."""
    at = asked.until if asked.end > asked.now else asked.end - 1
    found: dict[str, list[Occurrence]] = {target: [] for target in TARGETS}
    for each, some in waits:
        if not each.is_open_at(at):
            continue
        agent = each.assignee_at(at)
        found["resolution"].append(Occurrence(each.created, each, None, agent))
        for wait in some:
            if wait.asked_at <= at and (wait.answered_at is None or wait.answered_at > at):
                found[wait.kind].append(Occurrence(wait.asked_at, each, None, agent))
    return found
