"""What the values of each kind of field mean: a value as written, and the plain question it comes to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from helpdesk_cli.query.amounts import read_length, read_number_value, read_ticket, read_time, ticket_number
from helpdesk_cli.query.atoms import (
    Among,
    Atom,
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
from helpdesk_cli.query.fields import ITEM_KINDS
from helpdesk_cli.query.folding import fold
from helpdesk_cli.query.patterns import compile_pattern
from helpdesk_cli.query.refusal import Refusal, likely
from helpdesk_cli.tickets.person import Person

if TYPE_CHECKING:
    from collections.abc import Callable

    from helpdesk_cli.query.context import Context
    from helpdesk_cli.query.fields import Field
    from helpdesk_cli.query.lex import Value

# A person's name, telephone and handle are items of their own: who calls himself boss@example.com has not
# that address.
NAMES = "-name"
# The list of the vocabulary in which `me` is somebody.
AGENTS = "assignee"
# Whoever is away now, unless an agent is called so.
AWAY = "away"
_PATTERNED = frozenset({"text", "person", "tag", "name", "exact"})
_RANGED = frozenset({"time", "length", "number", "ticket"})
_OPTIONAL = frozenset({"word", "person", "tag", "name", "exact", "tickets", "time", "length", "number"})


def is_ranged(row: Field) -> bool:
    """Whether two dots make a range in its values."""
    return row.kind in _RANGED or row.ordered


def is_special(row: Field, word: str) -> bool:
    """Whether a word means no value of this field, but that there is none or any."""
    special = {"none", "any", "nobody"} if AGENTS in {row.key, row.words} else {"none", "any"}
    if row.kind == "time":
        special |= {"yes", "no"}
    return row.kind in _OPTIONAL and word.casefold() in special


def read_value(row: Field, value: Value, context: Context) -> Atom:
    """The question that a value of a field asks. Raises Refusal."""
    if value.is_pattern:
        return _pattern(row, value)
    if value.high is not None and value.operator:
        raise Refusal("a comparison and a range do not go together", "Write one of them.")
    if value.operator not in {"", "="} and not is_ranged(row):
        raise Refusal(
            f"the values of {row.key} have no order", "Text with such a sign stands in quotation marks."
        )
    if value.high is None and not value.quoted and is_special(row, value.low):
        if value.operator not in {"", "="}:
            raise Refusal(f'"{value.low}" is neither more nor less than anything')
        return _presence(row, is_none=value.low.casefold() not in {"any", "yes"})
    return _READERS[row.kind](row, value, context)


def _presence(row: Field, *, is_none: bool) -> Atom:
    if row.kind in ITEM_KINDS:
        fields = (row.stored, row.stored + NAMES) if row.kind == "person" else (row.stored,)
        return NoItem(fields, is_none)
    if row.kind == "number":
        return Between(row.stored, None, 1) if is_none else Between(row.stored, 1, None)
    return Empty(row.stored, is_none)


def _pattern(row: Field, value: Value) -> Atom:
    if row.kind not in _PATTERNED:
        raise Refusal(f"{row.key} takes no pattern")
    if value.operator:
        raise Refusal("a pattern is not compared", "Write it without the sign before it.")
    try:
        compile_pattern(value.low)
    except ValueError as error:
        raise Refusal(f"this pattern {error}") from error
    if row.kind == "text":
        return TextMatches(row.texts, value.low)
    fields = (row.stored, row.stored + NAMES) if row.kind == "person" else (row.stored,)
    return ItemMatches(fields, value.low)


def _text(row: Field, value: Value, _: Context) -> Atom:
    folded = _folded(value)
    return TextIs(row.texts, folded) if value.operator else TextHas(row.texts, folded)


def _folded(value: Value) -> str:
    folded = fold(value.low)
    if not folded:
        raise Refusal("nothing of this value can be searched for")
    return folded


def _name(row: Field, value: Value, _: Context) -> Atom:
    folded = _folded(value)
    return ItemAmong(row.stored, frozenset({folded})) if value.operator else ItemHas((row.stored,), folded)


def _exact(row: Field, value: Value, _: Context) -> Atom:
    folded = fold(value.low.strip("<>")) if row.key == "message-id" else fold(value.low)
    if row.values and folded not in row.values:
        raise Refusal(f'unknown {row.key} "{value.low}"', likely(folded, row.values))
    return ItemAmong(row.stored, frozenset({folded}))


def _tag(row: Field, value: Value, context: Context) -> Atom:
    if value.low.startswith("-") and not value.quoted:
        raise Refusal(
            f'no {row.key} begins with "-"', f"The sign stands before the field: -{row.key}:{value.low[1:]}."
        )
    if row.words in context.vocabulary.words:
        return ItemAmong(row.stored, _word_spellings(row, value, context))
    return ItemAmong(row.stored, frozenset({_me(row, value.low, context) or _folded(value)}))


def _person(row: Field, value: Value, _: Context) -> Atom:
    """A whole address, `@domain` with what is below it, or a piece of a name or an address."""
    written = Person.read(value.low).email if "<" in value.low else value.low
    folded = fold(written)
    local, at, domain = folded.rpartition("@")
    if not folded or (at and not domain):
        raise Refusal("this is no address", "Write ada@example.com, @example.com, or a piece of a name.")
    if at and local:
        return ItemAmong(row.stored, frozenset({folded}))
    if at:
        return ItemEnds(row.stored, (f"@{domain}",) if value.operator else (f"@{domain}", f".{domain}"))
    if value.operator:
        return ItemAmong(row.stored + NAMES, frozenset({folded}))
    return ItemHas((row.stored, row.stored + NAMES), folded)


def _word(row: Field, value: Value, context: Context) -> Atom:
    declared = context.vocabulary.words.get(row.words or row.key)
    if declared is None:
        if is_ranged(row) and (value.high is not None or value.operator not in {"", "="}):
            raise Refusal(f"the values of {row.key} have no order on this desk")
        return Among(row.stored, frozenset({_me(row, value.low, context) or _folded(value)}))
    if value.high is None and value.operator in {"", "="}:
        return Among(row.stored, _word_spellings(row, value, context))
    # Declared from the greatest down: the last has rank 0.
    low, high = 0, len(declared) - 1
    if value.high is not None:
        low = _rank(row, value.low, context) if value.low else low
        high = _rank(row, value.high, context) if value.high else high
        if low > high:
            raise Refusal(f'"{value.high}" comes before "{value.low}"', f"Write {value.high}..{value.low}.")
    else:
        rank = _rank(row, value.low, context)
        low = {">=": rank, ">": rank + 1}.get(value.operator, low)
        high = {"<=": rank, "<": rank - 1}.get(value.operator, high)
    chosen = [word for rank, word in enumerate(reversed(declared)) if low <= rank <= high]
    return Among(row.stored, frozenset(fold(name) for word in chosen for name in word))


def _word_spellings(row: Field, value: Value, context: Context) -> frozenset[str]:
    return frozenset(map(fold, _find_word(row, value.low, context)))


def _rank(row: Field, name: str, context: Context) -> int:
    declared = context.vocabulary.words[row.words or row.key]
    return len(declared) - 1 - declared.index(_find_word(row, name, context))


def _find_word(row: Field, name: str, context: Context) -> tuple[str, ...]:
    """The declared word with its aliases. Raises Refusal with the likely one."""
    key = row.words or row.key
    declared = context.vocabulary.words[key]
    me = _me(row, name, context)
    wanted = me or fold(name)
    for word in declared:
        if wanted in map(fold, word):
            return word
    if me:
        return (me,)
    if AGENTS in {row.key, row.words} and wanted == AWAY:
        return context.vocabulary.away
    raise Refusal(f'unknown {row.key} "{name}"', likely(wanted, [word[0] for word in declared]))


def _me(row: Field, name: str, context: Context) -> str:
    """Who asks, folded, where that is what the name means; else "". Raises Refusal when nobody knows."""
    if AGENTS not in {row.key, row.words} or fold(name) != "me":
        return ""
    if not context.vocabulary.me:
        raise Refusal("nobody knows who you are here", "`desk whoami` says why; or name an agent.")
    return fold(context.vocabulary.me)


def _uid(row: Field, value: Value, _: Context) -> Atom:
    folded = _folded(value)
    return Among(row.stored, frozenset({folded})) if value.operator else Begins(row.stored, folded)


def _side(row: Field, value: Value, context: Context) -> Atom:
    side = fold(value.low)
    words = context.vocabulary
    if side not in row.values:
        raise Refusal(f'unknown {row.key} "{value.low}"', likely(side, row.values))
    if side == "us":
        # A status that nobody declared is active, so that nobody overlooks it.
        return Among(row.stored, words.statuses("waiting") | words.statuses("done"), inside=False)
    return Among(row.stored, words.statuses("waiting" if side == "customer" else "done"))


_ELSEWHERE = re.compile(r"[A-Za-z][A-Za-z0-9]{0,19}-0*([1-9]\d{0,8})")


def _tickets(row: Field, value: Value, context: Context) -> Atom:
    if row.name == "formerly" and (name := _ELSEWHERE.fullmatch(value.low)):
        # A number of another helpdesk, under its own prefix.
        return ItemAmong(row.stored, frozenset({name[1]}))
    return ItemAmong(row.stored, frozenset({str(ticket_number(value.low, context))}))


_READERS: dict[str, Callable[[Field, Value, Context], Atom]] = {
    "word": _word,
    "text": _text,
    "person": _person,
    "tag": _tag,
    "name": _name,
    "exact": _exact,
    "uid": _uid,
    "ticket": read_ticket,
    "tickets": _tickets,
    "time": read_time,
    "length": read_length,
    "number": read_number_value,
    "side": _side,
}
