"""A query as WHERE and ORDER BY for the tables of query/schema.

Every value is a parameter; only names from the table of fields stand in the text. A WHERE is a condition
on `tickets`, never NULL, so that its negation is all the others. Only what is not stored is let pass.
"""

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
from helpdesk_cli.query.nodes import Both, Either, Named, Not, Query, Term
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable

    from helpdesk_cli.query.atoms import Atom
    from helpdesk_cli.query.nodes import Node, Sort

_SHORTEST = 3
# Enough of a long phrase to leave few tickets to look into.
_MOST_TRIGRAMS = 24


@dataclass(frozen=True, slots=True)
class Clause:
    """A piece of SQL with `?` for its parameters. `exact` is false where the facts must be asked again."""

    text: str
    parameters: tuple[str | int, ...] = ()
    exact: bool = True


def where(query: Query, *, trigrams: bool = True, late: bool = False) -> Clause:
    """The condition on `tickets`. Of a query that asks what is not stored, it lets pass more, never less.

    `trigrams`: whether there is that table; without it every text is looked into. `late`: the table
    `late_terms` has the tickets for which each term holds that asks what is not stored.
    """
    return _node(query.where, over=None if late else True, trigrams=trigrams)


def order(query: Query) -> Clause:
    """What stands behind ORDER BY."""
    keys = [_key(sort) for sort in query.sort]
    text = ", ".join([*(key.text for key in keys), "number", "tickets.path"])
    return Clause(text, tuple(value for key in keys for value in key.parameters))


def _key(sort: Sort) -> Clause:
    column = f"tickets.{sort.column}"
    if sort.column == "subject":
        column = "(SELECT subject FROM texts WHERE texts.path = tickets.path)"
    direction = " DESC" if sort.descending != sort.turned else ""
    missing = f"{column} IS NULL OR {column} = ''"
    if not sort.ranks:
        return Clause(f"{missing}, {column}{direction}")
    cases = [(place, words) for place, words in enumerate(sort.ranks)]
    text = "".join(f" WHEN {column} IN ({_marks(words)}) THEN {place}" for place, words in cases)
    ranked = f"CASE{text} ELSE {len(cases)} END{direction}"
    parameters = tuple(word for _, words in cases for word in words)
    return Clause(f"{missing}, {ranked}, {column}{direction}", parameters)


def _node(node: Node, *, over: bool | None, trigrams: bool) -> Clause:
    """The condition; of what is not stored, yes where `over`, else no: a negation turns that round.

    None: the table of late terms says.
    """
    match node:
        case Term(late=True):
            return _late(node, over=over)
        case Term(atoms=atoms):
            return _joined([_atom(atom, trigrams=trigrams) for atom in atoms], "OR")
        case Named(part=part):
            return _node(part, over=over, trigrams=trigrams)
        case Not(part=part):
            inner = _node(part, over=None if over is None else not over, trigrams=trigrams)
            return Clause(f"NOT {inner.text}", inner.parameters, inner.exact)
        case Both(parts=parts):
            return _joined([_node(part, over=over, trigrams=trigrams) for part in parts], "AND")
        case Either(parts=parts):
            return _joined([_node(part, over=over, trigrams=trigrams) for part in parts], "OR")


def _late(term: Term, *, over: bool | None) -> Clause:
    if over is None:
        return Clause("tickets.path IN (SELECT path FROM late_terms WHERE term = ?)", (term.text,))
    return Clause("1" if over else "0", (), exact=False)


def _joined(clauses: list[Clause], sign: str) -> Clause:
    if not clauses:
        return Clause("1" if sign == "AND" else "0")
    text = f" {sign} ".join(clause.text for clause in clauses)
    parameters = tuple(value for clause in clauses for value in clause.parameters)
    return Clause(f"({text})", parameters, all(clause.exact for clause in clauses))


def _atom(atom: Atom, *, trigrams: bool) -> Clause:  # noqa: C901, PLR0911 - a table of a dozen one-line answers
    match atom:
        case Among():
            sign = "IN" if atom.inside else "NOT IN"
            return Clause(f"tickets.{atom.column} {sign} ({_marks(atom.values)})", tuple(sorted(atom.values)))
        case Between():
            return _between(atom)
        case Empty():
            empty = f"(tickets.{atom.column} IS NULL OR tickets.{atom.column} = '')"
            return Clause(empty if atom.empty else f"NOT {empty}")
        case Begins():
            return Clause(f"substr(tickets.{atom.column}, 1, ?) = ?", (len(atom.text), atom.text))
        case ItemAmong():
            return _items((atom.field,), f"value IN ({_marks(atom.values)})", tuple(sorted(atom.values)))
        case ItemHas():
            return _items(atom.fields, "instr(value, ?) > 0", (atom.text,))
        case ItemEnds():
            ends = " OR ".join("substr(value, ?) = ?" for _ in atom.endings)
            parameters = tuple(part for ending in atom.endings for part in (-len(ending), ending))
            return _items((atom.field,), f"({ends}) AND instr(value, '@') > 0", parameters)
        case ItemMatches():
            return _items(atom.fields, "value REGEXP ?", (atom.pattern,))
        case NoItem():
            some = _items(atom.fields, "1", ())
            return Clause(f"NOT {some.text}", some.parameters) if atom.none else some
        case TextHas():
            return _text_has(atom, trigrams=trigrams)
        case TextIs():
            lines = " OR ".join(
                f"instr(char(10) || {text} || char(10), char(10) || ? || char(10)) > 0" for text in atom.texts
            )
            return _texts(lines, (atom.text,) * len(atom.texts))
        case TextMatches():
            found = " OR ".join(f"{text} REGEXP ?" for text in atom.texts)
            return _texts(found, (atom.pattern,) * len(atom.texts))


def _between(atom: Between) -> Clause:
    """Guarded against NULL, whose comparison is neither true nor false."""
    column = f"tickets.{atom.column}"
    bounds = [
        (f"{column} {sign} ?", bound)
        for sign, bound in ((">=", atom.low), ("<", atom.high))
        if bound is not None
    ]
    text = " AND ".join([f"{column} IS NOT NULL", *(text for text, _ in bounds)])
    return Clause(f"({text})", tuple(bound for _, bound in bounds))


def _items(fields: tuple[str, ...], condition: str, parameters: tuple[str | int, ...]) -> Clause:
    found = f"SELECT path FROM {_table(fields)} WHERE field IN ({_marks(fields)}) AND {condition}"  # noqa: S608 - of this module
    return Clause(f"tickets.path IN ({found})", (*fields, *parameters))


def _table(fields: tuple[str, ...]) -> str:
    """Where these items lie: `customer:tier` in `customer_items`, a view that a higher floor makes."""
    floor, colon, _ = fields[0].partition(":")
    return f"{floor}_items" if colon else "items"


def _texts(condition: str, parameters: tuple[str | int, ...]) -> Clause:
    found = f"SELECT path FROM texts WHERE {condition}"  # noqa: S608 - of this module
    return Clause(f"tickets.path IN ({found})", parameters)


def _text_has(atom: TextHas, *, trigrams: bool) -> Clause:
    """Trigrams find the few texts that may have it, `instr` those that do."""
    has = " OR ".join(f"instr({text}, ?) > 0" for text in atom.texts)
    parameters = (atom.text,) * len(atom.texts)
    if not trigrams or len(atom.text) < _SHORTEST:
        return _texts(has, parameters)
    found = "id IN (SELECT rowid FROM trigrams WHERE trigrams MATCH ?)"
    return _texts(f"{found} AND ({has})", (_trigrams(atom.text), *parameters))


def _trigrams(text: str) -> str:
    """Every trigram of the text, or so many of a long one, all of which must occur."""
    grams = list(dict.fromkeys(text[place : place + _SHORTEST] for place in range(len(text) - _SHORTEST + 1)))
    step = max(1, -(-len(grams) // _MOST_TRIGRAMS))
    return " AND ".join('"' + gram.replace('"', '""') + '"' for gram in grams[::step])


def _marks(values: Iterable[str]) -> str:
    return ", ".join("?" for _ in values)
