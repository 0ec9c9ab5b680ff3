"""A mail of ours that has not left is given up: in the outbox first, then in what its ticket tells."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from helpdesk_cli.desk.letters import SERVER
from helpdesk_cli.desk.outbox_words import fate
from helpdesk_cli.storage.outbox import Outbox
from helpdesk_cli.tickets.deliveries import delivery_of, owner_of
from helpdesk_cli.tickets.entries import origin_of
from helpdesk_cli.values import dataclass, replace

if TYPE_CHECKING:
    from helpdesk_cli.desk.record import Door
    from helpdesk_cli.storage.outbox import OutMail
    from helpdesk_cli.tickets.entries import Message
    from helpdesk_cli.tickets.ticket import Ticket

_WAITING = frozenset({"prepared", "queued"})
_LEFT = {
    "sent": "has been sent: it cannot be taken back",
    "bounced": "has been sent: it cannot be taken back",
    "failed": "was not delivered; it stays in the ticket",
    "unknown": "may have been sent: `desk outbox` says more",
    "dropped": "was given up already",
}


@dataclass(frozen=True, slots=True)
class Taken:
    """What the ticket is to say of the mail (`STATE DETAILS`), and its record in the outbox of this host."""

    told: str
    mail: OutMail | None = None


def take_back(door: Door, ticket: Ticket, entry: Message, *, why: str) -> Taken | str:
    """Give up a mail that waits to be sent; why it cannot be, in words. A dry run changes nothing."""
    state = delivery_of(ticket, entry).partition(" ")[0]
    if state != "queued":
        return _LEFT.get(state, "has left: it cannot be taken back")
    mail = _record_of(door, entry)
    if mail is not None:
        return _give_up(door, mail, why)
    # The server reads in the ticket that it is not to be sent, if it has not been.
    if owner_of(ticket, entry) in {"", SERVER}:
        return Taken(f"dropped {why}")
    return "waits in the outbox of another clone: it is taken back there"


def _give_up(door: Door, mail: OutMail, why: str) -> Taken | str:
    """The mail is durably dropped when this returns, unless somebody is sending it."""
    if mail.state not in _WAITING:
        return _LEFT.get(mail.state, "is being sent at this moment")
    changes: dict[str, Any] = {"state": "dropped", "why": why, "told": False, "next_at": None}
    if door.dry_run:
        return Taken(fate(replace(mail, **changes)))
    outbox = Outbox(door.desk.layout)
    with outbox.hold(mail.name) as held:
        now = outbox.get(mail.name)
        if not held or now is None or now.state not in _WAITING:
            return "is being sent at this moment"
        # Only who gives mail up needs what sends it.
        dropped = importlib.import_module("helpdesk_cli.desk.outbox").keep(outbox, door.desk, now, changes)
    return Taken(fate(dropped), dropped)


def _record_of(door: Door, entry: Message) -> OutMail | None:
    outbox = Outbox(door.desk.layout)
    names = (f"{kind}-{origin_of(entry)}" for kind in ("reply", "forward"))
    return next((mail for name in names if (mail := outbox.get(name))), None)
