"""Which tickets timer rules are to act on now: those that fulfil the condition and were not acted on."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from helpdesk_cli.customers.fields import KEYS as CUSTOMER_KEYS
from helpdesk_cli.desk.customers import customers_in
from helpdesk_cli.desk.finding import open_facts
from helpdesk_cli.query.nodes import Query
from helpdesk_cli.rules.marks import TIMED_ROLE
from helpdesk_cli.rules.rule import TIMER
from helpdesk_cli.storage.index_find import paths_where
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.rules_reading import Book
    from helpdesk_cli.rules.conditions import Condition
    from helpdesk_cli.storage.index import Index


@dataclass(frozen=True, slots=True)
class Due:
    """The files of the tickets, the rules that may act on them, and what is held back, in words."""

    paths: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()
    problems: tuple[str, ...] = ()


def due_tickets(desk: Desk, book: Book) -> Due:
    """What is due by the index; the rules look again at each ticket's own file.

    A rule that is due for more tickets than its `at-most` does nothing: it is new, or wrong, or nobody looked
    for long, and a person is to say so.
    """
    paths: dict[str, None] = {}
    conditions, problems = [], []
    with closing(open_facts(desk)) as index:
        for condition in book.waiting_for(TIMER):
            rule = condition.rule
            due = tickets_for(desk, index, condition)
            if len(due) > rule.at_most:
                problems.append(
                    f'the timer rule "{rule.name}" would act on {len(due):,} tickets at once, more than'
                    f" {rule.at_most}: it does nothing. `desk rules run` shows and does it; `at-most:`"
                    " lets it"
                )
                continue
            conditions.append(condition)
            paths |= dict.fromkeys(due)
    return Due(tuple(paths), tuple(conditions), tuple(problems))


def tickets_for(desk: Desk, index: Index, condition: Condition) -> list[str]:
    """The files of the tickets that fulfil the condition, less those on which the rule acted already."""
    query = condition.query or Query()
    if not CUSTOMER_KEYS.isdisjoint(query.fields):
        customers_in(desk, index).refresh_requesters()
    done = {path for path, _ in index.paths_named(condition.rule.name, TIMED_ROLE)}
    return [path for path in paths_where(index, query) if path not in done]
