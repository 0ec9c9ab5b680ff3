"""What takes changes of fields back: the value that a field would have had they not been.

An event that undoes others names them (`undoes`), field by field: where it changed a field, what they said of
it counts no more. Undone itself, they count again. So a state is what the last event says that stands, and
undoing everything in any order that nothing forbids leads back to the beginning. A list is as many fields as
it ever had items.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.tickets.changes import (
    FieldSet,
    ListChanged,
    change_list,
    field_value,
    list_value,
    set_field,
)
from helpdesk_cli.tickets.entries import OPENED, UNDOES, undone_by
from helpdesk_cli.tickets.fields import LISTS, SCALARS
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from helpdesk_cli.tickets.changes import FieldChange
    from helpdesk_cli.tickets.entries import Event
    from helpdesk_cli.tickets.ticket import Ticket

# In place of what was before a ticket was opened.
_WITHOUT = frozenset({"subject", "status", "priority"})
# A field, or an item of a list.
_Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Inverse:
    """The changes that take events back, which of them they take back, and in words what stays as it is."""

    changes: tuple[FieldChange, ...] = ()
    undone: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Said:
    """What an event says of a key: before and after; an item is "+" while it is in its list."""

    event: Event
    old: str
    new: str


def invert(ticket: Ticket, ids: Collection[str], *, closed: str, by_hand: Iterable[FieldChange]) -> Inverse:
    """What takes the ticket's events of these ids back, a field at a time; where a later change stands, not.

    `closed` is the status of a ticket that was never opened; `by_hand` what no event tells of yet.
    """
    stories = _stories(ticket)
    hand = {key for change in by_hand for key in _keys(change)}
    scalars: list[FieldChange] = []
    added: dict[str, list[str]] = {}
    removed: dict[str, list[str]] = {}
    undone: dict[str, None] = {}
    refused: list[str] = []
    for key, story in stories.items():
        mine = [said for said in story if said.event.id in ids and _counts(said.event, key)]
        if not mine:
            continue
        why = _obstacle(key, story, ids, by_hand=key in hand)
        if why:
            refused.append(why)
            continue
        value = _state(story, ids)
        if value == _value(ticket, key) or (value == "" and key[0] in _WITHOUT - {"status"}):
            continue
        field, item = key
        if item:
            (added if value else removed).setdefault(field, []).append(item)
        else:
            scalars += set_field(ticket, field, value or (closed if field == "status" else ""))
        undone.update((said.event.id, None) for said in mine)
    lists = [
        change
        for field in LISTS
        for change in change_list(
            ticket, field, added=tuple(added.get(field, ())), removed=tuple(removed.get(field, ()))
        )
    ]
    return Inverse((*scalars, *lists), tuple(undone), tuple(refused))


def obstacle_to(
    ticket: Ticket, ids: Collection[str], name: str, *, by_hand: Iterable[FieldChange] = ()
) -> str:
    """Why what these events said of a field cannot be taken back, in words; "" where nothing is in the way.

    Where none of them said anything of it: what others said that still counts.
    """
    is_by_hand = any(change.field == name for change in by_hand)
    return _obstacle((name, ""), _stories(ticket).get((name, ""), ()), ids, by_hand=is_by_hand)


def _counts(event: Event, key: _Key) -> bool:
    """Of the event that opened a ticket only the status is taken back: what it is about stays to be read."""
    return event.what != OPENED or key == ("status", "")


def _stories(ticket: Ticket) -> dict[_Key, list[_Said]]:
    """What the events say, in order, by field and item."""
    found: dict[_Key, list[_Said]] = {}
    for event in ticket.events:
        for change in event.changes:
            if isinstance(change, FieldSet):
                if change.field in SCALARS:
                    found.setdefault((change.field, ""), []).append(_Said(event, change.old, change.new))
            elif change.field in LISTS:
                for item in change.added:
                    found.setdefault((change.field, item), []).append(_Said(event, "", "+"))
                for item in change.removed:
                    found.setdefault((change.field, item), []).append(_Said(event, "+", ""))
    return found


def _keys(change: FieldChange) -> list[_Key]:
    if isinstance(change, ListChanged):
        return [(change.field, item) for item in (*change.added, *change.removed)]
    return [(change.field, "")]


def _standing(story: Sequence[_Said], without: Collection[str]) -> list[_Said]:
    """What still counts, in order: neither undone nor of those left out, and no undoing itself."""
    told = [(said, said.event.all_facts(UNDOES)) for said in story]
    gone = undone_by(((said.event.id, undoes) for said, undoes in reversed(told)), without)
    return [said for said, undoes in told if not undoes and said.event.id not in gone]


def _value(ticket: Ticket, key: _Key) -> str:
    field, item = key
    if item:
        return "+" if item in list_value(ticket, field) else ""
    return field_value(ticket, field)


def _state(story: Sequence[_Said], without: Collection[str]) -> str:
    standing = _standing(story, without)
    return standing[-1].new if standing else story[0].old


def _obstacle(key: _Key, story: Sequence[_Said], ids: Collection[str], *, by_hand: bool) -> str:
    """Why the key stays as it is, in words; "" where nothing is in the way."""
    field, item = key
    name = f"{field} {item}" if item else field
    if by_hand:
        return f"{name} was changed by hand since"
    gone: set[str] = set()
    for said in reversed(story):
        if said.event.id in gone:
            continue
        if said.event.id in ids:
            return ""
        if undone := said.event.all_facts(UNDOES):
            if not set(ids).isdisjoint(undone):
                return f"{name} was put back by {said.event.by} already"
            gone.update(undone)
            continue
        return f"{name} {_told(said, item)} by {said.event.by} since"
    return ""


def _told(said: _Said, item: str) -> str:
    if item:
        return "was added" if said.new else "was removed"
    return f"was set to {said.new}" if said.new else "was cleared"
