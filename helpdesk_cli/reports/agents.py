"""Agents: who has how much to do, who did how much, how soon and how well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.reports.figures.groups import (
    BY,
    CLOCK,
    NONE,
    SPANS,
    group,
    meaning_of,
    ordered,
    shown_of,
    spans,
)
from helpdesk_cli.reports.figures.numbers import as_length, mean, median, share
from helpdesk_cli.reports.figures.occurrences import (
    Occurrence,
    OpenCounts,
    answers,
    in_period,
    lengths,
    replies,
    resolutions,
)
from helpdesk_cli.reports.figures.ratings import RATINGS, asked_in
from helpdesk_cli.reports.figures.reviews import mean_points, reviewed_in
from helpdesk_cli.reports.figures.section import Head, Section
from helpdesk_cli.values import replace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from helpdesk_cli.reports.figures.asked import Asked
    from helpdesk_cli.reports.figures.history import History
    from helpdesk_cli.reports.figures.section import Cells

SUMMARY = "Who has how much to do, who did how much, how soon and how well."
NEEDS = frozenset({"assignees", "said", "ratings", "spent", "reviews"})
GROUPS = BY
_HEADS = (
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
)
_GROUP_NOTES = (
    (
        "Open: not done at the end of the period, or of the row where it has one. Replies: public answers;"
        " share: of all of these. Resolved: how often tickets were done."
    ),
    "First response: the median of the first answers. Resolution: the median of what was resolved.",
    "Rated, CSAT: ratings of people who were asked then, and the share of good ones.",
)
_LAST = (
    "Review: the mean of the points, from 1 to 5, of reviews (`desk qa`) made in the period.",
    "Handle time: the mean of what `--spent` says of answers in the period; by the wall.",
)


def build(histories: Sequence[History], asked: Asked) -> list[Section]:
    """The section `agents`: a row for each agent, or for each of what is asked by."""
    by = asked.by or "agent"
    asked = replace(asked, by=by)
    found = _found(histories, asked)
    first = min((each.created for each in histories), default=None)
    grouped = {key: group(each, asked, first=first) for key, each in found.items()}
    labels = _labels(grouped, asked)
    opened = OpenCounts(histories)
    ends = (
        {each.label: min(each.end, asked.now + 1) for each in spans(asked, by, first=first)}
        if by in SPANS
        else {}
    )
    rows: list[Cells] = []
    tones: dict[tuple[int, str], str] = {}
    for place, label in enumerate(labels):
        theirs = {key: some.get(label, []) for key, some in grouped.items()}
        left = opened.at(ends[label]) if ends else len(theirs["open"])
        rows.append((label, *_cells(theirs, left, of=len(found["replies"]))))
        if label != NONE:
            tones |= _tones(place, theirs["first"], asked)
    total: Cells = ("all", *_cells(found, len(found["open"]), of=len(found["replies"])))
    heads = (Head(by if by == "agent" else "label", by.upper(), "text"), *_HEADS)
    # How many were open at some hour of all days is no number.
    kept = [place for place, head in enumerate(heads) if head.key != "open" or by not in CLOCK]
    notes = _NOTES if by == "agent" else (*_GROUP_NOTES, *meaning_of(by))
    return [
        Section(
            "agents",
            "Agents",
            tuple(heads[place] for place in kept),
            tuple(tuple(row[place] for place in kept) for row in rows),
            (*notes, *_LAST, *_goals(asked), asked.time_name),
            tuple(total[place] for place in kept),
            "bars",
            "replies",
            tones,
            limit=0 if by == "agent" else shown_of(asked),
        )
    ]


def _goals(asked: Asked) -> tuple[str, ...]:
    """What is aimed at, in a sentence."""
    goals = [
        f"{key} {asked.goals[key]}" for key in ("first-response", "handle-time", "csat") if key in asked.goals
    ]
    return (f"Goals: {', '.join(goals)}.",) if goals else ()


def _found(histories: Sequence[History], asked: Asked) -> dict[str, list[Occurrence]]:
    """What happened, by what it is; of reviews, each criterion's points as the length of "points"."""
    at = asked.until if asked.end > asked.now else asked.end - 1
    reviewed = [(each, review) for each in histories for review in reviewed_in([each], asked)]
    return {
        "open": [
            Occurrence(at, each, None, each.assignee_at(at)) for each in histories if each.is_open_at(at)
        ],
        "replies": in_period(replies(histories), asked),
        "resolved": in_period(resolutions(histories, between=asked.between), asked),
        "first": in_period(answers(histories, "first-response", between=asked.between), asked),
        "rated": [
            Occurrence(rating.asked_at, each, int(rating.rating == "good"), rating.agent)
            for each, rating in asked_in(histories, asked)
            if rating.rating in RATINGS
        ],
        "reviewed": [Occurrence(review.at, each, None, review.agent) for each, review in reviewed],
        "points": [
            Occurrence(review.at, each, points, review.agent)
            for each, review in reviewed
            for _, points in review.points
        ],
        "spent": [
            Occurrence(moment, each, seconds * 1000, agent)
            for each in histories
            for moment, agent, seconds in each.spent
            if asked.holds(moment)
        ],
    }


def _labels(grouped: dict[str, dict[str, list[Occurrence]]], asked: Asked) -> list[str]:
    """The rows in their order: agents by name, and nobody only where there is something of nobody's."""
    if asked.by in SPANS:
        return list(grouped["replies"])
    if asked.by != "agent":
        nowhere: dict[str, list[Occurrence]] = {label: [] for some in grouped.values() for label in some}
        return ordered({**nowhere, **grouped["replies"]}, asked)
    names = {label for some in grouped.values() for label in some} | set(asked.words.get("agent", ()))
    is_nobodys = any(grouped[key].get(NONE) for key in ("open", "replies", "resolved"))
    return [*sorted(names - {NONE}), *([NONE] if is_nobodys else [])]


def _cells(theirs: dict[str, list[Occurrence]], left: int, *, of: int) -> Cells:
    """What is in a row, of so many replies in all."""
    good = sum(lengths(theirs["rated"]))
    took = lengths(theirs["spent"])
    return (
        left,
        len(theirs["replies"]),
        share(len(theirs["replies"]), of),
        len(theirs["resolved"]),
        len(theirs["first"]),
        as_length(median(lengths(theirs["first"]))),
        as_length(median(lengths(theirs["resolved"]))),
        len(theirs["rated"]),
        share(good, len(theirs["rated"])),
        len(theirs["reviewed"]),
        mean_points(lengths(theirs["points"])),
        len(took),
        as_length(mean(took)),
    )


def _tones(place: int, first: Sequence[Occurrence], asked: Asked) -> dict[tuple[int, str], str]:
    goal = asked.goals.get("first-response")
    is_met = goal.is_met(median(lengths(first))) if goal else None
    return {} if is_met is None else {(place, "first_response"): "good" if is_met else "alarm"}
