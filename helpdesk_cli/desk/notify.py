"""Telling agents by mail what concerns them: each thing once, also after a crash.

What is to be told is noted first (`note_news`), durable before the news is settled. A note is then given the
name of its mail, the mail is put into the outbox under that name, and the note is marked as told: killed
anywhere, the next run goes on there, and the outbox takes no name twice. Notes that are told stay as long as
the news they came from is read again.
"""

from __future__ import annotations

import re
from datetime import UTC
from hashlib import sha256
from typing import TYPE_CHECKING, cast
from zoneinfo import ZoneInfo

from helpdesk_cli.desk.actor import desk_actor
from helpdesk_cli.desk.notice_letters import Concern, digest_letter, notice_letter
from helpdesk_cli.desk.notices import Notice, notices_of
from helpdesk_cli.desk.record import open_door
from helpdesk_cli.errors import DeskError, NotFoundError, TryAgainError
from helpdesk_cli.mail.outgoing import write_letter
from helpdesk_cli.mail.own import OwnAddresses
from helpdesk_cli.storage.outbox import Outbox, OutMail, Recipient
from helpdesk_cli.storage.records import Records
from helpdesk_cli.tickets.ids import write_id
from helpdesk_cli.tickets.times import write_time
from helpdesk_cli.values import dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import tzinfo

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.news import News
    from helpdesk_cli.desk.notices import Kind
    from helpdesk_cli.desk.record import Door
    from helpdesk_cli.mail.letter import Letter
    from helpdesk_cli.storage.settings import Agent

KIND = "notices"
# Somebody who is given fifty tickets in one go gets one mail, not fifty.
_MOST_MAILS = 10
# Of what clocks and rules tell, which nobody did, fewer.
_MOST_LATE = 3
_BY_ITSELF = frozenset({"sla", "told"})
_PLAIN = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


@dataclass(frozen=True, slots=True)
class Note:
    """That an agent is to be told: the record of that name. `mail` is the mail's name once it has one."""

    name: str
    notice: Notice
    ticket: str
    at: str
    mail: str = ""
    told: bool = False


def note_news(desk: Desk, news: News) -> list[str]:
    """Note who is to hear of what; nobody is written to yet."""
    records = Records(desk.layout.state, KIND)
    known = set(records.names())
    unsettled = {entry.id for _, _, entry in news} | {entry for _, ids in news.left for entry in ids}
    for note in _notes(records):
        if note.told and note.notice.entry not in unsettled:
            records.remove(note.name)
    for _, ticket, entry in news:
        for notice in notices_of(ticket, entry, desk.settings):
            name = f"{_word(entry.id)}.{_word(notice.agent)}"
            if name not in known and _wants(desk, notice.agent) != "off":
                _put(records, Note(name, notice, ticket.uid, write_time(entry.at)))
    return []


def send_notices(desk: Desk) -> list[str]:
    """Put what is noted into the outbox, as far as it is due; what is wrong."""
    records = Records(desk.layout.state, KIND)
    waiting = [note for note in _notes(records) if not note.told]
    problems: list[str] = []
    if not waiting:
        return problems
    with open_door(desk, desk_actor(desk)) as door:
        waiting = [note for note in waiting if not _was_told(desk, records, note)]
        for key, notes in _by(waiting, lambda note: note.notice.agent):
            agent = desk.settings.agent(key)
            if agent is None or _wants(desk, key) == "off" or not _may_write_to(desk, agent):
                for note in notes:
                    records.remove(note.name)
                continue
            for kind, name, some in _mails(desk, agent, notes):
                try:
                    _send(door, records, agent, kind=kind, name=name, notes=some)
                except TryAgainError:
                    raise
                except DeskError as error:
                    problems.append(f"a notice to {key}: {error}")
    return problems


def _was_told(desk: Desk, records: Records, note: Note) -> bool:
    """Whether the mail that tells it is in the outbox: whoever put it there was ended before saying so."""
    if not note.mail or not Outbox(desk.layout).knows(note.mail):
        return False
    _put(records, replace(note, told=True))
    return True


def _wants(desk: Desk, key: str) -> str:
    """at-once, digest or off; off also for who is no agent (any more)."""
    agent = desk.settings.agent(key)
    return (agent.notify or desk.settings.notify.agents) if agent else "off"


def _may_write_to(desk: Desk, agent: Agent) -> bool:
    """A notice to an inbox of the desk would come back as a mail."""
    return bool(agent.email) and not OwnAddresses(desk.settings.own_addresses).has(agent.email)


def _mails(desk: Desk, agent: Agent, notes: Sequence[Note]) -> Iterator[tuple[str, str, list[Note]]]:
    """(kind, name, notes) of each mail that is due."""
    if _wants(desk, agent.key) == "digest":
        name = _digest_name(desk, agent)
        if name and not Outbox(desk.layout).knows(name):
            yield "digest", name, list(notes)
        return
    tickets = list(_by(notes, lambda note: note.ticket))
    if len(tickets) > _MOST_MAILS:
        yield "digest", _mail_name(notes[0]), list(notes)
        return
    late = [some for _, some in tickets if all(note.notice.kind in _BY_ITSELF for note in some)]
    if len(late) > _MOST_LATE:
        # After an outage, or a night of mail: one mail says what is late.
        gathered = [note for some in late for note in some]
        yield "digest", _mail_name(gathered[0]), gathered
        tickets = [(name, some) for name, some in tickets if some not in late]
    for _, some in tickets:
        yield "notification", _mail_name(some[0]), some


def _mail_name(note: Note) -> str:
    return f"notification-{_word(note.notice.entry)}-{_word(note.notice.agent)}"


def _digest_name(desk: Desk, agent: Agent) -> str:
    """The name of today's digest, "" before its time of day."""
    local = desk.now.astimezone(_zone(desk.settings.notify.timezone))
    hour, _, minute = desk.settings.notify.digest_at.partition(":")
    is_due = (local.hour, local.minute) >= (int(hour), int(minute))
    return f"digest-{_word(agent.key)}-{local:%Y-%m-%d}" if is_due else ""


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return UTC


def _send(door: Door, records: Records, agent: Agent, *, kind: str, name: str, notes: Sequence[Note]) -> None:
    """Put one mail into the outbox, and mark what it tells as told."""
    desk = door.desk
    if concerns := _concerns(door, notes):
        made = digest_letter(desk, agent, concerns) if kind == "digest" else None
        letter = made or notice_letter(desk, agent, concerns[0])
        data = write_letter(letter)
        for note in notes:
            _put(records, replace(note, mail=name))
        Outbox(desk.layout).add(_mail(desk, letter, kind=kind, name=name), data)
    for note in notes:
        _put(records, replace(note, mail=name, told=True))


def _mail(desk: Desk, letter: Letter, *, kind: str, name: str) -> OutMail:
    return OutMail(
        name=name,
        kind=kind,
        state="queued",
        # Nobody is to answer a notice by machine, not even the mail server of an agent who left.
        sender="",
        recipients=tuple(Recipient(person.email) for person in letter.to),
        message_id=letter.message_id,
        subject=letter.subject,
        by="desk",
        queued_at=desk.now,
    )


def _concerns(door: Door, notes: Sequence[Note]) -> list[Concern]:
    """The tickets with what is to be told of each, in order; what is gone is told no more."""
    found = []
    for uid, some in _by(notes, lambda note: note.ticket):
        try:
            ticket = door.hold(uid).ticket
        except NotFoundError:
            continue
        order = {entry.id: number for number, entry in enumerate(ticket.entries)}
        present = [note.notice for note in some if note.notice.entry in order]
        if present:
            found.append(Concern(ticket, tuple(sorted(present, key=lambda notice: order[notice.entry]))))
    return found


def _notes(records: Records) -> Iterator[Note]:
    """The notes that can be read, in order of what they tell."""
    found = []
    for name, record in records.items():
        if isinstance(record, DeskError):
            continue
        said = {key: str(value) for key, value in record.items()}
        notice = Notice(said.get("agent", ""), cast("Kind", said.get("kind", "")), said.get("entry", ""))
        told = record.get("told") is True
        found.append(
            Note(name, notice, said.get("ticket", ""), said.get("at", ""), said.get("mail", ""), told)
        )
    yield from sorted(found, key=lambda note: (note.at, note.name))


def _put(records: Records, note: Note) -> None:
    notice = note.notice
    said = {"agent": notice.agent, "kind": notice.kind, "entry": notice.entry, "ticket": note.ticket}
    records.put(note.name, {**said, "at": note.at, "mail": note.mail, "told": note.told})


def _by(notes: Iterable[Note], key: Callable[[Note], str]) -> Iterator[tuple[str, list[Note]]]:
    """The notes that have the same key together, in the order of the first of each."""
    found: dict[str, list[Note]] = {}
    for note in notes:
        found.setdefault(key(note), []).append(note)
    yield from found.items()


def _word(text: str) -> str:
    """The text where it can stand in a record's and a mail's name, else a word made of it."""
    if _PLAIN.fullmatch(text):
        return text
    return write_id(sha256(text.encode("utf-8", "surrogatepass")).digest())
