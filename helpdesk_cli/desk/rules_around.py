"""What rules ask of this desk: who is whose turn, who a requester is, what clocks say."""

from __future__ import annotations

import importlib
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from helpdesk_cli.desk.asking import away_agents, done_words, zone_of
from helpdesk_cli.desk.circles import people_of
from helpdesk_cli.errors import ConflictError, DeskError, UsageError
from helpdesk_cli.query.dates import shift
from helpdesk_cli.rules.around import Around, Chosen, Escalation
from helpdesk_cli.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.rules_reading import Book
    from helpdesk_cli.query.facts import Facts
    from helpdesk_cli.storage.index import Index
    from helpdesk_cli.tickets.ticket import Ticket

# Seconds that all rules together may take over one mail; a rule that has begun comes to its end.
PATIENCE = 5.0


class RulesTooSlowError(DeskError):
    """The rules took longer over one mail than a mail may wait for."""


def around_of(desk: Desk, index: Index, book: Book, *, patience: float = PATIENCE) -> Around:
    """The desk as its rules see it, for one ticket after the other; `patience` seconds from now on."""
    until = time.monotonic() + patience
    return Around(
        now=desk.now,
        fields=book.fields,
        done=done_words(desk.settings),
        choose=partial(_choose, desk, index),
        people=partial(_people, desk),
        escalate=partial(_escalate, desk, index),
        until=partial(_until, desk),
        known=_Known(desk, index, book).known,
        levels=partial(_levels, desk, index),
        check=partial(_check, until),
    )


def _check(until: float) -> None:
    if time.monotonic() > until:
        raise RulesTooSlowError("the rules take too long over one mail", "rules.yaml", "Simplify patterns.")


def _choose(desk: Desk, index: Index, ticket: Ticket, way: str) -> Chosen:
    # Brings with it who is here today; rules that assign nobody do not wait for that.
    routing = importlib.import_module("helpdesk_cli.desk.routing")
    try:
        choice = routing.choose(desk, index, ticket, way)
    except UsageError:
        # The ticket's team is none that desk.yaml has any more.
        return Chosen()
    return Chosen(choice.agent, tuple(choice.facts))


def _people(desk: Desk, ticket: Ticket, word: str) -> list[str]:
    return people_of(desk.settings, ticket, word, away=away_agents(desk))


def _escalate(desk: Desk, index: Index, ticket: Ticket, to: str, why: str) -> Escalation:
    # Brings with it what `desk escalate` needs.
    plan = importlib.import_module("helpdesk_cli.desk.escalating").plan
    try:
        found = plan(desk, index, ticket, to, why=why)
    except ConflictError:
        # desk.yaml has no path: the team's leads hear of it all the same.
        found = plan(desk, index, ticket, "team-lead", why=why)
    return Escalation(found.changes, found.told, found.note, found.facts)


def _until(desk: Desk, text: str) -> datetime | None:
    try:
        return shift(desk.now, text, zone_of(desk), ahead=True).replace(microsecond=0)
    except (ValueError, OverflowError):
        return None


@dataclass(slots=True)
class _Known:
    """Who requesters are: looked up once for each, and only where a rule asks."""

    desk: Desk
    index: Index
    book: Book
    _asks: bool | None = None
    _found: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def known(self, ticket: Ticket) -> Mapping[str, Any]:
        """`extra` of `query.facts.facts_of` for the ticket's requester."""
        customers = importlib.import_module("helpdesk_cli.customers.fields")
        if self._asks is None:
            asked = {
                key
                for condition in self.book.conditions
                for query in (condition.query, condition.recovered)
                if query is not None
                for key in query.fields
            }
            self._asks = not customers.KEYS.isdisjoint(asked)
        if not self._asks:
            return {}
        key = f"{ticket.requester.key}\0{ticket.number}"
        if key not in self._found:
            conditions = importlib.import_module("helpdesk_cli.desk.conditions")
            self._found[key] = conditions.known_of(self.desk, self.index, ticket)
        return self._found[key]


def _levels(desk: Desk, index: Index, ticket: Ticket) -> Facts | None:
    levels = importlib.import_module("helpdesk_cli.desk.levels")
    fields = importlib.import_module("helpdesk_cli.sla.fields")
    level = levels.Levels(desk, index).of_ticket(ticket)
    found: Facts = fields.facts_of("", level.policy, level.clocks)
    return found
