"""Mail that is here already: found by its bytes, its content, its id. DECISIONS 25."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.desk.filing import inbox_of
from helpdesk_cli.desk.outcome import Ingested
from helpdesk_cli.storage import durable, raw
from helpdesk_cli.storage.copies import note_copies
from helpdesk_cli.tickets.entries import Message, Tombstone, origin_of
from helpdesk_cli.tickets.redaction import redactions_of

if TYPE_CHECKING:
    from helpdesk_cli.desk.lookup import TicketLookup
    from helpdesk_cli.desk.outcome import Options
    from helpdesk_cli.desk.record import Door, Held
    from helpdesk_cli.mail.received import Received
    from helpdesk_cli.storage.settings import Inbox


def find_known(
    door: Door, lookup: TicketLookup, received: Received, options: Options, *, digest: str
) -> Ingested | None:
    """The answer for a mail that is in a ticket already, or was and has been redacted; None for a new one.

    Nothing is added but a further inbox that it came to.
    """
    for held in lookup.holders(digest, "raw"):
        if known := _same_bytes(door, held, received, digest):
            return known
    for held in lookup.holders(received.entry_id, "entry"):
        for number, entry in held.ticket.numbered:
            # It may have been moved to another ticket since; what stands in its old place is of no matter.
            if isinstance(entry, Message) and received.entry_id in {entry.id, origin_of(entry)}:
                _forget_again(door, held, received.entry_id, digest)
                if digest != entry.raw and not door.dry_run:
                    note_copies(door.desk.layout, {digest: entry.id})
                _note_further_inbox(
                    door, held, entry, inbox=inbox_of(received, options.envelope, door.desk.settings)
                )
                return duplicate(door, held, number)
    removed = lookup.holders(received.entry_id, "tombstone")
    for held in removed:
        _forget_again(door, held, received.entry_id, digest)
    return next((known for held in removed if (known := _removed(door, held, received, digest))), None)


def duplicate(door: Door, held: Held, number: int) -> Ingested:
    """Known already. The delivery that wrote it may have died before its name was on the disk: it is now."""
    if not door.dry_run and not door.batch:
        durable.settle(door.desk.path(held.path), within=door.desk.layout.root)
    return Ingested("duplicate", held.ticket.id, number)


def _removed(door: Door, held: Held, received: Received, digest: str) -> Ingested | None:
    """The ticket had this mail, and it was redacted, split off or undone: it does not come back."""
    for number, entry in held.ticket.numbered:
        if isinstance(entry, Tombstone) and received.entry_id in {entry.covers, origin_of(entry)}:
            if not door.dry_run:
                note_copies(door.desk.layout, {digest: entry.covers})
            return duplicate(door, held, number)
    return None


def _forget_again(door: Door, held: Held, origin: str, digest: str) -> None:
    """The original that this delivery brought goes, where the message or a part of it was redacted."""
    if not door.dry_run and redactions_of(held.ticket, origin):
        raw.remove(door.desk.layout.state, digest)


def _same_bytes(door: Door, held: Held, received: Received, digest: str) -> Ingested | None:
    """The ticket has a message of the same bytes: the same mail, which one of the times was not parsed."""
    for number, entry in held.ticket.numbered:
        if isinstance(entry, Message) and entry.raw == digest and entry.id != received.entry_id:
            return duplicate(door, held, number)
    return None


def _note_further_inbox(door: Door, held: Held, message: Message, *, inbox: Inbox | None) -> None:
    name = inbox.name if inbox else ""
    told = [fact for event in held.ticket.events for fact in event.all_facts("also-to")]
    if name and name != message.inbox and f"{message.id} {name}" not in told:
        door.change(
            held,
            [],
            summary=f"{held.ticket.id}: a mail came to {name} as well",
            facts=(("also-to", f"{message.id} {name}"),),
        )


def same_message(lookup: TicketLookup, received: Received) -> Held | None:
    """The ticket with a message of this id from this sender, but of other content (DECISIONS 25).

    Raises BrokenTicketError where it may be this very mail, in a file that cannot be read now.
    """
    sender = received.mail.from_[0].key if received.mail.from_ else ""
    for held in lookup.holders(received.message_id, "message", must_read=True):
        if any(
            message.message_id == received.message_id and message.from_.key == sender
            for message in held.ticket.messages
        ):
            return held
    return None
