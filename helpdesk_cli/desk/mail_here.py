"""Where a mail is that came to this desk: in a ticket, set aside, waiting; or nowhere. Changes nothing.

Asked for by Message-ID, which tickets know; where they do not know it, by what the originals say that are
kept on this host: their Message-ID, the names that mail servers gave them, the `From ` line above them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal

from helpdesk_cli.desk.reading import circumstances_of, read_safely
from helpdesk_cli.errors import DeskError
from helpdesk_cli.mail.received import Envelope
from helpdesk_cli.storage import raw, records, waiting
from helpdesk_cli.storage.copies import read_copies
from helpdesk_cli.storage.folder import read_file
from helpdesk_cli.storage.ticket_file import read_ticket_file
from helpdesk_cli.tickets.entries import Message, Tombstone
from helpdesk_cli.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.storage.index import Index

# In a ticket, among them in one that is spam; in one whose file is broken; taken out by a person; kept
# and waiting; kept and in no ticket.
Fate = Literal["ticket", "spam", "broken", "removed", "set-aside", "waiting", "unfiled"]

_HEAD: Final = 256 * 1024
_ID: Final = re.compile(rb"^message-id[ \t]*:[ \t\r\n]*<?([^<>\r\n]{1,998})", re.MULTILINE | re.IGNORECASE)
_RECEIVED: Final = re.compile(rb"^received[ \t]*:((?:.|\r?\n[ \t]){0,2000})", re.MULTILINE | re.IGNORECASE)
_QUEUE: Final = re.compile(rb"\bid[ \t\r\n]+<?([0-9A-Za-z-]{5,24})\b")
# What stands further down was written on other machines.
_MOST_HOPS: Final = 6


@dataclass(frozen=True, slots=True)
class Place:
    """What became of a mail, and its ticket's id or, where it is in none, the sha256 of its original."""

    fate: Fate
    name: str


@dataclass(slots=True)
class Heads:
    """The originals of this host, by what their heads say."""

    by_id: dict[str, list[str]] = field(default_factory=dict)
    by_queue: dict[str, list[str]] = field(default_factory=dict)
    by_above: dict[str, list[str]] = field(default_factory=dict)

    def add(self, digest: str, data: bytes) -> None:
        """Take up an original."""
        if data.startswith(b"From "):
            above = " ".join(data.split(b"\n", 1)[0].decode("utf-8", "backslashreplace").split())
            self.by_above.setdefault(above, []).append(digest)
        head = re.split(rb"\r?\n\r?\n", data, maxsplit=1)[0]
        if found := _ID.search(head):
            name = found[1].decode("utf-8", "backslashreplace").strip()
            self.by_id.setdefault(name, []).append(digest)
        for number, received in enumerate(_RECEIVED.finditer(head)):
            if number < _MOST_HOPS and (queue := _QUEUE.search(received[1])):
                self.by_queue.setdefault(queue[1].decode(), []).append(digest)


@dataclass(slots=True)
class MailHere:
    """The look-up, over an index that is up to date. The originals are read when they are needed, once."""

    desk: Desk
    index: Index
    _heads: Heads | None = None
    _copies: dict[str, str] = field(default_factory=dict)
    _aside: frozenset[str] = frozenset()
    _waits: frozenset[str] = frozenset()
    _broken: dict[str, bytes] | None = None

    def by_message_id(self, message_id: str) -> Place | None:
        """Where the mail of this id is, by what tickets say; None where none does."""
        found = self.index.paths_named(message_id, "message")
        for path, entry in found:
            if not self.index.paths_named(entry, "tombstone"):
                return self._in(path)
        if found:
            return Place("removed", self._in(found[0][0]).name)
        mark = f"message-id: <{message_id}>".encode()
        path = next((path for path, data in self._broken_files() if mark in data), "")
        return Place("broken", path) if path else None

    def by_original(self, message_id: str = "", queue_id: str = "", above: str = "") -> Place | None:
        """Where it is by the originals on this host; None where none fits. The best news counts."""
        heads = self._read_heads()
        digests = [
            *(heads.by_id.get(message_id, ()) if message_id else ()),
            *(heads.by_queue.get(queue_id, ()) if queue_id else ()),
            *(heads.by_above.get(above, ()) if above else ()),
        ]
        places = [self.by_digest(digest) for digest in dict.fromkeys(digests)]
        return next((place for place in places if place.fate != "unfiled"), places[0] if places else None)

    def by_digest(self, digest: str) -> Place:
        """Where the mail of this original is."""
        for path, _ in self.index.paths_named(digest, "raw"):
            return self._in(path)
        if digest in self._aside:
            return Place("set-aside", digest)
        if digest in self._waits:
            return Place("waiting", digest)
        entry = self._copies.get(digest) or self._entry_of(digest)
        return self.by_entry(entry) or Place("unfiled", digest)

    def by_entry(self, entry: str) -> Place | None:
        """Where the mail of this entry is, by the content: for one that has no id of its own."""
        for path, _ in self.index.paths_named(entry, "entry"):
            return self._in(path)
        for path, _ in self.index.paths_named(entry, "tombstone"):
            return Place("removed", self._in(path).name)
        path = next((path for path, data in self._broken_files() if entry.encode() in data), "")
        return Place("broken", path) if path and entry else None

    def by_content(self, message_id: str, entry: str, digest: str) -> Place | None:
        """Where a mail is of which somebody else keeps a copy, by all that it says and not its id alone."""
        for path, _ in self.index.paths_named(digest, "raw"):
            return self._in(path)
        if place := self.by_entry(entry):
            return place
        heads = self._read_heads()
        copies = [each for each in heads.by_id.get(message_id, ()) if self._entry_of(each) == entry]
        places = [self.by_digest(each) for each in copies]
        return next((place for place in places if place.fate != "unfiled"), places[0] if places else None)

    def is_another(self, message_id: str, entry: str) -> bool:
        """Whether every message of this id came here as a mail of other content than `entry` is made of.

        What we wrote, what another helpdesk had and what cannot be read tells nothing of that.
        """
        for path in {path for path, _ in self.index.paths_named(message_id, "message")}:
            try:
                data, _ = read_file(self.desk.path(path), within=self.desk.layout.root)
                ticket = read_ticket_file(data, place=path).ticket
            except (DeskError, OSError):
                return False
            for each in ticket.entries:
                if isinstance(each, Tombstone) and each.message_id == message_id:
                    return False
                if not isinstance(each, Message) or each.message_id != message_id:
                    continue
                # "": the original is not on this host.
                if each.direction == "out" or not each.raw or self._entry_of(each.raw) in {"", entry}:
                    return False
        return True

    def has_originals(self) -> bool:
        """Whether this host keeps any: a clone does not."""
        return next(raw.digests(self.desk.layout.state), None) is not None

    def _in(self, path: str) -> Place:
        row = next(iter(self.index.rows_of([path])), None)
        if row is None or self.index.problem_of(path):
            return Place("broken", path)
        return Place("spam" if row.status == "spam" else "ticket", row.id)

    def _entry_of(self, digest: str) -> str:
        try:
            data = raw.read(self.desk.layout.state, digest)
        except DeskError:
            return ""
        return read_safely(data, Envelope(), circumstances_of(self.desk)).entry_id

    def _read_heads(self) -> Heads:
        if self._heads is None:
            layout = self.desk.layout
            self._copies = read_copies(layout)
            self._aside = frozenset(records.set_aside(layout).names())
            self._waits = frozenset(map(waiting.digest_of, records.waiting(layout).names()))
            self._heads = Heads()
            for digest in raw.digests(layout.state):
                try:
                    with raw.path_of(layout.state, digest).open("rb") as file:
                        self._heads.add(digest, file.read(_HEAD))
                except OSError:
                    # Removed meanwhile, or unreadable: `desk fsck --full` tells.
                    continue
        return self._heads

    def _broken_files(self) -> Iterator[tuple[str, bytes]]:
        if self._broken is None:
            self._broken = {}
            for path, _ in self.index.problems():
                try:
                    data, _ = read_file(self.desk.path(path), within=self.desk.layout.root)
                except (DeskError, OSError):
                    continue
                self._broken[path] = data
        yield from self._broken.items()
