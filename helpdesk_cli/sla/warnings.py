"""Which warnings of a ticket's clocks are due: each once, and of several of one clock the last alone acts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.sla.hours import moment_of
from helpdesk_cli.tickets.times import write_time
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpdesk_cli.sla.clocks import Clock
    from helpdesk_cli.sla.course import Course
    from helpdesk_cli.sla.policies import Policy, Warn

# The last word of a fact about a warning in whose place a later one acted.
OVERTAKEN = "overtaken"
# Of these a ticket has one clock; of the others each question or answer begins another.
_SINGLE = frozenset({"first-response", "resolution"})


@dataclass(frozen=True, slots=True)
class Due:
    """A warning that is to be acted on, and the facts that say so, those that it overtakes among them."""

    clock: Clock
    warn: Warn
    facts: tuple[str, ...]


def due_warnings(course: Course, policy: Policy, clocks: tuple[Clock, ...]) -> Iterator[Due]:
    """What is to be acted on for the clocks that have not stopped, and that began with live mail."""
    told = {_key_in(fact) for fact in course.facts}
    for clock in clocks:
        if not (clock.is_open and clock.is_live):
            continue
        warnings = [warn for warn in policy.warn if clock.target in warn.targets]
        acted = max((warn.percent for warn in warnings if _key(clock, warn) in told), default=0)
        fresh = [warn for warn in warnings if warn.percent > acted and clock.has_used(warn.percent)]
        if fresh:
            *overtaken, last = fresh
            facts = (*(f"{_fact(clock, warn)} {OVERTAKEN}" for warn in overtaken), _fact(clock, last))
            yield Due(clock, last, facts)


def _key(clock: Clock, warn: Warn) -> tuple[str, ...]:
    since = () if clock.target in _SINGLE else (_time(clock.started),)
    return (clock.target, warn.word, *since)


def _fact(clock: Clock, warn: Warn) -> str:
    """`first-response 80% since 2026-11-20T09:12:41Z due 2026-11-20T13:12:41Z`."""
    due = f" due {_time(clock.due_shown)}" if clock.due_shown is not None else ""
    return f"{clock.target} {warn.word} since {_time(clock.started)}{due}"


def _key_in(fact: str) -> tuple[str, ...]:
    words = fact.split(" ")
    target, word = (*words[:2], "", "")[:2]
    since = words[3:4] if words[2:3] == ["since"] and target not in _SINGLE else []
    return (target, word, *since)


def _time(moment: int) -> str:
    return write_time(moment_of(moment))
