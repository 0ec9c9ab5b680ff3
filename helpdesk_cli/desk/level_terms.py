"""The terms of a query that clocks answer: asked when the query is, of the tickets that may be wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.desk.levels import Levels
from helpdesk_cli.query.match import matches
from helpdesk_cli.query.nodes import Query, terms
from helpdesk_cli.sla.fields import facts_of
from helpdesk_cli.storage.index_find import open_paths, paths_where, put_late

if TYPE_CHECKING:
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.storage.index import Index
    from helpdesk_cli.storage.index_find import Sides


def answer_late(desk: Desk, index: Index, query: Query, *, sides: Sides | None) -> None:
    """Tell the index for which tickets each late term holds; with `sides`, of those that are not done.

    Raises InvalidFileError where sla.yaml cannot be read.
    """
    late = list({term.text: term for term in terms(query.where) if term.late}.values())
    paths = paths_where(index, query)
    if sides is not None:
        still_open = set(open_paths(index, sides))
        paths = [path for path in paths if path in still_open]
    found = []
    for path, level in Levels(desk, index).of(paths):
        facts = facts_of(path, level.policy, level.clocks)
        found += [(term.text, path) for term in late if matches(Query(term), facts)]
    put_late(index, found)
