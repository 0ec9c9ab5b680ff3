"""A ticket as reports see it: what happened to it, and when. Moments are milliseconds since 1970 in UTC."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from helpdesk_cli.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from helpdesk_cli.reports.figures.reviews import Review

Kind = Literal["active", "waiting", "done"]
# What a message is: a person asks; an agent answers; or both in one talk (sla/course).
Role = Literal["asked", "answered", "spoken"]
# Statuses that say that a ticket was no request of its own.
NO_REQUEST = frozenset({"spam", "merged"})


class Said(NamedTuple):
    """Something that a person said; `by` is the agent, "" for customers."""

    at: int
    role: Role
    by: str = ""


@dataclass(frozen=True, slots=True)
class Promise:
    """A clock of a service level: `due` None where no moment can be given, `stopped` None while it runs.

    `used` and `allowed` are working time of the policy's calendar, in milliseconds.
    """

    target: str
    state: str
    started: int
    stopped: int | None
    due: int | None
    used: int
    allowed: int

    @property
    def decided_at(self) -> int | None:
        """When it was kept, or ran out; None as long as neither is so."""
        if self.state == "breached":
            return self.due if self.due is not None else self.stopped
        return self.stopped if self.state == "met" else None


@dataclass(frozen=True, slots=True)
class Rating:
    """What somebody who was asked at `asked_at` said last; "" as long as nothing. `answers` name messages."""

    asked_at: int
    rating: str = ""
    at: int = 0
    agent: str = ""
    answers: tuple[str, ...] = ()
    comment: str = ""


@dataclass(frozen=True, slots=True)
class History:
    """A ticket that is a request: no spam, and not merged into another.

    `statuses`, `assignees`, `teams` and `snoozes` are (since, value), from the opening on, in order.
    `finishers` are (moment, agent) of what made it done. `stretches` are (from, until) of when there was work
    to do, None for until now (`stretches_of`). What a report does not ask for is empty.
    """

    path: str
    number: int
    id: str
    created: int
    subject: str = ""
    requester: str = ""
    customer: str = ""
    status: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    statuses: tuple[tuple[int, str], ...] = ()
    stretches: tuple[tuple[int, int | None], ...] = ()
    was_done_at_once: bool = False
    finishers: tuple[tuple[int, str], ...] = ()
    assignees: tuple[tuple[int, str], ...] = ()
    teams: tuple[tuple[int, str], ...] = ()
    snoozes: tuple[tuple[int, str], ...] = ()
    said: tuple[Said, ...] = ()
    promises: tuple[Promise, ...] = ()
    ratings: tuple[Rating, ...] = ()
    spent: tuple[tuple[int, str, int], ...] = ()  # (moment, agent, seconds)
    reviews: tuple[Review, ...] = ()

    def assignee_at(self, moment: int) -> str:
        """Whose it was then; "" for nobody's."""
        return value_at(self.assignees, moment)

    def team_at(self, moment: int) -> str:
        """Which team's it was then."""
        return value_at(self.teams, moment)

    def decided(self, promise: Promise) -> tuple[int, bool] | None:
        """(when, whether it was kept), once and for good; None where neither is so, or nothing was promised.

        A resolution is kept where the ticket was done in time for the first time: a later reopening takes
        nothing away from the month that had it. What was done when it came was promised to nobody until
        somebody took it up.
        """
        at = promise.decided_at
        kept = promise.state == "met"
        first = self.stretches[0] if self.stretches else None
        if promise.target == "resolution" and first is not None and first[1] is not None:
            ran_out = at if promise.state == "breached" else None
            if ran_out is None or first[1] <= ran_out:
                at, kept = first[1], True
        if at is None or (self.was_done_at_once and (first is None or at < first[0])):
            return None
        return at, kept

    def is_open_at(self, moment: int) -> bool:
        """Whether there was work to do then."""
        return any(start <= moment and (end is None or moment < end) for start, end in self.stretches)


def value_at(values: Sequence[tuple[int, str]], moment: int) -> str:
    """The value that counted then; "" before the first."""
    for since, value in reversed(values):
        if since <= moment:
            return value
    return ""


def timeline(
    opened: int, told: Iterable[tuple[int, str, str]], present: str, *, now: int
) -> tuple[tuple[int, str], ...]:
    """(since, value) of a field from (moment, old, new) in order, and from what the front matter says.

    What a hand wrote and no event tells of yet is so from now on; where nothing was told, ever since. What
    a clock that was wrong wrote down for a later time has happened now, and what it wrote for a time before
    the opening, then.
    """
    found: list[tuple[int, str]] = []
    for at, old, new in told:
        since = min(max(at, opened), now)
        if not found and since > opened:
            found.append((opened, old))
        found.append((since, new))
    if not found:
        return ((opened, present),)
    if found[-1][1] != present:
        found.append((max(now, opened), present))
    return tuple(found)


def requests_only(statuses: Sequence[tuple[int, str]]) -> tuple[tuple[int, str], ...]:
    """The same as if it had never been called spam or merged, for a ticket that is neither now."""
    kept = [(since, status) for since, status in statuses if status not in NO_REQUEST]
    if len(kept) == len(statuses) or not kept:
        return tuple(kept)
    return ((statuses[0][0], kept[0][1]), *kept[1:])


def stretches_of(
    statuses: Sequence[tuple[int, str]],
    *,
    kind_of: Callable[[str], Kind],
    answers: Callable[[], Iterable[int]] = tuple,
) -> tuple[tuple[int, int | None], ...]:
    """(from, until) of when there was work to do; None: there still is.

    What was taken up again and done again without a public answer of ours was not taken up: `answers` gives
    the moments of those, and is asked only where it matters.
    """
    found: list[tuple[int, int | None]] = []
    start: int | None = None
    for since, status in statuses:
        is_done = kind_of(status) == "done"
        if is_done and start is not None:
            found.append((start, since))
            start = None
        elif not is_done and start is None:
            start = since
    if start is not None:
        found.append((start, None))
    begun = bool(statuses) and kind_of(statuses[0][1]) != "done"
    if len(found) <= begun:
        return tuple(found)
    answered = list(answers())
    return tuple(
        (first, last)
        for place, (first, last) in enumerate(found)
        if (begun and not place) or last is None or any(first <= at <= last for at in answered)
    )
