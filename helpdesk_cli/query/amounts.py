"""Values that are more or less than others: numbers, tickets, times and lengths, as bounds of a column."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from helpdesk_cli.query.atoms import Atom, Between
from helpdesk_cli.query.dates import Span, read_when, shift
from helpdesk_cli.query.refusal import Refusal
from helpdesk_cli.tickets.ids import read_number

if TYPE_CHECKING:
    from collections.abc import Callable

    from helpdesk_cli.query.context import Context
    from helpdesk_cli.query.fields import Field
    from helpdesk_cli.query.lex import Value

_DIGITS = 9
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(milliseconds=1)


def read_ticket(row: Field, value: Value, context: Context) -> Atom:
    """The number of the ticket itself."""

    def number(text: str) -> int:
        return ticket_number(text, context)

    return _between(row, value, number)


def ticket_number(text: str, context: Context) -> int:
    """42 of `42`, `TICKET-42`, `ticket-42`. Raises Refusal."""
    found = read_number(text, context.vocabulary.prefix)
    if found is None:
        raise Refusal(f'"{text}" is no ticket of this desk', f"Write 42 or {context.vocabulary.prefix}-42.")
    return found


def read_number_value(row: Field, value: Value, _: Context) -> Atom:
    """How many."""
    return _between(row, value, _whole)


def _whole(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > _DIGITS:
        raise Refusal(f'"{text}" is no whole number', "Write 3, 3.., ..5, 2..5 or >3 (above:3).")
    return int(text)


def _between(row: Field, value: Value, read: Callable[[str], int]) -> Atom:
    low = read(value.low) if value.low else None
    if value.high is not None:
        high = read(value.high) if value.high else None
        if low is not None and high is not None and low > high:
            raise Refusal("this range ends before it begins", f"Write {value.high}..{value.low}.")
        return Between(row.stored, low, None if high is None else high + 1)
    assert low is not None  # noqa: S101 - the lexer lets no value be empty
    ends: dict[str, tuple[int | None, int | None]] = {
        ">=": (low, None),
        ">": (low + 1, None),
        "<=": (None, low + 1),
        "<": (None, low),
    }
    return Between(row.stored, *ends.get(value.operator, (low, low + 1)))


def read_time(row: Field, value: Value, context: Context) -> Atom:
    """A period or an instant: docs/QUERY.md has the table."""

    def read(text: str) -> Span:
        return _span(text, context)

    if value.high is not None:
        low = read(value.low).start if value.low else None
        high = _through(read(value.high)) if value.high else None
        if low is not None and high is not None and low >= high:
            raise Refusal("this range ends before it begins", f"Write {value.high}..{value.low}.")
        return Between(row.stored, _ms(low), _ms(high))
    span = read(value.low)
    now = context.now.astimezone(UTC)
    # An instant alone is a beginning, 7d, or for what is to come an end, +7d.
    alone = (span.start, span.end)
    if span.is_instant:
        alone = (now, _through(span)) if span.start > now else (span.start, None)  # type: ignore[assignment]
    ends: dict[str, tuple[datetime | None, datetime | None]] = {
        ">=": (span.start, None),
        ">": (_through(span), None),
        "<=": (None, _through(span)),
        "<": (None, span.start),
    }
    low, high = ends.get(value.operator, alone)
    return Between(row.stored, _ms(low), _ms(high))


def _span(text: str, context: Context) -> Span:
    try:
        return read_when(text, context.now, context.zone)
    except ValueError as error:
        message, _, hint = str(error).partition(". ")
        raise Refusal(message, hint) from error


def _through(span: Span) -> datetime:
    """The first moment that is after the span; an instant is one tick long."""
    return span.end + _TICK if span.is_instant else span.end


def read_length(row: Field, value: Value, context: Context) -> Atom:
    """So long ago or longer is before a moment: the bounds change sides, unless the row looks ahead."""

    def since(text: str) -> int:
        try:
            return to_ms(shift(context.now, text, context.zone, ahead=row.ahead))
        except ValueError as error:
            message, _, hint = str(error).partition(". ")
            raise Refusal(message, hint) from error

    if value.high is not None:
        at_least = since(value.low) if value.low else None
        at_most = since(value.high) if value.high else None
        if row.ahead:
            at_least, at_most = at_most, at_least
        if at_least is not None and at_most is not None and at_most > at_least:
            raise Refusal("this range ends before it begins", f"Write {value.high}..{value.low}.")
        return Between(row.stored, at_most, None if at_least is None else at_least + 1)
    moment = since(value.low)
    if value.operator in {"", "="}:
        hint = f"Write {row.key}:{value.low}.. for at least so long, {row.key}:..{value.low} for at most."
        raise Refusal(f"nothing is exactly {value.low} long", hint)
    ends: dict[str, tuple[int | None, int | None]] = {
        ">=": (None, moment + 1),
        ">": (None, moment),
        "<=": (moment, None),
        "<": (moment + 1, None),
    }
    turned = {">=": "<=", ">": "<", "<=": ">=", "<": ">"} if row.ahead else {}
    return Between(row.stored, *ends[turned.get(value.operator, value.operator)])


def to_ms(moment: datetime) -> int:
    """Milliseconds since 1970 in UTC: what columns of times hold."""
    return (moment - _EPOCH) // _TICK


def _ms(moment: datetime | None) -> int | None:
    return None if moment is None else to_ms(moment)
