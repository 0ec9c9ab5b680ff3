"""What the outbox holds, and what it should hold and does not; the mails that a person's words mean."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from helpdesk_cli.desk.indexing import open_index
from helpdesk_cli.desk.letters import SERVER, is_server
from helpdesk_cli.desk.outbox import keep, why_blocked, why_waits
from helpdesk_cli.desk.outbox_tell import find_entry, outbox_actor, say, tell
from helpdesk_cli.desk.record import LARGEST_TICKET, find_path, open_door
from helpdesk_cli.desk.show import split_message
from helpdesk_cli.errors import ConflictError, DeskError, NotFoundError
from helpdesk_cli.storage.folder import read_file
from helpdesk_cli.storage.keys import read_key
from helpdesk_cli.storage.outbox import FINISHED, Outbox, OutMail
from helpdesk_cli.storage.ticket_file import read_ticket_file
from helpdesk_cli.tickets.deliveries import OPEN, delivery_of
from helpdesk_cli.tickets.entries import Message, find_said, origin_of
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from helpdesk_cli.desk.actor import Actor
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.storage.index import Index
    from helpdesk_cli.tickets.ticket import Ticket


@dataclass(frozen=True, slots=True)
class Listed:
    """One mail on its way out. `ticket` is TICKET-42 or ""; `kept`: its bytes lie here.

    `why` says what keeps it from leaving, or what became of it; "" where there is nothing to say.
    """

    name: str
    kind: str
    state: str
    ticket: str
    entry: str
    since: datetime
    queued_at: datetime
    by: str
    to: tuple[str, ...]
    subject: str
    why: str = ""
    next_at: datetime | None = None
    attempts: int = 0
    kept: bool = True


@dataclass(frozen=True, slots=True)
class Listing:
    """The mails, the longest waiting first, and the records that cannot be read."""

    mails: tuple[Listed, ...]
    problems: tuple[DeskError, ...] = ()


def listing(desk: Desk, *, everything: bool = False) -> Listing:
    """What is not finished; with `everything` also what was sent or dropped in the last month."""
    outbox = Outbox(desk.layout)
    records = [*outbox.items(), *(outbox.finished() if everything else ())]
    index = open_index(desk, full=True)
    try:
        found = [_of_record(desk, outbox, index, mail) for _, mail in records if isinstance(mail, OutMail)]
        problems = [mail for _, mail in records if isinstance(mail, DeskError)]
        known = {mail.entry for mail in found}
        found += _without_record(desk, index, known)
    finally:
        index.close()
    found.sort(key=lambda mail: (mail.since, mail.name))
    return Listing(tuple(found), tuple(problems))


def names_of(desk: Desk, words: Iterable[str]) -> list[Listed]:
    """The mails that the words mean: names, entries, tickets (`42`) or messages (`42.3`); each once.

    A ticket means those of its mails that are not finished. Raises NotFoundError, also for a ticket that
    has none; ConflictError for a mail that is finished.
    """
    mails = listing(desk, everything=True).mails
    found: dict[str, Listed] = {}
    for word in words:
        meant = [mail for mail in mails if word in {mail.name, mail.entry}]
        if not meant:
            meant = _of_ticket(desk, word, [mail for mail in mails if mail.state not in FINISHED])
        for mail in meant:
            if mail.state in FINISHED:
                raise ConflictError(f"this mail is {mail.state} already", mail.name)
            found[mail.name] = mail
    return list(found.values())


def bring_back(desk: Desk, mails: Sequence[Listed]) -> None:
    """Make the bytes of mails that are not kept here again from their entries: a person wants them sent.

    They have the same Message-ID as before. The ticket says it where one cannot be made.
    """
    lost = [mail for mail in mails if not mail.kept]
    if not lost:
        return
    takeover = importlib.import_module("helpdesk_cli.desk.takeover")
    outbox = Outbox(desk.layout)
    with open_door(desk, outbox_actor(desk)) as door:
        for mail in lost:
            held = door.read(find_entry(door.index, mail.entry))
            entry = find_said(held.ticket.messages, mail.entry)
            if isinstance(entry, Message) and delivery_of(held.ticket, entry).partition(" ")[0] in OPEN:
                takeover.take_over(door, outbox, held, entry)


def drop(desk: Desk, mail: Listed, *, actor: Actor, why: str = "") -> None:
    """Give a mail up: it is never sent from here, and the ticket says who gave it up.

    Raises ConflictError where it is finished, being written or being sent at this moment.
    """
    if not mail.kept:
        with open_door(desk, actor) as door:
            held = door.read(find_entry(door.index, mail.entry))
            say(door, held, mail.entry, f"dropped {why}".rstrip(), summary="a mail is given up")
        return
    outbox = Outbox(desk.layout)
    with outbox.hold(mail.name) as held_lock:
        now = outbox.get(mail.name)
        if now is None:
            raise NotFoundError("no such mail in the outbox", mail.name, "`desk outbox list` shows them.")
        if now.state in FINISHED:
            raise ConflictError(f"this mail is {now.state} already", mail.name)
        if now.state == "prepared" or (not held_lock and outbox.has_data(mail.name)):
            what = "written" if now.state == "prepared" else "sent"
            raise ConflictError(f"this mail is being {what} at this moment", mail.name, "Look again soon.")
        dropped = keep(outbox, desk, now, {"state": "dropped", "why": why, "told": False, "next_at": None})
    tell(desk, [dropped], actor=actor)


def _of_record(desk: Desk, outbox: Outbox, index: Index, mail: OutMail) -> Listed:
    why = mail.why
    if mail.state == "queued":
        why = (why_blocked(desk) if mail.kind == "test" else why_waits(desk)) or why
    if mail.state == "sending" and not outbox.is_being_sent(mail.name):
        why = "whoever was sending it was ended; whether it left is not known"
    paths = [path for path, _ in index.paths_named(mail.entry, "entry")] if mail.entry else []
    paths = paths or (index.paths_of_uid(mail.ticket) if mail.ticket else [])
    return Listed(
        name=mail.name,
        kind=mail.kind,
        state=mail.state,
        ticket=_id_of(paths[0]) if paths else "",
        entry=mail.entry,
        since=mail.changed_at or mail.queued_at,
        queued_at=mail.queued_at,
        by=mail.by,
        to=tuple(each.address for each in mail.recipients),
        subject=mail.subject,
        why=why,
        next_at=mail.next_at,
        attempts=mail.attempts,
    )


def _without_record(desk: Desk, index: Index, known: set[str]) -> Iterator[Listed]:
    """Entries that this outbox, or the server's, owes an answer for."""
    owners = [read_key(desk.layout).instance, SERVER]
    named = {
        (path, entry) for owner in owners for state in OPEN for path, entry in index.paths_named(owner, state)
    }
    for path, entry_id in sorted(named):
        if entry_id in known:
            continue
        try:
            data, _ = read_file(desk.path(path), within=desk.layout.root, limit=LARGEST_TICKET)
            ticket = read_ticket_file(data, place=path).ticket
        except (DeskError, FileNotFoundError):
            continue
        for entry in ticket.messages:
            if entry.id == entry_id and origin_of(entry) not in known:
                yield _of_entry(desk, ticket, entry)


def _of_entry(desk: Desk, ticket: Ticket, entry: Message) -> Listed:
    state, _, why = delivery_of(ticket, entry).partition(" ")
    if state == "queued":
        why = "`desk cron` takes it over" if is_server(desk) else why_waits(desk)
    return Listed(
        name=f"{'forward' if 'forward' in entry.flags else 'reply'}-{origin_of(entry)}",
        kind="forward" if "forward" in entry.flags else "reply",
        state=state,
        ticket=ticket.id,
        entry=entry.id,
        since=entry.at,
        queued_at=entry.at,
        by=entry.by,
        to=tuple(person.email for person in (*entry.to, *entry.cc)),
        subject=entry.subject,
        why=why,
        kept=False,
    )


def _of_ticket(desk: Desk, word: str, mails: Sequence[Listed]) -> list[Listed]:
    name, number = split_message(word)
    index = open_index(desk, full=False)
    try:
        path = find_path(desk, index, name)
    finally:
        index.close()
    meant = [mail for mail in mails if mail.ticket == _id_of(path)]
    if number is not None:
        data, _ = read_file(desk.path(path), within=desk.layout.root, limit=LARGEST_TICKET)
        entries = dict(read_ticket_file(data, place=path).ticket.numbered)
        wanted = entries.get(number)
        meant = [mail for mail in meant if isinstance(wanted, Message) and mail.entry in _ids(wanted)]
    if not meant:
        raise NotFoundError(
            f"{word} has no mail on its way out", "", "`desk outbox list` shows what there is."
        )
    return meant


def _ids(message: Message) -> set[str]:
    return {message.id, origin_of(message)}


def _id_of(path: str) -> str:
    return path.rpartition("/")[2].removesuffix(".md")
