"""What is known of a ticket when it is asked for: the one source for memory, for SQL and for the index."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from helpdesk_cli.query.amounts import to_ms
from helpdesk_cli.query.fields import FIELDS, TEXTS, stores
from helpdesk_cli.query.folding import BETWEEN, fold, fold_all
from helpdesk_cli.query.kinds import NAMES
from helpdesk_cli.query.story import DONE, tell
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from helpdesk_cli.query.fields import Field
    from helpdesk_cli.query.story import Story
    from helpdesk_cli.tickets.person import Person
    from helpdesk_cli.tickets.ticket import Ticket


@dataclass(frozen=True, slots=True)
class Facts:
    """A ticket, flat. Everything is folded (query/folding): it is for finding, not for showing.

    `scalars`: column to text ("" = not set), number or time in milliseconds since 1970 (None = none).
    `items`: field to its items, sorted, each once; fields without any are left out. `texts`: subject, body,
    new_text, notes; messages in one text are parted by a line end, and there is none else in it.
    """

    path: str
    scalars: Mapping[str, str | int | None]
    items: Mapping[str, tuple[str, ...]]
    texts: Mapping[str, str]


def facts_of(
    ticket: Ticket,
    path: str,
    *,
    fields: tuple[Field, ...] = FIELDS,
    done: frozenset[str] = DONE,
    extra: Mapping[str, Any] | None = None,
) -> Facts:
    """The facts of a ticket whose file is `path`.

    `done`: the folded spellings of the statuses that are done; an index must be rebuilt when they change.
    `extra`: what rows of higher floors read, `story.extra`.
    """
    story = tell(ticket, done=done, extra=extra)
    scalars: dict[str, str | int | None] = {}
    items: dict[str, tuple[str, ...]] = {}
    texts = dict.fromkeys(TEXTS, "")
    for row, place, stored, read in _OWN if fields is FIELDS else _stored(fields):
        value = read(story)
        if place == "text":
            texts[row.texts[0]] = fold(value) if isinstance(value, str) else _joined(value)
        elif place == "items":
            # Most fields of most tickets have none.
            items |= _items(row, stored, value) if value else {}
        elif row.kind == "time":
            scalars[stored] = None if value is None else to_ms(value)
        else:
            scalars[stored] = fold(value) if isinstance(value, str) else value
    return Facts(path, scalars, items, texts)


def _stored(fields: tuple[Field, ...]) -> tuple[tuple[Field, str, str, Callable[[Story], Any]], ...]:
    """(row, where its fact goes, under which name, what reads it) of those that have a fact of their own."""
    return tuple(
        (row, place, row.stored, row.read)
        for row in fields
        if (place := stores(row)) and row.read is not None
    )


_OWN = _stored(FIELDS)


def _joined(messages: Iterable[Iterable[str]]) -> str:
    """Folded piece by piece, so that what is found in a piece is found in the whole, too."""
    return BETWEEN.join(filter(None, map(_joined_pieces, messages)))


def _joined_pieces(pieces: Iterable[str]) -> str:
    folded = [text for piece in pieces if (text := fold(piece))]
    text = " ".join(folded)
    # Where two pieces meet, only what is no ASCII can become another letter.
    return text if len(folded) < 2 or text.isascii() else fold(text)  # noqa: PLR2004 - two pieces


def _items(row: Field, stored: str, value: Iterable[Any]) -> dict[str, tuple[str, ...]]:
    if row.kind == "person":
        people: list[Person] = list(value)
        found = {
            stored: fold_all(tuple(person.email for person in people)),
            stored + NAMES: fold_all(
                tuple(text for person in people for text in (person.name, person.phone, person.handle))
            ),
        }
    elif row.kind == "tickets":
        found = {stored: tuple(sorted({_number(text) for text in value if _number(text)}))}
    else:
        found = {stored: fold_all(tuple(value))}
    return {name: items for name, items in found.items() if items}


def _number(text: str) -> str:
    """42 of TICKET-42, whatever the prefix is today; "" where no number ends it."""
    digits = text.rpartition("-")[2].strip().lstrip("0")
    return digits if digits.isascii() and digits.isdigit() else ""
