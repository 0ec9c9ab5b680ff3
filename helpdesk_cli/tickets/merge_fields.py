"""Which of two values a field has after a merge: the one set last, as the events tell it.

A value is *recorded* when the latest event that speaks of it set it, else a hand wrote it. Recorded
values need no common ancestor: the latest event of all decides, and so the order of merges does not
matter. The ancestor only tells whether a hand's value is news. A hand's value counts as set right after
the latest event that its side knows of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.tickets.changes import FieldSet, field_value, list_value
from helpdesk_cli.tickets.entries import Event
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from helpdesk_cli.tickets.entries import Entry
    from helpdesk_cli.tickets.ticket import Ticket

Stamp = tuple["datetime", str]  # when and by which event


@dataclass(frozen=True, slots=True)
class Held:
    """A value that a side holds. `stamp`: the latest event that speaks of it; None = there is none."""

    value: str
    stamp: Stamp | None
    by_hand: bool

    @property
    def rank(self) -> tuple[bool, Stamp | tuple[()], bool]:
        """What was set later ranks higher."""
        return (self.stamp is not None, self.stamp or (), self.by_hand)


@dataclass(frozen=True, slots=True)
class Overtaken:
    """A hand's value that another value won over, which no event tells of yet."""

    field: str
    value: str
    stamp: Stamp | None


@dataclass(frozen=True, slots=True)
class History:
    """What the events of a ticket say last: by field, and by field and item of a list ("+" or "-")."""

    scalars: dict[str, tuple[str, Stamp]]
    items: dict[tuple[str, str], tuple[str, Stamp]]


def read_history(entries: Iterable[Entry]) -> History:
    """The history of entries in order."""
    history = History({}, {})
    for entry in entries:
        if not isinstance(entry, Event):
            continue
        stamp = (entry.at, entry.id)
        for change in entry.changes:
            if isinstance(change, FieldSet):
                history.scalars[change.field] = (change.new, stamp)
                continue
            for item in change.removed:
                history.items[change.field, item] = ("", stamp)
            for item in change.added:
                history.items[change.field, item] = ("+", stamp)
    return history


@dataclass(frozen=True, slots=True)
class Side:
    """A ticket with its history."""

    ticket: Ticket
    history: History

    def scalar(self, key: str, base: Held | None) -> Held:
        """The field's value; without any event it is a hand's when it is not the base's."""
        return _held(field_value(self.ticket, key), self.history.scalars.get(key), base)

    def item(self, key: str, item: str, *, present: bool, base: Held | None) -> Held:
        """Whether the item is in the list: "+" or ""."""
        return _held("+" if present else "", self.history.items.get((key, item)), base)


def merge_scalar(key: str, base: Side | None, ours: Side, theirs: Side) -> tuple[str, tuple[Overtaken, ...]]:
    """The field's value, and the hand's value that lost."""
    before = base.scalar(key, None) if base else None
    one, other = ours.scalar(key, before), theirs.scalar(key, before)
    winner = _winner(before, one, other)
    loser = other if winner is one else one
    # Told also where both say the same: a third clone may win over both, and meet either of them first.
    is_news = loser.by_hand and loser != winner and not _is_unchanged(loser, before)
    lost = Overtaken(key, loser.value, loser.stamp)
    return winner.value, (lost,) if is_news else ()


def merge_list(key: str, base: Side | None, ours: Side, theirs: Side) -> tuple[str, ...]:
    """The list's items, each decided for itself; who has nothing to say against it keeps it."""
    first, second = (frozenset(list_value(side.ticket, key)) for side in (ours, theirs))
    before = frozenset(list_value(base.ticket, key)) if base else frozenset()
    kept = []
    for name in first | second:
        old = base.item(key, name, present=name in before, base=None) if base else None
        one = ours.item(key, name, present=name in first, base=old)
        other = theirs.item(key, name, present=name in second, base=old)
        if _winner(old, one, other, prefer_larger=True).value:
            kept.append(name)
    return tuple(sorted(kept))


def _held(value: str, latest: tuple[str, Stamp] | None, base: Held | None) -> Held:
    if latest is None:
        return Held(value, None, by_hand=base is not None and base.value != value)
    return Held(value, latest[1], by_hand=latest[0] != value)


def _is_unchanged(side: Held, base: Held | None) -> bool:
    return base is not None and (side.value, side.stamp) == (base.value, base.stamp)


def _winner(base: Held | None, ours: Held, theirs: Held, *, prefer_larger: bool = False) -> Held:
    if _is_unchanged(ours, base):
        return theirs
    if _is_unchanged(theirs, base):
        return ours
    if ours.rank != theirs.rank:
        return max(ours, theirs, key=lambda side: side.rank)
    choose = max if prefer_larger else min
    return choose(ours, theirs, key=lambda side: side.value)
