"""Messages and notes that go from one ticket to another: a copy there, a tombstone here, both with fixed ids.

The ids are hashes of what is moved and whither, so that clones that move the same thing the same way write
the same entries, and doing it twice is doing it once. A tombstone covers for ever: what comes back is a copy
of the copy, with an id of its own. `moved-from` keeps the id that it was first written with.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Literal

from helpdesk_cli.tickets.deliveries import delivery_of, owner_of
from helpdesk_cli.tickets.entries import MOVED_FROM, MOVED_TO, Message, Note, Tombstone, origin_of
from helpdesk_cli.tickets.ids import write_id
from helpdesk_cli.values import dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from helpdesk_cli.tickets.entries import Attachment, Entry
    from helpdesk_cli.tickets.ticket import Ticket

Said = Message | Note
MOVE = "move"  # a tombstone's fact: why it was moved
Kind = Literal["merge", "split", "back", "part"]


@dataclass(frozen=True, slots=True)
class Away:
    """Where something went, and what is to be said of it: the ticket's uid, by whom, when, why."""

    uid: str
    by: str
    at: datetime
    why: str
    kind: Kind


def identify(*words: str) -> str:
    """The id that these words give everywhere."""
    return write_id(sha256("\0".join(words).encode("utf-8", "surrogatepass")).digest())


def moved(entry: Said, source: Ticket, *, uid: str, ticket_id: str) -> Said:
    """The entry as the ticket of that uid and id has it."""
    origin = f"{home_of(entry, source)} {origin_of(entry)}"
    others = tuple(pair for pair in entry.other if pair[0] != MOVED_FROM)
    files = tuple(_refiled(file, ticket_id) for file in entry.attachments)
    copy = replace(
        entry,
        id=identify("moved", uid, entry.id),
        attachments=files,
        other=(*others, (MOVED_FROM, origin)),
    )
    if isinstance(copy, Note) or isinstance(entry, Note) or entry.direction != "out":
        return copy
    # What events told of it stays behind with the events.
    return replace(copy, delivery=delivery_of(source, entry), outbox=owner_of(source, entry))


def stone_for(entry: Said, source: Ticket, away: Away, *, copy_id: str) -> Tombstone:
    """The tombstone in the entry's place, which says that it is `copy_id` of another ticket now."""
    message_id = entry.message_id if isinstance(entry, Message) else ""
    facts = [(MOVED_TO, f"{away.uid} {copy_id}"), (MOVE, away.kind)]
    if origin_of(entry) != entry.id:
        facts.append((MOVED_FROM, f"{home_of(entry, source)} {origin_of(entry)}"))
    stone_id = identify("moved away", away.uid, entry.id)
    return Tombstone(stone_id, entry.at, away.by, entry.id, away.why, away.at, message_id, tuple(facts))


def home_of(entry: Entry, ticket: Ticket) -> str:
    """The uid of the ticket in which the entry was first written; `ticket` is the one it is in."""
    pairs = entry.facts if isinstance(entry, Tombstone) else getattr(entry, "other", ())
    return next((value.partition(" ")[0] for key, value in pairs if key == MOVED_FROM), ticket.uid)


def is_from_elsewhere(entry: Entry, ticket: Ticket) -> bool:
    """Whether the entry was moved here from another ticket."""
    return home_of(entry, ticket) != ticket.uid


def went_to(stone: Tombstone) -> tuple[str, str] | None:
    """(uid, entry) of where what the tombstone covers is now; None for what is gone."""
    found = next((value for key, value in stone.facts if key == MOVED_TO), "")
    uid, _, entry = found.partition(" ")
    return (uid, entry) if entry else None


def said_in(ticket: Ticket) -> list[Said]:
    """The messages and notes, in order: what a move takes along."""
    return [entry for entry in ticket.entries if isinstance(entry, (Message, Note))]


def moved_files(said: Iterable[Said], copies: Iterable[Said]) -> dict[str, str]:
    """Where each attachment lies and where it belongs, relative to the folders of the two ticket files."""
    pairs = [
        (old.path, new.path)
        for entry, copy in zip(said, copies, strict=True)
        for old, new in zip(entry.attachments, copy.attachments, strict=True)
    ]
    return {old: new for old, new in pairs if old}


def _refiled(file: Attachment, ticket_id: str) -> Attachment:
    return replace(file, path=f"{ticket_id}/{file.path.rpartition('/')[2]}") if file.path else file
