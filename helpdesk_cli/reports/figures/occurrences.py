"""What counts in reports, one by one: openings, answers, resolutions, reopenings (docs/reports.md).

Every report takes them from here, so that a number means the same wherever it stands.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Literal, NamedTuple

from helpdesk_cli.reports.figures.asked import DAY
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from helpdesk_cli.reports.figures.asked import Asked
    from helpdesk_cli.reports.figures.history import History

    Between = Callable[[int, int], int]

# How long a resolution must hold to count as made at the first contact.
_HOLDS = 7 * DAY


@dataclass(frozen=True, slots=True)
class Occurrence:
    """Something that happened to a ticket.

    `length` in milliseconds, None where it has none; `by_wall` is the same by the clock on the wall.
    """

    at: int
    history: History
    length: int | None = None
    agent: str = ""
    by_wall: int | None = None


class Wait(NamedTuple):
    """From a question until our answer (None: there is none yet), which `by` gave."""

    kind: Literal["first-response", "next-response"]
    asked_at: int
    answered_at: int | None
    by: str = ""


def openings(histories: Iterable[History]) -> Iterator[Occurrence]:
    """Each ticket when it was opened, as its present assignee's."""
    for each in histories:
        yield Occurrence(each.created, each, None, each.fields.get("assignee", ""))


def waits_of(history: History) -> Iterator[Wait]:
    """What people asked, and when we answered; what was said before the opening counts from there on."""
    kind: Literal["first-response", "next-response"] = "first-response"
    asked: int | None = None
    for each in history.said:
        at = max(each.at, history.created)
        if each.role != "answered" and asked is None:
            # Who talks to us asks and is answered.
            asked = at
        if each.role == "asked":
            continue
        if asked is not None:
            yield Wait(kind, asked, max(at, asked), each.by)
        kind, asked = "next-response", None
    if asked is not None:
        yield Wait(kind, asked, None)


def answers(histories: Iterable[History], kind: str, *, between: Between) -> Iterator[Occurrence]:
    """Each first or next response, when it was given, with how long it took."""
    return answers_among(((each, waits_of(each)) for each in histories), kind, between=between)


def answers_among(
    waits: Iterable[tuple[History, Iterable[Wait]]], kind: str, *, between: Between
) -> Iterator[Occurrence]:
    """The same, to who has found out already what people waited for."""
    for each, some in waits:
        for wait in some:
            if wait.kind == kind and wait.answered_at is not None:
                length = between(wait.asked_at, wait.answered_at)
                by_wall = wait.answered_at - wait.asked_at
                yield Occurrence(wait.answered_at, each, length, wait.by, by_wall)


def unanswered_at(history: History, moment: int) -> int | None:
    """Since when somebody waited for an answer then; None where nobody did, or the ticket was done."""
    if not history.is_open_at(moment):
        return None
    for wait in waits_of(history):
        if wait.asked_at <= moment and (wait.answered_at is None or moment < wait.answered_at):
            return wait.asked_at
    return None


def replies(histories: Iterable[History]) -> Iterator[Occurrence]:
    """Each public answer of an agent's."""
    for each in histories:
        for said in each.said:
            if said.role != "asked":
                yield Occurrence(max(said.at, each.created), each, None, said.by)


def questions(histories: Iterable[History]) -> Iterator[Occurrence]:
    """Each message that asks something of us."""
    for each in histories:
        for said in each.said:
            if said.role != "answered":
                yield Occurrence(max(said.at, each.created), each)


def resolutions(histories: Iterable[History], *, between: Between) -> Iterator[Occurrence]:
    """Each time a ticket was done, with the time since its opening in which it was not.

    What was done when it came, as old mail is that was taken in as closed, took no time that is known.
    """
    for each in histories:
        if each.was_done_at_once:
            yield Occurrence(each.created, each, None, each.assignee_at(each.created))
        length = by_wall = 0
        for start, end in each.stretches:
            if end is None:
                continue
            by = finisher(each, end)
            if each.was_done_at_once:
                yield Occurrence(end, each, None, by)
                continue
            length += between(start, end)
            by_wall += end - start
            yield Occurrence(end, each, length, by, by_wall)


def finisher(history: History, moment: int) -> str:
    """Whose resolution it is: the assignee's, else that of the agent who said so."""
    if assignee := history.assignee_at(moment):
        return assignee
    return next((by for at, by in history.finishers if at == moment), "")


def reopenings(histories: Iterable[History]) -> Iterator[Occurrence]:
    """Each time a ticket was taken up again after it was done."""
    for each in histories:
        for start, _ in each.stretches[0 if each.was_done_at_once else 1 :]:
            yield Occurrence(start, each, None, each.assignee_at(start))


def first_resolution(history: History) -> int | None:
    """When it was done for the first time; None where it was not, or was so when it came."""
    if history.was_done_at_once or not history.stretches:
        return None
    return history.stretches[0][1]


def is_first_contact(history: History) -> bool:
    """Whether one answer, or none, was enough.

    At most one public answer, nothing asked after it (without one, after the resolution), and not taken up
    again, all within seven days after the first resolution.
    """
    done = first_resolution(history)
    if done is None:
        return False
    until = done + _HOLDS
    given = [said.at for said in history.said if said.role != "asked" and said.at <= until]
    if len(given) > 1:
        return False
    since = given[0] if given else done
    if any(said.role == "asked" and since < said.at <= until for said in history.said):
        return False
    return not any(start <= until for start, _ in history.stretches[1:])


def was_reopened_after(history: History, moment: int) -> bool:
    """Whether it was taken up again after it had been done then."""
    return any(start >= moment for start, _ in history.stretches[0 if history.was_done_at_once else 1 :])


class OpenCounts:
    """How many of these tickets were open at any moment."""

    def __init__(self, histories: Iterable[History]) -> None:
        """Sorted once, asked often."""
        stretches = [stretch for each in histories for stretch in each.stretches]
        self._starts = sorted(start for start, _ in stretches)
        self._ends = sorted(end for _, end in stretches if end is not None)

    def at(self, moment: int) -> int:
        """Of all that was opened before that moment, what was not done before it."""
        return bisect_left(self._starts, moment) - bisect_left(self._ends, moment)


def in_period(found: Iterable[Occurrence], asked: Asked) -> list[Occurrence]:
    """Those of the period."""
    return [each for each in found if asked.start <= each.at < asked.end]


def lengths(found: Iterable[Occurrence]) -> list[int]:
    """How long they took, where that is known."""
    return [each.length for each in found if each.length is not None]
