"""The rows that a ticket has in the tables of storage/index_facts; made where a file is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from helpdesk_cli.query.amounts import to_ms
from helpdesk_cli.query.facts import facts_of
from helpdesk_cli.query.fields import TEXTS
from helpdesk_cli.query.schema import columns_of
from helpdesk_cli.sla.course import is_live, quiet_messages, role_of
from helpdesk_cli.storage.index_tables import storable
from helpdesk_cli.tickets.changes import FieldSet
from helpdesk_cli.tickets.deliveries import delivery_of
from helpdesk_cli.tickets.entries import Event, Message, Note, Tombstone

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpdesk_cli.storage.index_facts import FactRows
    from helpdesk_cli.tickets.entries import Entry
    from helpdesk_cli.tickets.ticket import Ticket

_COLUMNS = columns_of()


def fact_rows(path: str, ticket: Ticket, done: frozenset[str]) -> FactRows:
    """The rows of a ticket in each of these tables; `texts` and `trigrams` without the number they share."""
    facts = facts_of(ticket, path, done=done)
    texts = [facts.texts[name] for name in TEXTS]
    events = list(_event_rows(ticket))
    quiet = quiet_messages(ticket)
    told = [(path, n, *row) for n, row in enumerate(_told_rows(ticket))]
    return {
        "tickets": [(path, *(facts.scalars[column] for column in _COLUMNS))],
        "items": [(path, field, item) for field, items in facts.items.items() for item in items],
        "texts": [(path, *texts)],
        "entries": [_entry_row(path, n, ticket, entry, quiet) for n, entry in enumerate(ticket.entries)],
        "events": [(path, n, *row) for n, row in enumerate(events)],
        "event_facts": told,
    }


def _entry_row(path: str, place: int, ticket: Ticket, entry: Entry, quiet: frozenset[str]) -> tuple[Any, ...]:
    row: dict[str, Any] = {
        "by": "",
        "direction": "",
        "sender": "",
        "automatic": "",
        "bulk": "",
        "delivery": "",
    }
    files, covers, role, live = 0, "", "", 0
    match entry:
        case Message():
            row |= {"by": entry.by, "direction": entry.direction, "sender": entry.from_.key}
            row |= {"automatic": entry.automatic, "bulk": entry.bulk}
            if entry.direction == "out":
                row["delivery"] = delivery_of(ticket, entry).partition(" ")[0]
            files = len(entry.attachments)
            role, live = role_of(entry, row["delivery"], quiet), int(is_live(entry))
        case Note():
            row["by"], files = entry.by, len(entry.attachments)
        case Event():
            row["by"] = entry.by
        case Tombstone():
            row["by"], covers = entry.by, entry.covers
    return (
        path,
        place,
        entry.id,
        entry.kind,
        to_ms(entry.at),
        *map(storable, row.values()),
        files,
        storable(covers),
        role,
        live,
    )


def _event_rows(ticket: Ticket) -> Iterator[tuple[Any, ...]]:
    """(entry, at, by, what, field, old, new): a row a changed field or item, one of an event without any."""
    for event in ticket.events:
        head = (event.id, to_ms(event.at), storable(event.by), storable(event.what))
        rows: list[tuple[str, str, str]] = []
        for change in event.changes:
            if isinstance(change, FieldSet):
                rows.append((change.field, change.old, change.new))
            else:
                rows += [(change.field, "", item) for item in change.added]
                rows += [(change.field, item, "") for item in change.removed]
        for row in rows or [("", "", "")]:
            yield (*head, *map(storable, row))


def _told_rows(ticket: Ticket) -> Iterator[tuple[Any, ...]]:
    for event in ticket.events:
        for key, value in event.facts:
            yield (event.id, to_ms(event.at), storable(key), storable(value))
