"""Agents: who has how much to do, who did how much, how soon and how well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.reports.figures.groups import NONE
from helpdesk_cli.reports.figures.numbers import as_length, mean, median, share
from helpdesk_cli.reports.figures.occurrences import (
    answers,
    in_period,
    lengths,
    replies,
    resolutions,
)
from helpdesk_cli.reports.figures.ratings import RATINGS, asked_in
from helpdesk_cli.reports.figures.reviews import mean_points, reviewed_in
from helpdesk_cli.reports.figures.section import Head, Section

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from helpdesk_cli.reports.figures.asked import Asked
    from helpdesk_cli.reports.figures.history import History
    from helpdesk_cli.reports.figures.occurrences import Occurrence
    from helpdesk_cli.reports.figures.section import Cells

SUMMARY = "Who has how much to do, who did how much, how soon and how well."
NEEDS = frozenset({"assignees", "said", "ratings", "spent", "reviews"})
GROUPS: tuple[str, ...] = ()
_HEADS = (
    Head("agent", "AGENT", "text"),
    Head("open", "OPEN", better="less"),
    Head("replies", "REPLIES", better="more"),
    Head("share", "SHARE", "share"),
    Head("resolved", "RESOLVED", better="more"),
    Head("first_responses", "FIRST", hidden=True),
    Head("first_response", "FIRST RESP.", "length", better="less"),
    Head("resolution", "RESOLUTION", "length", better="less"),
    Head("rated", "RATED", begins=True),
    Head("csat", "CSAT", "share", better="more"),
    Head("reviewed", "REVIEWED", hidden=True),
    Head("review", "REVIEW", "points", better="more"),
    Head("handled", "HANDLED", hidden=True),
    Head("handle_time", "HANDLE TIME", "length", better="less"),
)
_NOTES = (
    (
        "Open: theirs and not done at the end of the period. Replies: public answers they wrote in it;"
        " share: of all of these."
    ),
    (
        "Resolved: tickets done in the period that were theirs then; of nobody's, whoever said that they are"
        " done."
    ),
    (
        "First response: the median of the first answers they gave. Resolution: the median of what they"
        " resolved."
    ),
    (
        "Rated, CSAT: ratings of people asked in the period, and the share of good ones; they go to who"
        " answered last."
    ),
    "Review: the mean of the points, from 1 to 5, of reviews (`desk qa`) made in the period.",
    "Handle time: the mean of what `--spent` says of answers in the period; by the wall.",
)


def build(histories: Sequence[History], asked: Asked) -> list[Section]:
    """The section `agents`."""
    at = asked.until if asked.end > asked.now else asked.end - 1
    found = {
        "replies": in_period(replies(histories), asked),
        "resolved": in_period(resolutions(histories, between=asked.between), asked),
        "first": in_period(answers(histories, "first-response", between=asked.between), asked),
    }
    still = [each.assignee_at(at) for each in histories if each.is_open_at(at)]
    rated = [rating for _, rating in asked_in(histories, asked) if rating.rating in RATINGS]
    reviewed = reviewed_in(histories, asked)
    spent = [(by, seconds) for each in histories for moment, by, seconds in each.spent if asked.holds(moment)]
    names = set(still) | {each.agent for some in found.values() for each in some}
    names |= {rating.agent for rating in rated} | {by for by, _ in spent} | set(asked.words.get("agent", ()))
    rows: list[Cells] = []
    tones: dict[tuple[int, str], str] = {}

    def row(label: str, is_theirs: Callable[[str], bool]) -> Cells:
        theirs = {key: [each for each in some if is_theirs(each.agent)] for key, some in found.items()}
        ratings = [rating.rating for rating in rated if is_theirs(rating.agent)]
        theirs_reviewed = [each for each in reviewed if is_theirs(each.agent)]
        took = [seconds * 1000 for by, seconds in spent if is_theirs(by)]
        return (
            label,
            sum(1 for name in still if is_theirs(name)),
            len(theirs["replies"]),
            share(len(theirs["replies"]), len(found["replies"])),
            len(theirs["resolved"]),
            len(theirs["first"]),
            as_length(median(lengths(theirs["first"]))),
            as_length(median(lengths(theirs["resolved"]))),
            len(ratings),
            share(ratings.count("good"), len(ratings)),
            len(theirs_reviewed),
            mean_points([points for each in theirs_reviewed for _, points in each.points]),
            len(took),
            as_length(mean(took)),
        )

    for name in sorted(filter(None, names)):
        rows.append(row(name, name.__eq__))
        tones |= _tones(len(rows) - 1, found["first"], name, asked)
    nobody = row(NONE, "".__eq__)
    if any(nobody[1:3]) or nobody[4]:
        rows.append(nobody)
    total = row("all", lambda _: True)
    goals = [
        f"{key} {asked.goals[key]}" for key in ("first-response", "handle-time", "csat") if key in asked.goals
    ]
    notes = (*_NOTES, *([f"Goals: {', '.join(goals)}."] if goals else []), asked.time_name)
    return [Section("agents", "Agents", _HEADS, tuple(rows), notes, total, "bars", "replies", tones)]


def _tones(place: int, first: Sequence[Occurrence], name: str, asked: Asked) -> dict[tuple[int, str], str]:
    goal = asked.goals.get("first-response")
    is_met = goal.is_met(median(lengths([each for each in first if each.agent == name]))) if goal else None
    return {} if is_met is None else {(place, "first_response"): "good" if is_met else "alarm"}
