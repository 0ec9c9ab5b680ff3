"""What rules ask of the desk that they run in: each a function, so that rules themselves touch nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from helpdesk_cli.query.fields import FIELDS
from helpdesk_cli.query.story import DONE
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from helpdesk_cli.query.facts import Facts
    from helpdesk_cli.query.fields import Field
    from helpdesk_cli.tickets.changes import FieldChange
    from helpdesk_cli.tickets.ticket import Ticket


@dataclass(frozen=True, slots=True)
class Escalation:
    """What escalating comes to: changes, agents who are told, a note ("" for none)."""

    changes: tuple[FieldChange, ...] = ()
    told: tuple[str, ...] = ()
    note: str = ""
    facts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Chosen:
    """Whose ticket it becomes, "" for nobody; facts for the event that says so."""

    agent: str = ""
    facts: tuple[tuple[str, str], ...] = ()


def _nobody(_: Ticket, __: str) -> Chosen:
    return Chosen()


def _no_people(_: Ticket, __: str) -> list[str]:
    return []


def _nothing(_: Ticket) -> Mapping[str, Any]:
    return {}


def _no_levels(_: Ticket) -> Facts | None:
    return None


def _no_escalation(_: Ticket, __: str, ___: str) -> Escalation:
    return Escalation()


def _no_time(_: str) -> datetime | None:
    return None


def _go_on() -> None:
    return None


@dataclass(frozen=True, slots=True)
class Around:
    """The desk as rules see it.

    `choose(ticket, way)`: whose it becomes. `people(ticket, word)`: the agents whom `team-lead` means.
    `escalate(ticket, to, why)`. `until(text)`: the moment that `3d` means. `known(ticket)`: `extra` of
    `query.facts.facts_of`. `levels(ticket)`: what its clocks say. `check()` raises when rules have had enough
    time. `fields` and `done` as `facts_of` takes them; `now` has a zone.
    """

    now: datetime
    fields: tuple[Field, ...] = FIELDS
    done: frozenset[str] = DONE
    choose: Callable[[Ticket, str], Chosen] = _nobody
    people: Callable[[Ticket, str], list[str]] = _no_people
    escalate: Callable[[Ticket, str, str], Escalation] = _no_escalation
    until: Callable[[str], datetime | None] = _no_time
    known: Callable[[Ticket], Mapping[str, Any]] = _nothing
    levels: Callable[[Ticket], Facts | None] = _no_levels
    check: Callable[[], None] = _go_on
