"""A ticket at rest until a time: it keeps its status, needs nobody, wakes by itself or when mail comes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from helpdesk_cli.tickets.changes import set_field
from helpdesk_cli.tickets.times import read_time, write_time

if TYPE_CHECKING:
    from helpdesk_cli.tickets.changes import FieldChange
    from helpdesk_cli.tickets.ticket import Ticket

KEEP = "keep"
# An event's fact that a ticket is awake again: `due` (its time came) or `mail`. Who wakes it by hand
# needs no such fact.
WOKE = "woke"
# What a hand wrote and nobody can read does not keep a ticket out of sight.
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def until_of(ticket: Ticket) -> datetime | None:
    """Until when the ticket is snoozed; None when it is not. A time that cannot be read is long past."""
    return read_until(ticket.snoozed_until)


def read_until(text: str) -> datetime | None:
    """The value of `snoozed-until`; None for none."""
    if not text:
        return None
    try:
        return read_time(text)
    except ValueError:
        return _LONG_AGO


def is_asleep(ticket: Ticket, now: datetime) -> bool:
    """Whether the ticket needs nobody now."""
    until = until_of(ticket)
    return until is not None and until > now


def put_to_sleep(ticket: Ticket, until: datetime, *, keep: bool) -> list[FieldChange]:
    """The changes that let the ticket rest until then; `keep`: also when mail comes."""
    return [
        *set_field(ticket, "snoozed-until", write_time(until)),
        *set_field(ticket, "snooze-on-reply", KEEP if keep else ""),
    ]


def wake(ticket: Ticket) -> list[FieldChange]:
    """The changes that end the ticket's rest; [] when it is awake."""
    return [*set_field(ticket, "snoozed-until", ""), *set_field(ticket, "snooze-on-reply", "")]


def is_woken_by_mail(ticket: Ticket) -> bool:
    """Whether a person's mail ends the ticket's rest."""
    return bool(ticket.snoozed_until) and ticket.snooze_on_reply != KEEP
