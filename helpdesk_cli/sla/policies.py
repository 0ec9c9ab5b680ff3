"""Policies: which targets count for a ticket; what is promised, and in which words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from helpdesk_cli.values import dataclass, field

if TYPE_CHECKING:
    from helpdesk_cli.sla.calendar import Calendar

Unit = Literal["minute", "hour", "day"]
EVERY = "*"
# In `rests-while`, beside the names of statuses: as long as the ticket is snoozed.
SNOOZED = "snoozed"
# What can be promised, in the order in which it is told, and as a person says it.
TARGETS = {
    "first-response": "first answer",
    "next-response": "next answer",
    "update": "news",
    "resolution": "resolution",
}
BREACH = 100
_SPELLED = {1: "one", 2: "two"}
_SHORT: dict[Unit, str] = {"minute": "m", "hour": "h", "day": "d"}


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time as sla.yaml writes it: of the policy's calendar, or `wall`: by the clock on the wall.

    A day is a working day of the calendar (DECISIONS 29). Nothing at all is `at once`.
    """

    amount: int
    unit: Unit
    wall: bool = False

    def __str__(self) -> str:
        """`4h`, `24h wall`, `at once`."""
        return f"{self.amount}{_SHORT[self.unit]}{' wall' if self.wall else ''}" if self.amount else "at once"


@dataclass(frozen=True, slots=True)
class Target:
    """What is promised, by priority or type (EVERY: for all), and in which statuses its clock rests."""

    spans: tuple[tuple[str, Span], ...] = ()
    rests_while: tuple[str, ...] = ()

    def promise_for(self, *words: str) -> tuple[str, Span] | None:
        """The first of these words that has a span, else EVERY, with its span; None for no promise."""
        for word in (*words, EVERY):
            for promise in self.spans:
                if promise[0] == word:
                    return promise
        return None

    def span_for(self, *words: str) -> Span | None:
        """The span alone."""
        promise = self.promise_for(*words)
        return promise[1] if promise else None


@dataclass(frozen=True, slots=True)
class Warn:
    """What happens when a clock has used so much of its time (in percent; BREACH is all of it).

    `targets` are those it is for. `actions` are (name, value) in order, as rules have them.
    """

    percent: int
    actions: tuple[tuple[str, str], ...]
    targets: tuple[str, ...] = tuple(TARGETS)

    @property
    def word(self) -> str:
        """`80%`, `breach`."""
        return "breach" if self.percent == BREACH else f"{self.percent}%"


@dataclass(frozen=True, slots=True)
class Policy:
    """Targets under a name. `when` is a query for the tickets it is for; "" is every ticket.

    `line` and `when_line` are where it and its `when` stand in the file.
    """

    name: str
    calendar: str = ""
    when: str = ""
    first_response: Target | None = None
    next_response: Target | None = None
    update: Target | None = None
    resolution: Target | None = None
    warn: tuple[Warn, ...] = ()
    line: int = field(default=0, compare=False)
    when_line: int = field(default=0, compare=False)

    def target(self, name: str) -> Target | None:
        """The target of that name, a key of TARGETS; None where the policy has none."""
        found: Target | None = getattr(self, name.replace("-", "_"))
        return found


@dataclass(frozen=True, slots=True)
class Sla:
    """All that sla.yaml says, in its order."""

    calendars: tuple[Calendar, ...] = ()
    policies: tuple[Policy, ...] = ()

    def calendar(self, name: str) -> Calendar | None:
        """The calendar of that name, None where there is none."""
        return next((calendar for calendar in self.calendars if calendar.name == name), None)

    def policy(self, name: str) -> Policy | None:
        """The policy of that name, None where there is none."""
        return next((policy for policy in self.policies if policy.name == name), None)

    def policy_for_all(self) -> Policy | None:
        """The first policy without a condition; None where there is none."""
        return next((policy for policy in self.policies if not policy.when), None)


def first_response_words(sla: Sla, *, priority: str, type_: str, policy: Policy | None = None) -> str:
    """How soon a first answer is promised, as a person says it; "" where nothing is.

    By that policy, else by the first one without a condition.
    """
    policy = policy or sla.policy_for_all()
    target = policy.first_response if policy else None
    span = target.span_for(priority, type_) if target else None
    if policy is None or span is None:
        return ""
    calendar = sla.calendar(policy.calendar)
    return say(span, is_always_open=calendar is None or calendar.is_always_open)


def say(span: Span, *, is_always_open: bool = False) -> str:
    """`one hour`, `4 hours`, `one working day`; days of a calendar that never closes are plain days."""
    if not span.amount:
        return "at once"
    number = _SPELLED.get(span.amount, str(span.amount))
    working = "working " if span.unit == "day" and not (span.wall or is_always_open) else ""
    return f"{number} {working}{span.unit}{'' if span.amount == 1 else 's'}"
