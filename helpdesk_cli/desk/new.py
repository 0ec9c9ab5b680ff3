"""`desk new`: a ticket, or a message on one, that did not come by mail: phone, chat, form, social."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from helpdesk_cli.desk.chance import draw_id
from helpdesk_cli.desk.changing import Decided, change_each
from helpdesk_cli.desk.fields import check_value
from helpdesk_cli.desk.filing import open_ticket
from helpdesk_cli.desk.note import clean_text
from helpdesk_cli.desk.record import open_door
from helpdesk_cli.desk.tag import check_tag
from helpdesk_cli.errors import UsageError
from helpdesk_cli.storage.settings import suggest
from helpdesk_cli.tickets.changes import EntryAdded, set_field
from helpdesk_cli.tickets.entries import Message, Segment
from helpdesk_cli.tickets.person import NOBODY, Person
from helpdesk_cli.tickets.times import next_time, read_time
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from helpdesk_cli.desk.actor import Actor
    from helpdesk_cli.desk.changing import Outcome
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.record import Door
    from helpdesk_cli.tickets.changes import Change
    from helpdesk_cli.tickets.ticket import Ticket

CHANNELS = ("phone", "chat", "form", "social", "sms", "api", "in-person", "email", "other")
_FIELDS = ("status", "priority", "category", "type", "product", "team", "assignee", "inbox")
_JSON_KEYS = frozenset({"subject", "text", "requester", "channel", "tags", "on", "at", *_FIELDS})


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody said and by which channel; `fields` are front matter keys with values as typed."""

    requester: Person = NOBODY
    subject: str = ""
    text: str = ""
    channel: str = "phone"
    tags: tuple[str, ...] = ()
    fields: tuple[tuple[str, str], ...] = ()
    at: datetime | None = None


def read_draft(given: Mapping[str, Any]) -> tuple[Draft, str]:
    """The draft in the object of `desk new --json -`, and the ticket it goes on ("" = a new one).

    `requester` is a text (`Ada <ada@example.org>`) or an object with name, email, phone, handle.
    Raises UsageError naming the key.
    """
    for key in given:
        if key not in _JSON_KEYS:
            raise UsageError(f'unknown key "{key}"', "--json", suggest(key, sorted(_JSON_KEYS)))
    tags = given.get("tags") or []
    if not isinstance(tags, list):
        raise UsageError('"tags" must be a list of words', "--json")
    fields = tuple((key, _text(given, key)) for key in _FIELDS if given.get(key))
    draft = Draft(
        _person(given.get("requester")),
        _text(given, "subject"),
        _text(given, "text"),
        channel=_text(given, "channel") or "api",
        tags=tuple(str(tag) for tag in tags),
        fields=fields,
        at=_moment(given),
    )
    return draft, _text(given, "on")


def new(desk: Desk, draft: Draft, *, actor: Actor, dry_run: bool = False) -> Ticket:
    """Open a ticket for what somebody said. Raises UsageError for an unknown value or an empty request."""
    channel = _channel(draft.channel)
    text = clean_text(draft.text)
    subject = " ".join(draft.subject.split()) or (text.split("\n", maxsplit=1)[0][:100])
    if not subject:
        raise UsageError("a ticket needs a subject or a text")
    state = {key: check_value(desk, key, value, actor=actor) for key, value in draft.fields}
    tags = tuple(map(check_tag, draft.tags))
    message_id, uid, event_id = draw_id("message"), draw_id("uid"), draw_id("event")

    def make(ticket_id: str) -> Ticket:
        message = _message(
            draft,
            message_id,
            by=actor.key,
            at=next_time(draft.at or desk.now, None),
            text=text,
            subject=subject,
        )
        inbox = next((inbox for inbox in desk.settings.inboxes if inbox.name == state.get("inbox")), None)
        return open_ticket(
            message if text or draft.requester != NOBODY else None,
            ticket_id=ticket_id,
            uid=uid,
            requester=draft.requester,
            event_id=event_id,
            by=actor.key,
            status=str(state.get("status") or ("open" if state.get("assignee") else "new")),
            tags=tags,
            channel=channel,
            inbox=inbox,
            settings=desk.settings,
            subject=subject,
            at=message.at,
            fields={key: str(value) for key, value in state.items() if key not in {"status", "inbox"}},
        )

    with open_door(desk, actor, dry_run=dry_run) as door:
        return door.create(make, summary=f"opened by {actor.key} ({channel})").ticket


def new_on(desk: Desk, word: str, draft: Draft, *, actor: Actor, dry_run: bool = False) -> Outcome:
    """Add what the requester said by another channel to a ticket; what waited for them is open again."""
    _channel(draft.channel)
    text = clean_text(draft.text)
    if not text:
        raise UsageError("a message needs a text")

    def decide(door: Door, ticket: Ticket) -> Decided:
        said = (
            draft
            if draft.requester != NOBODY
            else Draft(ticket.requester, draft.subject, draft.text, draft.channel)
        )
        message = _message(
            said,
            draw_id(ticket.uid, "message"),
            by=actor.key,
            at=door.next_at(ticket),
            text=text,
            subject=draft.subject,
        )
        changes: list[Change] = [EntryAdded(message)]
        if desk.settings.status_kind(ticket.status) != "active" and ticket.status not in {"spam", "merged"}:
            changes += set_field(ticket, "status", "open")
        return Decided(changes, f"message by {draft.channel}, entered by {actor.key}")

    return change_each(desk, [word], decide, actor=actor, dry_run=dry_run)


def _message(draft: Draft, entry_id: str, *, by: str, at: datetime, text: str, subject: str) -> Message:
    return Message(
        id=entry_id,
        at=at,
        from_=draft.requester,
        by=by,
        subject=subject,
        threaded_by="new",
        body=(Segment("text", text),) if text else (),
        other=(("channel", draft.channel),),
    )


def _channel(word: str) -> str:
    if word not in CHANNELS:
        raise UsageError(f'unknown channel "{word}"', "", suggest(word, list(CHANNELS)))
    return word


def _text(given: Mapping[str, Any], key: str) -> str:
    value = given.get(key)
    if value is None:
        return ""
    if not isinstance(value, (str, int)) or isinstance(value, bool):
        raise UsageError(f'"{key}" must be a text', "--json")
    return str(value)


def _person(value: object) -> Person:
    if isinstance(value, str):
        return Person.read(value)
    if value is None:
        return NOBODY
    if not isinstance(value, dict) or not set(value) <= {"name", "email", "phone", "handle"}:
        raise UsageError('"requester" must be a text or an object with name, email, phone, handle', "--json")
    return Person(**{key: str(part) for key, part in value.items() if part})


def _moment(given: Mapping[str, Any]) -> datetime | None:
    text = _text(given, "at")
    if not text:
        return None
    try:
        return read_time(text)
    except ValueError:
        raise UsageError(
            f'"at": "{text}" is not a time', "--json", "Write it as 2026-11-20T09:12:41Z."
        ) from None
