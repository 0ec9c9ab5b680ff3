"""Who was given a ticket when: what whose turn it is follows from."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from helpdesk_cli.tickets.changes import FieldSet
from helpdesk_cli.tickets.entries import UNDOES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpdesk_cli.tickets.entries import Event
    from helpdesk_cli.tickets.ticket import Ticket

# Facts of an event: `WAY TEAM TIME` of a ticket that was given to somebody by desk itself (the team `-` for
# all), and `WAY TEAM` of one that nobody could take.
ROUTED, UNROUTED = "routed", "unrouted"
ASSIGNEE = "assignee"
NO_TEAM = "-"


def turns(ticket: Ticket) -> Iterator[tuple[str, str]]:
    """(agent, time) for each time that the ticket was given to somebody, the time as `turn_text` has it."""
    for event in ticket.events:
        for change in event.changes:
            if isinstance(change, FieldSet) and change.field == ASSIGNEE and change.new:
                yield change.new, _moment(event)


def turn_text(moment: datetime) -> str:
    """A time in UTC with milliseconds always, so that text has the order of time."""
    moment = moment.astimezone(UTC)
    text = moment.strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0")
    return f"{text}.{moment.microsecond // 1000:03d}Z"


def read_turn(text: str) -> datetime:
    """The moment. Raises ValueError."""
    return datetime.fromisoformat(text).astimezone(UTC)


def unrouted(ticket: Ticket) -> str:
    """`WAY TEAM` where it is nobody's because nobody could take it when it was last tried; else ""."""
    for event in reversed(ticket.events):
        if told := event.all_facts(UNROUTED):
            return told[-1]
        if any(isinstance(change, FieldSet) and change.field == ASSIGNEE for change in event.changes):
            return ""
    return ""


def given_back_by(ticket: Ticket) -> str:
    """Whose ticket it was before it became nobody's by somebody's word; "" where it was nobody's before."""
    for event in reversed(ticket.events):
        for change in event.changes:
            if isinstance(change, FieldSet) and change.field == ASSIGNEE:
                # What was taken back is as if it had never been given.
                is_wish = not (change.new or event.all_facts(UNROUTED) or event.all_facts(UNDOES))
                return change.old if is_wish else ""
    return ""


def _moment(event: Event) -> str:
    """When it was their turn: several are given out in one moment, and the fact says in which order."""
    for fact in event.all_facts(ROUTED):
        written = fact.rpartition(" ")[2]
        try:
            return turn_text(read_turn(written))
        except (ValueError, OverflowError):
            # A hand wrote it.
            continue
    return turn_text(event.at)
