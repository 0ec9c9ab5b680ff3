"""A query cut into tokens, each with its place: nothing here knows what a field means."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from helpdesk_cli.query.errors import QueryError
from helpdesk_cli.query.folding import fold
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Span = tuple[int, int]
# What a shell would take for its own, and the same in letters.
TWINS = {"at-least": ">=", "above": ">", "at-most": "<=", "below": "<", "exactly": "="}
OPERATORS = {"OR": "or", "AND": "and", "NOT": "not", "BEGIN": "open", "END": "close"}

# Compiled when they are first needed: most queries are two words, and each pattern costs as much as one.
_compiled = cache(re.compile)
_BLANK = r"\s"
_SPACE = r"\s*"
_NAME = r"([^\W\d_][\w.-]*)(:|>=|<=|>|<|=)"
_SIGN = r">=|<=|>|<|="
_COMPARE = rf"(?i){_SIGN}|(?:{'|'.join(TWINS)}):"
_NEGATION = r"(?i)-|not:"
_NEGATIONS = r"(?i)(?:-|not:|\()*"
_QUOTED = r'(?s)"((?:[^"\\]|\\.)*+)("?)'
_PATTERN = r"(?s)/((?:[^/\\]|\\.)*+)(/?)"
_STOP = r'[\s,"()]|\.\.'
_STOP_IN_ONE_VALUE = r",|\.\."
_NO_TEXT = "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]"


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a term as written: `low` alone, a range (`high` is not None), or a pattern."""

    low: str
    span: Span
    high: str | None = None
    operator: str = ""  # =, >=, >, <=, < or ""
    quoted: bool = False
    is_pattern: bool = False


@dataclass(frozen=True, slots=True)
class Token:
    """`kind`: open, close, or, and, not, term. A term has a field's name ("" = a bare word) and values."""

    kind: str
    span: Span
    name: str = ""
    name_span: Span = (0, 0)
    values: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True)
class Shape:
    """How the values of a field may look: whether two dots make a range, whether any text is a value."""

    is_ranged: bool = False
    is_text: bool = True


def is_one_value(word: str, shapes: Mapping[str, Shape]) -> bool:
    """Whether a word of a command line that has spaces in it is one value, whose quotes the shell took.

    It is, `subject:late invoice`, unless it has the language's own signs: a quotation mark, a parenthesis
    at its beginning, OR, AND, NOT, BEGIN, END, or a second `field:value`.
    """
    pieces = word.split()
    if len(pieces) < 2 or '"' in word or word.lstrip().startswith("("):  # noqa: PLR2004 - one is no space
        return False
    if any(piece in OPERATORS for piece in pieces):
        return False
    for piece in pieces[1:]:
        start = _compiled(_NEGATIONS).match(piece)
        match = _compiled(_NAME).match(piece, start.end() if start else 0)
        if match and match.end() < len(piece) and (match[2] == ":" or fold(match[1]) in shapes):
            return False
    return True


class Lexer:
    """The tokens of a text; `shapes` has every name of every field."""

    def __init__(self, text: str, shapes: Mapping[str, Shape]) -> None:
        """Refuse what is no text: control characters, and bytes that were no UTF-8."""
        if not text.isprintable() and (match := _compiled(_NO_TEXT).search(text)):
            raise QueryError("a query is text, and this character is none", text, match.span())
        self._text = text
        self._shapes = shapes
        self._at = 0
        self._end = len(text)
        self._is_one_value = False
        self._term_at = 0

    def tokens(self, words: tuple[Span, ...] | None = None) -> Iterator[Token]:
        """The tokens of the whole text, or of the words of a command line that it was joined of."""
        for start, end in words or ((0, len(self._text)),):
            self._at, self._end = start, end
            word = self._text[start:end]
            self._is_one_value = words is not None and is_one_value(word, self._shapes)
            self._skip_space()
            while self._at < self._end:
                yield from self._next()
                self._skip_space()

    def _next(self) -> Iterator[Token]:
        start = self._at
        while match := _compiled(_NEGATION).match(self._text, self._at, self._end):
            self._at = match.end()
            yield Token("not", match.span())
        char = self._text[self._at : min(self._at + 1, self._end)]
        if start < self._at and (not char or char.isspace()):
            hint = "Write -tag:spam or not:tag:spam, without a space."
            raise self._error("nothing stands behind this sign of negation", (start, self._at), hint)
        if char and char in "()" and not self._is_one_value:
            self._at += 1
            yield Token("open" if char == "(" else "close", (self._at - 1, self._at))
            return
        yield self._term(is_negated=start < self._at)

    def _term(self, *, is_negated: bool) -> Token:
        start = self._term_at = self._at
        name, operator, name_span = "", "", (start, start)
        if self._text[start] == "@":
            name, name_span = "view", (start, start + 1)
            self._at += 1
        elif match := _compiled(_NAME).match(self._text, start, self._end):
            name, name_span = match[1], match.span(1)
            operator = "" if match[2] == ":" else match[2]
            self._at = match.end()
        elif match := _compiled(_SIGN).match(self._text, start, self._end):
            hint = "Write priority:>=high or priority:at-least:high, without spaces."
            raise self._error(
                "a comparison needs a field before it and a value behind it", match.span(), hint
            )
        shape = self._shapes.get(fold(name)) if name else Shape()
        if shape is None:
            # Whatever follows: that there is no such field is what has to be said.
            self._at = self._end_of_unknown()
            return Token("term", (start, self._at), name, name_span)
        values = [self._value(shape, operator)]
        while self._at < self._end and self._text[self._at] == ",":
            self._at += 1
            values.append(self._value(shape, ""))
        self._check_end()
        span = (start, self._at)
        word = self._text[start : self._at]
        if word in OPERATORS and not is_negated and not self._is_one_value:
            return Token(OPERATORS[word], span)
        return Token("term", span, name, name_span, tuple(values))

    def _end_of_unknown(self) -> int:
        match = _compiled(_BLANK).search(self._text, self._at, self._end)
        return match.start() if match else self._end

    def _value(self, shape: Shape, operator: str) -> Value:
        start = self._at
        if (
            not operator
            and self._term_at < start
            and (match := _compiled(_COMPARE).match(self._text, start, self._end))
        ):
            operator = TWINS.get(match[0].casefold().rstrip(":"), match[0])
            self._at = match.end()
        begin = self._at
        if begin < self._end and self._text[begin] == "/":
            pattern = self._pattern()
            return Value(pattern, (start, self._at), None, operator, is_pattern=True)
        quoted = begin < self._end and self._text[begin] == '"' and not self._is_one_value
        low, high = self._scalar(shape), None
        if shape.is_ranged and self._text.startswith("..", self._at, self._end):
            self._at += 2
            high = self._scalar(shape)
        if not low and not high:
            raise self._empty(start, quoted=quoted, is_range=high is not None)
        return Value(low, (start, self._at), high, operator, quoted)

    def _scalar(self, shape: Shape) -> str:
        """What stands here up to where a value ends; quotation marks and spaces around it taken off."""
        start = self._at
        if self._is_one_value:
            self._at = self._end_of_one_value(shape)
            return self._text[start : self._at].strip()
        if start < self._end and (match := _compiled(_QUOTED).match(self._text, start, self._end)):
            if not match[2]:
                raise self._error("this quotation mark is not closed", (start, start + 1))
            self._at = match.end()
            return re.sub(r'\\(["\\])', r"\1", match[1])
        self._at = self._end_of_word(shape)
        return self._text[start : self._at]

    def _end_of_one_value(self, shape: Shape) -> int:
        if shape.is_text:
            return self._end
        for match in _compiled(_STOP_IN_ONE_VALUE).finditer(self._text, self._at, self._end):
            if match[0] == "," or shape.is_ranged:
                return match.start()
        return self._end

    def _end_of_word(self, shape: Shape) -> int:
        """Parentheses inside a word belong to it as far as they are balanced: `f(x)`."""
        opened: list[int] = []
        found = self._end
        for match in _compiled(_STOP).finditer(self._text, self._at, self._end):
            sign = match[0]
            if sign == "(":
                opened.append(match.start())
            elif sign == ")" and opened:
                opened.pop()
            elif sign != ".." or shape.is_ranged:
                found = match.start()
                break
        if opened:
            hint = 'Put a value with parentheses in quotation marks: text:"f(x".'
            raise self._error(
                "this parenthesis inside a word is not closed", (opened[-1], opened[-1] + 1), hint
            )
        return found

    def _pattern(self) -> str:
        match = _compiled(_PATTERN).match(self._text, self._at, self._end)
        if match is None or not match[2]:
            hint = "A pattern stands between two slashes, /late|overdue/; put other text in quotation marks."
            raise self._error("this pattern is not closed", (self._at, self._at + 1), hint)
        if not match[1]:
            raise self._error("this pattern is empty", match.span())
        self._at = match.end()
        return match[1].replace("\\/", "/")

    def _check_end(self) -> None:
        """A term goes up to a space, a parenthesis or the end."""
        if self._at >= self._end or (self._is_one_value and self._text[self._at - 1] != "/"):
            return
        char = self._text[self._at]
        if char.isspace() or char == ")":
            return
        if char == '"':
            hint = 'Put the whole value in quotation marks, and \\ before one inside: subject:"5\\" disk".'
            raise self._error("a quotation mark in the middle of a word", (self._at, self._at + 1), hint)
        hint = "A space belongs between terms."
        if self._text[self._at - 1] == "/":
            hint = 'A pattern stands between two slashes; a path stands in quotation marks: "/etc/passwd".'
        raise self._error("the value ended before this", (self._at, self._at + 1), hint)

    def _empty(self, start: int, *, quoted: bool, is_range: bool) -> QueryError:
        if quoted:
            return self._error("an empty text is in every ticket", (start, self._at))
        if is_range:
            return self._error(
                "this range has neither end", (start, self._at), "Write 7d.. or ..2026-11 or 2..5."
            )
        if self._text[start - 1 : start] == ",":
            return self._error("a value is missing behind the comma", (start - 1, start))
        if self._text[start : start + 1] == ",":
            return self._error("a value is missing before the comma", (start, start + 1))
        hint = "It follows without a space; none means that there is none: assignee:none."
        return self._error("a value is missing", (self._term_at, max(self._at, self._term_at + 1)), hint)

    def _skip_space(self) -> None:
        if match := _compiled(_SPACE).match(self._text, self._at, self._end):
            self._at = match.end()

    def _error(self, message: str, span: Span, hint: str = "") -> QueryError:
        return QueryError(message, self._text, span, hint=hint)
