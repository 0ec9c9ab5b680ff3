"""`desk rules explain`: why each rule acts on a ticket or a mail, or at which term it does not."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from helpdesk_cli.desk.actor import desk_actor
from helpdesk_cli.desk.filing import recipients_of
from helpdesk_cli.desk.indexing import open_index
from helpdesk_cli.desk.ingest import take_in
from helpdesk_cli.desk.outcome import Options
from helpdesk_cli.desk.reading import circumstances_of, read_safely
from helpdesk_cli.desk.record import open_door
from helpdesk_cli.desk.rules_around import around_of
from helpdesk_cli.desk.rules_originals import Originals
from helpdesk_cli.desk.rules_past import Past, occasions
from helpdesk_cli.desk.show import show, split_message
from helpdesk_cli.errors import ConflictError, NotFoundError, UsageError
from helpdesk_cli.rules.explaining import tell_rules
from helpdesk_cli.rules.marks import RULE
from helpdesk_cli.rules.occasion import of_message, of_time
from helpdesk_cli.rules.rule import BY, EVENTS, TIMER, is_rule
from helpdesk_cli.storage.settings import suggest
from helpdesk_cli.tickets.as_json import SCHEMA
from helpdesk_cli.tickets.entries import Message
from helpdesk_cli.tickets.times import write_time
from helpdesk_cli.values import dataclass, replace

if TYPE_CHECKING:
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.rules_reading import Book
    from helpdesk_cli.mail.received import Envelope
    from helpdesk_cli.rules.explaining import Told
    from helpdesk_cli.rules.occasion import Occasion
    from helpdesk_cli.tickets.entries import Entry
    from helpdesk_cli.tickets.ticket import Ticket

_BEGINNING = datetime.min.replace(tzinfo=UTC)
_END = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Explained:
    """What rules are asked about, and what becomes of each.

    `ticket` "" and `joins`: a mail that is not in the desk, and the ticket to which it would come. `then`:
    the rules that acted for this, as the ticket says.
    """

    ticket: str
    message: int
    event: str
    at: datetime
    subject: str
    told: tuple[Told, ...]
    then: tuple[str, ...] = ()
    joins: str = ""

    def json(self) -> dict[str, Any]:
        """The stable JSON of `desk rules explain --json`."""
        return {
            "schema": SCHEMA,
            "kind": "rules-explained",
            "ticket": self.ticket or None,
            "joins": self.joins or None,
            "message": self.message or None,
            "event": self.event,
            "at": write_time(self.at),
            "subject": self.subject,
            "rules": [_told_json(told) for told in self.told],
            "acted_then": list(self.then),
        }


def _told_json(told: Told) -> dict[str, Any]:
    return {
        "name": told.rule.name,
        "line": told.rule.line,
        "verdict": told.verdict.replace(" ", "-"),
        "stopped_by": told.by or None,
        "when": told.rule.when,
        "because": [{"term": each.term, "holds": each.holds, "has": each.has} for each in told.because],
        "effects": list(told.effects.lines) if told.effects is not None else None,
        "left_out": list(told.left),
        "broken": told.broken or None,
    }


def check_rule(book: Book, name: str) -> str:
    """The name of a rule as the file has it. Raises UsageError with a suggestion."""
    names = {rule.name.casefold(): rule.name for rule in book.rules}
    found = names.get(name.strip().casefold())
    if found is None:
        raise UsageError(f'there is no rule "{name}"', "rules.yaml", suggest(name, list(names.values())))
    return found


def check_event(word: str) -> str:
    """The name of an event; "" stays "". Raises UsageError with a suggestion."""
    if word and word not in EVENTS:
        raise UsageError(f'there is no event "{word}"', "--event", suggest(word, list(EVENTS)))
    return word


def explain_ticket(desk: Desk, book: Book, word: str, *, event: str = "") -> Explained:
    """What becomes of each rule for the last thing that happened to the ticket; `42.3`: for that message.

    `event`: the last of that kind. `timer` is asked now; all else of the ticket as it was then. Raises
    NotFoundError where nothing of that kind happened, ConflictError for a message that sets off no rules.
    """
    name, number = split_message(word)
    ticket = show(desk, name).ticket
    numbers = {entry.id: count for count, entry in ticket.numbered}
    wanted = next((entry for entry, count in numbers.items() if count == number), "")
    if number is not None and not wanted:
        raise NotFoundError(f"{ticket.id} has no message {number}")
    occasion, then, at = _occasion(desk, ticket, wanted=wanted, event=event)
    with closing(open_index(desk, full=False)) as index, closing(Originals(desk, book)) as originals:
        told = Past(desk, index, book).tell(then, originals.complete(occasion), at)
    return Explained(
        ticket.id,
        numbers.get(occasion.entry, 0),
        occasion.event,
        at,
        ticket.subject,
        tuple(told),
        _acted_then(ticket, occasion),
    )


def _occasion(desk: Desk, ticket: Ticket, *, wanted: str, event: str) -> tuple[Occasion, Ticket, datetime]:
    if event == TIMER:
        timed = of_time(ticket)
        if timed is None or wanted:
            raise UsageError("time sets off rules for a ticket, not for one of its messages", "--event")
        return timed, ticket, desk.now
    last: tuple[Occasion, Ticket] | None = None
    for occasion, then in occasions(ticket, _BEGINNING, _END):
        if wanted not in {"", occasion.entry} or event not in {"", occasion.event}:
            continue
        last = last or (occasion, then)
        if wanted or event or occasion.message is not None:
            # The last message is what people ask about, though something was changed since.
            last = (occasion, then)
            break
    if last is not None:
        return *last, _at(last[1], last[0].entry)
    if wanted:
        message = next(entry for entry in ticket.entries if entry.id == wanted)
        raise ConflictError(f"this message sets off no rules: {_why_not(message, event)}", ticket.id)
    kind = f"of the event {event}" if event else "that sets off rules"
    raise NotFoundError(f"nothing happened to {ticket.id} {kind}")


def _at(then: Ticket, entry: str) -> datetime:
    return next(each.at for each in reversed(then.entries) if each.id == entry)


def _why_not(entry: Entry, event: str) -> str:
    if not isinstance(entry, Message):
        return "it was removed"
    if entry.automatic and entry.direction == "out":
        return "the desk wrote it by itself"
    if entry.automatic:
        return f"a machine wrote it ({entry.automatic})"
    if event:
        return f"it is none of the event {event}"
    return "it is spam, or was moved here from another ticket"


def _acted_then(ticket: Ticket, occasion: Occasion) -> tuple[str, ...]:
    fact = f"{occasion.entry} {occasion.event}"
    return tuple(
        event.by.removeprefix(BY)
        for event in ticket.events
        if is_rule(event.by) and fact in event.all_facts(RULE)
    )


def explain_mail(desk: Desk, book: Book, data: bytes, envelope: Envelope) -> Explained:
    """What would become of each rule if this mail came in now; nothing is written.

    Raises ConflictError where no rule would be asked about it.
    """
    around = circumstances_of(desk)
    received = read_safely(data, envelope, around)
    options = Options(envelope, live=True)
    with open_door(desk, desk_actor(desk), dry_run=True) as door:
        done = take_in(door, received, options, digest=sha256(data).hexdigest(), around=around)
        if not door.recorded:
            why = f": {done.why}" if done.why else f", it is in {done.ticket} already" if done.ticket else ""
            raise ConflictError(f"this mail would not be filed{why}")
        ticket = door.recorded[0].ticket
        message = next((each for each in ticket.messages if each.id == received.entry_id), None)
        if message is None or ticket.status == "spam" or message.automatic == "loop":
            raise ConflictError("this mail sets off no rules: it is spam, or our own mail that came back")
        delivered = recipients_of(received, envelope)
        occasion = replace(of_message(ticket, message), headers=received.mail.headers, recipients=delivered)
        quiet = message.answerable == "late"
        told = tell_rules(book.conditions, ticket, occasion, around_of(desk, door.index, book), quiet=quiet)
        opens = done.outcome != "appended"
    return Explained(
        "", 0, occasion.event, desk.now, ticket.subject, tuple(told), joins="" if opens else ticket.id
    )
