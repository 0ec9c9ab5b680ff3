"""What was said in another helpdesk's ticket as entries of ours, with the files that came along."""

from __future__ import annotations

import re
from hashlib import sha256
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Final

from helpdesk_cli.errors import DeskError
from helpdesk_cli.mail.filenames import safe_name
from helpdesk_cli.storage import large
from helpdesk_cli.storage.folder import read_file
from helpdesk_cli.tickets.entries import Attachment, Message, Note, Segment
from helpdesk_cli.tickets.ids import write_id
from helpdesk_cli.tickets.person import Person
from helpdesk_cli.tickets.times import next_time
from helpdesk_cli.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from helpdesk_cli.desk.import_filing import Plan
    from helpdesk_cli.desk.old_tickets import OldFile, OldMessage, OldTicket
    from helpdesk_cli.desk.record import Door
    from helpdesk_cli.storage.mapping_file import Mapping
    from helpdesk_cli.tickets.entries import Entry

# On every entry that an import brings: it sets nothing in motion (docs/FORMAT.md).
IMPORTED: Final = "imported"
# A file that was in no export: a flag of messages, a key of notes.
NOT_IMPORTED: Final = "not-imported"
_FLAG: Final = "not imported: "


def id_of(mapping: Mapping, *names: str) -> str:
    """The id that a thing of the other helpdesk has here, in every clone."""
    text = "\0".join(["desk import", mapping.name, *names])
    return write_id(sha256(text.encode("utf-8", "surrogatepass")).digest())


def gone_files(entry: Message | Note) -> list[str]:
    """The names of the files that were missing when this was imported."""
    if isinstance(entry, Note):
        return [name for key, name in entry.other if key == NOT_IMPORTED]
    return [flag.removeprefix(_FLAG) for flag in entry.flags if flag.startswith(_FLAG)]


@dataclass(slots=True)
class Filed:
    """Entries on their way into a ticket, with the files of their attachments and what is missing."""

    door: Door
    plan: Plan
    old: OldTicket
    folder: str
    ticket: str
    entries: list[Message | Note] = field(default_factory=list)
    files: list[tuple[str, bytes]] = field(default_factory=list)
    known: tuple[Entry, ...] = ()  # what is in the ticket already
    remarks: list[str] = field(default_factory=list)  # a line for each file that is missing
    late: int = 0  # files for entries that came before
    last: datetime | None = None

    def add(self, said: OldMessage, name: str) -> None:
        """A message or a note, behind those before it."""
        settings = self.door.desk.settings
        said_at = min(said.at, self.door.desk.now)
        at = said_at if self.last is None or said_at > self.last else next_time(self.last, self.last)
        self.last = at
        origin = ((IMPORTED, f"{self.plan.mapping.name} {self.old.key}"),)
        attachments = tuple(
            found for number, file in enumerate(said.files, 1) if (found := self._file(file, number))
        )
        agent = settings.agent_by_email(said.person.email)
        # Whoever has no address there is nobody of ours, whatever they are called.
        called = re.sub(r"\s+", ".", said.person.name) or "unknown"
        by = agent.key if agent else said.person.email or f"{self.plan.mapping.name}:{called}"
        if said.is_note:
            gone = tuple((NOT_IMPORTED, each) for each in self._gone(said))
            self.entries.append(Note(name, at, by, said.body, attachments, (*origin, *gone)))
            return
        is_ours = _is_ours(said, self.old, settings.own_addresses, is_agent=agent is not None)
        self.entries.append(
            Message(
                name,
                at,
                said.person if said.person != Person() else self.old.requester,
                direction="out" if is_ours else "in",
                by=by if is_ours else "",
                to=(self.old.requester,) if is_ours and self.old.requester.email else (),
                subject=said.subject or self.old.subject,
                message_id=said.message_id
                if "@" in said.message_id and said.message_id.isprintable()
                else "",
                flags=tuple(f"{_FLAG}{each}" for each in self._gone(said)),
                body=said.body,
                attachments=attachments,
                other=origin,
            )
        )

    def add_files(self, said: OldMessage, entry: Message | Note) -> None:
        """The files that were missing when this entry was imported, in a note behind it: it stays as it is.

        Only what it says was missing comes: what somebody took out since stays out.
        """
        told = set(gone_files(entry))
        taken = {each.id for each in self.known}
        for number, (label, file) in enumerate(_labelled(said.files), 1):
            if label not in told:
                continue
            name = id_of(self.plan.mapping, "file", self.old.key, said.key, str(number))
            if name in taken or self.is_elsewhere(name):
                continue
            if (attachment := self._file(file, number)) is not None:
                self.late += 1
                at = next_time(entry.at, entry.at)
                origin = ((IMPORTED, f"{self.plan.mapping.name} {self.old.key}"),)
                said_so = (
                    f"{attachment.original_name or attachment.filename} belongs to what is said above.\n"
                )
                body = (Segment("text", said_so),)
                self.entries.append(Note(name, at, self.door.actor.key, body, (attachment,), origin))

    def is_elsewhere(self, name: str) -> bool:
        """Whether that entry is in some ticket, or was."""
        return any(self.door.index.paths_named(name, role) for role in ("entry", "tombstone"))

    def _gone(self, said: OldMessage) -> list[str]:
        return [label for label, file in _labelled(said.files) if self._content(file) is None]

    def _file(self, file: OldFile, number: int) -> Attachment | None:
        content = self._content(file)
        if content is None:
            where = f" ({file.url})" if file.url else ""
            self.remarks.append(f"{self.ticket}: the file {file.name}{where} is not in the export")
            return None
        digest = sha256(content).hexdigest()
        name = safe_name(file.name, file.content_type, number)
        path = f"{self.ticket}/{digest[:8]}-{name}"
        if len(content) <= self.door.desk.settings.attachment_limit:
            if (place := f"{self.folder}/{path}") not in dict(self.files):
                self.files.append((place, content))
        else:
            path = ""
            if not self.door.dry_run:
                large.keep(self.door.desk.layout, content)
        original = file.name if file.name != name else ""
        return Attachment(name, file.content_type, len(content), digest, path, original)

    def _content(self, file: OldFile) -> bytes | None:
        """What is in the file: from the export, else from the folder of files. Nothing is ever fetched."""
        if file.content is not None or self.plan.files is None:
            return file.content
        name = re.sub(r"[/\0]", "_", file.name)
        for place in filter(None, (file.path, f"{file.path}/{name}" if file.path else "", name)):
            if ".." in Path(place).parts or place.startswith("/"):
                continue
            try:
                return read_file(self.plan.files / place, within=self.plan.files)[0]
            except (DeskError, OSError, ValueError):
                # ValueError: a name that no file can have.
                continue
        return None


def _labelled(files: Iterable[OldFile]) -> Iterator[tuple[str, OldFile]]:
    """Each file with a name that no other of the same message has: `image.png`, `image.png (2)`."""
    labels: set[str] = set()
    for file in files:
        names = chain([file.name], (f"{file.name} ({number})" for number in count(2)))
        label = next(name for name in names if name not in labels)
        labels.add(label)
        yield label, file


def _is_ours(said: OldMessage, old: OldTicket, own: frozenset[str], *, is_agent: bool) -> bool:
    """Whether we said it: as the mapping says; else an agent of this desk, or one of our own domain, did."""
    if said.direction:
        return said.direction == "out"
    if not said.person.email or said.person.key == old.requester.key:
        return False
    domains = {address.rpartition("@")[2] for address in own}
    return is_agent or said.person.key.rpartition("@")[2] in domains
