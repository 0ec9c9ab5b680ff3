"""Both evaluators, and a query and its spelling, are the same: on random tickets and random queries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from query.asked import CONTEXT, ask_sqlite, desks, facts, queries

from helpdesk_cli.query.errors import QueryError
from helpdesk_cli.query.match import explain, matches, why
from helpdesk_cli.query.order import in_order
from helpdesk_cli.query.parse import parse

if TYPE_CHECKING:
    from helpdesk_cli.query.nodes import Query


def read(text: str) -> Query:
    """A random query; some are none, as `2..1` is."""
    try:
        return parse(text, CONTEXT)
    except QueryError:
        assume(False)
        raise


@settings(max_examples=500, deadline=None)
@given(desks, st.lists(queries, min_size=1, max_size=4))
def test_memory_and_sqlite_agree(desk: tuple, texts: list[str]) -> None:
    held = [facts(ticket) for ticket in desk]
    for text in texts:
        query = read(text)
        found = [each.scalars["number"] for each in in_order(query.sort, held) if matches(query, each)]
        assert found == ask_sqlite(query, held), str(query)


@settings(max_examples=500, deadline=None)
@given(queries)
def test_a_query_reads_back_as_itself(text: str) -> None:
    query = read(text)
    assert parse(str(query), CONTEXT) == query
    assert str(parse(str(query), CONTEXT)) == str(query)


@settings(max_examples=100, deadline=None)
@given(desks, queries)
def test_what_is_explained_is_what_is_answered(desk: tuple, text: str) -> None:
    query = read(text)
    for ticket in desk:
        reason = explain(query, facts(ticket))
        assert reason.holds == matches(query, facts(ticket))
        assert why(query, facts(ticket))
