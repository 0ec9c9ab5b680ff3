"""What stands in a ticket in order of time: messages, notes, events, tombstones. Added, never altered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from helpdesk_cli.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from helpdesk_cli.tickets.changes import FieldChange
    from helpdesk_cli.tickets.person import Person

# What was moved names where it was first written, `UID ENTRY`; the tombstone in its place, where it went.
MOVED_FROM, MOVED_TO = "moved-from", "moved-to"
# Facts of an event: the entries that it takes back, one each; the operation that they were of.
UNDOES, UNDO_OF = "undoes", "undo-of"
# What the event is called that tells of a ticket's opening.
OPENED = "opened"
# Who acts in entries where no agent does: what these do counts otherwise for clocks, rules and reports.
MACHINES = frozenset({"mail", "desk", "sla", "merge", "rule", "rules", "routing", "cron", "import"})
SegmentKind = Literal["text", "quote", "signature"]


@dataclass(frozen=True, slots=True)
class Segment:
    """A range of whole lines of a text; joined in order, the segments are that text again."""

    kind: SegmentKind
    text: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a message.

    `path` is relative to the ticket file's folder, `TICKET-42/1f0a9c22-invoice.pdf`; "" = outside git.
    The file writes only its name within the ticket's own folder, which stays true whatever the number.
    """

    filename: str
    content_type: str
    size: int
    sha256: str
    path: str = ""
    original_name: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """What was said in public, to us ("in") or by us ("out")."""

    id: str
    at: datetime
    from_: Person
    direction: Literal["in", "out"] = "in"
    by: str = ""  # who entered or sent it; "" when mail brought it
    to: tuple[Person, ...] = ()
    cc: tuple[Person, ...] = ()
    reply_to: tuple[Person, ...] = ()
    subject: str = ""
    date: datetime | None = None  # what the mail itself says, where that is not `at`
    message_id: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    threaded_by: str = ""
    inbox: str = ""  # the inbox it came to
    automatic: str = ""
    bulk: str = ""
    spam: bool = False
    answerable: str = ""  # "yes", or the rule that forbids automatic mail; "" = it set nothing in motion
    authenticated: bool = False  # our own mail server vouched for the sender
    failed_recipients: tuple[str, ...] = ()
    delivery: str = ""  # of one of ours, when it was written: queued; later events say more
    outbox: str = ""  # who sends it: the desk's public name, or "server"
    flags: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()  # those that rules may test, as desk.yaml lists them
    raw: str = ""  # sha256 of the original bytes, which stay on the host that took the mail in
    body: tuple[Segment, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    other: tuple[tuple[str, str], ...] = ()

    kind = "message"

    @property
    def text(self) -> str:
        """The whole text, quoted history and signature included."""
        return "".join(segment.text for segment in self.body)

    @property
    def new_text(self) -> str:
        """What the sender newly wrote."""
        return "".join(segment.text for segment in self.body if segment.kind == "text").strip("\n")


@dataclass(frozen=True, slots=True)
class Note:
    """What agents tell each other; never leaves the desk."""

    id: str
    at: datetime
    by: str
    body: tuple[Segment, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    other: tuple[tuple[str, str], ...] = ()

    kind = "note"

    @property
    def text(self) -> str:
        """The note's whole text."""
        return "".join(segment.text for segment in self.body)


@dataclass(frozen=True, slots=True)
class Event:
    """What was changed, by whom; the history of the front matter."""

    id: str
    at: datetime
    by: str
    what: str = ""  # "opened", "by hand", "" for a plain change
    changes: tuple[FieldChange, ...] = ()
    facts: tuple[
        tuple[str, str], ...
    ] = ()  # further (key, value) lines: delivery, confirmed, also-to, op ...

    kind = "event"

    def all_facts(self, key: str) -> list[str]:
        """Every fact of that key, in order."""
        return [value for name, value in self.facts if name == key]


@dataclass(frozen=True, slots=True)
class Tombstone:
    """Stands for an entry that was redacted, split off or undone; wins over it in every merge.

    `at` is the time of what it covers, so that it keeps the place and the numbers (42.3) hold.
    Only tombstones cover, and nothing covers a tombstone: else the order of merges would matter.
    """

    id: str
    at: datetime
    by: str
    covers: str
    reason: str = ""
    removed_at: datetime | None = None
    message_id: str = ""
    facts: tuple[tuple[str, str], ...] = ()

    kind = "tombstone"


@dataclass(frozen=True, slots=True)
class Opaque:
    """An entry of a kind that this version does not know: kept as it is."""

    id: str
    at: datetime
    kind: str
    lines: tuple[str, ...] = field(default=(), repr=False)


Entry = Message | Note | Event | Tombstone | Opaque


def origin_of(entry: Entry) -> str:
    """The id under which the entry was first written, wherever it was moved since.

    Of a tombstone: that of what it covers.
    """
    pairs = entry.facts if isinstance(entry, Tombstone) else getattr(entry, "other", ())
    first = next((value.partition(" ")[2] for key, value in pairs if key == MOVED_FROM), "")
    return first or (entry.covers if isinstance(entry, Tombstone) else entry.id)


def find_said(entries: Iterable[Entry], name: str) -> Message | Note | None:
    """The message or note of that id, or that was first written under it; None where there is none."""
    said = [entry for entry in entries if isinstance(entry, (Message, Note))]
    return next((entry for entry in said if name in {entry.id, origin_of(entry)}), None)


def sort_key(entry: Entry) -> tuple[datetime, str]:
    """The order of entries in a file: time, then id."""
    return (entry.at, entry.id)


def undone_by(told: Iterable[tuple[str, Iterable[str]]], without: Iterable[str] = ()) -> dict[str, str]:
    """From each event that counts no more to the one that took it back and was not taken back itself.

    `told` are (event, the events that it undoes), the latest first. `without` are events that are to count as
    taken back, by nobody ("").
    """
    found = dict.fromkeys(without, "")
    for event, undoes in told:
        if event not in found:
            for name in undoes:
                found.setdefault(name, event)
    return found


def undone(events: Sequence[Event]) -> dict[str, str]:
    """The same of a ticket's events, in order."""
    return undone_by((event.id, event.all_facts(UNDOES)) for event in reversed(events))
