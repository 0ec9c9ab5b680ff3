"""A ticket as a person reads it on a terminal: who, what, when; quotes folded unless asked for.

Bodies stand indented and, where the width is known, wrapped by us: no line of a mail can begin
where a heading begins, so none can pass for one.
"""

from __future__ import annotations

import unicodedata
from types import MappingProxyType
from typing import TYPE_CHECKING

from helpdesk_cli.sla.hours import moment_of
from helpdesk_cli.sla.policies import TARGETS
from helpdesk_cli.sla.words import left_text, tone_of
from helpdesk_cli.table import Toned
from helpdesk_cli.tickets.changes import FieldSet, change_text, fact_text
from helpdesk_cli.tickets.entries import Event, Message, Note, Tombstone, origin_of
from helpdesk_cli.tickets.escapes import make_visible, one_line
from helpdesk_cli.tickets.snooze import KEEP, until_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from helpdesk_cli.cli.output import Piece
    from helpdesk_cli.sla.clocks import Clock
    from helpdesk_cli.table import Tone
    from helpdesk_cli.tickets.entries import Attachment, Entry, Segment
    from helpdesk_cli.tickets.escalations import Escalation
    from helpdesk_cli.tickets.person import Person
    from helpdesk_cli.tickets.ticket import Ticket

INDENT = "    "
_FOLDED = {"quote": "quoted", "signature": "signature"}
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
Line = list["Piece"]
# Redactions of words in an event: a copy without them stands beside.
_ONLY_A_PART = (("redacted", "subject"), ("redacted", "person"))
_ALARMING = ("failed", "unknown", "bounced")
_NONE: Mapping[str, str] = MappingProxyType({})


def view(
    ticket: Ticket,
    *,
    full: bool,
    width: int | None,
    deliveries: Mapping[str, str] = _NONE,
    due: Sequence[Clock] = (),
    escalated: Sequence[Escalation] = (),
) -> Iterator[Line]:
    """The lines of a ticket; `width` None = lines of a body are not wrapped.

    `deliveries` says what became of messages that went out, by entry; `due` are the clocks that have not
    stopped.
    """
    yield from _head(ticket)
    if escalated:
        last = escalated[-1]
        times = f" ({len(escalated)} times)" if len(escalated) > 1 else ""
        told = f"{last.words}{times}, by {last.by}, {when(last.at)}"
        yield [Toned("Escalated: ", "faint"), Toned(one_line(told), "notice")]
    for place, clock in enumerate(due):
        label = Toned(("Due:" if place == 0 else "").ljust(9), "faint")
        at = f" {when(moment_of(clock.due_shown))}" if clock.due_shown is not None else ""
        yield [label, f"{TARGETS[clock.target]}{at}, ", Toned(left_text(clock), tone_of(clock))]
    numbers = {entry.id: number for number, entry in ticket.numbered}
    here = {origin_of(entry) for entry in ticket.entries if not isinstance(entry, Tombstone)}
    files = 0
    for entry in ticket.entries:
        if isinstance(entry, Tombstone) and (
            origin_of(entry) in here or not {*_ONLY_A_PART}.isdisjoint(entry.facts)
        ):
            # It was away and is back, or only a part of it was taken out.
            continue
        if isinstance(entry, Event):
            yield [Toned(f"-- {when(entry.at)} · {event_text(entry)}", "faint")]
            continue
        yield [""]
        name = f"{ticket.number}.{numbers[entry.id]}" if entry.id in numbers else ""
        yield from _heading(entry, name, deliveries.get(entry.id, ""))
        if isinstance(entry, Message | Note):
            yield [""]
            yield from body(entry.body, full=full, width=width)
            for file in entry.attachments:
                files += 1
                yield [INDENT, Toned(f"[{files}] {file_text(file)}", "notice")]
            yield [""]


def view_message(
    message: Message, *, name: str, full: bool, width: int | None, deliveries: Mapping[str, str] = _NONE
) -> Iterator[Line]:
    """The lines of one message."""
    yield from _heading(message, name, deliveries.get(message.id, ""))
    yield [""]
    yield from body(message.body, full=full, width=width)
    for number, file in enumerate(message.attachments, 1):
        yield [INDENT, Toned(f"[{number}] {file_text(file)}", "notice")]


def when(moment: datetime) -> str:
    """`Fri 20 Nov 2026, 09:12 UTC`, the same in every locale."""
    day = f"{_DAYS[moment.weekday()]} {moment.day} {_MONTHS[moment.month - 1]} {moment.year}"
    return f"{day}, {moment.hour:02d}:{moment.minute:02d} UTC"


def event_text(event: Event) -> str:
    """`dana: status open → pending, tags +vip`."""
    if event.what == "opened":
        # What it was opened with stands at the top, as it is now.
        status = [
            change.new
            for change in event.changes
            if isinstance(change, FieldSet) and change.field == "status"
        ]
        return one_line(f"{event.by}: opened as {status[0]}" if status else f"{event.by}: opened")
    words = [change_text(change) for change in event.changes]
    words += [text for key, value in event.facts if (text := fact_text(key, value))]
    told = ", ".join(words)
    if event.what:
        told = f"{event.what}: {told}" if told else event.what
    return one_line(f"{event.by}: {told}")


def file_text(file: Attachment) -> str:
    """`invoice.pdf (application/pdf, 48 KB)`."""
    return one_line(f"{file.filename} ({file.content_type}, {size_text(file.size)})")


def size_text(size: int) -> str:
    """`812 B`, `48 KB`, `3.1 MB`, in decimal units."""
    kilo, mega = 1000, 1_000_000
    if size < kilo:
        return f"{size} B"
    return f"{round(size / kilo)} KB" if size < mega else f"{size / mega:.1f} MB"


def body(segments: Iterable[Segment], *, full: bool, width: int | None) -> Iterator[Line]:
    """The indented lines of a body; quotes and signatures as one line that says how long they are."""
    for segment in segments:
        lines = make_visible(segment.text).split("\n")
        if lines[-1] == "":
            lines.pop()
        if segment.kind != "text" and not full:
            count = len([line for line in lines if line.strip()])
            if count:
                what = f"{count} {_FOLDED[segment.kind]} line{'' if count == 1 else 's'}"
                yield [INDENT, Toned(f"[{what}; --full shows {'it' if count == 1 else 'them'}]", "faint")]
            continue
        for line in lines:
            for piece in wrap(line, width - len(INDENT) if width else None):
                indented = f"{INDENT}{piece}" if piece else ""
                yield [indented] if segment.kind == "text" else [Toned(indented, "faint")]


def wrap(line: str, width: int | None) -> Iterator[str]:
    """The line in pieces that the terminal shows in one row each, broken at blanks where there are any."""
    line = line.expandtabs(8)
    if width is None or columns(line) <= width:
        yield line.rstrip()
        return
    width = max(width, 16)
    while line:
        end = _fitting(line, width)
        if end < len(line):
            blank = line.rfind(" ", width // 3, end + 1)
            end = blank if blank > 0 else end
        yield line[:end].rstrip()
        line = line[end:].lstrip(" ")


def columns(text: str) -> int:
    """How many columns of a terminal the text takes; never less."""
    return len(text) if text.isascii() else sum(map(_columns_of, text))


def _columns_of(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def _fitting(line: str, width: int) -> int:
    """How many characters fit; at least one, so that wrapping ends."""
    used = 0
    for place, character in enumerate(line):
        used += _columns_of(character)
        if used > width:
            return max(place, 1)
    return len(line)


def _head(ticket: Ticket) -> Iterator[Line]:
    yield [Toned(ticket.id, "strong"), "  ", Toned(one_line(ticket.subject) or "(no subject)", "strong")]
    state = [ticket.status, ticket.priority, ticket.category, ticket.type, ticket.product]
    state += [f"team {ticket.team}" if ticket.team else "", ticket.assignee or "nobody's"]
    yield [" · ".join(one_line(word) for word in state if word)]
    channel = f", by {ticket.channel}" if ticket.channel else ""
    facts = (
        ("From", person_text(ticket.requester)),
        ("Cc", people_text(ticket.cc)),
        ("Opened", f"{when(ticket.created_at)}{channel}{f' to {ticket.inbox}' if ticket.inbox else ''}"),
        ("Tags", ", ".join(ticket.tags)),
        ("Links", ", ".join(ticket.links)),
        ("Snoozed", _snoozed(ticket)),
        ("Merged into", ticket.merged_into),
        ("Formerly", ", ".join(ticket.formerly)),
    )
    for name, value in facts:
        if value:
            yield [Toned(f"{name}: ".ljust(9), "faint"), one_line(value)]


def _snoozed(ticket: Ticket) -> str:
    until = until_of(ticket)
    return (
        f"until {when(until)}{', whatever comes' if ticket.snooze_on_reply == KEEP else ''}" if until else ""
    )


def _heading(entry: Entry, name: str, delivery: str) -> Iterator[Line]:
    """Who, when; for a message also to whom and what is special about it."""
    start = f"{name}  " if name else ""
    if isinstance(entry, Message):
        who = person_text(entry.from_)
        via = (
            f", {'entered' if entry.direction == 'in' else 'written'} by {one_line(entry.by)}"
            if entry.by
            else ""
        )
        yield [
            Toned(f"{start}{who} · {when(entry.at)}{via}", "strong" if entry.direction == "in" else "good")
        ]
        for label, people in (("To", entry.to), ("Cc", entry.cc)):
            if people:
                yield [INDENT, Toned(f"{label}: {people_text(people)}", "faint")]
        for remark in remarks(entry):
            yield [INDENT, Toned(remark, "notice")]
        if delivery := delivery or entry.delivery:
            tone: Tone = "alarm" if delivery.startswith(_ALARMING) else "notice"
            yield [INDENT, Toned(f"delivery: {one_line(delivery)}", tone)]
    elif isinstance(entry, Note):
        yield [Toned(f"Note by {one_line(entry.by)} · {when(entry.at)}", "notice")]
    elif isinstance(entry, Tombstone):
        reason = one_line(entry.reason) or "removed"
        what = "A message" if entry.message_id else "Something"
        yield [Toned(f"{start}{what} stood here: {reason} · {one_line(entry.by)}", "faint")]
    else:
        yield [Toned(f"{start}An entry of a kind that this version of desk does not know", "faint")]


def remarks(message: Message) -> list[str]:
    """What is special about a message, a line each."""
    told = []
    if any(key == "forward" for key, _ in message.other):
        told.append("forwarded to a third party")
    if message.automatic:
        told.append(f"automatic: {message.automatic}")
    if message.bulk:
        told.append(f"bulk: {message.bulk}")
    if message.spam:
        told.append("marked as spam")
    if message.failed_recipients:
        told.append(f"not delivered to {', '.join(message.failed_recipients)}")
    if message.flags:
        told.append(f"look twice: {', '.join(message.flags)}")
    return [one_line(text) for text in told]


def person_text(person: Person) -> str:
    """`Ada Lovelace <ada@example.org>`, on one line."""
    return one_line(str(person)) or "unknown sender"


def people_text(people: Iterable[Person]) -> str:
    """Several persons, joined by commas."""
    return ", ".join(person_text(person) for person in people)
