"""Answers to the question how it went: what a mail to a ticket that was asked about says.

Imported only when a mail comes to such a ticket. What is no answer beyond doubt is a message like any other.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from helpdesk_cli.desk.csat_memory import note_stop
from helpdesk_cli.errors import DeskError
from helpdesk_cli.mail.csat_token import STOP, find_signed
from helpdesk_cli.mail.quoting import new_text
from helpdesk_cli.mail.rating import asks_something, read_rating
from helpdesk_cli.storage.keys import read_key
from helpdesk_cli.tickets.changes import set_field
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from datetime import datetime

    from helpdesk_cli.desk.record import Door
    from helpdesk_cli.mail.received import Received
    from helpdesk_cli.storage.settings import Settings
    from helpdesk_cli.tickets.changes import FieldChange
    from helpdesk_cli.tickets.entries import Message
    from helpdesk_cli.tickets.ticket import Ticket


@dataclass(frozen=True, slots=True)
class Answer:
    """A rating (or "stop") by the person who was asked; whether what they add asks something of us."""

    rating: str
    address: str
    asks: bool = False


def take_answer(
    door: Door, ticket: Ticket, received: Received, *, otherwise: list[FieldChange]
) -> tuple[list[FieldChange], tuple[tuple[str, str], ...]] | None:
    """What the mail changes as an answer, with its facts; None when it is none. Remembers a "stop"."""
    desk = door.desk
    answer = read_answer(
        ticket, received, key=read_key(desk.layout).secret, now=desk.now, settings=desk.settings
    )
    if answer is None:
        return None
    if answer.rating == STOP and not door.dry_run:
        # The ticket says it as well, so that a full disk does not make us ask again.
        with suppress(DeskError, OSError):
            note_stop(desk, answer.address)
    return follow_answer(ticket, answer, received.entry_id, settings=desk.settings, otherwise=otherwise)


def read_answer(
    ticket: Ticket, received: Received, *, key: bytes, now: datetime, settings: Settings
) -> Answer | None:
    """What the mail answers to our question about this ticket; None when it is no answer."""
    asked = [each for each in ticket.messages if each.direction == "out" and each.automatic == "csat"]
    if not asked or received.kind.automatic or received.kind.spam:
        return None
    text = new_text(received.body)
    recipients = {person.key for message in asked for person in message.to}
    signed = find_signed(received.mail.subject, recipients, key)
    if signed is not None and signed[0].uid == ticket.uid:
        token, address = signed
        return Answer(token.rating, address, asks_something(text)) if token.is_valid_on(now.date()) else None
    sender = received.mail.from_[0].key if len(received.mail.from_) == 1 else ""
    question = _answered(asked, received)
    if question is None or sender not in {person.key for person in question.to}:
        return None
    if now - question.at > settings.csat.valid_for or (read := read_rating(text)) is None:
        return None
    return Answer(read[0], sender, asks_something(read[1]))


def follow_answer(
    ticket: Ticket,
    answer: Answer,
    entry_id: str,
    *,
    settings: Settings,
    otherwise: list[FieldChange],
) -> tuple[list[FieldChange], tuple[tuple[str, str], ...]]:
    """What an answer changes, and its facts; `otherwise`: what the mail would change if it were none.

    It reopens nothing, unless it asks something, or is bad and the settings say so. One value counts for
    each address, the last; the same again is no news.
    """
    told = [fact for event in ticket.events for fact in event.all_facts("csat")]
    theirs = [fact for fact in told if fact.endswith(f" {answer.address}")]
    said = f"{answer.rating} {answer.address}"
    facts = () if theirs and theirs[-1] == said else (("csat", said), ("csat-answer", entry_id))
    if answer.rating == "bad" and settings.csat.reopen_when_bad and facts:
        kind = settings.status_kind(ticket.status)
        return ([] if kind == "active" else set_field(ticket, "status", "open")), facts
    return (otherwise if answer.asks else []), facts


def _answered(asked: list[Message], received: Received) -> Message | None:
    """Our question, where the mail answers it and nothing later."""
    mail = received.mail
    nearest = mail.in_reply_to or (mail.references[-1] if mail.references else "")
    return next((message for message in asked if nearest and message.message_id == nearest), None)
