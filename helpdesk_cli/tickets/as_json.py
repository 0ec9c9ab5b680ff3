"""A ticket as `desk show --json` gives it: schema desk/1, stable, everything in it read from the file.

Names are snake_case, times RFC 3339 in UTC, what is not set is null or []. Fields are only ever added.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from helpdesk_cli.tickets.changes import FieldSet
from helpdesk_cli.tickets.deliveries import deliveries
from helpdesk_cli.tickets.entries import Event, Message, Note, Tombstone
from helpdesk_cli.tickets.fields import BY_KEY
from helpdesk_cli.tickets.links import linked_ids, links_of
from helpdesk_cli.tickets.snooze import until_of
from helpdesk_cli.tickets.times import write_time

if TYPE_CHECKING:
    from collections.abc import Iterable

    from helpdesk_cli.tickets.changes import FieldChange
    from helpdesk_cli.tickets.entries import Attachment, Entry
    from helpdesk_cli.tickets.person import Person
    from helpdesk_cli.tickets.ticket import Ticket

SCHEMA = "desk/1"

Json = dict[str, Any]


def ticket_json(ticket: Ticket, *, path: str) -> Json:
    """The ticket with its whole timeline; `path` is the file's, from the desk's root."""
    told = deliveries(ticket)
    numbers = {entry.id: f"{ticket.number}.{number}" for number, entry in ticket.numbered}
    return {
        "id": ticket.id,
        "uid": ticket.uid,
        "subject": ticket.subject,
        "status": ticket.status,
        "priority": _or_null(ticket.priority),
        "category": _or_null(ticket.category),
        "type": _or_null(ticket.type),
        "product": _or_null(ticket.product),
        "team": _or_null(ticket.team),
        "inbox": _or_null(ticket.inbox),
        "channel": _or_null(ticket.channel),
        "requester": person_json(ticket.requester, whole=True),
        "cc": [person_json(person) for person in ticket.cc],
        "assignee": _or_null(ticket.assignee),
        "tags": list(ticket.tags),
        "created_at": write_time(ticket.created_at),
        "merged_into": _or_null(ticket.merged_into),
        "formerly": list(ticket.formerly),
        "links": sorted(linked_ids(ticket)),
        "linked": [{"kind": link.kind, "id": link.ticket} for link in links_of(ticket)],
        "snoozed_until": write_time(until) if (until := until_of(ticket)) else None,
        "snooze_on_reply": _or_null(ticket.snooze_on_reply),
        "path": path,
        "timeline": [
            entry_json(entry, number=numbers.get(entry.id), delivery=told.get(entry.id))
            for entry in ticket.entries
        ],
    }


def show_json(ticket: Ticket, *, path: str) -> Json:
    """The envelope that `desk show --json` prints."""
    return {"schema": SCHEMA, "kind": "ticket", "ticket": ticket_json(ticket, path=path)}


def person_json(person: Person, *, whole: bool = False) -> Json:
    """Name and address; with `whole` phone and handle too."""
    found: Json = {"name": _or_null(person.name), "email": _or_null(person.email)}
    if whole:
        found |= {"phone": _or_null(person.phone), "handle": _or_null(person.handle)}
    return found


def entry_json(entry: Entry, *, number: str | None = None, delivery: str | None = None) -> Json:
    """One item of the timeline; `number` is 42.3, `delivery` what events told of it last."""
    if isinstance(entry, Message):
        return _message_json(entry, number=number, delivery=delivery or entry.delivery)
    if isinstance(entry, Note):
        return {
            "kind": "note",
            "id": entry.id,
            "by": entry.by,
            "at": write_time(entry.at),
            "text": entry.text,
            "mentions": dict(entry.other).get("mentions", "").split(),
            "attachments": _attachments_json(entry.attachments),
        }
    if isinstance(entry, Event):
        return {
            "kind": "event",
            "id": entry.id,
            "by": entry.by,
            "at": write_time(entry.at),
            "what": _or_null(entry.what),
            "changes": [change_json(change) for change in entry.changes],
            "facts": [{"key": key, "value": value} for key, value in entry.facts],
        }
    if isinstance(entry, Tombstone):
        return {
            "kind": "tombstone",
            "id": entry.id,
            "number": number,
            "by": entry.by,
            "at": write_time(entry.at),
            "covers": entry.covers,
            "reason": _or_null(entry.reason),
            "removed_at": write_time(entry.removed_at) if entry.removed_at else None,
            "message_id": _or_null(entry.message_id),
            "moved_to": _or_null(dict(entry.facts).get("moved-to", "")),
            "redacted": _or_null(dict(entry.facts).get("redacted", "")),
        }
    return {"kind": entry.kind, "id": entry.id, "at": write_time(entry.at)}


def change_json(change: FieldChange) -> Json:
    """One change of a field: old and new, or for a list what was added and removed."""
    name = BY_KEY[change.field].json if change.field in BY_KEY else change.field
    if isinstance(change, FieldSet):
        return {"field": name, "old": _or_null(change.old), "new": _or_null(change.new)}
    return {"field": name, "added": list(change.added), "removed": list(change.removed)}


def _message_json(entry: Message, *, number: str | None, delivery: str) -> Json:
    return {
        "kind": "message",
        "id": entry.id,
        "number": number,
        "at": write_time(entry.at),
        "direction": entry.direction,
        "by": _or_null(entry.by),
        "from": person_json(entry.from_),
        "to": [person_json(person) for person in entry.to],
        "cc": [person_json(person) for person in entry.cc],
        "reply_to": [person_json(person) for person in entry.reply_to],
        "subject": entry.subject,
        "date": write_time(entry.date) if entry.date else None,
        "message_id": _or_null(entry.message_id),
        "in_reply_to": _or_null(entry.in_reply_to),
        "references": list(entry.references),
        "threaded_by": _or_null(entry.threaded_by),
        "inbox": _or_null(entry.inbox),
        "text": entry.text,
        "new_text": entry.new_text,
        "automatic": _or_null(entry.automatic),
        "bulk": _or_null(entry.bulk),
        "spam": entry.spam,
        "answerable": _or_null(entry.answerable),
        "authenticated": entry.authenticated,
        "failed_recipients": list(entry.failed_recipients),
        "delivery": _or_null(delivery),
        "outbox": _or_null(entry.outbox),
        "flags": list(entry.flags),
        "headers": [{"name": name, "value": value} for name, value in entry.headers],
        "raw": f"sha256:{entry.raw}" if entry.raw else None,
        "suggested_requester": _or_null(dict(entry.other).get("suggested-requester", "")),
        "forwards": _or_null(dict(entry.other).get("forward", "")),
        "moved_from": _or_null(dict(entry.other).get("moved-from", "")),
        "attachments": _attachments_json(entry.attachments),
    }


def _attachments_json(attachments: Iterable[Attachment]) -> list[Json]:
    return [
        {
            "filename": file.filename,
            "original_name": _or_null(file.original_name),
            "content_type": file.content_type,
            "size": file.size,
            "sha256": file.sha256,
            "path": _or_null(file.path),
        }
        for file in attachments
    ]


def _or_null(text: str) -> str | None:
    return text or None
