"""Whether a condition that stands in a settings file holds for one ticket, by all that queries know of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.customers.customer import Standing
from helpdesk_cli.customers.fields import extra_of
from helpdesk_cli.desk.asking import done_words, read_query
from helpdesk_cli.desk.customers import customers_in, has_customers
from helpdesk_cli.desk.query_fields import ALL_FIELDS
from helpdesk_cli.query.errors import QueryError
from helpdesk_cli.query.facts import facts_of
from helpdesk_cli.query.match import matches
from helpdesk_cli.storage.index_tables import number_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.query.facts import Facts
    from helpdesk_cli.query.nodes import Query
    from helpdesk_cli.storage.index import Index
    from helpdesk_cli.tickets.ticket import Ticket


def holds(desk: Desk, index: Index, condition: str, ticket: Ticket) -> bool:
    """Whether the ticket is one of those that the condition asks for. Raises QueryError."""
    return matches(read_condition(desk, condition), facts_about(desk, index, ticket))


def read_condition(desk: Desk, condition: str) -> Query:
    """The condition as a query. Raises QueryError, also for what only clocks can answer."""
    query = read_query(desk, condition)
    if query.is_late:
        said, hint = (
            "clocks cannot decide which clocks there are",
            "A policy is chosen before any clock runs.",
        )
        raise QueryError(said, condition, (0, len(condition)), hint=hint)
    return query


def facts_about(desk: Desk, index: Index, ticket: Ticket) -> Facts:
    """All that queries know of the ticket, its requester among it."""
    known = known_of(desk, index, ticket)
    return facts_of(ticket, "", fields=ALL_FIELDS, done=done_words(desk.settings), extra=known)


def known_of(desk: Desk, index: Index, ticket: Ticket) -> Mapping[str, object]:
    """Who the ticket's requester is to this desk: `extra` of `query.facts.facts_of`."""
    standing = Standing()
    if has_customers(desk):
        standing = customers_in(desk, index, full=False).standing(ticket.requester)
    return extra_of(standing, is_new=lambda: _is_first(desk, index, ticket))


def _is_first(desk: Desk, index: Index, ticket: Ticket) -> bool:
    """Whether no earlier ticket is the requester's."""
    customers = customers_in(desk, index, full=False)
    customers.refresh_requesters()
    person = ticket.requester
    theirs = customers.requesters(who=customers.found(person), person=person)
    return not any(0 < number_of(path) < ticket.number for path in customers.tickets_of(theirs))
