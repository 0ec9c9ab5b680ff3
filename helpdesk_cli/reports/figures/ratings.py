"""What people answered who were asked how it went."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.reports.figures.history import Rating

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from helpdesk_cli.reports.figures.asked import Asked
    from helpdesk_cli.reports.figures.history import History, Said

# Each says what they think; "stop" is a wish, not a rating.
RATINGS = ("good", "ok", "bad")
# A fact of an event: key, moment, entry, value, by.
Fact = tuple[str, int, str, str, str]


def ratings_of(asked: Sequence[int], facts: Sequence[Fact], said: Sequence[Said]) -> tuple[Rating, ...]:
    """Each question with the last rating of each person; one without an answer stands once, empty.

    A rating belongs to the last question before it, and to the agent who answered last before that.
    """
    answers = {entry: value for key, _, entry, value, _ in facts if key == "csat-answer"}
    found: list[Rating] = []
    for place, asked_at in enumerate(asked):
        until = asked[place + 1] if place + 1 < len(asked) else None
        agent = next((each.by for each in reversed(said) if each.role != "asked" and each.at <= asked_at), "")
        last: dict[str, Rating] = {}
        for key, at, entry, value, _ in facts:
            if key == "csat" and at >= asked_at and (until is None or at < until):
                rating, _, address = value.partition(" ")
                before = last[address].answers if address in last else ()
                more = (*before, answers[entry]) if entry in answers else before
                last[address] = Rating(asked_at, rating, at, agent, more)
        found += last.values() or [Rating(asked_at, agent=agent)]
    return tuple(found)


def asked_in(histories: Iterable[History], asked: Asked) -> list[tuple[History, Rating]]:
    """The questions of the period."""
    return [(each, rating) for each in histories for rating in each.ratings if asked.holds(rating.asked_at)]
