"""What a merge changes in the ticket that takes, besides what was said in the other; and taking that back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.mail.own import OwnAddresses
from helpdesk_cli.storage.front_matter import write_scalar
from helpdesk_cli.tickets import snooze
from helpdesk_cli.tickets.changes import FieldSet, ListChanged, change_list, field_value, set_field
from helpdesk_cli.tickets.entries import Message
from helpdesk_cli.tickets.merge_fields import read_history
from helpdesk_cli.tickets.moves import said_in
from helpdesk_cli.tickets.person import Person

if TYPE_CHECKING:
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.tickets.changes import FieldChange
    from helpdesk_cli.tickets.entries import Event
    from helpdesk_cli.tickets.ticket import Ticket

MERGED, UNMERGED = (
    "merged",
    "unmerged",
)  # facts of events: `UID ID` of the ticket that was taken in, given back
# Of the front matter's 64 kB: the messages name everybody.
_ROOM_FOR_CC = 16_000
_FILLED = ("assignee", "team", "category", "type", "product")


def taken(desk: Desk, into: Ticket, ticket: Ticket) -> tuple[FieldChange, ...]:
    """The changes: people, tags, fields that were empty, and whether it needs us.

    People are in its Cc and take part; no answer goes to them unless who writes it says so (DECISIONS 24).
    """
    changes: list[FieldChange] = []
    for key in _FILLED:
        if not field_value(into, key):
            changes += set_field(into, key, field_value(ticket, key))
    changes += change_list(into, "tags", added=ticket.tags)
    changes += change_list(into, "cc", added=_people(desk, into, ticket))
    needs_us = _asks(ticket) if ticket.merged_into else desk.settings.status_kind(ticket.status) == "active"
    if needs_us:
        if desk.settings.status_kind(into.status) != "active":
            changes += set_field(into, "status", "open")
        if snooze.is_woken_by_mail(into):
            changes += snooze.wake(into)
    return tuple(changes)


def taken_back(ticket: Ticket, uid: str) -> tuple[tuple[FieldChange, ...], tuple[str, ...]]:
    """The inverse of what merging the ticket `uid` changed in this one; and what stays as it is, in words."""
    history = read_history(ticket.entries)
    changes: list[FieldChange] = []
    kept: list[str] = []
    for event in reversed(_merges_of(ticket, uid)):
        for change in event.changes:
            name = change.field
            if isinstance(change, ListChanged):
                mine = [item for item in change.added if _is_last(history.items.get((name, item)), event)]
                changes += change_list(ticket, name, removed=tuple(mine))
                kept += [f"{name} +{item} stays" for item in change.added if item not in mine]
            elif _is_last(history.scalars.get(name), event) and field_value(ticket, name) == change.new:
                changes += set_field(ticket, name, change.old)
            else:
                kept.append(f"{name} stays {field_value(ticket, name) or 'empty'}")
    return tuple(changes), tuple(kept)


def status_before(ticket: Ticket) -> str:
    """The status that a merged ticket had."""
    found = [
        change.old
        for event in ticket.events
        for change in event.changes
        if isinstance(change, FieldSet) and (change.field, change.new) == ("status", "merged")
    ]
    return next((status for status in reversed(found) if status not in {"", "merged"}), "open")


def _asks(ticket: Ticket) -> bool:
    """Whether a person's mail is in it: of a merged ticket, one that came since."""
    said = [entry for entry in said_in(ticket) if isinstance(entry, Message)]
    return any(each.direction == "in" and not each.automatic and not each.spam for each in said)


def _people(desk: Desk, into: Ticket, ticket: Ticket) -> tuple[str, ...]:
    """Who takes part in the one and not yet in the other, as far as the front matter has room."""
    own = OwnAddresses(desk.settings.own_addresses)
    known = {into.requester.key, *(person.key for person in into.cc)}
    room = _ROOM_FOR_CC - sum(len(write_scalar(str(person))) for person in into.cc)
    found: dict[str, str] = {}
    for person in (ticket.requester, *ticket.cc):
        plain = str(Person(person.name, person.email))
        if not person.email or person.key in known or own.has(person.email):
            continue
        room -= len(write_scalar(plain))
        if room > 0:
            found.setdefault(person.key, plain)
    return tuple(found.values())


def _merges_of(ticket: Ticket, uid: str) -> list[Event]:
    """The events by which that ticket was taken in, since it was last given back."""
    found: list[Event] = []
    for event in ticket.events:
        if any(fact.partition(" ")[0] == uid for fact in event.all_facts(UNMERGED)):
            found.clear()
        if any(fact.partition(" ")[0] == uid for fact in event.all_facts(MERGED)):
            found.append(event)
    return found


def _is_last(said: tuple[str, tuple[object, str]] | None, event: Event) -> bool:
    return said is not None and said[1][1] == event.id
