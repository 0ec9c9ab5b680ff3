"""Policies: which target counts for a ticket; what is promised, and in which words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from helpdesk_cli.sla.calendar import Calendar

Unit = Literal["minute", "hour", "day"]
EVERY = "*"
_SPELLED = {1: "one", 2: "two"}


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time as sla.yaml writes it: of the policy's calendar, or `wall`: by the clock on the wall.

    A day is a working day of the calendar (DECISIONS 29).
    """

    amount: int
    unit: Unit
    wall: bool = False


@dataclass(frozen=True, slots=True)
class Target:
    """What is promised, by priority or type (EVERY: for all), and in which statuses its clock rests."""

    spans: tuple[tuple[str, Span], ...] = ()
    rests_while: tuple[str, ...] = ()

    def span_for(self, *words: str) -> Span | None:
        """The span of the first of these words that has one, else that for all; None for no promise."""
        by_word = dict(self.spans)
        return next((by_word[word] for word in (*words, EVERY) if word in by_word), None)


@dataclass(frozen=True, slots=True)
class Policy:
    """Targets under a name. `when` is a query for the tickets it is for; "" is every ticket."""

    name: str
    calendar: str = ""
    when: str = ""
    first_response: Target | None = None
    resolution: Target | None = None


@dataclass(frozen=True, slots=True)
class Sla:
    """All that sla.yaml says, in its order."""

    calendars: tuple[Calendar, ...] = ()
    policies: tuple[Policy, ...] = ()

    def calendar(self, name: str) -> Calendar | None:
        """The calendar of that name, None where there is none."""
        return next((calendar for calendar in self.calendars if calendar.name == name), None)

    def policy_for_all(self) -> Policy | None:
        """The first policy without a condition; None where there is none."""
        return next((policy for policy in self.policies if not policy.when), None)


def first_response_words(sla: Sla, *, priority: str, type_: str) -> str:
    """How soon a first answer is promised, as a person says it; "" where nothing is."""
    policy = sla.policy_for_all()
    target = policy.first_response if policy else None
    span = target.span_for(priority, type_) if target else None
    if policy is None or span is None:
        return ""
    calendar = sla.calendar(policy.calendar)
    return say(span, is_always_open=calendar is None or calendar.is_always_open)


def say(span: Span, *, is_always_open: bool = False) -> str:
    """`one hour`, `4 hours`, `one working day`; days of a calendar that never closes are plain days."""
    number = _SPELLED.get(span.amount, str(span.amount))
    working = "working " if span.unit == "day" and not (span.wall or is_always_open) else ""
    return f"{number} {working}{span.unit}{'' if span.amount == 1 else 's'}"
