"""A ticket's state and the values of its front matter: the one place where the two are told apart."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

from helpdesk_cli.errors import InvalidFileError
from helpdesk_cli.storage.front_matter import Nested
from helpdesk_cli.tickets.fields import BY_KEY, FIELDS
from helpdesk_cli.tickets.ids import is_id
from helpdesk_cli.tickets.person import Person
from helpdesk_cli.tickets.ticket import Ticket
from helpdesk_cli.tickets.times import read_time, write_time

if TYPE_CHECKING:
    from datetime import datetime

    from helpdesk_cli.storage.front_matter import FrontMatter, Value
    from helpdesk_cli.tickets.fields import Field

_TICKET_ID = re.compile(r"[A-Za-z][A-Za-z0-9]*-[1-9][0-9]{0,8}")


def read_ticket(front: FrontMatter, place: str) -> Ticket:
    """The ticket without its entries. Raises InvalidFileError with the line of the key."""
    other = dict(front.values)
    known: dict[str, object] = {}
    for field in FIELDS:
        if field.key in other:
            known[field.attribute] = _read_value(field, other.pop(field.key), _at(front, field.key, place))
    for key in ("id", "uid", "created"):
        if not known.get(BY_KEY[key].attribute):
            raise InvalidFileError(
                f'the front matter has no "{key}"', f"{place}:2", "`git log -p` shows what it was."
            )
    if not is_id(cast("str", known["uid"])):
        raise InvalidFileError(
            f'the uid "{known["uid"]}" is not sixteen letters and digits',
            _at(front, "uid", place),
            "It never changes: `git log -p` shows what it was.",
        )
    if not _TICKET_ID.fullmatch(cast("str", known["id"])):
        raise InvalidFileError(
            f'the id "{known["id"]}" does not look like TICKET-42',
            _at(front, "id", place),
            "It is the file's name without `.md`.",
        )
    return Ticket(other=tuple(other.items()), **known)  # type: ignore[arg-type] # the table says which type each has


def file_value(ticket: Ticket, field: Field) -> Value:
    """What the front matter writes for that field; "" or () when it writes nothing."""
    value = getattr(ticket, field.attribute)
    if field.shape in {"list", "people"}:
        return tuple(sorted({str(item) for item in value}))
    return write_time(value) if field.shape == "time" else str(value)


def changed_values(before: Ticket, after: Ticket) -> dict[str, Value]:
    """The front matter keys whose values differ, with their new values; "" and () for those that went."""
    changed = {
        field.key: file_value(after, field)
        for field in FIELDS
        if getattr(before, field.attribute) != getattr(after, field.attribute)
    }
    old, new = dict(before.other), dict(after.other)
    changed |= {key: value for key, value in new.items() if old.get(key) != value}
    return changed | {key: "" for key in old if key not in new}


def _read_value(field: Field, value: Value, place: str) -> object:
    if isinstance(value, Nested):
        raise InvalidFileError(
            f'"{field.key}" must be a word or a list of words', place, "Put it in double quotes."
        )
    if field.shape in {"list", "people"}:
        return _read_items(field, value)
    if isinstance(value, tuple):
        raise InvalidFileError(
            f'"{field.key}" must be one value, not a list', place, f"Write `{field.key}: value` on one line."
        )
    if field.shape == "person":
        return Person.read(value)
    return _read_moment(value, place) if field.shape == "time" else value


def _read_items(field: Field, value: Value) -> tuple[object, ...]:
    if isinstance(value, str):
        # A hand that wrote `tags: vip, urgent` meant two; a person's name has spaces.
        value = (value,) if field.shape == "people" else tuple(re.split(r"[\s,]+", value))
    items = sorted({item for item in value if item})
    return tuple(map(Person.read, items)) if field.shape == "people" else tuple(items)


def _read_moment(value: str, place: str) -> datetime:
    try:
        return read_time(value)
    except ValueError:
        raise InvalidFileError(
            f'"{value}" is not a time', place, "Write it as 2026-11-20T09:12:41Z."
        ) from None


def _at(front: FrontMatter, key: str, place: str) -> str:
    return f"{place}:{front.places[key].start + 2}"
