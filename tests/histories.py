"""Random histories of one ticket in several clones: what the desk does, and what hands do to the file.

A clone is a ticket file; an operation is drawn as small numbers, so that failures shrink to short stories.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

from hypothesis import strategies as st
from made_tickets import ID, NOON, UID

from helpdesk_cli.storage.ticket_file import TicketFile, change_ticket_file, new_ticket_file, read_ticket_file
from helpdesk_cli.tickets.changes import (
    EntryAdded,
    FieldSet,
    ListChanged,
    apply_all,
    change_list,
    set_field,
)
from helpdesk_cli.tickets.entries import Attachment, Event, Message, Note, Segment, Tombstone
from helpdesk_cli.tickets.ids import write_id
from helpdesk_cli.tickets.links import INVERSE, Link
from helpdesk_cli.tickets.moves import Away, moved, said_in, stone_for
from helpdesk_cli.tickets.person import Person
from helpdesk_cli.tickets.snooze import put_to_sleep, wake
from helpdesk_cli.tickets.ticket import Ticket
from helpdesk_cli.tickets.times import next_time

STATUSES = ("open", "pending", "resolved")
TAGS = ("billing", "urgent", "vip")
ADA = Person("Ada", "ada@example.org")


@dataclass(frozen=True)
class Op:
    """One thing that happens in a clone, `after` seconds since the last; `which` chooses among few."""

    kind: str
    which: int
    after: int


BY_DESK = (
    *("status", "assignee", "tag", "untag", "cc", "message", "note", "same mail", "redact", "split"),
    *("moved in", "moved away", "back", "snooze", "wake", "link"),
)
BY_HAND = (
    *("hand status", "hand tag", "hand untag", "hand key", "hand text", "hand note", "hand comment"),
    *("hand quotes", "hand order", "hand heading", "hand end", "hand line ends"),
)


def ops(kinds: tuple[str, ...]) -> st.SearchStrategy[list[Op]]:
    """Some operations."""
    one = st.builds(Op, st.sampled_from(kinds), st.integers(0, 2), st.integers(0, 5))
    return st.lists(one, max_size=5)


by_desk = ops(BY_DESK)
by_anyone = ops(BY_DESK + BY_HAND)


def identify(*words: object) -> str:
    """An id from words."""
    return write_id(sha256("\0".join(map(str, words)).encode()).digest())


def start() -> TicketFile:
    """The ticket that all clones come from."""
    first = Message(
        identify("first"),
        NOON,
        ADA,
        subject="Invoice",
        message_id="first@example.org",
        body=(Segment("text", "Hello\n"),),
        attachments=(Attachment("a.pdf", "application/pdf", 1, "ab", f"{ID}/ab-a.pdf"),),
    )
    opened = Event(
        identify("opened"),
        NOON + timedelta(milliseconds=1),
        "desk",
        "opened",
        (FieldSet("status", "", "new"), ListChanged("tags", ("billing",))),
    )
    second = Message(identify("second"), NOON + timedelta(seconds=1), ADA, body=(Segment("text", "So?\n"),))
    entries = (first, opened, second)
    ticket = Ticket(ID, UID, NOON, "Invoice", "new", requester=ADA, tags=("billing",), entries=entries)
    return new_ticket_file(ticket)


def happen(file: TicketFile, operations: list[Op], clone: str) -> TicketFile:
    """The clone's file after the operations."""
    now = NOON
    for number, op in enumerate(operations):
        now += timedelta(seconds=op.after)
        if op.kind.startswith("hand"):
            data = by_hand(file, op).encode()
            file = read_ticket_file(data, place=clone)
        else:
            file = change_ticket_file(file, _after(file.ticket, op, clone, number, now))
    return file


def _after(ticket: Ticket, op: Op, clone: str, number: int, now: datetime) -> Ticket:  # noqa: C901, PLR0911, PLR0912 - a table of what can happen
    at = next_time(now, ticket.last_at)
    name = identify(clone, number, op, at)
    match op.kind:
        case "status" | "assignee":
            fields = set_field(ticket, op.kind, STATUSES[op.which])
        case "tag":
            fields = change_list(ticket, "tags", added=(TAGS[op.which],))
        case "untag":
            fields = change_list(ticket, "tags", removed=(TAGS[op.which],))
        case "cc":
            fields = change_list(ticket, "cc", added=(f"p{op.which}@example.org",))
        case "message":
            body = (Segment("text", f"{clone} writes\n"), Segment("quote", "> Hello\n"))
            return apply_all(ticket, [EntryAdded(Message(name, at, ADA, body=body))])
        case "same mail":
            # Two clones take in one mail: the same id, another time.
            mail = Message(identify("mail", op.which), at, ADA, message_id=f"{op.which}@example.org")
            return apply_all(ticket, [EntryAdded(mail)])
        case "note":
            return apply_all(ticket, [EntryAdded(Note(name, at, clone, (Segment("text", "a note\n"),)))])
        case "moved in":
            # Clones that move the same message the same way write the same entry.
            other = Ticket("TICKET-50", identify("other"), NOON)
            said = Message(identify("elsewhere", op.which), NOON, ADA, message_id=f"e{op.which}@example.org")
            return apply_all(ticket, [EntryAdded(moved(said, other, uid=ticket.uid, ticket_id=ticket.id))])
        case "moved away" | "back":
            return _moved_away(ticket, op, clone, at=at)
        case "snooze":
            fields = put_to_sleep(ticket, NOON + timedelta(days=op.which), keep=op.which == 1)
        case "wake":
            fields = wake(ticket)
        case "link":
            fields = change_list(ticket, "links", added=(str(Link(list(INVERSE)[op.which], "TICKET-7")),))
        case "redact" | "split":
            said = [entry for entry in ticket.entries if isinstance(entry, Message | Note)]
            if not said:
                return ticket
            gone = said[op.which % len(said)]
            facts = (("moved-to", "TICKET-57"),) if op.kind == "split" else ()
            stone = Tombstone(name, gone.at, clone, gone.id, op.kind, removed_at=at, facts=facts)
            return apply_all(ticket, [EntryAdded(stone)])
    return apply_all(
        ticket, [*fields, EntryAdded(Event(name, at, clone, changes=tuple(fields)))] if fields else []
    )


def _moved_away(ticket: Ticket, op: Op, clone: str, *, at: datetime) -> Ticket:
    """One of its messages is another ticket's now; or it was, and a copy of the copy is here again."""
    said = said_in(ticket)
    if not said:
        return ticket
    gone = said[op.which % len(said)]
    other = Ticket("TICKET-50", identify("other"), NOON)
    copy = moved(gone, ticket, uid=other.uid, ticket_id=other.id)
    stone = stone_for(gone, ticket, Away(other.uid, clone, at, "merged", "merge"), copy_id=copy.id)
    added = [EntryAdded(stone)]
    if op.kind == "back":
        added.append(EntryAdded(moved(copy, other, uid=ticket.uid, ticket_id=ticket.id)))
    return apply_all(ticket, added)


def by_hand(file: TicketFile, op: Op) -> str:
    """The file's text after an editor, which may have changed the line ends."""
    text = str(file).replace("\r\n", "\n")
    match op.kind:
        case "hand tag" | "hand untag":
            tag = {TAGS[op.which]}
            tags = {*file.ticket.tags} | tag if op.kind == "hand tag" else {*file.ticket.tags} - tag
            return str(change_ticket_file(file, replace(file.ticket, tags=tuple(sorted(tags)))))
        case "hand key":
            return _with_line_at(text, 1, f"customer-tier: tier{op.which}", "customer-tier:")
        case "hand order":
            return _with_line_at(text, op.which + 1, f"requester: {file.ticket.requester}", "requester:")
        case "hand end":
            return f"{text}\nRemember the bread {op.which}.\n"
        case "hand line ends":
            return text.replace("\n", "\r\n")
    pattern, new = EDITS[op.kind]
    return re.sub(pattern, new.format(op.which), text, count=1, flags=re.MULTILINE)


EDITS = {
    "hand status": (r"^status: .*$", "status: by-hand-{}"),
    "hand quotes": (r"^(status: .*)$", r"\1 # so {}"),
    "hand comment": (r"^status:", "# look at this {}\nstatus:"),
    "hand note": (r"^a note$", "a note, corrected {}"),
    "hand heading": (r"^## ", "## ({}) "),
    "hand text": (r"^(<!-- /desk:event .*\n)", "\\1\nRemember the milk {}.\n"),
}


def _with_line_at(text: str, place: int, line: str, old: str) -> str:
    lines = [other for other in text.split("\n") if not other.startswith(old)]
    return "\n".join([*lines[:place], line, *lines[place:]])
