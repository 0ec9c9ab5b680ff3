"""A ticket as an mbox has it, threads intact: every mail under its own id, below what it answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.errors import DeskError
from helpdesk_cli.mail.header_lines import is_id
from helpdesk_cli.mail.letter import File
from helpdesk_cli.mail.mbox import has_header, mbox_entry, with_headers
from helpdesk_cli.mail.rebuilt import Old, rebuild
from helpdesk_cli.storage import large, raw
from helpdesk_cli.storage.folder import read_file
from helpdesk_cli.tickets.entries import Message, Note, origin_of
from helpdesk_cli.tickets.person import Person
from helpdesk_cli.tickets.redaction import redactions_of
from helpdesk_cli.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.export import Exported
    from helpdesk_cli.tickets.entries import Attachment
    from helpdesk_cli.tickets.ticket import Ticket

_MISSING = "@missing.invalid"


def mails_of(desk: Desk, ticket: Ticket, path: str, done: Exported, *, notes: bool) -> Iterator[bytes]:
    """Every message of the ticket, with `notes` also what agents told each other; events never."""
    work = _Conversation(desk, ticket, path.rpartition("/")[0], done)
    numbers = {entry.id: f"{ticket.number}.{number}" for number, entry in ticket.numbered}
    for entry in ticket.entries:
        if isinstance(entry, Message):
            yield work.message(entry, numbers.get(entry.id, ""))
        elif isinstance(entry, Note) and notes:
            yield work.note(entry)


@dataclass(slots=True)
class _Conversation:
    """A ticket on its way into an mbox; `ids` are those of the mails that came before, in order."""

    desk: Desk
    ticket: Ticket
    folder: str
    done: Exported
    ids: list[str] = field(default_factory=list)

    def message(self, message: Message, number: str) -> bytes:
        """The mail: as it came, where its original is here."""
        self.done.mails += 1
        name = _id_of(message)
        original = self._original(message)
        told = [("X-Desk-Ticket", self.ticket.id), ("X-Desk-Message", number)]
        if original is None:
            self.done.rebuilt += 1
            data = self._rebuilt(message, name, told)
        else:
            # What came without an id, or does not say what it answers, gets what the ticket knows of it.
            if not has_header(original, "message-id"):
                told.append(("Message-ID", f"<{name}>"))
            if (first := self._first(name)) and not has_header(original, "in-reply-to", "references"):
                told.append(("In-Reply-To", f"<{first}>"))
            data = with_headers(original, told)
        self.ids.append(name)
        return mbox_entry(data, sender=message.from_.email, at=message.at)

    def note(self, note: Note) -> bytes:
        """A note as a mail from its author to nobody, marked as one."""
        self.done.mails += 1
        self.done.rebuilt += 1
        agent = self.desk.settings.agent(note.by)
        author = Person(agent.name or note.by, agent.email) if agent else Person(note.by)
        told = (("X-Desk-Ticket", self.ticket.id), ("X-Desk-Note", "yes"))
        old = Old(
            from_=author,
            subject=f"[note] {self.ticket.subject}",
            text=note.text,
            message_id=f"{note.id}@note.invalid",
            at=note.at,
            references=tuple(self.ids[-1:]),
            headers=told,
        )
        return mbox_entry(rebuild(old, self._files(note)), sender=author.email, at=note.at)

    def _rebuilt(self, message: Message, name: str, told: list[tuple[str, str]]) -> bytes:
        named = [*message.references, message.in_reply_to]
        known = [each for each in dict.fromkeys(named) if each and not each.endswith(_MISSING)]
        if not set(known) & set(self.ids) and (first := self._first(name)):
            known.append(first)
        old = Old(
            from_=message.from_,
            subject=message.subject or self.ticket.subject,
            text=message.text,
            message_id=name,
            at=message.date or message.at,
            to=message.to,
            cc=message.cc,
            reply_to=message.reply_to,
            references=tuple(known),
            headers=(*told, ("X-Desk-Original", "no")),
        )
        return rebuild(old, self._files(message))

    def _first(self, name: str) -> str:
        """The ticket's first mail, for one that answers none; "" where that one itself answers this."""
        named = {_id_of(each): {each.in_reply_to, *each.references} for each in self.ticket.messages}
        todo, seen = self.ids[:1], set[str]()
        while todo:
            at = todo.pop()
            seen.add(at)
            todo += named.get(at, set()) - seen
        return "" if not self.ids or name in seen else self.ids[0]

    def _original(self, message: Message) -> bytes | None:
        if not message.raw or redactions_of(self.ticket, origin_of(message)):
            return None
        try:
            return raw.read(self.desk.layout.state, message.raw)
        except DeskError:
            # On another host, or damaged, which `desk fsck` tells: what the ticket says is the same mail.
            return None

    def _files(self, entry: Message | Note) -> list[File]:
        found = []
        for file in entry.attachments:
            try:
                content = self._content(file)
            except FileNotFoundError:
                self.done.missing.append(f"{self.ticket.id}: the attachment {file.filename} is gone")
            except DeskError as error:
                self.done.missing.append(f"{self.ticket.id}: {file.filename}: {error}")
            else:
                found.append(File(file.filename, file.content_type, content))
        return found

    def _content(self, file: Attachment) -> bytes:
        if not file.path:
            return large.read(self.desk.layout, file.sha256)
        return read_file(self.desk.path(f"{self.folder}/{file.path}"), within=self.desk.layout.root)[0]


def _id_of(message: Message) -> str:
    """The message's own id; of what has none, or none that can be repeated, one made of the entry's."""
    return message.message_id if is_id(message.message_id) else f"{message.id}@desk.invalid"
