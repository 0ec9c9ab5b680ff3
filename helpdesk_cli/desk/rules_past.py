"""What happened to tickets, to be asked about once more: each occasion with the ticket as it was then.

Who customers are, and what desk.yaml says, is as it is today. Whose turn it was nobody knows any more: what
rules would have given to somebody by turn stands there as `<round-robin>`.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from helpdesk_cli.desk.asking import context_of
from helpdesk_cli.desk.rules_around import around_of
from helpdesk_cli.desk.rules_hook import NO_REPLY, REPLIED
from helpdesk_cli.query.fields import by_name
from helpdesk_cli.query.story import NO_RESOLUTION
from helpdesk_cli.rules.around import Chosen
from helpdesk_cli.rules.conditions import read_condition, rule_context
from helpdesk_cli.rules.engine import decide
from helpdesk_cli.rules.explaining import tell_rules
from helpdesk_cli.rules.marks import RULE
from helpdesk_cli.rules.occasion import of_entry, of_message
from helpdesk_cli.rules.rule import WAYS, is_rule
from helpdesk_cli.tickets.entries import MACHINES, Message, origin_of
from helpdesk_cli.tickets.past import moments
from helpdesk_cli.values import replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.rules_reading import Book
    from helpdesk_cli.query.fields import Field
    from helpdesk_cli.query.nodes import Query
    from helpdesk_cli.rules.around import Around
    from helpdesk_cli.rules.conditions import Condition
    from helpdesk_cli.rules.engine import Decision
    from helpdesk_cli.rules.explaining import Told
    from helpdesk_cli.rules.occasion import Occasion
    from helpdesk_cli.storage.index import Index
    from helpdesk_cli.tickets.entries import Entry, Event
    from helpdesk_cli.tickets.ticket import Ticket

_TIMED = frozenset({"time", "length"})
# Stands for whoever would have been chosen then.
_TURNS = {way: f"<{way}>" for way in WAYS}
# Written when a rule or a service level acted, though it was at the same moment.
_LATER = frozenset({"sla", "rules"})


def occasions(ticket: Ticket, start: datetime, end: datetime) -> Iterator[tuple[Occasion, Ticket]]:
    """What happened to the ticket from `start` up to `end`, the last first, with the ticket as it was then.

    Every mail that came in, every answer and change of ours. Not what a machine did, nor time itself; and
    not what was moved here from another ticket. Beside a message the others are there without their text.
    """

    def is_wanted(entry: Entry) -> bool:
        if not start <= entry.at < end:
            return False
        if not isinstance(entry, Message):
            return of_entry(ticket, entry) is not None
        is_mail = entry.direction == "in" and entry.by in {"", *MACHINES}
        return origin_of(entry) == entry.id and (is_mail or of_entry(ticket, entry) is not None)

    # Of a ticket with a thousand mails each is asked about with those before it: but for what they say.
    bare: dict[str, Entry] = {message.id: replace(message, body=()) for message in ticket.messages}
    for entry, then in moments(ticket, is_wanted, later=_is_later):
        if then.status in NO_RESOLUTION:
            # No rule is asked about spam, nor about what is in another ticket.
            continue
        is_mail = isinstance(entry, Message) and entry.direction == "in"
        occasion = (
            of_message(then, entry) if is_mail and isinstance(entry, Message) else of_entry(then, entry)
        )
        if occasion is None or is_echo(occasion):
            continue
        if occasion.message is not None:
            others = (each if each is entry else bare.get(each.id, each) for each in then.entries)
            then = replace(then, entries=tuple(others))  # noqa: PLW2901 - the same ticket, lighter
        yield occasion, then


def is_echo(occasion: Occasion) -> bool:
    """Whether a machine answered, or our own mail came back: nothing that rules are asked about."""
    kind = occasion.message.automatic if occasion.message is not None else ""
    return kind == "loop" or (occasion.event == REPLIED and kind in NO_REPLY)


def _is_later(event: Event) -> bool:
    return is_rule(event.by) or event.by in _LATER or bool(event.all_facts(RULE))


class Past:
    """The rules of a book, to be asked about what happened."""

    def __init__(self, desk: Desk, index: Index, book: Book) -> None:
        """`index` stays open as long as this is used."""
        self.book = book
        self._desk, self._index = desk, index
        self._known = around_of(desk, index, book).known
        rows = by_name(book.fields)
        self._fields = _asked(book, rows)
        self._timed = [number for number, each in enumerate(book.conditions) if _is_timed(each, rows)]

    def ask(self, ticket: Ticket, occasion: Occasion, at: datetime) -> Decision:
        """What they would have decided at that moment."""
        desk = replace(self._desk, now=at)
        return decide(self._conditions(desk), ticket, occasion, self._around(desk), quiet=_is_late(occasion))

    def tell(self, ticket: Ticket, occasion: Occasion, at: datetime) -> list[Told]:
        """The same, rule by rule, with the reasons."""
        desk = replace(self._desk, now=at)
        return tell_rules(
            self._conditions(desk), ticket, occasion, self._around(desk), quiet=_is_late(occasion)
        )

    def _around(self, desk: Desk) -> Around:
        """The desk as rules saw it at its time, as far as that is known."""
        found = around_of(desk, self._index, self.book)
        # Customers are looked up once, whatever the time; nobody waits for a mail of the past.
        people = partial(_people, found)
        return replace(
            found, fields=self._fields, choose=_choose, people=people, known=self._known, check=_go_on
        )

    def _conditions(self, desk: Desk) -> tuple[Condition, ...]:
        """The conditions, in which `7d` means the seven days before the desk's time."""
        conditions = self.book.conditions
        if not self._timed:
            return conditions
        context = rule_context(context_of(desk), self.book.rules)
        anew = {number: read_condition(conditions[number].rule, context) for number in self._timed}
        return tuple(anew.get(number, each) for number, each in enumerate(conditions))


def _is_late(occasion: Occasion) -> bool:
    """Whether the mail was too old when it came in to have anything written to anybody."""
    return occasion.message is not None and occasion.message.answerable == "late"


def _asked(book: Book, rows: Mapping[str, Field]) -> tuple[Field, ...]:
    """The fields whose facts the rules ask for: of ten thousand mails nothing else need be known."""
    keys = {key for query in _queries(book.conditions) for key in query.fields}
    stored = {rows[key].stored for key in keys}
    texts = {text for key in keys for text in rows[key].texts}
    return tuple(
        row
        for row in book.fields
        if row.key in keys or row.stored in stored or not texts.isdisjoint(row.texts)
    )


def _queries(conditions: Iterable[Condition]) -> Iterator[Query]:
    for condition in conditions:
        yield from (query for query in (condition.query, condition.recovered) if query is not None)


def _is_timed(condition: Condition, rows: Mapping[str, Field]) -> bool:
    return any(rows[key].kind in _TIMED for query in _queries([condition]) for key in query.fields)


def _choose(_: Ticket, way: str) -> Chosen:
    return Chosen(_TURNS[way])


def _people(around: Around, ticket: Ticket, word: str) -> list[str]:
    return (
        [ticket.assignee]
        if word == "assignee" and ticket.assignee in _TURNS.values()
        else around.people(ticket, word)
    )


def _go_on() -> None:
    return None
