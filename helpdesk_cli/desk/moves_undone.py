"""Merges, splits and their inverses taken back: what `desk undo` leaves to those who made them.

Entries that were moved have other ids and stand in other tickets by now; so it is the events of an operation
that say what it moved, and the inverse is found anew. Fields are taken back as everywhere (tickets/inverse):
where a later change stands they stay, and what is taken back can be brought back.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from helpdesk_cli.desk.by_hand import hand_changes
from helpdesk_cli.desk.merge_effects import MERGED, UNMERGED, taken_back, tells_of
from helpdesk_cli.desk.merging import take_in, unmerge
from helpdesk_cli.desk.moving import Telling
from helpdesk_cli.desk.splitting import SPLIT, SPLIT_FROM, unsplit
from helpdesk_cli.errors import ConflictError, DeskError, TryAgainError
from helpdesk_cli.tickets.changes import FieldSet, apply_all, field_value
from helpdesk_cli.tickets.entries import UNDO_OF, Event
from helpdesk_cli.tickets.inverse import obstacle_to
from helpdesk_cli.tickets.snooze import wake
from helpdesk_cli.values import dataclass, field, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from helpdesk_cli.desk.record import Door
    from helpdesk_cli.tickets.entries import Entry
    from helpdesk_cli.tickets.ticket import Ticket

_INTO = "merged-into"


@dataclass(slots=True)
class Moves:
    """What an operation moved, by the uids of tickets, in the order in which it did; its `entries`."""

    op: str
    entries: Collection[str]
    merged: dict[str, None] = field(default_factory=dict)  # merged into others
    parted: dict[str, None] = field(default_factory=dict)  # taken out again
    split: dict[str, str] = field(default_factory=dict)  # split off: off which
    remarks: list[str] = field(default_factory=list)
    errors: list[tuple[str, DeskError]] = field(default_factory=list)

    def gather(self, ticket: Ticket, mine: Iterable[Entry]) -> bool:
        """Take up what the operation's entries in a ticket say was moved; whether any do."""
        found = False
        for event in (each for each in mine if isinstance(each, Event)):
            self.merged.update((uid, None) for uid in _uids(event, MERGED))
            self.parted.update((uid, None) for uid in _uids(event, UNMERGED))
            self.split.update((uid, ticket.uid) for uid in _uids(event, SPLIT))
            self.split.update((ticket.uid, uid) for uid in _uids(event, SPLIT_FROM))
            into = [each for each in event.changes if each.field == _INTO]
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
        for uid in reversed(self.parted):
            self._each(uid, partial(self._merge_again, door, uid))
        for uid, source in reversed(self.split.items()):
            self._each(uid, partial(self._put_back, door, uid, source))

    def _unmerge(self, door: Door, uid: str) -> None:
        held = door.hold(uid)
        self._check(held.ticket, _INTO)
        self.remarks += unmerge(door, held, of=self.entries, facts=self._facts)

    def _merge_again(self, door: Door, uid: str) -> None:
        """What was taken out goes where it was: that is as it was then, and takes in what is new besides."""
        source = door.hold(uid)
        ticket = source.ticket
        self._check(ticket, _INTO, "status")
        back = taken_back(door.desk, ticket, self.entries)
        into = field_value(apply_all(ticket, back.changes), _INTO)
        target = door.hold(into)
        if target.ticket.merged_into:
            raise _moved_on(target.ticket)
        again = taken_back(door.desk, target.ticket, self._about(target.ticket, UNMERGED, uid))
        self.remarks += [f"{into}: {text}" for text in again.kept]
        if again.changes:
            facts = ((MERGED, f"{ticket.uid} {ticket.id}"), *again.facts, *self._facts)
            summary = f"{into}: as it was when {ticket.id} was merged into it"
            target = door.change(target, again.changes, summary=summary, facts=facts)
        giving = Telling(f"{ticket.id}: merged into {into}", back.changes, (*back.facts, *self._facts))
        _, source = take_in(door, target, source, giving=giving)
        door.change(source, wake(source.ticket), summary=f"{ticket.id}: awake again")

    def _put_back(self, door: Door, uid: str, source: str) -> None:
        split_off, held = door.hold(uid), door.hold(source)
        if why := obstacle_to(split_off.ticket, self.entries, _INTO):
            raise ConflictError(f"{why}: it stays as it is", split_off.ticket.id)
        if held.ticket.merged_into:
            raise _moved_on(held.ticket)
        back = taken_back(door.desk, held.ticket, self._about(held.ticket, SPLIT, uid))
        self.remarks += [f"{held.ticket.id}: {text}" for text in back.kept]
        unsplit(door, split_off, held, back=replace(back, facts=(*back.facts, *self._facts)))

    @property
    def _facts(self) -> tuple[tuple[str, str], ...]:
        return ((UNDO_OF, self.op),)

    def _about(self, ticket: Ticket, key: str, uid: str) -> set[str]:
        """The operation's events in the ticket whose fact `key` names that one."""
        return {each.id for each in ticket.events if tells_of(each, uid, key)}.intersection(self.entries)

    def _check(self, ticket: Ticket, *names: str) -> None:
        """Raises ConflictError where something later says where the ticket is, or the operation never did."""
        own = (event for event in ticket.events if event.id in self.entries)
        if not any(change.field == _INTO for event in own for change in event.changes):
            raise ConflictError("nothing of this operation is left to undo", ticket.id)
        hand = hand_changes(ticket)
        for name in names:
            if why := obstacle_to(ticket, self.entries, name, by_hand=hand):
                raise ConflictError(f"{why}: it stays as it is", ticket.id)

    def _each(self, uid: str, act: Callable[[], object]) -> None:
        try:
            act()
        except TryAgainError:
            raise
        except DeskError as error:
            self.errors.append((uid, error))


def _moved_on(ticket: Ticket) -> ConflictError:
    return ConflictError(f"was merged into {ticket.merged_into} since: undo that first", ticket.id)


def _uids(event: Event, key: str) -> Iterator[str]:
    yield from (fact.partition(" ")[0] for fact in event.all_facts(key))
