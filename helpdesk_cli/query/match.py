"""A query answered in memory, and why the answer is what it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.query.atoms import (
    Among,
    Begins,
    Between,
    Empty,
    ItemAmong,
    ItemEnds,
    ItemHas,
    ItemMatches,
    NoItem,
    TextHas,
    TextIs,
    TextMatches,
)
from helpdesk_cli.query.folding import BETWEEN
from helpdesk_cli.query.nodes import Both, Either, Named, Not, Query, Term
from helpdesk_cli.query.patterns import is_found
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpdesk_cli.query.atoms import Atom
    from helpdesk_cli.query.facts import Facts
    from helpdesk_cli.query.nodes import Node


@dataclass(frozen=True, slots=True)
class Reason:
    """Whether a part of a query holds, and the same of its own parts."""

    text: str
    holds: bool
    parts: tuple[Reason, ...] = ()


def matches(query: Query, facts: Facts) -> bool:
    """Whether the ticket is one of those that the query asks for."""
    return _holds(query.where, facts)


def explain(query: Query, facts: Facts) -> Reason:
    """The query part by part, each with its answer."""
    return _reason(query.where, facts)


def why(query: Query, facts: Facts) -> tuple[str, ...]:
    """The terms that decided: those that failed where the query fails, those that held where it holds."""
    return tuple(dict.fromkeys(_deciding(_reason(query.where, facts))))


def _holds(node: Node, facts: Facts) -> bool:
    match node:
        case Term(atoms=atoms):
            return any(_answer(atom, facts) for atom in atoms)
        case Named(part=part):
            return _holds(part, facts)
        case Not(part=part):
            return not _holds(part, facts)
        case Both(parts=parts):
            return all(_holds(part, facts) for part in parts)
        case Either(parts=parts):
            return any(_holds(part, facts) for part in parts)


def _reason(node: Node, facts: Facts) -> Reason:
    match node:
        case Both(parts=parts) | Either(parts=parts):
            inner = tuple(_reason(part, facts) for part in parts)
        case Named(part=part) | Not(part=part):
            inner = (_reason(part, facts),)
        case _:
            inner = ()
    return Reason(str(node), _holds(node, facts), inner)


def _deciding(reason: Reason) -> Iterator[str]:
    """Of a whole that is so because some of its parts are so, those parts; else the whole."""
    alike = [part for part in reason.parts if part.holds == reason.holds]
    if not alike:
        yield reason.text
    for part in alike:
        yield from _deciding(part)


def _answer(atom: Atom, facts: Facts) -> bool:  # noqa: C901, PLR0911 - a table of a dozen one-line answers
    scalars, items, texts = facts.scalars, facts.items, facts.texts
    match atom:
        case Among():
            return (scalars.get(atom.column) in atom.values) == atom.inside
        case Between():
            value = scalars.get(atom.column)
            return (
                isinstance(value, int)
                and (atom.low is None or atom.low <= value)
                and (atom.high is None or value < atom.high)
            )
        case Empty():
            return (scalars.get(atom.column) in {None, ""}) == atom.empty
        case Begins():
            return str(scalars.get(atom.column) or "").startswith(atom.text)
        case ItemAmong():
            return not atom.values.isdisjoint(items.get(atom.field, ()))
        case ItemHas():
            return any(atom.text in item for field in atom.fields for item in items.get(field, ()))
        case ItemEnds():
            return any(item.endswith(atom.endings) and "@" in item for item in items.get(atom.field, ()))
        case ItemMatches():
            return any(is_found(atom.pattern, item) for field in atom.fields for item in items.get(field, ()))
        case NoItem():
            return any(items.get(field) for field in atom.fields) != atom.none
        case TextHas():
            return any(atom.text in texts[text] for text in atom.texts)
        case TextIs():
            return any(atom.text in texts[text].split(BETWEEN) for text in atom.texts)
        case TextMatches():
            return any(is_found(atom.pattern, texts[text]) for text in atom.texts)
