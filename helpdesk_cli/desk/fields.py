"""`desk set`: any field of a ticket, checked against what desk.yaml declares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.desk.assign import find_assignee
from helpdesk_cli.desk.changing import Decided, Outcome, change_each
from helpdesk_cli.desk.status import check_stands
from helpdesk_cli.desk.tag import check_tag
from helpdesk_cli.errors import UsageError
from helpdesk_cli.storage.settings import find_word, suggest
from helpdesk_cli.tickets.changes import change_list, change_text, list_value, set_field
from helpdesk_cli.tickets.fields import BY_KEY, FIELDS
from helpdesk_cli.tickets.ids import read_number, ticket_id
from helpdesk_cli.tickets.person import Person

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from helpdesk_cli.desk.actor import Actor
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.record import Door
    from helpdesk_cli.tickets.changes import FieldChange
    from helpdesk_cli.tickets.ticket import Ticket

SETTABLE = tuple(field.key for field in FIELDS if field.tracked and field.key != "merged-into")
_NEVER_EMPTY = frozenset({"subject", "status", "priority"})


def set_fields(
    desk: Desk,
    words: Iterable[str],
    assignments: Sequence[tuple[str, str]],
    *,
    actor: Actor,
    dry_run: bool = False,
) -> Outcome:
    """Give fields new values; "" clears one. Lists (tags, cc, links) take `a,b`, or `+a,-b` to change.

    Raises UsageError for an unknown field or value, with the likely word.
    """
    checked = [(key, check_value(desk, key, value, actor=actor)) for key, value in assignments]

    def decide(_: Door, ticket: Ticket) -> Decided:
        changes: list[FieldChange] = []
        if any(key == "status" for key, _ in checked):
            check_stands(ticket)
        for key, value in checked:
            changes += _field_changes(ticket, key, value)
        words_ = [told(change) for change in changes]
        return Decided(changes, ", ".join(words_))

    return change_each(desk, words, decide, actor=actor, dry_run=dry_run)


def check_value(desk: Desk, key: str, value: str, *, actor: Actor | None) -> str | tuple[str, ...]:
    """The value as the file has it. Raises UsageError."""
    if key not in SETTABLE:
        known = f'"{key}" is not changed by `desk set`' if key in BY_KEY else f'unknown field "{key}"'
        raise UsageError(known, "", suggest(key, list(SETTABLE)))
    text = " ".join(value.split())
    if BY_KEY[key].shape in {"list", "people"}:
        return tuple(_check_item(desk, key, item) for item in text.split(",") if item.strip())
    if not text:
        if key in _NEVER_EMPTY:
            raise UsageError(f"a ticket always has a {key}")
        return ""
    if key == "assignee":
        return find_assignee(desk, text, actor=actor)
    if key == "requester":
        return str(_check_person(text))
    if key == "status" and text.casefold() == "merged":
        raise UsageError('"merged" is no status to set by hand')
    return find_word(desk.settings, key, text)


def _check_person(text: str) -> Person:
    person = Person.read(text)
    if not (person.email or person.phone or person.handle):
        raise UsageError(
            f'"{text}" names nobody who can be reached', "", "Write `Ada Lovelace <ada@example.org>`."
        )
    return person


def _check_item(desk: Desk, key: str, item: str) -> str:
    sign = item.strip()[:1] if item.strip()[:1] in "+-" else ""
    word = item.strip().removeprefix(sign)
    if key == "tags":
        return sign + check_tag(word)
    if key == "cc":
        return sign + str(_check_person(word))
    number = read_number(word, desk.settings.prefix)
    if number is None:
        raise UsageError(f'"{word}" names no ticket', "", "A link is a ticket's number.")
    return sign + ticket_id(desk.settings.prefix, number)


def _field_changes(ticket: Ticket, key: str, value: str | tuple[str, ...]) -> list[FieldChange]:
    if isinstance(value, str):
        return set_field(ticket, key, value)
    added = tuple(item.lstrip("+") for item in value if not item.startswith("-"))
    removed = tuple(item[1:] for item in value if item.startswith("-"))
    if not any(item[:1] in "+-" for item in value):
        removed = tuple(set(list_value(ticket, key)) - set(added))
    return change_list(ticket, key, added=added, removed=removed)


def told(change: FieldChange) -> str:
    """The change in words, without the customer's own: no commit message carries those."""
    if change.field in {"subject", "requester", "cc"}:
        return f"{change.field} changed"
    return change_text(change)
