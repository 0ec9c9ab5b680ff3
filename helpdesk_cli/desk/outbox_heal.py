"""What a crash, a lost folder or a pull left of the outbox, set right; nothing is ever sent here.

- `sending` without a lock: its sender died, and whether the mail left is unknown.
- `prepared`: if its ticket says it, it is queued; else whoever prepared it died, and it never was.
- An entry of ours that waits, without a record: the record is lost, whether it left is unknown.
- An entry for the server, on the server: taken over (`takeover`).
- What became of a mail and was not told: told.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from helpdesk_cli.desk.clock import filesystem_now_ns
from helpdesk_cli.desk.indexing import open_index
from helpdesk_cli.desk.letters import SERVER, is_server
from helpdesk_cli.desk.outbox_tell import find_entry, is_to_tell, outbox_actor, say, tell
from helpdesk_cli.desk.outbox_words import fate
from helpdesk_cli.desk.record import open_door
from helpdesk_cli.errors import DeskError, NotFoundError, TryAgainError
from helpdesk_cli.storage.keys import read_key
from helpdesk_cli.storage.outbox import Outbox, OutMail
from helpdesk_cli.tickets.deliveries import delivery_of, owner_of
from helpdesk_cli.tickets.entries import Message, find_said, origin_of
from helpdesk_cli.tickets.ids import is_id
from helpdesk_cli.tickets.moves import home_of
from helpdesk_cli.values import dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.record import Door, Held

KILLED = "whoever was sending it was ended"
ODD = "its id is not one that desk gives to what people write"
LOST = "its record in the outbox is lost"
# Bytes without a record are younger than this in the hands of who prepares them.
SETTLED = 3600.0
TOO_OLD = "it was written before this server kept its outbox"


@dataclass(frozen=True, slots=True)
class Healed:
    """One thing that was found: `what` it is now, of the mail of that name (or entry)."""

    name: str
    what: str


def heal(desk: Desk, *, settled: float = SETTLED) -> list[Healed]:
    """Set right what can be; what was found, in order. Twice is once. Waits for nobody's sending.

    `settled`: seconds that bytes without a record are left to whoever may be writing one.
    """
    outbox = Outbox(desk.layout)
    if is_server(desk) and outbox.since is None:
        outbox.begin(desk.now)
    found = [mail for _, mail in outbox.items()]
    mails = [mail for mail in found if isinstance(mail, OutMail)]
    done = [each for mail in mails if mail.state == "sending" and (each := _ended(desk, outbox, mail))]
    # A record that cannot be read for the moment is not lost.
    is_whole = not any(isinstance(mail, TryAgainError) for mail in found)
    wanted = _wanted(desk, {mail.entry for mail in mails}) if is_whole else []
    if wanted or any(mail.state == "prepared" for mail in mails):
        with open_door(desk, outbox_actor(desk)) as door:
            prepared = (mail.name for mail in mails if mail.state == "prepared")
            done += [each for name in prepared if (each := _settle(door, outbox, name))]
            done += _look_after(door, outbox, wanted)
    left = [mail for _, mail in outbox.items() if isinstance(mail, OutMail) and is_to_tell(mail)]
    if left:
        tell(desk, left)
    for name in outbox.strays():
        if outbox.is_older(name, filesystem_now_ns() - int(settled * 1e9)):
            outbox.remove(name)
            done.append(Healed(name, "removed"))
    outbox.prune(now_ns=filesystem_now_ns())
    return done


def forget_what_left(desk: Desk, made_at: str) -> None:
    """After a restore: what was on its way out at the backup may have left since, and so nothing of it goes.

    Nor is anything taken over from clones that was written before now.
    """
    outbox = Outbox(desk.layout)
    why = f"restored from the backup of {made_at}; it may have left after that" if made_at else LOST
    for _, mail in list(outbox.items()):
        if isinstance(mail, OutMail) and mail.state in {"queued", "sending", "prepared"}:
            outbox.put(replace(mail, state="unknown", why=why, changed_at=desk.now, next_at=None, told=False))
    outbox.begin(desk.now)


def _ended(desk: Desk, outbox: Outbox, mail: OutMail) -> Healed | None:
    with outbox.hold(mail.name) as held:
        now = outbox.get(mail.name)
        if now is None or now.state != "sending" or not (held or not outbox.has_data(mail.name)):
            return None
        outbox.put(replace(now, state="unknown", why=KILLED, changed_at=desk.now, next_at=None, told=False))
    return Healed(mail.name, "unknown")


def _settle(door: Door, outbox: Outbox, name: str) -> Healed | None:
    """Under the desk's lock nobody is between preparing a mail and writing its entry."""
    mail = outbox.get(name)
    if mail is None or mail.state != "prepared":
        return None
    if mail.entry:
        try:
            held = door.read(find_entry(door.index, mail.entry, mail.ticket))
        except NotFoundError:
            held = None
        except DeskError:
            # The file is broken: it may say this mail.
            return None
        if held is None or not _is_ours(held, mail):
            outbox.remove(name)
            return Healed(name, "removed")
    outbox.put(replace(mail, state="queued", changed_at=door.desk.now))
    return Healed(name, "queued")


def _is_ours(held: Held, mail: OutMail) -> bool:
    """Whether the ticket says this mail, and that it is this outbox's: a takeover is said by an event."""
    entry = find_said(held.ticket.messages, mail.entry)
    return isinstance(entry, Message) and entry.direction == "out" and owner_of(held.ticket, entry) != SERVER


def _wanted(desk: Desk, known: set[str]) -> list[str]:
    """The entries that wait for this outbox and have no record in it."""
    instance = read_key(desk.layout).instance
    if not instance:
        # Without the key nothing can be signed, and nobody can say which mail is ours: `desk doctor` says so.
        return []
    owners = [instance, SERVER] if is_server(desk) else [instance]
    # A pull may give a changed file the inode that it had: where clones write for us, all are looked at.
    index = open_index(desk, full=SERVER in owners)
    try:
        found = [entry for owner in owners for _, entry in index.paths_named(owner, "queued")]
    finally:
        index.close()
    return [entry for entry in found if entry not in known]


def _look_after(door: Door, outbox: Outbox, wanted: Sequence[str]) -> list[Healed]:
    done: list[Healed] = []
    known = {mail.entry for _, mail in outbox.items() if isinstance(mail, OutMail)} if wanted else set()
    instance = read_key(door.desk.layout).instance
    for entry_id in wanted:
        try:
            held = door.read(find_entry(door.index, entry_id))
            entry = find_said(held.ticket.messages, entry_id)
            # What was moved to another ticket is in the outbox under the id that it had.
            if not isinstance(entry, Message) or {entry_id, origin_of(entry)} & known:
                continue
            if not delivery_of(held.ticket, entry).startswith("queued"):
                continue
            done.append(_missing(door, outbox, held, entry, is_ours=owner_of(held.ticket, entry) == instance))
        except TryAgainError:
            raise
        except DeskError:
            # A file that cannot be read keeps its mail until it is mended; the others go on.
            continue
    return done


def _missing(door: Door, outbox: Outbox, held: Held, entry: Message, *, is_ours: bool) -> Healed:
    """An entry that waits, without a record of anything left to do."""
    if not (is_id(entry.id) and is_id(origin_of(entry))):
        say(door, held, entry.id, f"failed {ODD}", summary="a mail cannot be sent from here")
        return Healed(entry.id, "failed")
    for kind in ("reply", "forward"):
        finished = outbox.get(f"{kind}-{origin_of(entry)}")
        if finished is not None and finished.ticket == home_of(entry, held.ticket):
            # The ticket was set back, by a checkout or a restored file; the outbox knows better.
            say(door, held, entry.id, fate(finished), summary=f"{finished.kind} {finished.state}")
            return Healed(finished.name, finished.state)
    since = outbox.since
    if is_ours or since is None or entry.at < since:
        why = LOST if is_ours else TOO_OLD
        say(door, held, entry.id, f"unknown {why}", summary="it is unknown whether a mail has left")
        return Healed(entry.id, "unknown")
    # Composing a mail brings the mail modules with it.
    name = importlib.import_module("helpdesk_cli.desk.takeover").take_over(door, outbox, held, entry)
    return Healed(name or entry.id, "queued" if name else "failed")
