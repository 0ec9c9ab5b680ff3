"""Two versions of a ticket made one: commutative, associative, idempotent, total; loses no entry.

Entries are a union by id, less what a tombstone on either side stands for. What an entry, a field or a
list is when both sides have it and differ follows from the events alone wherever the desk wrote it
(`merge_fields`), so that clones that meet in any order agree. The ancestor decides about what hands
wrote. Only what hands wrote on both sides can conflict.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, TypeVar

from helpdesk_cli.errors import ConflictError
from helpdesk_cli.tickets.changes import without_covered
from helpdesk_cli.tickets.entries import Event, Message, Tombstone, sort_key
from helpdesk_cli.tickets.fields import BY_KEY, LISTS, SCALARS
from helpdesk_cli.tickets.ids import write_id
from helpdesk_cli.tickets.merge_fields import Side, merge_list, merge_scalar, read_history
from helpdesk_cli.tickets.person import Person
from helpdesk_cli.tickets.renumber import with_id
from helpdesk_cli.tickets.ticket import Ticket
from helpdesk_cli.tickets.times import write_time
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from helpdesk_cli.tickets.entries import Entry
    from helpdesk_cli.tickets.merge_fields import Overtaken

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Merged:
    """The merged ticket, and what hands wrote differently on both sides, named for a person.

    The ticket holds one of the two texts of each conflict, the same one whichever side is "ours".
    """

    ticket: Ticket
    conflicts: tuple[str, ...] = ()


def merge(base: Ticket | None, ours: Ticket, theirs: Ticket) -> Merged:
    """Both tickets in one. `base`: what both come from; None when there is no such version.

    Raises ConflictError when they are different tickets (by uid), which nothing may blend.
    """
    if ours.uid != theirs.uid:
        raise ConflictError(
            f"{ours.id} ({ours.uid}) and {theirs.id} ({theirs.uid}) are different tickets",
            hint="`desk fsck --repair` gives one of them another number.",
        )
    if base is not None and base.uid != ours.uid:
        base = None
    ticket_id = _merged_id(ours, theirs)
    base = with_id(base, ticket_id) if base else None
    ours, theirs = with_id(ours, ticket_id), with_id(theirs, ticket_id)
    conflicts: list[str] = []
    entries = _merge_entries(base, ours, theirs, conflicts)
    gone = {entry.covers for entry in entries if isinstance(entry, Tombstone)}
    sides = [_side(version, gone) for version in (ours, theirs)]
    before = _side(base, gone) if base else None
    fields: dict[str, object] = {key: merge_list(key, before, *sides) for key in LISTS}
    overtaken: list[Overtaken] = []
    for key in SCALARS:
        fields[key], lost = merge_scalar(key, before, *sides)
        overtaken += lost
    known = {entry.id for entry in entries}
    told = [event for event in (_told(ours, lost) for lost in overtaken) if event.id not in known]
    ticket = Ticket(
        ticket_id,
        ours.uid,
        min(ours.created_at, theirs.created_at),
        formerly=tuple(sorted({*ours.formerly, *theirs.formerly} - {ticket_id})),
        other=_merge_other(base, ours, theirs, conflicts),
        entries=without_covered([*entries, *told]),
        **{BY_KEY[key].attribute: _from_file(key, value) for key, value in fields.items()},  # type: ignore[arg-type] # the table says which type each has
    )
    return Merged(ticket, tuple(conflicts))


def three_way(base: T, ours: T, theirs: T) -> T | None:
    """What is clear from the three: the side that changed; None when both did and differ."""
    if ours in (theirs, base):
        return theirs
    return ours if theirs == base else None


def _merge_entries(base: Ticket | None, ours: Ticket, theirs: Ticket, conflicts: list[str]) -> list[Entry]:
    before = {entry.id: entry for entry in base.entries} if base else {}
    merged = {entry.id: entry for entry in ours.entries}
    for entry in theirs.entries:
        other = merged.setdefault(entry.id, entry)
        if other == entry:
            continue
        clear = three_way(before.get(entry.id), other, entry)
        merged[entry.id] = clear or min(other, entry, key=_preference)
        if clear is None and entry.id in before and not _are_takes(before[entry.id], other, entry):
            conflicts.append(f"the {entry.kind} {entry.id}, edited by hand on both sides")
    return list(merged.values())


def _are_takes(*versions: Entry) -> bool:
    """Whether no hand made them differ: clones took in one mail, or removed one entry, each at its time."""
    if all(isinstance(version, Tombstone) for version in versions):
        return True
    bodies = {version.body for version in versions if isinstance(version, Message)}
    return len(bodies) == 1 and all(isinstance(version, Message) for version in versions)


def _preference(entry: Entry) -> tuple[object, ...]:
    """Of two takes of one entry (two clones took in the same mail) the earlier, then the smaller text."""
    return (*sort_key(entry), repr(entry))


def _side(ticket: Ticket, gone: set[str]) -> Side:
    return Side(ticket, read_history(entry for entry in ticket.entries if entry.id not in gone))


def _merged_id(ours: Ticket, theirs: Ticket) -> str:
    """Not one that a side has given up, if there is a choice; then the smaller number."""
    given_up = {*ours.formerly, *theirs.formerly}
    return min(ours, theirs, key=lambda side: (side.id in given_up, side.number, side.id)).id


def _merge_other(
    base: Ticket | None, ours: Ticket, theirs: Ticket, conflicts: list[str]
) -> tuple[tuple[str, str | tuple[str, ...]], ...]:
    """The keys that are not the desk's, by name."""
    before, one, other = (dict(version.other) if version else {} for version in (base, ours, theirs))
    merged = {}
    for key in sorted(one.keys() | other.keys()):
        values = (before.get(key, ()), one.get(key, ()), other.get(key, ()))
        clear = three_way(*values)
        if clear is None:
            conflicts.append(f'the key "{key}"')
            clear = min(value for value in values[1:] if value) if all(values[1:]) else values[1] or values[2]
        merged[key] = clear
    return tuple((key, value) for key, value in merged.items() if value)


def _told(ticket: Ticket, lost: Overtaken) -> Event:
    """The event that keeps what a hand wrote and another value won over; the same in every clone."""
    at = lost.stamp[0] if lost.stamp else ticket.created_at
    content = "\0".join(("overtaken", ticket.uid, lost.field, lost.value, write_time(at)))
    event_id = write_id(sha256(content.encode("utf-8", "surrogatepass")).digest())
    return Event(event_id, at, "merge", "by hand, overtaken", facts=((lost.field, lost.value),))


def _from_file(key: str, value: object) -> object:
    shape = BY_KEY[key].shape
    if shape == "person":
        return Person.read(str(value))
    if shape == "people" and isinstance(value, tuple):
        return tuple(map(Person.read, value))
    return value
