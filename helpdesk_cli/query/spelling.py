"""A term in its plainest spelling, which reads as the same term again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.query.kinds import is_ranged, is_special
from helpdesk_cli.query.lex import OPERATORS, TWINS

if TYPE_CHECKING:
    from helpdesk_cli.query.fields import Field
    from helpdesk_cli.query.lex import Value

_ENDS = frozenset(',"()')
_SIGNS = ("-", "/", "<", ">", "=", *(f"{twin}:" for twin in TWINS))
_BARE = frozenset("_.+'-")
_WORDS_FOR_SIGNS = frozenset({"or", "and", "not"})


def write_term(row: Field, values: tuple[Value, ...], *, is_bare: bool) -> str:
    """`priority:>=high`, `subject:"late invoice"`, a bare `word`."""
    if is_bare and len(values) == 1:
        return _write_bare(values[0])
    return f"{row.key}:{','.join(_write(row, value) for value in values)}"


def quote(text: str) -> str:
    """The text between quotation marks."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def write_name(field: str, value: str) -> str:
    """`view:mine`, `is:answered`."""
    return f"{field}:{quote(value) if _needs_quotes(value) else value}"


def _write_bare(value: Value) -> str:
    if value.is_pattern:
        return _write_pattern(value)
    is_plain = all(char.isalnum() or char in _BARE for char in value.low) and value.low[0] not in ".+'-"
    is_plain = is_plain and value.low.casefold() not in _WORDS_FOR_SIGNS
    return value.low if is_plain and value.low not in OPERATORS else quote(value.low)


def _write_pattern(value: Value) -> str:
    return "/" + value.low.replace("/", "\\/") + "/"


def _write(row: Field, value: Value) -> str:
    if value.is_pattern:
        return value.operator + _write_pattern(value)
    low = _scalar(row, value.low, keep=value.quoted and is_special(row, value.low))
    high = "" if value.high is None else f"..{_scalar(row, value.high)}"
    return f"{value.operator}{low}{high}"


def _scalar(row: Field, text: str, *, keep: bool = False) -> str:
    in_range = is_ranged(row) and ".." in text
    return quote(text) if keep or in_range or _needs_quotes(text) else text


def _needs_quotes(text: str) -> bool:
    # An open end of a range is nothing, and stays it.
    return (
        text.split() != [text] * bool(text)
        or not _ENDS.isdisjoint(text)
        or text.casefold().startswith(_SIGNS)
    )
