"""The tables of the index that whoever writes fills: docs/INDEX.md has them for people.

What only queries ask for is filled later, by them (storage/index_facts): a mail that comes in need not
wait for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from helpdesk_cli.rules.marks import named_by_rules
from helpdesk_cli.tickets.deliveries import open_deliveries
from helpdesk_cli.tickets.entries import Message, Note, Tombstone, origin_of
from helpdesk_cli.tickets.times import write_time
from helpdesk_cli.tickets.turns import given_back_by, turns, unrouted
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from helpdesk_cli.tickets.entries import Entry
    from helpdesk_cli.tickets.ticket import Ticket

SCHEMA_VERSION = 11
_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE folders (
  path TEXT PRIMARY KEY, mtime_ns INTEGER NOT NULL, seal TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
CREATE TABLE files (
  folder TEXT NOT NULL, name TEXT NOT NULL, inode INTEGER NOT NULL, size INTEGER NOT NULL,
  mtime_ns INTEGER NOT NULL, ctime_ns INTEGER NOT NULL, seen_ns INTEGER NOT NULL,
  problem TEXT NOT NULL DEFAULT '', PRIMARY KEY (folder, name)
) WITHOUT ROWID;
CREATE INDEX files_problem ON files (problem) WHERE problem <> '';
CREATE TABLE behind (path TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE shown (
  path TEXT PRIMARY KEY, number INTEGER NOT NULL, id TEXT NOT NULL, uid TEXT NOT NULL, subject TEXT NOT NULL,
  status TEXT NOT NULL, priority TEXT NOT NULL, category TEXT NOT NULL, type TEXT NOT NULL,
  product TEXT NOT NULL, team TEXT NOT NULL, assignee TEXT NOT NULL, inbox TEXT NOT NULL,
  channel TEXT NOT NULL, requester TEXT NOT NULL, requester_email TEXT NOT NULL, created_at TEXT NOT NULL,
  last_at TEXT NOT NULL, last_in_at TEXT NOT NULL, last_out_at TEXT NOT NULL, messages INTEGER NOT NULL,
  merged_into TEXT NOT NULL, tags TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX shown_number ON shown (number);
CREATE INDEX shown_uid ON shown (uid);
CREATE INDEX shown_id ON shown (id COLLATE NOCASE);
CREATE INDEX shown_work ON shown (assignee, status)
  WHERE status NOT IN ('resolved', 'closed', 'spam', 'merged');
CREATE TABLE formerly (path TEXT NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (path, number)) WITHOUT ROWID;
CREATE TABLE names (
  name TEXT NOT NULL, role TEXT NOT NULL, path TEXT NOT NULL, entry TEXT NOT NULL,
  PRIMARY KEY (name, role, path, entry)
) WITHOUT ROWID;
CREATE INDEX names_path ON names (path);
CREATE INDEX names_turn ON names (name, entry) WHERE role = 'turn'
"""
TABLES = tuple(_SCHEMA.strip().split(";\n"))
# A tag has no line end in it.
_BETWEEN_TAGS = "\n"


@dataclass(frozen=True, slots=True)
class Row:
    """A ticket as lists show it. Times are RFC 3339 text, "" when there is none."""

    path: str
    number: int
    id: str
    uid: str
    subject: str
    status: str
    priority: str
    category: str
    type: str
    product: str
    team: str
    assignee: str
    inbox: str
    channel: str
    requester: str
    requester_email: str
    created_at: str
    last_at: str
    last_in_at: str
    last_out_at: str
    messages: int
    merged_into: str
    tags: tuple[str, ...] = ()


COLUMNS = tuple(Row.__slots__)
SHOWN = f"SELECT {', '.join(COLUMNS)} FROM shown"  # noqa: S608 - names of this module


def row_of(values: tuple[Any, ...]) -> Row:
    """The row of what SHOWN selects."""
    make: Callable[..., Row] = Row
    *plain, tags = values
    return make(*plain, tuple(tags.split(_BETWEEN_TAGS)) if tags else ())


def table_rows(path: str, ticket: Ticket) -> dict[str, set[tuple[object, ...]]]:
    """The rows of a ticket's file in every one of these tables but `files`."""
    messages = ticket.messages
    row = {
        "path": path,
        "number": ticket.number,
        "id": ticket.id,
        "requester": str(ticket.requester),
        "requester_email": ticket.requester.key,
        "created_at": write_time(ticket.created_at),
        "last_at": write_time(ticket.last_at) if ticket.last_at else "",
        "last_in_at": _last([message for message in messages if message.direction == "in"]),
        "last_out_at": _last([message for message in messages if message.direction == "out"]),
        "messages": len(messages),
        "tags": _BETWEEN_TAGS.join(sorted(ticket.tags)),
    }
    return {
        "shown": {tuple(storable(row[name] if name in row else getattr(ticket, name)) for name in COLUMNS)},
        "formerly": {(path, number) for name in ticket.formerly if (number := number_of(name))},
        # A name with bytes that a hand wrote and that are no text: no mail has it.
        "names": {row for row in _names(path, ticket) if is_utf8(row[0])},
    }


def _last(messages: Iterable[Message]) -> str:
    return max((write_time(message.at) for message in messages if not message.automatic), default="")


def _due(path: str, ticket: Ticket) -> Iterator[tuple[str, str, str, str]]:
    """What time, merges and routing have still to do, found without a look at all tickets."""
    if ticket.snoozed_until:
        yield ("snoozed", "snoozed", path, ticket.snoozed_until)
    is_whole = ticket.status != "merged" or any(isinstance(entry, Message | Note) for entry in ticket.entries)
    if ticket.merged_into and is_whole:
        yield ("unmoved", "unmoved", path, "")
    yield from ((agent, "turn", path, moment) for agent, moment in turns(ticket))
    yield from ((name, role, path, entry) for name, role, entry in named_by_rules(ticket))
    if not ticket.assignee:
        for role, word in (("unrouted", unrouted(ticket)), ("gave-back", given_back_by(ticket))):
            if word:
                yield (role, role, path, word)


def _ids_of(entry: Entry) -> set[str]:
    return {entry.id} if isinstance(entry, Tombstone) else {entry.id, origin_of(entry)}


def _names(path: str, ticket: Ticket) -> Iterator[tuple[str, str, str, str]]:
    yield (ticket.uid, "uid", path, "")
    yield from _due(path, ticket)
    for owner, state, entry_id in open_deliveries(ticket):
        yield (owner, state, path, entry_id)
    for entry in ticket.entries:
        # What was moved here is found by the id that it had, too.
        yield from ((name, "entry", path, entry.id) for name in _ids_of(entry))
        if isinstance(entry, Message):
            if entry.message_id:
                yield (entry.message_id, "message", path, entry.id)
            if entry.raw:
                yield (entry.raw, "raw", path, entry.id)
            for reference in (entry.in_reply_to, *entry.references):
                if reference:
                    yield (reference, "reference", path, entry.id)
        elif isinstance(entry, Tombstone):
            yield from ((name, "tombstone", path, entry.id) for name in {entry.covers, origin_of(entry)})
            if entry.message_id:
                yield (entry.message_id, "message", path, entry.covers)


def number_of(path: str) -> int:
    """42 of `tickets/2026/11/TICKET-42.md`; 0 where the name is no ticket's."""
    digits = path.removesuffix(".md").rpartition("-")[2]
    return int(digits) if digits.isdecimal() and digits.isascii() and len(digits) <= 9 else 0  # noqa: PLR2004 - as ids.read_number


def is_ticket_name(name: str) -> bool:
    """Whether a file of this name is a ticket."""
    return name.endswith(".md") and number_of(name) > 0


def storable(value: Any) -> Any:  # noqa: ANN401 - whatever a row has
    """The value; half a character, as a hand may write it into a file, is shown as SQLite takes it."""
    if not isinstance(value, str) or value.isascii():
        return value
    return value.encode("utf-8", "backslashreplace").decode()


def is_utf8(name: str) -> bool:
    """Whether a name from the file system is text: SQLite and JSON take nothing else."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
