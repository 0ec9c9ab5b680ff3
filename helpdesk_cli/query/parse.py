"""From the text of a query, or the words of a command line, to a Query; written by hand for its errors."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from helpdesk_cli.query.errors import QueryError
from helpdesk_cli.query.fields import by_name
from helpdesk_cli.query.folding import fold
from helpdesk_cli.query.kinds import is_ranged, read_value
from helpdesk_cli.query.lex import Lexer, Shape
from helpdesk_cli.query.nodes import Both, Either, Named, Node, Not, Query, Sort, Term
from helpdesk_cli.query.order import sort_of
from helpdesk_cli.query.refusal import Refusal, likely
from helpdesk_cli.query.spelling import write_name, write_term

if TYPE_CHECKING:
    from collections.abc import Sequence

    from helpdesk_cli.query.atoms import Atom
    from helpdesk_cli.query.context import Context
    from helpdesk_cli.query.fields import Field, Flag
    from helpdesk_cli.query.lex import Span, Token, Value

LONGEST = 10_000
DEEPEST = 20
MOST_VALUES = 500
MOST_PATTERNS = 20
_LOWER = {"or": "OR", "and": "AND", "not": "NOT"}


def parse(query: str | Sequence[str], context: Context) -> Query:
    """The query that a text means, or the words that a shell made of a command line.

    A word with spaces in it was quoted for the shell, which took the quotes: it is one value
    (`subject:late invoice`) unless it has signs of the language itself. Raises QueryError.
    """
    if isinstance(query, str):
        return _Parser(query, context, _Budget()).query(None)
    text = " ".join(query)
    spans, at = [], 0
    for word in query:
        spans.append((at, at + len(word)))
        if not word.strip():
            hint = "A variable of your shell may be empty."
            raise QueryError("one of the words of this query is empty", text, (at - 1, at), hint=hint)
        at += len(word) + 1
    return _Parser(text, context, _Budget()).query(tuple(spans))


class _Budget:
    """What one query may cost in all, the views in it included."""

    def __init__(self) -> None:
        self.values = 0
        self.patterns = 0
        self.views: tuple[str, ...] = ()


class _Parser:
    """One text and the tokens of it that are not yet used."""

    def __init__(self, text: str, context: Context, budget: _Budget, place: str = "query") -> None:
        self._text = text
        self._context = context
        self._budget = budget
        self._place = place
        self._fields = by_name(context.fields)
        self._flags = {flag.field for flag in context.flags}
        self._tokens: list[Token] = []
        self._next = 0
        self._negations = 0
        self._sort: list[Sort] = []
        self._sort_of_view: tuple[Sort, ...] = ()

    def query(self, words: tuple[Span, ...] | None) -> Query:
        """The whole text. Raises QueryError."""
        if len(self._text) > LONGEST:
            raise self._error(f"a query has at most {LONGEST:,} characters", (LONGEST, LONGEST + 1))
        try:
            self._tokens = list(
                Lexer(self._text, _shapes(self._context.fields, self._context.flags)).tokens(words)
            )
        except QueryError as error:
            raise QueryError(
                error.message, error.text, (error.start, error.end), hint=error.hint, place=self._place
            ) from error
        where = self._either(0)
        if token := self._peek():
            raise self._error("this parenthesis closes none", token.span)
        return Query(where or Both(), tuple(self._sort) or self._sort_of_view)

    def _peek(self) -> Token | None:
        return self._tokens[self._next] if self._next < len(self._tokens) else None

    def _take(self, kind: str) -> Token | None:
        token = self._peek()
        if token is None or token.kind != kind:
            return None
        self._next += 1
        return token

    def _either(self, depth: int) -> Node | None:
        """Parts joined by OR; None where only an order, or nothing, was said."""
        parts = [self._both(depth)]
        while sign := self._take("or"):
            parts.append(self._both(depth))
            if parts[-2] is None or parts[-1] is None:
                raise self._error("OR needs a term on both sides", sign.span)
        found = [part for part in parts if part is not None]
        if len(found) < 2:  # noqa: PLR2004 - one part is no alternative
            return found[0] if found else None
        return Either(
            tuple(inner for part in found for inner in (part.parts if isinstance(part, Either) else (part,)))
        )

    def _both(self, depth: int) -> Node | None:
        """Parts one after the other, AND between them or not."""
        parts: list[Node] = []
        sign = None
        while (token := self._peek()) and token.kind not in {"or", "close"}:
            if token.kind == "and":
                if sign or not parts:
                    raise self._error("AND needs a term on both sides", token.span)
                sign = token
                self._next += 1
                continue
            part = self._negated(depth)
            if part is not None:
                parts += part.parts if isinstance(part, Both) else (part,)
                sign = None
        if sign:
            raise self._error("AND needs a term on both sides", sign.span)
        return parts[0] if len(parts) == 1 else Both(tuple(parts)) if parts else None

    def _negated(self, depth: int) -> Node | None:
        sign = self._take("not")
        if sign is None:
            return self._group(depth)
        self._check_depth(depth, sign)
        token = self._peek()
        if token is None or token.kind not in {"term", "open", "not"}:
            raise self._error("nothing stands behind this sign of negation", sign.span)
        self._negations += 1
        part = self._negated(depth + 1)
        self._negations -= 1
        if part is None:
            raise self._error(
                "an order cannot be negated", token.span, "Write sort:-created for the other direction."
            )
        return Not(part)

    def _group(self, depth: int) -> Node | None:
        begin = self._take("open")
        if begin is None:
            return self._term(depth)
        self._check_depth(depth, begin)
        part = self._either(depth + 1)
        if not self._take("close"):
            raise self._error("this parenthesis is not closed", begin.span)
        if part is None:
            raise self._error("nothing stands between these parentheses", begin.span)
        return part

    def _check_depth(self, depth: int, token: Token) -> None:
        if depth >= DEEPEST:
            raise self._error(f"a query is at most {DEEPEST} parentheses and negations deep", token.span)

    def _term(self, depth: int) -> Node | None:
        token = self._tokens[self._next]
        self._next += 1
        self._budget.values += len(token.values)
        if self._budget.values > MOST_VALUES:
            raise self._error(
                f"a query has at most {MOST_VALUES} values, those in its views included", token.span
            )
        self._budget.patterns += sum(value.is_pattern for value in token.values)
        if self._budget.patterns > MOST_PATTERNS:
            raise self._error(f"a query has at most {MOST_PATTERNS} patterns", token.span)
        name = fold(token.name)
        if name == "sort":
            self._add_sort(token, depth)
            return None
        if name == "view":
            return self._any([self._view(value) for value in token.values])
        if name in self._flags:
            return self._any([self._flag(name, value) for value in token.values])
        row = self._row(token, name)
        self._check_lower(token)
        atoms = [self._read(row, value) for value in token.values]
        return Term(row.key, write_term(row, token.values, is_bare=not token.name), tuple(atoms), row.late)

    @staticmethod
    def _any(parts: list[Node]) -> Node:
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def _row(self, token: Token, name: str) -> Field:
        row = self._fields.get(name or "text")
        if row is None:
            known = [*self._fields, *self._flags, "view", "sort", "not"]
            hint = (
                likely(name, known) or "`text:` before it searches for it as text; quotation marks do, too."
            )
            raise self._error(f'unknown field "{token.name}"', token.name_span, hint)
        return row

    def _check_lower(self, token: Token) -> None:
        """`tag:a or tag:b` would search for the word "or", and find next to nothing."""
        word = self._text[slice(*token.span)].casefold()
        if word in _LOWER:
            hint = f"Write {_LOWER[word]} for the sign, text:{word} for the word."
            raise self._error(f'"{word}" is a sign of the language only in capitals', token.span, hint)

    def _read(self, row: Field, value: Value) -> Atom:
        try:
            return read_value(row, value, self._context)
        except Refusal as refusal:
            raise self._error(str(refusal), value.span, refusal.hint) from refusal

    def _name(self, value: Value, field: str) -> str:
        if value.is_pattern or value.operator:
            raise self._error(f"{field} takes a name", value.span)
        return value.low

    def _view(self, value: Value) -> Node:
        name = self._name(value, "view:")
        views = self._context.vocabulary.views
        found = next((view for view in views if fold(view) == fold(name)), None)
        if found is None:
            raise self._error(
                f'unknown view "{name}"',
                value.span,
                likely(fold(name), views) or "desk.yaml has them under views.",
            )
        if found in self._budget.views:
            circle = " → ".join((*self._budget.views[self._budget.views.index(found) :], found))
            raise self._error(f"this view is made of itself: {circle}", value.span)
        if len(self._budget.views) >= DEEPEST:
            raise self._error(f"views are at most {DEEPEST} deep in each other", value.span)
        self._budget.views += (found,)
        inner = _Parser(views[found], self._context, self._budget, f"view {found}").query(None)
        self._budget.views = self._budget.views[:-1]
        if not self._negations and not self._sort_of_view:
            self._sort_of_view = inner.sort
        return Named("view", write_name("view", found), inner.where)

    def _flag(self, field: str, value: Value) -> Node:
        name = fold(self._name(value, f"{field}:"))
        flags: dict[str, Flag] = {flag.value: flag for flag in self._context.flags if flag.field == field}
        if name not in flags:
            statuses = (word for names in self._context.vocabulary.words.get("status", ()) for word in names)
            hint = f"Write status:{name}." if name in map(fold, statuses) else likely(name, flags)
            raise self._error(f"unknown {field}:{name}", value.span, hint)
        inner = _Parser(flags[name].means, self._context, self._budget, f"{field}:{name}").query(None)
        return Named(field, write_name(field, name), inner.where)

    def _add_sort(self, token: Token, depth: int) -> None:
        if depth:
            hint = "Write sort:-created for the other direction."
            raise self._error("an order is neither negated nor in parentheses", token.span, hint)
        for value in token.values:
            name = self._name(value, "sort:")
            row = self._fields.get(fold(name.removeprefix("-")))
            sort = sort_of(row, self._context, descending=name.startswith("-")) if row else None
            if sort is None:
                known = [
                    key
                    for key, each in self._fields.items()
                    if sort_of(each, self._context, descending=False)
                ]
                what = "tickets have no order by" if row else "unknown field"
                hint = "" if row else likely(fold(name), known)
                hint = hint or "There is one by a time, a length, a number or a declared word: sort:-created."
                raise self._error(f'{what} "{name.removeprefix("-")}"', value.span, hint)
            self._sort.append(sort)

    def _error(self, message: str, span: Span, hint: str = "") -> QueryError:
        return QueryError(message, self._text, span, hint=hint, place=self._place)


@lru_cache(maxsize=8)
def _shapes(fields: tuple[Field, ...], flags: tuple[Flag, ...]) -> dict[str, Shape]:
    shapes = {
        name: Shape(is_ranged=is_ranged(row), is_text=row.kind == "text")
        for name, row in by_name(fields).items()
    }
    named = Shape(is_text=False)
    return shapes | {flag.field: named for flag in flags} | {"view": named, "sort": named}
