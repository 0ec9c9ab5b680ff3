"""From rules.yaml to conditions that can be asked, and to plain values and back, for the copy of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from helpdesk_cli.desk.asking import context_of
from helpdesk_cli.errors import InvalidFileError
from helpdesk_cli.query import atoms, nodes
from helpdesk_cli.query.errors import QueryError
from helpdesk_cli.query.fields import by_name
from helpdesk_cli.rules.conditions import Condition, asks_recipients, headers_of, read_condition, rule_context
from helpdesk_cli.rules.rule import DEDUPE, Action, Rule
from helpdesk_cli.storage.rules_copy import Outline
from helpdesk_cli.storage.rules_file import NAME, load_rules
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.query.context import Context
    from helpdesk_cli.query.fields import Field
    from helpdesk_cli.query.nodes import Query

_NODES = (nodes.Term, nodes.Named, nodes.Not, nodes.Both, nodes.Either, nodes.Sort, nodes.Query)
_ATOMS = (
    *(atoms.Among, atoms.Between, atoms.Empty, atoms.Begins, atoms.ItemAmong, atoms.ItemHas),
    *(atoms.ItemEnds, atoms.ItemMatches, atoms.NoItem, atoms.TextHas, atoms.TextIs, atoms.TextMatches),
)
_CLASSES: tuple[type[Any], ...] = (*_NODES, *_ATOMS, Action, Rule)
_NUMBERS = {cls: number for number, cls in enumerate(_CLASSES)}
# What these ask depends on the time at which it is read.
_TIMED = frozenset({"time", "length"})


@dataclass(frozen=True, slots=True)
class Book:
    """The rules of a desk in the order of the file, with the fields that they are asked with."""

    conditions: tuple[Condition, ...] = ()
    fields: tuple[Field, ...] = ()

    @property
    def rules(self) -> list[Rule]:
        """Every rule."""
        return [condition.rule for condition in self.conditions]

    def waiting_for(self, *events: str) -> list[Condition]:
        """Those that wait for one of these events and are on."""
        return [
            each
            for each in self.conditions
            if each.rule.state == "on" and not set(events).isdisjoint(each.rule.events)
        ]


def read_book(desk: Desk, rules: Iterable[Rule] | None = None) -> Book:
    """The desk's rules, or these, with their conditions read. Raises InvalidFileError, with the line."""
    found = tuple(load_rules(desk.layout, desk.settings) if rules is None else rules)
    context = rule_context(context_of(desk), found)
    return Book(tuple(_read(rule, context) for rule in found), context.fields)


def _read(rule: Rule, context: Context) -> Condition:
    found = condition_of(rule, context)
    if isinstance(found, InvalidFileError):
        raise found
    return found


def condition_of(rule: Rule, context: Context, *, place: str = NAME) -> Condition | InvalidFileError:
    """The rule's condition, or what is wrong with it; of a rule that is off, and not asked, a broken one."""
    try:
        return read_condition(rule, context)
    except QueryError as error:
        found = condition_error(rule, error, place=place)
        return found if rule.active else Condition(rule, broken=f"{found.place}: {found.message}")


def condition_error(rule: Rule, error: QueryError, *, place: str = NAME) -> InvalidFileError:
    """What is wrong with the condition of a rule, with its line and a picture of the place."""
    said = f"the condition of {rule.name}: {error.message}"
    picture = error.picture() if error.text else ""
    hint = f"{error.hint}\n{picture}" if picture else error.hint
    return InvalidFileError(said, f"{place}:{rule.when_line}", hint)


def outline(desk: Desk) -> Outline:
    """What is kept in the copy. Raises InvalidFileError."""
    return outline_of_book(read_book(desk))


def outline_of_book(book: Book) -> Outline:
    """The same of these rules."""
    live = [rule for rule in book.rules if rule.state == "on"]
    return Outline(
        frozenset(event for rule in live for event in rule.events),
        headers_of(live),
        asks_recipients(live),
        any(action.name == DEDUPE for rule in live for action in rule.actions),
        tuple(_pack_condition(each, book.fields) for each in book.conditions),
    )


def book_of(desk: Desk, found: Outline) -> Book:
    """The rules in a copy. Raises InvalidFileError for an outline of a file that cannot be used."""
    if found.why:
        raise InvalidFileError(found.why)
    packed: Any = found.packed or ()
    rules = [_unpack(each[0]) for each in packed]
    context = rule_context(context_of(desk), rules)
    return Book(tuple(_unpack_condition(each, context) for each in packed), context.fields)


def _pack_condition(condition: Condition, fields: tuple[Field, ...]) -> tuple[Any, ...]:
    """A condition that asks for times is read again whenever it is used: what `7d` means goes on."""
    queries = (condition.query, condition.recovered)
    if condition.broken or any(_is_timed(query, fields) for query in queries if query):
        return (_pack(condition.rule), False, None, None)
    return (_pack(condition.rule), True, *(_pack(query) if query else None for query in queries))


def _unpack_condition(packed: tuple[Any, ...], context: Context) -> Condition:
    rule = _unpack(packed[0])
    if not packed[1]:
        return _read(rule, context)
    query, recovered = (_unpack(each) if each else None for each in packed[2:])
    return Condition(rule, query, recovered)


def _is_timed(query: Query, fields: tuple[Field, ...]) -> bool:
    rows = by_name(fields)
    return any(rows[key].kind in _TIMED for key in query.fields)


def _pack(value: Any) -> Any:  # noqa: ANN401 - any value of a rule or a query
    number = _NUMBERS.get(type(value))
    if number is not None:
        return [number, [_pack(getattr(value, name)) for name in type(value).__slots__]]
    return tuple(map(_pack, value)) if isinstance(value, tuple) else value


def _unpack(value: Any) -> Any:  # noqa: ANN401 - any value of a rule or a query
    if isinstance(value, list):
        return _CLASSES[value[0]](*map(_unpack, value[1]))
    return tuple(map(_unpack, value)) if isinstance(value, tuple) else value
