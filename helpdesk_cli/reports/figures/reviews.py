"""What reviews of answers came to: `qa` facts of events (docs/FORMAT.md F31)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from helpdesk_cli.reports.figures.asked import Asked
    from helpdesk_cli.reports.figures.history import History
    from helpdesk_cli.reports.figures.ratings import Fact

_POINTS = frozenset("12345")


@dataclass(frozen=True, slots=True)
class Review:
    """A review of an agent's answers: (criterion, points from 1 to 5)."""

    at: int
    agent: str
    points: tuple[tuple[str, int], ...]


def reviews_of(facts: Iterable[Fact]) -> tuple[Review, ...]:
    """The reviews of a ticket: of each reviewer about each agent the latest that says anything."""
    found: dict[tuple[str, str], Review] = {}
    for key, at, _, value, by in facts:
        agent, _, rest = value.partition(" ")
        pairs = [word.rpartition("=") for word in rest.split()] if key == "qa" else []
        points = tuple((name, int(number)) for name, _, number in pairs if name and number in _POINTS)
        if agent and points:
            found[by, agent] = Review(at, agent, points)
    return tuple(found.values())


def reviewed_in(histories: Iterable[History], asked: Asked) -> list[Review]:
    """The reviews that were made in the period."""
    return [review for each in histories for review in each.reviews if asked.holds(review.at)]


def mean_points(found: Sequence[int]) -> float | None:
    """Their mean, to two digits; None of none."""
    return round(sum(found) / len(found), 2) if found else None
