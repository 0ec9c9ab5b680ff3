"""What a merge changes in the ticket that takes, besides what was said in the other; and taking that back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.desk.by_hand import hand_changes
from helpdesk_cli.desk.status import closed_word
from helpdesk_cli.mail.own import OwnAddresses
from helpdesk_cli.storage.front_matter import write_scalar
from helpdesk_cli.tickets import snooze
from helpdesk_cli.tickets.changes import FieldSet, change_list, field_value, set_field
from helpdesk_cli.tickets.entries import UNDOES, Message
from helpdesk_cli.tickets.inverse import invert
from helpdesk_cli.tickets.moves import said_in
from helpdesk_cli.tickets.person import Person
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Collection

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


@dataclass(frozen=True, slots=True)
class Reverted:
    """What takes events back: changes, facts that name those events; and in words what stays as it is."""

    changes: tuple[FieldChange, ...]
    facts: tuple[tuple[str, str], ...]
    kept: tuple[str, ...] = ()


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


def taken_back(desk: Desk, ticket: Ticket, ids: Collection[str]) -> Reverted:
    """What takes back what these events, by which something was merged or parted, changed in this ticket."""
    inverse = invert(ticket, ids, closed=closed_word(desk), by_hand=hand_changes(ticket))
    kept = tuple(f"{why}: it stays as it is" for why in inverse.refused)
    return Reverted(inverse.changes, tuple((UNDOES, each) for each in inverse.undone), kept)


def stands_again(desk: Desk, ticket: Ticket, ids: Collection[str]) -> Reverted:
    """What takes these events back in a ticket that was merged into another: it stands for itself then."""
    back = taken_back(desk, ticket, ids)
    state = {each.field: each.new for each in back.changes if isinstance(each, FieldSet)}
    status = state.get("status", ticket.status)
    if status == "merged":
        status = status_before(ticket)
    others = [each for each in back.changes if each.field not in {"status", "merged-into"}]
    changes = (*set_field(ticket, "status", status), *set_field(ticket, "merged-into", ""), *others)
    return Reverted(
        changes, back.facts, tuple(why for why in back.kept if not why.startswith("merged-into "))
    )


def mergings(ticket: Ticket) -> frozenset[str]:
    """The events by which the ticket was merged into another, since it last stood for itself."""
    found: list[str] = []
    for event in ticket.events:
        for change in event.changes:
            if isinstance(change, FieldSet) and change.field == "merged-into":
                if not change.new:
                    found.clear()
                else:
                    found.append(event.id)
    return frozenset(found)


def takings(ticket: Ticket, uid: str) -> frozenset[str]:
    """The events by which that ticket was taken in, since it was last given back."""
    found: list[str] = []
    for event in ticket.events:
        if tells_of(event, uid, UNMERGED):
            found.clear()
        if tells_of(event, uid, MERGED):
            found.append(event.id)
    return frozenset(found)


def tells_of(event: Event, uid: str, key: str) -> bool:
    """Whether the event's fact `key` names the ticket of that uid."""
    return any(fact.partition(" ")[0] == uid for fact in event.all_facts(key))


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
