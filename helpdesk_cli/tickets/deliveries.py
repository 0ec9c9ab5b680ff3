"""What became of the messages that went out, as the ticket's own events tell it.

An event's fact `delivery` is `ENTRY STATE DETAILS`; the latest of an entry counts. `queued INSTANCE` says
that the outbox of that name has taken the mail over from who wrote it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from helpdesk_cli.tickets.entries import Message
    from helpdesk_cli.tickets.ticket import Ticket

# States in which somebody still owes the mail, or a word on it.
OPEN = ("queued", "unknown")


def deliveries(ticket: Ticket) -> dict[str, str]:
    """`STATE DETAILS` of each message that an event speaks of, by its entry's id."""
    return {entry: told[-1] for entry, told in _all(ticket).items()}


def delivery_of(ticket: Ticket, message: Message) -> str:
    """What was told of the message last, else what it was written with; "" for one that came in."""
    return deliveries(ticket).get(message.id, message.delivery)


def owner_of(ticket: Ticket, message: Message) -> str:
    """The outbox that answers for the message: who took it over last, else who the entry names."""
    taken = [told.split(" ")[1] for told in _all(ticket).get(message.id, ()) if told.startswith("queued ")]
    return taken[-1] if taken else message.outbox


def open_deliveries(ticket: Ticket) -> list[tuple[str, str, str]]:
    """(owner, state, entry) of each message that is queued or unknown."""
    told = deliveries(ticket)
    found = []
    for message in ticket.messages:
        state = told.get(message.id, message.delivery).partition(" ")[0]
        if message.direction == "out" and message.outbox and state in OPEN:
            found.append((owner_of(ticket, message), state, message.id))
    return found


def _all(ticket: Ticket) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for event in ticket.events:
        for fact in event.all_facts("delivery"):
            entry, _, told = fact.partition(" ")
            found.setdefault(entry, []).append(told)
    return found
