"""Quality: how often one answer was enough, what came back, what people said of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.reports.figures.groups import BY, HEADINGS, group, meaning_of, shown_of
from helpdesk_cli.reports.figures.numbers import share
from helpdesk_cli.reports.figures.occurrences import (
    Occurrence,
    finisher,
    first_resolution,
    in_period,
    is_first_contact,
    resolutions,
    was_reopened_after,
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

SUMMARY = "How often one answer was enough, what came back, what people said of it."
NEEDS = frozenset({"said", "assignees", "ratings", "comments", "reviews"})
GROUPS = BY
_MEASURES = {
    "first-contact-resolution": "Resolved at first contact",
    "resolved-in-one-day": "Resolved in one business day",
    "reopened": "Reopened",
    "csat": "Rated good",
}
_MEANS = {
    "first-contact-resolution": (
        "Resolved at first contact: of tickets done for the first time in the period, those with one public"
        " answer at most, no question after it, and not taken up again, all within seven days after."
    ),
    "resolved-in-one-day": (
        "Resolved in one business day: of tickets done in the period, each time, those that took no more"
        " working time than one day of the calendar has."
    ),
    "reopened": (
        "Reopened: of tickets done in the period, those that were taken up again until now; not where they"
        " were done again without a public answer. Old mail taken in as closed is not among them."
    ),
    "csat": "Rated good: of the last ratings of people who were asked in the period.",
}


def build(histories: Sequence[History], asked: Asked) -> list[Section]:
    """One section of all measures, or with `by` one each; and what people wrote with their ratings."""
    found = {
        "first-contact-resolution": _first_contacts(histories, asked),
        "resolved-in-one-day": _in_one_day(histories, asked),
        "reopened": _reopened(histories, asked),
        "csat": _rated(histories, asked),
    }
    if not asked.by:
        whole = [_section(found, asked), _ratings(histories, asked), _comments(histories, asked)]
        return [*whole, *_reviews(histories, asked)]
    sections = [_grouped(key, each, histories, asked) for key, each in found.items()]
    last = replace(sections[-1], notes=(*sections[-1].notes, *meaning_of(asked.by)))
    return [*sections[:-1], last, _comments(histories, asked)]


def _section(found: dict[str, list[Occurrence]], asked: Asked) -> Section:
    rows = tuple((_MEASURES[key], *_cells(each), _goal(key, asked)) for key, each in found.items())
    tones = {}
    for place, (key, each) in enumerate(found.items()):
        goal = asked.goals.get(key)
        is_met = goal.is_met(_share(each)) if goal else None
        if is_met is not None:
            tones[place, "share"] = "good" if is_met else "alarm"
    heads = (*_heads("WHAT"), Head("goal", "GOAL", "text"))
    return Section("quality", "Quality", heads, rows, tuple(_MEANS.values()), tones=tones)


def _grouped(key: str, found: list[Occurrence], histories: Sequence[History], asked: Asked) -> Section:
    first = min((each.created for each in histories), default=None)
    rows = tuple((label, *_cells(some)) for label, some in group(found, asked, first=first).items())
    heads = _heads(HEADINGS.get(asked.by, asked.by.upper()))
    goal = _goal(key, asked)
    notes = (_MEANS[key], *([f"Goal: {goal}."] if goal else []))
    total = ("all", *_cells(found))
    limit = shown_of(asked)
    return Section(key, _MEASURES[key], heads, rows, notes, total, "bars", "share", limit=limit)


def _heads(first: str) -> tuple[Head, ...]:
    return (
        Head("label", first, "text"),
        Head("of", "OF"),
        Head("number", "NUMBER"),
        Head("share", "SHARE", "share"),
    )


def _cells(found: Sequence[Occurrence]) -> Cells:
    return (len(found), sum(1 for each in found if each.length), _share(found))


def _share(found: Sequence[Occurrence]) -> float | None:
    return share(sum(1 for each in found if each.length), len(found))


def _goal(key: str, asked: Asked) -> str:
    goal = asked.goals.get(key)
    return str(goal) if goal else ""


def _first_contacts(histories: Sequence[History], asked: Asked) -> list[Occurrence]:
    """The first resolution of each ticket; `length` 1 where it was at the first contact, else 0."""
    return [
        Occurrence(done, each, int(is_first_contact(each)), finisher(each, done))
        for each in histories
        if (done := first_resolution(each)) is not None and asked.holds(done)
    ]


def _in_one_day(histories: Sequence[History], asked: Asked) -> list[Occurrence]:
    found = in_period(resolutions(histories, between=asked.office), asked)
    return [
        replace(each, length=int(each.length <= asked.working_day))
        for each in found
        if each.length is not None
    ]


def _reopened(histories: Sequence[History], asked: Asked) -> list[Occurrence]:
    """Each ticket that was done in the period once, with the first of these times; not what came done."""
    found: list[Occurrence] = []
    for each in histories:
        came = each.created if each.was_done_at_once else None
        done = [one for one in in_period(resolutions([each], between=asked.between), asked) if one.at != came]
        if done:
            came_back = any(was_reopened_after(each, one.at) for one in done)
            found.append(replace(done[0], length=int(came_back)))
    return found


def _rated(histories: Sequence[History], asked: Asked) -> list[Occurrence]:
    return [
        Occurrence(rating.asked_at, each, int(rating.rating == "good"), rating.agent)
        for each, rating in asked_in(histories, asked)
        if rating.rating in RATINGS
    ]


def _ratings(histories: Sequence[History], asked: Asked) -> Section:
    """How many were asked, and what they said."""
    found = [rating.rating for _, rating in asked_in(histories, asked)]
    rows: list[Cells] = [(word, found.count(word), share(found.count(word), len(found))) for word in RATINGS]
    rows += [("stop", found.count("stop"), share(found.count("stop"), len(found)))]
    rows += [("no answer", found.count(""), share(found.count(""), len(found)))]
    heads = (Head("label", "RATING", "text"), Head("number", "NUMBER"), Head("share", "SHARE", "share"))
    notes = ("Of those who were asked in the period how it went; stop: who wishes not to be asked again.",)
    total = ("all", len(found), share(len(found), len(found)))
    return Section("ratings", "Ratings", heads, tuple(rows), notes, total, "bars", "number")


def _reviews(histories: Sequence[History], asked: Asked) -> list[Section]:
    """What reviewers gave, by criterion; nothing where nobody reviewed."""
    found = reviewed_in(histories, asked)
    if not found:
        return []
    given: dict[str, list[int]] = {}
    for each in found:
        for criterion, points in each.points:
            given.setdefault(criterion, []).append(points)
    rows = tuple((name, len(points), mean_points(points)) for name, points in sorted(given.items()))
    every = [points for some in given.values() for points in some]
    heads = (Head("criterion", "CRITERION", "text"), Head("number", "NUMBER"), Head("mean", "MEAN", "points"))
    note = (
        "Points from 1 to 5 of reviews made in the period; of each reviewer about an agent the latest counts."
    )
    return [Section("reviews", "Reviews", heads, rows, (note,), ("all", len(every), mean_points(every)))]


def _comments(histories: Sequence[History], asked: Asked) -> Section:
    """What was written with ratings, the latest first."""
    found = [(each, rating) for each, rating in asked_in(histories, asked) if rating.comment]
    found.sort(key=lambda each: (-each[1].at, each[0].number))
    rows = tuple(
        (each.id, asked.local(rating.at), rating.rating, rating.agent, rating.comment)
        for each, rating in found
    )
    heads = (
        Head("id", "ID", "text"),
        Head("at", "WHEN", "time"),
        Head("rating", "RATING", "text"),
        Head("agent", "AGENT", "text"),
        Head("comment", "COMMENT", "text"),
    )
    return Section("comments", "What they wrote", heads, rows, limit=asked.top)
