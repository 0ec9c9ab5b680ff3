"""What would become of many mails, told without writing: each is looked for among those before it, too."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from helpdesk_cli.channels.sources import job_of, read_stored, why_not
from helpdesk_cli.desk.actor import desk_actor
from helpdesk_cli.desk.ingest import take_in
from helpdesk_cli.desk.outcome import Ingested
from helpdesk_cli.desk.reading import circumstances_of
from helpdesk_cli.desk.record import open_door
from helpdesk_cli.mail.identity import ticket_uid
from helpdesk_cli.mail.reading import receive, receive_unparsed
from helpdesk_cli.mail.threading import Candidate, decide
from helpdesk_cli.storage.sandbox import LimitExceededError, Results
from helpdesk_cli.tickets.ids import ticket_id
from helpdesk_cli.values import dataclass, field, replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from helpdesk_cli.channels.sources import Source
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.outcome import Options
    from helpdesk_cli.mail.received import Circumstances, Received

_WORKERS = 2


def try_all(desk: Desk, sources: Iterable[Source], options: Options) -> Iterator[Ingested]:
    """What would become of each mail."""
    around = circumstances_of(desk)

    def work(job: str | bytes) -> Received:
        data = read_stored(Path(job)) if isinstance(job, str) else job
        return receive(data, options.envelope, around)

    tried = _Tried(desk, options, around)
    with (
        closing(Results(work, map(job_of, sources), workers=_WORKERS)) as results,
        open_door(desk, desk_actor(desk), dry_run=True) as door,
    ):
        for source, result in results:
            received = result
            if isinstance(received, LimitExceededError):
                try:
                    received = receive_unparsed(source.read(), options.envelope, around)
                except OSError as error:
                    yield Ingested("left", file=source.name, why=why_not(error))
                    continue
            found = tried.known(received) or tried.note(
                received, take_in(door, received, options, digest="", around=around)
            )
            yield replace(found, file=source.name)


@dataclass(slots=True)
class _Tried:
    """The mails of this run so far, and the tickets that they would be in; a look-up of `mail.threading`."""

    desk: Desk
    options: Options
    around: Circumstances
    entries: dict[str, str] = field(default_factory=dict)  # entry: ticket
    names: dict[str, str] = field(default_factory=dict)  # uid: ticket
    uids: dict[str, str] = field(default_factory=dict)  # ticket: uid
    tickets: dict[str, Candidate] = field(default_factory=dict)  # by uid
    ids: dict[str, list[str]] = field(default_factory=dict)  # Message-ID: uids
    references: dict[str, list[str]] = field(default_factory=dict)
    joined: int = 0  # tickets that `take_in` opened and that need none

    def known(self, received: Received) -> Ingested | None:
        """The answer for a mail that came in this run before."""
        ticket = self.entries.get(received.entry_id)
        return Ingested("duplicate", ticket) if ticket else None

    def note(self, received: Received, found: Ingested) -> Ingested:
        """What would become of it after those before; remembered for those that follow."""
        uid = ""
        if found.outcome in {"created", "unparsed"} and found.message == 1:
            uid = self._joins(received)
            if uid:
                self.joined += 1
                found = replace(found, outcome="appended", ticket=self.names[uid], message=0)
            else:
                number = int(found.ticket.rpartition("-")[2]) - self.joined
                found = replace(found, ticket=ticket_id(self.desk.settings.prefix, number))
        if found.ticket:
            self._remember(received, uid or ticket_uid(received.entry_id), found.ticket)
        return found

    def _joins(self, received: Received) -> str:
        """The uid of the ticket of this run that it belongs to, "" for none."""
        mail = received.mail
        senders = {person.key for person in mail.from_}
        for uid in self.ids.get(received.message_id, ()):
            if senders & self.tickets[uid].participants:
                return uid
        agent = any(self.desk.settings.agent_by_email(person.email) for person in mail.from_)
        if self.options.knows_own and (agent or any(self.around.own.has(key) for key in senders)):
            named = [mail.in_reply_to, *reversed(mail.references)]
            return next((uid for each in named for uid in self.ids.get(each, ())), "")
        bounce = received.kind.bounce
        found = decide(
            mail,
            self,
            own=self.around.own,
            prefix=self.desk.settings.prefix,
            recipients=self.options.envelope.recipients,
            returned_ids=bounce.original_message_ids if bounce else (),
        )
        return found.join or ""

    def _remember(self, received: Received, uid: str, ticket: str) -> None:
        mail = received.mail
        people = {person.key for person in (*mail.from_, *mail.to, *mail.cc)}
        uid = self.uids.setdefault(ticket, uid)
        before = self.tickets.get(uid) or Candidate(
            uid, int(ticket.rpartition("-")[2]), frozenset(), frozenset(), {}
        )
        senders = frozenset(person.key for person in mail.from_)
        named = {each: senders for each in (mail.in_reply_to, *mail.references) if each}
        self.tickets[uid] = replace(
            before,
            participants=before.participants | {key for key in people if not self.around.own.has(key)},
            message_ids=before.message_ids | {received.message_id},
            known_references={**named, **before.known_references},
        )
        self.names[uid] = ticket
        self.entries[received.entry_id] = ticket
        self.ids.setdefault(received.message_id, []).append(uid)
        for each in named:
            self.references.setdefault(each, []).append(uid)

    def by_token(self, uid: str, entry: str = "") -> Candidate | None:
        """No mail of this run can bear an id that we sign."""
        del uid, entry
        return None

    def by_message_id(self, message_id: str) -> Sequence[Candidate]:
        """The tickets with a mail of this id."""
        return [self.tickets[uid] for uid in self.ids.get(message_id, ())]

    def by_reference(self, message_id: str) -> Sequence[Candidate]:
        """The tickets with a mail that names this id."""
        return [self.tickets[uid] for uid in dict.fromkeys(self.references.get(message_id, ()))]

    def by_number(self, number: int) -> Sequence[Candidate]:
        """The tickets that would have this number."""
        uid = self.uids.get(ticket_id(self.desk.settings.prefix, number))
        return [self.tickets[uid]] if uid else []
