"""What rules are asked about: one ticket, and the one thing that happened to it."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from helpdesk_cli.rules.rule import TIMER, is_rule
from helpdesk_cli.tickets.changes import FieldSet
from helpdesk_cli.tickets.entries import MACHINES, Event, Message, Note, Tombstone, find_said
from helpdesk_cli.tickets.ids import write_id
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from helpdesk_cli.tickets.entries import Entry
    from helpdesk_cli.tickets.ticket import Ticket

# Keys of `Message.other`: where a mail was delivered, kept where a rule asks for it.
RECIPIENT = "recipient"


@dataclass(frozen=True, slots=True)
class Occasion:
    """`event` is one of rule.EVENTS, `entry` the id of what set it off: each rule acts once for it.

    `message` is the mail that set it off; None: fields of messages mean any message of the ticket. `headers`
    are all that are known of it (names in small letters), `recipients` where it was delivered.
    """

    event: str
    entry: str
    message: Message | None = None
    headers: tuple[tuple[str, str], ...] = ()
    recipients: tuple[str, ...] = ()


def of_message(ticket: Ticket, message: Message) -> Occasion:
    """What a message of the ticket sets off, from what stands in the ticket."""
    if opens(ticket, message):
        event = "created"
    else:
        event = "agent-replied" if message.direction == "out" else "customer-replied"
    to = tuple(value for name, value in message.other if name == RECIPIENT)
    return Occasion(event, message.id, message, message.headers, to)


def of_entry(ticket: Ticket, entry: Entry) -> Occasion | None:
    """What an entry that a person brought about sets off; None where it is a machine's, or nothing."""
    if isinstance(entry, Message):
        is_ours = bool(entry.by) and entry.by not in MACHINES and not is_rule(entry.by)
        return of_message(ticket, entry) if is_ours and not entry.automatic else None
    if isinstance(entry, Note):
        return None if entry.by in MACHINES or is_rule(entry.by) else Occasion("updated", entry.id)
    if not isinstance(entry, Event):
        return None
    if entry.by in MACHINES or is_rule(entry.by):
        return None
    if entry.what == "opened":
        # Where a message opened it, that is what is asked about.
        is_by_message = any(opens(ticket, message) for message in ticket.messages)
        return None if is_by_message else Occasion("created", entry.id)
    # Who takes back what a rule did does not want it done again.
    return Occasion("updated", entry.id) if entry.changes and not entry.all_facts("undoes") else None


def of_time(ticket: Ticket) -> Occasion | None:
    """What time sets off: the last thing that a person did about the ticket; None for an empty one.

    That is a message that no machine wrote, or a change of status that no rule made: a timer rule that acted
    since then does not act again, however often it is asked. What a mail does to the status is that mail: a
    rule that waits for both does not act a minute later for what it has just acted for.
    """
    last = next((entry for entry in reversed(ticket.entries) if _is_step(entry)), None)
    last = last or next(iter(ticket.entries), None)
    return Occasion(TIMER, last.id) if last is not None else None


def _is_step(entry: Entry) -> bool:
    if isinstance(entry, Message):
        return not entry.automatic and not is_rule(entry.by)
    if not isinstance(entry, Event) or is_rule(entry.by) or entry.by in {"sla", "mail"}:
        return False
    return any(isinstance(change, FieldSet) and change.field == "status" for change in entry.changes)


def opens(ticket: Ticket, message: Message) -> bool:
    """Whether the ticket began with this message."""
    first = next(iter(ticket.messages), None)
    return first is not None and first.id == message.id and message.at <= ticket.created_at


def message_of(ticket: Ticket, entry_id: str) -> Message | None:
    """The message of that id; None for none."""
    found = find_said(ticket.entries, entry_id)
    return found if isinstance(found, Message) else None


def event_id(ticket: Ticket, rule: str, entry: str) -> str:
    """The id of the event of this rule for this entry: the same whoever asks, wherever and how often."""
    return _id("rule", ticket.uid, rule, entry)


def note_id(ticket: Ticket, rule: str, entry: str, number: int) -> str:
    """The same of its notes."""
    return _id("rule note", ticket.uid, rule, entry, str(number))


def has_run(ticket: Ticket, rule: str, entry: str) -> bool:
    """Whether the rule acted for this entry already, also where that was taken out of the ticket since."""
    traces = [each for each in ticket.entries if _is_trace(each)]
    if not traces:
        # Of most mails: two hundred rules need no two hundred digests to know that none has acted.
        return False
    wanted = event_id(ticket, rule, entry)
    return any(
        each.id == wanted or (isinstance(each, Tombstone) and each.covers == wanted) for each in traces
    )


def _is_trace(entry: Entry) -> bool:
    return isinstance(entry, Tombstone) or (isinstance(entry, Event) and is_rule(entry.by))


def _id(*parts: str) -> str:
    # OpenSSL takes 3 ms to load, and every `desk list` knows this module: who acts draws ids.
    sha256 = importlib.import_module("hashlib").sha256
    return write_id(sha256("\0".join(("desk", *parts)).encode("utf-8", "surrogatepass")).digest())
