"""Reviews of answers: what an agent's work on a ticket was worth to a colleague, point by point. Never sent.

An event's fact `qa` is `AGENT CRITERION=POINTS …`, its fact `qa-comment` what there is to say (FORMAT F31).
The latest of a reviewer about an agent counts; one that was undone does not.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from helpdesk_cli.tickets.entries import UNDOES, undone
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from helpdesk_cli.tickets.entries import Event
    from helpdesk_cli.tickets.ticket import Ticket

QA, QA_COMMENT = "qa", "qa-comment"
LEAST, MOST = 1, 5
_POINTS: Final = re.compile(rf"([^\s=]+)=([{LEAST}-{MOST}])")


@dataclass(frozen=True, slots=True)
class Scorecard:
    """Whose answers, by whom, when, and how many points (1 to 5) for each criterion, in the order given."""

    entry: str
    agent: str
    by: str
    at: datetime
    points: tuple[tuple[str, int], ...]
    comment: str = ""

    @property
    def mean(self) -> float:
        """The points of all criteria, each counting alike."""
        return sum(points for _, points in self.points) / len(self.points)


def write_card(
    agent: str, points: Sequence[tuple[str, int]], comment: str = ""
) -> tuple[tuple[str, str], ...]:
    """The facts of the event that keeps a review."""
    said = " ".join([agent, *(f"{criterion}={number}" for criterion, number in points)])
    return ((QA, said), *(((QA_COMMENT, comment),) if comment else ()))


def read_card(value: str) -> tuple[str, tuple[tuple[str, int], ...]]:
    """(agent, points) of a fact `qa`; ("", ()) of one that a hand made something else of."""
    agent, _, rest = value.partition(" ")
    found = [_POINTS.fullmatch(word) for word in rest.split()]
    points = {match[1]: int(match[2]) for match in found if match}
    return (agent, tuple(points.items())) if points and all(found) else ("", ())


def scorecards(ticket: Ticket) -> tuple[Scorecard, ...]:
    """The reviews that count, in order of time."""
    found: dict[tuple[str, str], Scorecard] = {}
    for event in standing(ticket):
        for value in event.all_facts(QA):
            agent, points = read_card(value)
            if points:
                comment = "\n".join(event.all_facts(QA_COMMENT))
                found[event.by, agent] = Scorecard(event.id, agent, event.by, event.at, points, comment)
    return tuple(sorted(found.values(), key=lambda card: (card.at, card.entry)))


def standing(ticket: Ticket) -> list[Event]:
    """The events that no later one took back, in order."""
    gone = undone(ticket.events)
    return [event for event in ticket.events if event.id not in gone]


def is_review(ticket: Ticket, event: Event) -> bool:
    """Whether the event keeps a review, or takes one back or brings one back, and still counts."""
    if event not in standing(ticket):
        return False
    by_id = {each.id: each for each in ticket.events}
    todo, seen = [event.id], set[str]()
    while todo:
        at = todo.pop()
        if at in by_id and at not in seen:
            if by_id[at].all_facts(QA):
                return True
            todo += by_id[at].all_facts(UNDOES)
        seen.add(at)
    return False


def answerers(ticket: Ticket) -> tuple[str, ...]:
    """The agents who answered, whoever did most first; of as many answers, the later one."""
    counts: dict[str, int] = {}
    for message in ticket.messages:
        if message.direction == "out" and message.by and not message.automatic:
            counts[message.by] = counts.pop(message.by, 0) + 1
    latest = list(counts)
    return tuple(sorted(latest, key=lambda agent: (counts[agent], latest.index(agent)), reverse=True))
