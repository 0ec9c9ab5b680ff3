"""A ticket as it was: its fields and entries at the time of one of its entries."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from helpdesk_cli.tickets.changes import FieldSet, ListChanged, apply_all
from helpdesk_cli.tickets.entries import Event
from helpdesk_cli.tickets.fields import LISTS, SCALARS
from helpdesk_cli.values import replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from helpdesk_cli.tickets.changes import FieldChange
    from helpdesk_cli.tickets.entries import Entry
    from helpdesk_cli.tickets.ticket import Ticket

# What was written with an entry is said to happen this soon behind it: milliseconds keep the order.
_WITH_IT = timedelta(seconds=1)


def moments(
    ticket: Ticket, wanted: Callable[[Entry], bool], *, later: Callable[[Event], bool]
) -> Iterator[tuple[Entry, Ticket]]:
    """Each wanted entry, the last first, with the ticket as it was when that had just been written.

    What was written together with it stands in the ticket as well: its events, less those that are `later`.
    A field is what the events say that it was; one of which no event speaks is as it is today.
    """
    entries = ticket.entries
    state = ticket
    undone = len(entries)
    for number in range(len(entries) - 1, -1, -1):
        if not wanted(entries[number]):
            continue
        end = _end(entries, number, later=later)
        # Events between two wanted entries are taken back once, for all that come before.
        state = apply_all(state, _inverse(entries[end:undone]))
        undone = min(undone, end)
        yield entries[number], replace(state, entries=entries[:end])


def _end(entries: tuple[Entry, ...], number: int, *, later: Callable[[Event], bool]) -> int:
    """Where the entries end that were written with the one of that number."""
    first = entries[number]
    end = number + 1
    for entry in entries[end:]:
        if not isinstance(entry, Event) or later(entry) or entry.at - first.at >= _WITH_IT:
            break
        end += 1
    return end


def _inverse(entries: tuple[Entry, ...]) -> list[FieldChange]:
    """What takes back the changes of these entries, the last first."""
    found: list[FieldChange] = []
    for entry in reversed(entries):
        for change in reversed(entry.changes) if isinstance(entry, Event) else ():
            if isinstance(change, FieldSet):
                if change.field in SCALARS:
                    found.append(FieldSet(change.field, change.new, change.old))
            elif change.field in LISTS:
                found.append(ListChanged(change.field, added=change.removed, removed=change.added))
    return found
