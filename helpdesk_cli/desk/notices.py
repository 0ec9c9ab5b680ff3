"""Who is to hear of what came in, and in which words. Decides only; `notify` writes and queues.

Nobody hears of what they did themselves, nobody of what an import brought. Who is away hears of it, too: it
waits for them in their mailbox.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from helpdesk_cli.desk.asking import zone_in
from helpdesk_cli.desk.mentions import mentioned
from helpdesk_cli.tickets.changes import FieldSet
from helpdesk_cli.tickets.entries import Event, Message, Note
from helpdesk_cli.tickets.escapes import make_visible
from helpdesk_cli.tickets.snooze import WOKE
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from helpdesk_cli.storage.settings import Settings
    from helpdesk_cli.tickets.entries import Entry
    from helpdesk_cli.tickets.ticket import Ticket

Kind = Literal[
    "assigned", "wrote", "mentioned", "undelivered", "rated-bad", "not-sent", "woke", "sla", "told", "covers"
]
# The fact that an event remembers of an agent's mail that was not sent on: `ENTRY WHY`.
NOT_SENT = "not-sent"
_STATES = {
    "bounced": "came back",
    "failed": "could not be delivered",
    "unknown": "may or may not have left: `desk show` says what to do",
}
# The fact of an event that acted on a clock: `TARGET 80% since TIME due TIME`.
_SLA = "sla"
_PROMISED = {"first-response": "first answer", "next-response": "next answer", "update": "next news"}
_OPENING = {"", "late"}
_MOST_LINES = 200
_MOST_CHARACTERS = 10_000
_MOST_WHY = 300


@dataclass(frozen=True, slots=True)
class Notice:
    """That an agent is to hear of an entry, and as what."""

    agent: str
    kind: Kind
    entry: str


def notices_of(ticket: Ticket, entry: Entry, settings: Settings) -> list[Notice]:
    """The agents who are to hear of this entry, each once."""
    if ticket.status in {"spam", "merged"}:
        return []
    found: dict[str, Notice] = {}
    for agent, kind in _concerned(ticket, entry, settings):
        if agent and settings.agent(agent) is not None:
            found.setdefault(agent, Notice(agent, kind, entry.id))
    return list(found.values())


def _concerned(ticket: Ticket, entry: Entry, settings: Settings) -> Iterator[tuple[str, Kind]]:
    if isinstance(entry, Message):
        is_theirs = _assignee_at(ticket, entry) == ticket.assignee
        if is_theirs and _is_live(entry) and not _is_of(entry, ticket.assignee, settings):
            yield ticket.assignee, "wrote"
            if _is_away(ticket.assignee, entry, settings):
                yield from ((lead, "covers") for lead in settings.leads_of(ticket.team))
    elif isinstance(entry, Note):
        for agent in mentioned(entry.text, [agent.key for agent in settings.agents]):
            if agent != entry.by:
                yield agent, "mentioned"
    elif isinstance(entry, Event):
        yield from _by_event(ticket, entry, settings)


def _by_event(ticket: Ticket, event: Event, settings: Settings) -> Iterator[tuple[str, Kind]]:
    if "due" in event.all_facts(WOKE):
        yield ticket.assignee, "woke"
    kind: Kind = "sla" if event.all_facts(_SLA) else "told"
    yield from ((agent, kind) for agent in event.all_facts("notify") if agent != event.by)
    yield from _by_facts(ticket, event, settings)
    for change in event.changes:
        # Who has it no more need not hear that they had it.
        if not isinstance(change, FieldSet) or change.field != "assignee":
            continue
        if change.new and change.new == ticket.assignee != event.by:
            yield ticket.assignee, "assigned"


def _by_facts(ticket: Ticket, event: Event, settings: Settings) -> Iterator[tuple[str, Kind]]:
    for fact in event.all_facts("delivery"):
        entry, _, state = fact.partition(" ")
        message = _message(ticket, entry)
        if message and state.partition(" ")[0] in _STATES and not message.automatic:
            author = message.by if settings.agent(message.by) else ticket.assignee
            if author != event.by:
                yield author, "undelivered"
    for fact in event.all_facts("csat"):
        if fact.partition(" ")[0] == "bad" and settings.csat.tell_lead:
            # A small desk has no leads; somebody is to hear of it all the same.
            yield next(iter(settings.leads_of(ticket.team)), "") or ticket.assignee, "rated-bad"
    for fact in event.all_facts(NOT_SENT):
        message = _message(ticket, fact.partition(" ")[0])
        agent = settings.agent_by_email(message.from_.email) if message else None
        yield agent.key if agent else "", "not-sent"


def _assignee_at(ticket: Ticket, message: Message) -> str:
    """Whose ticket it was when the message came: who got the ticket later hears of that, and sees it."""
    history = [
        (event.at, change.new)
        for event in ticket.events
        for change in event.changes
        if isinstance(change, FieldSet) and change.field == "assignee"
    ]
    earlier = [assignee for at, assignee in history if at <= message.at]
    # Where no event speaks of it a hand wrote it, nobody knows when.
    return earlier[-1] if earlier else "" if history else ticket.assignee


def _is_live(message: Message) -> bool:
    """Mail from a person that is to set something in motion."""
    is_mail = message.direction == "in" and message.answerable not in _OPENING
    return is_mail and not message.automatic and not message.spam


def _is_away(assignee: str, message: Message, settings: Settings) -> bool:
    """Whether whoever has the ticket was away when the message came: it waits, and the leads see to it."""
    agent = settings.agent(assignee)
    return bool(agent and agent.away and agent.away.covers(message.at, zone_in(settings)))


def _is_of(message: Message, agent: str, settings: Settings) -> bool:
    found = settings.agent_by_email(message.from_.email)
    return found is not None and found.key == agent


def words_of(ticket: Ticket, notice: Notice) -> str:
    """What happened, in one line without the ticket's name; "" where it is there no more."""
    entry = next((each for each in ticket.entries if each.id == notice.entry), None)
    if entry is None:
        return ""
    if isinstance(entry, Message):
        said = f"{_shown(entry.from_.label or 'Somebody')} wrote."
        if notice.kind == "covers":
            said += f" {_shown(ticket.assignee)}, whose ticket it is, is away."
    elif isinstance(entry, Note):
        said = f"{_shown(entry.by)} mentioned you in a note."
    elif isinstance(entry, Event):
        said = _event_words(ticket, entry, notice)
    else:
        return ""
    return said


def _event_words(ticket: Ticket, event: Event, notice: Notice) -> str:
    plain: dict[str, Callable[[], str]] = {
        "assigned": lambda: f"{_who(event)} gave you this ticket.",
        "sla": lambda: _level_words(event),
        "told": lambda: _told_words(event),
        "woke": lambda: "The time has come for which this ticket was snoozed.",
    }
    if notice.kind in plain:
        return plain[notice.kind]()
    if notice.kind == "rated-bad":
        return f"{_shown(ticket.requester.label or 'The requester')} was not content with the answer."
    if notice.kind == "not-sent":
        why = next((fact.partition(" ")[2] for fact in event.all_facts(NOT_SENT)), "")
        return f"Your mail was NOT sent on: {_shown(why)[:_MOST_WHY]}"
    for fact in event.all_facts("delivery"):
        entry, _, told = fact.partition(" ")
        state, _, details = told.partition(" ")
        message = _message(ticket, entry)
        if message and state in _STATES:
            to = ", ".join(_shown(person.email) for person in (*message.to, *message.cc)[:3])
            more = f" ({_shown(details)[:_MOST_WHY]})" if details else ""
            return f"The answer to {to} {_STATES[state]}{more}."
    return ""


def _told_words(event: Event) -> str:
    """Who wants whoever is told to look: somebody who escalated the ticket, or a rule."""
    did = "escalated this ticket" if event.all_facts("escalated") else "wants you to look at this ticket"
    return f"{_who(event)} {did}."


def _who(event: Event) -> str:
    """Whoever did it: an agent by their name, or a rule by its own."""
    if event.by.startswith("rule "):
        return f'The rule "{_shown(event.by.removeprefix("rule "))}"'
    return _shown(event.by)


def _level_words(event: Event) -> str:
    """`The first answer is late: it was due 2026-11-20 13:12 UTC.`; of several clocks each in a sentence."""
    last: dict[str, str] = {}
    for fact in event.all_facts(_SLA):
        target, _, told = fact.partition(" ")
        if not told.endswith(" overtaken"):
            last[target] = told
    said = []
    for target, told in last.items():
        what = _PROMISED.get(target, target)
        used, _, rest = told.partition(" ")
        due = rest.partition("due ")[2].removesuffix("Z").replace("T", " ")[:16]
        when = f" {due} UTC" if due else ""
        late = f"The {what} is late: it was due{when}."
        soon = f"{used} of the time for the {what} is used: it is due{when}."
        said.append(_shown(late if used == "breach" else soon))
    return " ".join(said)


def text_of(ticket: Ticket, notices: Sequence[Notice]) -> str:
    """What was written, for those who hear of it: each line marked as another's words; "" for nothing."""
    pieces = []
    shown: set[str] = set()
    for notice in notices:
        entry = _text_entry(ticket, notice)
        if entry is None or entry.id in shown:
            continue
        shown.add(entry.id)
        if text := (entry.new_text if isinstance(entry, Message) else entry.text).strip("\n"):
            who = entry.from_.label if isinstance(entry, Message) else entry.by
            pieces.append(f"{_shown(who)}:\n{_quoted(text)}" if len(notices) > 1 else _quoted(text))
        if files := entry.attachments:
            names = ", ".join(_shown(file.filename) for file in files[:10])
            pieces.append(f"With {len(files)} file{'' if len(files) == 1 else 's'}: {names}")
    return "\n\n".join(pieces)


def _text_entry(ticket: Ticket, notice: Notice) -> Message | Note | None:
    entry = next((each for each in ticket.entries if each.id == notice.entry), None)
    if isinstance(entry, (Message, Note)):
        return entry
    if not isinstance(entry, Event):
        return None
    for key, is_meant in (("delivery", notice.kind == "undelivered"), (NOT_SENT, notice.kind == NOT_SENT)):
        named = next((fact.partition(" ")[0] for fact in entry.all_facts(key)), "") if is_meant else ""
        if found := _message(ticket, named):
            return found
    # Who escalates says why in a note.
    named = next((fact.rpartition(" note ")[2] for fact in entry.all_facts("escalated")), "")
    for each in ticket.entries:
        if isinstance(each, Note) and each.id == named:
            return each
    if notice.kind in {"assigned", "rated-bad", "woke", "sla", "told"}:
        return next((each for each in reversed(ticket.messages) if each.direction == "in"), None)
    return None


def _quoted(text: str) -> str:
    """Marked as another's words, so that no line of it looks like the desk's; cut where it gets long."""
    whole = make_visible(text)
    lines = whole[:_MOST_CHARACTERS].split("\n")
    is_cut = len(whole) > _MOST_CHARACTERS or len(lines) > _MOST_LINES
    marked = "\n".join(f"> {line}".rstrip() for line in lines[:_MOST_LINES])
    return f"{marked}\n[cut here; `desk show` has all of it]" if is_cut else marked


def _message(ticket: Ticket, entry: str) -> Message | None:
    return next((each for each in ticket.messages if each.id == entry), None)


def _shown(text: str) -> str:
    """On one line, with nothing hidden."""
    return make_visible(" ".join(text.split()))
