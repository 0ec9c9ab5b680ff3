"""The ticket is told what became of its mails; what is told and done is filed away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.desk.actor import desk_actor
from helpdesk_cli.desk.outbox_words import fate
from helpdesk_cli.desk.record import open_door
from helpdesk_cli.errors import DeskError, NotFoundError, TryAgainError
from helpdesk_cli.storage.outbox import FINISHED, Outbox, OutMail
from helpdesk_cli.tickets.deliveries import deliveries
from helpdesk_cli.tickets.entries import find_said
from helpdesk_cli.values import replace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from helpdesk_cli.desk.actor import Actor
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.record import Door, Held
    from helpdesk_cli.storage.index import Index

# Whoever sends does not wait long to say so: the next run says it.
_PATIENCE = 10.0
_VERBS = {"sent": "sent", "failed": "failed", "unknown": "may or may not have left", "dropped": "dropped"}


def outbox_actor(desk: Desk) -> Actor:
    """The desk itself, as who tells what became of a mail."""
    return desk_actor(desk, key="desk")


def is_to_tell(mail: OutMail) -> bool:
    """Whether anything is left to say of the mail, or to file away."""
    if mail.told:
        return mail.state in FINISHED
    return mail.state in {"sent", "failed", "unknown", "dropped"} or any(
        each.state == "refused" for each in mail.recipients
    )


def tell(desk: Desk, mails: Iterable[OutMail], *, actor: Actor | None = None) -> None:
    """Say in the tickets what became of the mails; twice is once. What cannot be said now is said later."""
    mails = [mail for mail in mails if is_to_tell(mail)]
    spoken = {mail.name for mail in mails if mail.told or not mail.entry}
    if any(mail.name not in spoken for mail in mails):
        try:
            with open_door(desk, actor or outbox_actor(desk), timeout=_PATIENCE) as door:
                spoken |= {mail.name for mail in mails if mail.name not in spoken and _say(door, mail)}
        except TryAgainError:
            pass
    outbox = Outbox(desk.layout)
    for mail in mails:
        if mail.name in spoken:
            _file_away(outbox, mail)


def say(door: Door, held: Held, entry: str, told: str, *, summary: str) -> Held:
    """Add the event that says `STATE DETAILS` of an entry, unless that was said last.

    An entry that was moved is known by the id that it had, too.
    """
    message = find_said(held.ticket.entries, entry)
    entry = message.id if message else entry
    if deliveries(held.ticket).get(entry) == told:
        return held
    fact = ("delivery", f"{entry} {told}")
    return door.change(held, [], summary=f"{held.ticket.id}: {summary}", facts=(fact,))


def find_entry(index: Index, entry: str, uid: str = "") -> str:
    """The path of the ticket that holds the entry, else of the one with that uid. Raises NotFoundError."""
    paths = [path for path, _ in index.paths_named(entry, "entry")] if entry else []
    paths = paths or ([path for path, _ in index.paths_named(uid, "uid")] if uid else [])
    if not paths:
        raise NotFoundError("no ticket here holds this mail", entry)
    return paths[0]


def _say(door: Door, mail: OutMail) -> bool:
    verb = _VERBS.get(mail.state, "failed")
    try:
        held = door.read(find_entry(door.index, mail.entry, mail.ticket))
        say(door, held, mail.entry, fate(mail), summary=f"{mail.kind} {verb}")
    except TryAgainError:
        raise
    except DeskError:
        # A broken ticket file, or one that is not here now: said when it can be.
        return False
    return True


def _file_away(outbox: Outbox, mail: OutMail) -> None:
    """Under the mail's lock, and only if nobody did anything with it meanwhile."""
    with outbox.hold(mail.name) as held:
        if outbox.get(mail.name) != mail or not (held or not outbox.has_data(mail.name)):
            return
        after = replace(mail, told=True)
        if mail.state in FINISHED:
            outbox.finish(after)
        else:
            outbox.put(after)
