"""Merges, splits and their inverses taken back: what `desk undo` leaves to those who made them.

Entries that were moved have other ids and stand in other tickets by now; so it is the events of an operation
that say what it moved, and the inverse is found anew.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from helpdesk_cli.desk.merge_effects import MERGED, UNMERGED
from helpdesk_cli.desk.merging import take_in, unmerge
from helpdesk_cli.desk.splitting import SPLIT, SPLIT_FROM, unsplit
from helpdesk_cli.errors import DeskError, TryAgainError
from helpdesk_cli.tickets.changes import FieldSet
from helpdesk_cli.tickets.entries import Event
from helpdesk_cli.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from helpdesk_cli.desk.record import Door
    from helpdesk_cli.tickets.entries import Entry
    from helpdesk_cli.tickets.ticket import Ticket


@dataclass(slots=True)
class Moves:
    """What an operation moved, by the uids of tickets, in the order in which it did."""

    merged: dict[str, None] = field(default_factory=dict)  # merged into others
    parted: dict[str, str] = field(default_factory=dict)  # taken out: out of which
    split: dict[str, str] = field(default_factory=dict)  # split off: off which
    remarks: list[str] = field(default_factory=list)
    errors: list[tuple[str, DeskError]] = field(default_factory=list)

    def gather(self, ticket: Ticket, mine: Iterable[Entry]) -> bool:
        """Take up what the operation's entries in a ticket say was moved; whether any do."""
        found = False
        for event in (each for each in mine if isinstance(each, Event)):
            self.merged.update((uid, None) for uid in _uids(event, MERGED))
            self.parted.update((uid, ticket.uid) for uid in _uids(event, UNMERGED))
            self.split.update((uid, ticket.uid) for uid in _uids(event, SPLIT))
            self.split.update((ticket.uid, uid) for uid in _uids(event, SPLIT_FROM))
            into = [each for each in event.changes if each.field == "merged-into"]
            self.merged.update((ticket.uid, None) for each in into if isinstance(each, FieldSet) and each.new)
            keys = {key for key, _ in event.facts}
            found = found or bool(into) or not keys.isdisjoint({MERGED, UNMERGED, SPLIT, SPLIT_FROM})
        return found

    def __bool__(self) -> bool:
        """Whether anything was moved."""
        return bool(self.merged or self.parted or self.split)

    def take_back(self, door: Door) -> None:
        """Move everything to where it was, the last first; what cannot be is among the errors."""
        for uid in reversed(self.merged):
            self._each(uid, partial(self._unmerge, door, uid))
        for uid, holder in reversed(self.parted.items()):
            self._each(uid, partial(_merge_again, door, uid, holder))
        for uid, source in reversed(self.split.items()):
            self._each(uid, partial(_put_back, door, uid, source))

    def _unmerge(self, door: Door, uid: str) -> None:
        self.remarks += unmerge(door, door.hold(uid))

    def _each(self, uid: str, act: Callable[[], object]) -> None:
        try:
            act()
        except TryAgainError:
            raise
        except DeskError as error:
            self.errors.append((uid, error))


def _merge_again(door: Door, uid: str, holder: str) -> None:
    take_in(door, door.hold(holder), door.hold(uid))


def _put_back(door: Door, uid: str, source: str) -> None:
    unsplit(door, door.hold(uid), door.hold(source))


def _uids(event: Event, key: str) -> Iterator[str]:
    yield from (fact.partition(" ")[0] for fact in event.all_facts(key))
