"""The clocks of a ticket: what was promised when, how much of it is used, and when it runs out.

Derived from the ticket's course, never stored, never negative. docs/service-levels.md has the rules:

- A clock runs from what starts it to what stops it, and rests while the ticket is done or in a status that
  its target names. Only working time of the policy's calendar counts.
- Its target is the one for the priority and type that the ticket had when the clock stopped, or has now.
- Exactly on time is in time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from helpdesk_cli.sla.hours import hours_of
from helpdesk_cli.sla.policies import TARGETS
from helpdesk_cli.sla.rests import Past
from helpdesk_cli.values import dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from helpdesk_cli.sla.calendar import Calendar
    from helpdesk_cli.sla.course import Course, Said
    from helpdesk_cli.sla.hours import Hours
    from helpdesk_cli.sla.policies import Policy, Span, Target
    from helpdesk_cli.sla.rests import Kind, Piece

State = Literal["running", "resting", "met", "breached", "none"]
# A ticket in one of these was no request of its own: nothing is promised.
NO_REQUEST = frozenset({"spam", "merged"})


@dataclass(frozen=True, slots=True)
class Clock:
    """One promise of a ticket. Moments and lengths in milliseconds, moments since 1970 in UTC.

    `word` is the priority or type that the span is for, EVERY for all. `stopped` None: it has not stopped.
    `allowed` is what the span comes to in working time, `used` what was counted until it stopped, or now.
    `due`: when `allowed` is or was to be used up; None while it rests with time left, and where that would be
    in forty years. State "none": the ticket was done before an answer was due. `is_live`: what started it
    may set something in motion.
    """

    target: str
    word: str
    span: Span
    state: State
    started: int
    stopped: int | None
    allowed: int
    used: int
    due: int | None
    pieces: tuple[Piece, ...]
    is_live: bool

    @property
    def rests(self) -> str:
        """The status in which it rests now; "" where it runs or has stopped."""
        return self.pieces[-1].rests if self.stopped is None and self.pieces else ""

    @property
    def due_shown(self) -> int | None:
        """The same to the nearest second: events of one second are told apart by milliseconds."""
        return None if self.due is None else (self.due + 500) // 1000 * 1000

    @property
    def is_open(self) -> bool:
        """Whether something is still to be done for it."""
        return self.stopped is None

    @property
    def is_overdue(self) -> bool:
        """Whether it has not stopped though its time is over."""
        return self.stopped is None and self.state == "breached"

    @property
    def left(self) -> int:
        """How much working time is left; 0 where none is."""
        return max(0, self.allowed - self.used)

    @property
    def over(self) -> int:
        """How much more working time was used than allowed; 0 for none."""
        return max(0, self.used - self.allowed)

    def has_used(self, percent: int) -> bool:
        """Whether so much of its time is used; of all of it, whether more is."""
        return self.over > 0 if percent >= 100 else self.used * 100 >= self.allowed * percent  # noqa: PLR2004 - percent


@dataclass(frozen=True, slots=True)
class _Window:
    """From what starts a clock until what stops it (None: nothing yet)."""

    target: str
    start: int
    stop: int | None
    is_live: bool


def clocks_of(
    course: Course,
    policy: Policy,
    calendar: Calendar,
    *,
    now: int,
    kind_of: Callable[[str], Kind],
    only_open: bool = False,
) -> tuple[Clock, ...]:
    """Every clock of a ticket, in the order of TARGETS and then of time; () for spam and what was merged.

    `kind_of` says whether a status is active, waiting or done. What a clock that was wrong wrote down for a
    later time has happened now, and what it wrote for a time before the opening, then. `only_open`: those
    that have not stopped will do.
    """
    if course.opened > now:
        course = replace(course, opened=now)
    past = Past(course, now=now, kind_of=kind_of)
    if past.status in NO_REQUEST:
        return ()
    targets = [(name, target) for name in TARGETS if (target := policy.target(name)) is not None]
    windows: dict[str, Sequence[_Window]] = {
        "resolution": [_Window("resolution", course.opened, past.done_since, course.is_live)]
    }
    if any(name != "resolution" for name, _ in targets):
        said = [_in_time(each, course.opened, past.now) for each in course.said]
        questions = list(_questions(said))
        first = len([each for each in questions[:1] if each.target == "first-response"])
        windows |= {"first-response": questions[:first], "next-response": questions[first:]}
        windows["update"] = list(_updates(course, said)) if policy.update else []
    hours = hours_of(calendar)
    return tuple(
        clock
        for name, target in targets
        for window in windows[name]
        if not (only_open and (window.stop is not None or past.done_since is not None))
        if (clock := _measured(window, target, hours, past)) is not None
    )


def _in_time(said: Said, opened: int, now: int) -> Said:
    return said if opened <= said.at <= now else said._replace(at=min(max(said.at, opened), now))


def _questions(said: Sequence[Said]) -> Iterator[_Window]:
    """What people asked until we answered; the first of it is due a first answer, unless we wrote first."""
    name = "first-response"
    asked: tuple[int, bool] | None = None
    for each in said:
        if each.role != "answered":
            # Who talks to us asks and is answered.
            asked = asked or (each.at, each.is_live)
        if each.role == "asked":
            continue
        if asked is not None:
            yield _Window(name, asked[0], each.at, asked[1])
        name, asked = "next-response", None
    if asked is not None:
        yield _Window(name, asked[0], None, asked[1])


def _updates(course: Course, said: Sequence[Said]) -> Iterator[_Window]:
    """From the opening, and from each of our answers, until the next."""
    since = course.opened
    for each in said:
        if each.role != "asked" and each.at > since:
            yield _Window("update", since, each.at, course.is_live)
            since = each.at
    yield _Window("update", since, None, course.is_live)


def _measured(window: _Window, target: Target, hours: Hours, past: Past) -> Clock | None:
    """The clock of that window; None where nothing is promised for the ticket's priority and type."""
    stop = window.stop if window.stop is not None else past.done_since
    # What was done before anybody answered is over, unless the question came later.
    stop = None if stop is None else max(stop, window.start)
    end = past.now if stop is None else stop
    promise = target.promise_for(*past.words_at(end))
    if promise is None:
        return None
    word, span = promise
    allowed = hours.length(span)
    pieces = past.pieces(target.rests_while, window.start, end, is_open=stop is None)
    used, due = 0, None
    # Where the last stretch that ran began, and what was used before it.
    last, before = window.start, 0
    for begun, ended, rests in pieces:
        if rests:
            continue
        counted = ended - begun if span.wall else hours.between(begun, ended)
        if due is None and used + counted >= allowed:
            due = _after(hours, span, begun, allowed - used)
        used, last, before = used + counted, begun, used
    state: State = "met"
    if used > allowed:
        state = "breached"
    elif stop is None:
        state = "resting" if pieces and pieces[-1].rests else "running"
    elif window.stop is None:
        state = "none"
    if due is None and state != "resting":
        due = _after(hours, span, last, allowed - before)
    return Clock(
        window.target,
        word,
        span,
        state,
        window.start,
        stop,
        allowed,
        used,
        due,
        tuple(pieces),
        window.is_live,
    )


def _after(hours: Hours, span: Span, start: int, length: int) -> int | None:
    return start + length if span.wall else hours.after(start, length)
