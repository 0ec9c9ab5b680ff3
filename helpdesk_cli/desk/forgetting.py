"""What this host keeps of a redacted message beside the tickets: its original, large files, mail on its way.

A redaction that came by a pull is carried out here as well, by `desk cron` on the server.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from helpdesk_cli.desk.actor import desk_actor
from helpdesk_cli.desk.indexing import open_index
from helpdesk_cli.desk.moving import files_of
from helpdesk_cli.desk.record import open_door
from helpdesk_cli.errors import ConflictError, DeskError
from helpdesk_cli.storage import large, raw, records, waiting
from helpdesk_cli.storage.copies import read_copies
from helpdesk_cli.storage.outbox import FINISHED, Outbox, OutMail
from helpdesk_cli.tickets.entries import MOVED_TO, Event, Tombstone, find_said, origin_of
from helpdesk_cli.tickets.moves import is_from_elsewhere, said_in
from helpdesk_cli.tickets.redaction import (
    FILE,
    ORIGINAL,
    Redaction,
    is_redaction,
    redact_entry,
    redact_files,
    redactions_of,
)
from helpdesk_cli.values import replace

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.record import Door, Held
    from helpdesk_cli.tickets.entries import Entry
    from helpdesk_cli.tickets.ticket import Ticket

_AT_ONCE = 20  # redactions, with the lock held
_DIGEST = re.compile(r"[0-9a-f]{64}")


def forget_news(desk: Desk, news: Iterable[tuple[str, Ticket, Entry]]) -> list[str]:
    """A step of `desk cron`: carry out the redactions among the news; what could not be, in words.

    However many: one index for all of them, and mail gets its turn in between.
    """
    telling = [(ticket, entry) for _, ticket, entry in news if _concerns(entry)]
    stones = [(ticket, entry) for ticket, entry in telling if isinstance(entry, Tombstone)]
    problems: dict[str, str] = {}
    for start in range(0, len(telling), _AT_ONCE):
        with open_door(desk, desk_actor(desk, key="desk")) as door:
            for ticket, entry in telling[start : start + _AT_ONCE]:
                with _told_of(ticket, problems):
                    if isinstance(entry, Tombstone):
                        _redact_copies(door, ticket, entry)
                    else:
                        _redact_arrivals(door, ticket)
    try:
        forget_copies(desk, [stone for _, stone in stones])
    except DeskError:
        # Whose it is, and what can be done for the others.
        for ticket, stone in stones:
            with _told_of(ticket, problems):
                forget_copies(desk, [stone])
    if stones:
        forget_index(desk)
    return list(problems.values())


def _concerns(entry: Entry) -> bool:
    """Whether it redacts, or tells of what was moved here and may be redacted where it was."""
    if isinstance(entry, Event):
        return bool(entry.all_facts("merged") or entry.all_facts("split-from"))
    return isinstance(entry, Tombstone) and is_redaction(entry)


@contextmanager
def _told_of(ticket: Ticket, problems: dict[str, str]) -> Iterator[None]:
    """Inside the block a fault is told once for its ticket, and keeps nobody else's redaction waiting."""
    try:
        yield
    except DeskError as error:
        problems.setdefault(ticket.uid, f"a redaction in {ticket.id} is not complete on this host: {error}")


def _redact_copies(door: Door, ticket: Ticket, stone: Tombstone) -> None:
    """What one clone moved to another ticket while another redacted it where it was: redacted there, too."""
    for path, _ in door.index.paths_named(origin_of(stone), "entry"):
        held = door.read(path)
        if held.ticket.uid != ticket.uid:
            _follow(door, held, stone)


def _redact_arrivals(door: Door, ticket: Ticket) -> None:
    """Of what was moved to this ticket, what was redacted before it was known that it moved."""
    for origin in {origin_of(entry) for entry in said_in(ticket) if is_from_elsewhere(entry, ticket)}:
        for path, _ in door.index.paths_named(origin, "tombstone"):
            other = door.read(path).ticket
            for stone in redactions_of(other, origin) if other.uid != ticket.uid else ():
                _follow(door, door.hold(ticket.uid), stone)


def _follow(door: Door, held: Held, stone: Tombstone) -> None:
    """Redact in this ticket what the tombstone redacts in another."""
    entry = find_said(held.ticket.entries, origin_of(stone))
    if entry is None:
        return
    redaction = Redaction(stone.by, stone.removed_at or door.next_at(held.ticket), stone.reason)
    digests = {value for key, value in stone.facts if key == FILE}
    is_whole = not any(key == MOVED_TO for key, _ in stone.facts)
    files = tuple(file for file in entry.attachments if is_whole or file.sha256 in digests)
    if not is_whole and not files:
        return
    gone = files_of(door, held, [entry], only=files)

    def decide(now: Ticket) -> Ticket:
        return redact_entry(now, entry, redaction) if is_whole else redact_files(now, entry, files, redaction)

    door.alter(held, decide, summary=f"{held.ticket.id}: redacted, as it is elsewhere", gone=gone)


def forget_copies(desk: Desk, stones: Collection[Tombstone]) -> list[str]:
    """Remove what these tombstones' redactions mean and this host has; what was removed, in words.

    All of a call at once, for it reads whatever waits and leaves here. But for the index: see `forget_index`.
    """
    done: list[str] = []
    if not stones:
        return done
    ids = {name for stone in stones for name in (stone.covers, origin_of(stone))}
    facts = [fact for stone in stones for fact in stone.facts if _DIGEST.fullmatch(fact[1])]
    digests = {value for key, value in facts if key == ORIGINAL}
    digests |= {digest for digest, entry in read_copies(desk.layout).items() if entry in ids}
    gone = [digest for digest in sorted(digests) if raw.remove(desk.layout.state, digest)]
    if gone:
        done.append(f"the original{'' if len(gone) == 1 else 's'} of the mail")
    done += _records(desk, digests)
    files = {value for key, value in facts if key == FILE}
    gone = [digest for digest in sorted(files) if large.remove(desk.layout, digest)]
    if gone:
        done.append(f"the large attachment{'' if len(gone) == 1 else 's'}")
    done += _outbox(desk, ids)
    return done


def check_not_leaving(desk: Desk, ids: Collection[str]) -> None:
    """Raises ConflictError while a mail of one of these entries is being sent."""
    outbox = Outbox(desk.layout)
    mails = [mail for _, mail in outbox.items() if isinstance(mail, OutMail) and mail.entry in ids]
    for mail in mails:
        if outbox.is_being_sent(mail.name):
            raise ConflictError("this message is being sent at this moment", mail.name, "Look again soon.")


def forget_index(desk: Desk) -> None:
    """Throw the index away: SQLite keeps what was deleted until it needs the room. It is made anew."""
    index = open_index(desk, full=False)
    try:
        index.discard()
    finally:
        index.close()


def _records(desk: Desk, digests: Collection[str]) -> list[str]:
    aside = records.set_aside(desk.layout)
    waits = records.waiting(desk.layout)
    names = [name for name in aside.names() if name in digests and aside.remove(name)]
    names += [name for name in waits.names() if waiting.digest_of(name) in digests and waits.remove(name)]
    return ["a copy that was set aside"] if names else []


def _outbox(desk: Desk, ids: Collection[str]) -> list[str]:
    """What has not left never leaves; bytes that were kept go."""
    outbox = Outbox(desk.layout)
    done = []
    for name, mail in list(outbox.items()):
        if not isinstance(mail, OutMail) or mail.entry not in ids:
            continue
        with outbox.hold(name):
            state = mail.state if mail.state in FINISHED else "dropped"
            outbox.finish(replace(mail, state=state, why=mail.why or "redacted", told=True, subject=""))
        done.append("its mail in the outbox")
    return done
