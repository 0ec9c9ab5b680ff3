"""What the clocks of a ticket go by: who said something when, and how status, priority and type changed.

Made from a ticket or from the rows that an index has of it; both give the same. Moments are milliseconds
since 1970 in UTC.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from helpdesk_cli.sla.hours import ms_of
from helpdesk_cli.tickets.changes import FieldSet
from helpdesk_cli.tickets.deliveries import deliveries
from helpdesk_cli.values import dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from helpdesk_cli.tickets.entries import Message
    from helpdesk_cli.tickets.ticket import Ticket

    # From a field and a word in a file to the declared word: aliases are other words for it.
    Namer = Callable[[str, str], str]

# What a message is to the clocks: a person asks; is asked no more, for we answered; or both in one talk.
Role = Literal["asked", "answered", "spoken"]
# Facts of events: the policy that counts, and what was acted on; and by whom that was.
POLICY, SLA = "policy", "sla"
# As mail/circle has it, which takes longer to load: the message went to a third party.
FORWARD = "forward"
_SPOKEN = frozenset({"phone", "in-person"})
_NEVER_LEFT = frozenset({"failed", "dropped"})
# Facts of events that name a message which asks for nothing.
_NO_QUESTION = ("confirmed", "csat-answer")
TRACKED = ("status", "priority", "type", "snoozed-until")


class Said(NamedTuple):
    """Something that a person said. `is_live`: it may set something in motion (DECISIONS 19)."""

    at: int
    role: Role
    is_live: bool = True


@dataclass(frozen=True, slots=True)
class Course:
    """A ticket's course.

    `changes` are (moment, field, old, new) of TRACKED fields, in order; what was set at the opening has the
    opening's moment. `state` is the front matter's value of each. `facts` are those under SLA; `policy` is
    the last one under POLICY.
    """

    opened: int
    said: tuple[Said, ...] = ()
    changes: tuple[tuple[int, str, str, str], ...] = ()
    state: tuple[tuple[str, str], ...] = ()
    facts: frozenset[str] = frozenset()
    policy: str = ""

    def values(self, field: str, *, now: int) -> list[tuple[int, str]]:
        """(since, value) of a field, from the opening on, in order.

        What a hand wrote and no event tells of yet is so from now on; where nothing was told, ever since.
        """
        return self.timelines((field,), now=now)[0]

    def timelines(self, fields: tuple[str, ...], *, now: int) -> list[list[tuple[int, str]]]:
        """The same of several fields at once."""
        opened = self.opened
        found: dict[str, list[tuple[int, str]]] = {field: [] for field in fields}
        for at, field, old, new in self.changes:
            if field in found:
                values = found[field]
                if not values and at > opened:
                    values.append((opened, old))
                values.append((max(at, opened), new))
        state = dict(self.state)
        for field, values in found.items():
            present = state.get(field, "")
            if not values:
                values.append((opened, present))
            elif values[-1][1] != present:
                values.append((max(now, values[-1][0]), present))
        return list(found.values())

    def until(self, moment: int) -> Course:
        """The course as far as it had come then; what the front matter says now is left out."""
        changes = tuple(change for change in self.changes if change[0] <= moment)
        last = {field: new for _, field, _, new in changes}
        first = {field: old for _, field, old, _ in reversed(self.changes)}
        state = {field: last.get(field, first.get(field, value)) for field, value in self.state}
        said = tuple(each for each in self.said if each.at <= moment)
        return replace(self, said=said, changes=changes, state=tuple(state.items()))

    @property
    def is_live(self) -> bool:
        """Whether anybody asked who may set something in motion."""
        return any(said.is_live for said in self.said)


def as_written(_: str, word: str) -> str:
    """The word itself."""
    return word


def course_of(ticket: Ticket, *, name: Namer = as_written) -> Course:
    """The course of a ticket."""
    quiet, told = quiet_messages(ticket), deliveries(ticket)
    said = [
        Said(ms_of(entry.at), role, is_live(entry))
        for entry in ticket.messages
        if (role := role_of(entry, told.get(entry.id, entry.delivery), quiet))
    ]
    return make_course(
        ms_of(ticket.created_at),
        said,
        _changes(ticket),
        state={
            "status": ticket.status,
            "priority": ticket.priority,
            "type": ticket.type,
            "snoozed-until": ticket.snoozed_until,
        },
        facts=((key, value) for event in ticket.events for key, value in event.facts),
        name=name,
    )


def make_course(
    opened: int,
    said: Iterable[Said],
    changes: Iterable[tuple[int, str, str, str, str, str]],
    *,
    state: dict[str, str],
    facts: Iterable[tuple[str, str]],
    name: Namer = as_written,
) -> Course:
    """The course that these make, in order of time; a change is (moment, what, by, field, old, new).

    `name` gives the declared word for what a file says in a field. What a clock's own warning changed does
    not change what was promised, or a warning could bring about the breach that it warns of; who changes it
    after that changes what was promised before.
    """
    found: list[tuple[int, str, str, str]] = []
    promised: dict[str, str] = {}  # what was said last, warnings left out
    raised: dict[str, str] = {}  # what warnings made of it since
    for at, what, by, field, old, new in changes:
        if field not in TRACKED:
            continue
        before, after = name(field, old), name(field, new)
        if by == SLA:
            promised.setdefault(field, before)
            raised[field] = after
            continue
        if raised and raised.pop(field, None) is not None:
            before = promised[field]
        promised[field] = after
        found.append((opened if what == "opened" else at, field, before, after))
    present = {field: name(field, value) for field, value in state.items()}
    if raised:
        present |= {field: promised[field] for field, word in raised.items() if present.get(field) == word}
    acted, policy = [], ""
    for key, value in facts:
        if key == SLA:
            acted.append(value)
        elif key == POLICY:
            policy = value
    return Course(opened, tuple(said), tuple(found), tuple(present.items()), frozenset(acted), policy)


def role_of(message: Message, delivery: str, quiet: frozenset[str]) -> Role | Literal[""]:
    """What the message is to the clocks; "" for nothing: a machine's mail, spam, a forward, what never left.

    `delivery` is what was told of it last, `quiet` are the `quiet_messages` of its ticket.
    """
    if message.automatic or message.spam:
        return ""
    if message.direction == "out":
        is_forward = any(key == FORWARD for key, _ in message.other)
        return "" if is_forward or delivery.partition(" ")[0] in _NEVER_LEFT else "answered"
    if message.id in quiet:
        return ""
    channel = next((value for key, value in message.other if key == "channel"), "")
    return "spoken" if message.by and channel in _SPOKEN else "asked"


def is_live(message: Message) -> bool:
    """Whether the message may set something in motion: no import, nothing that came days late."""
    if any(key == "imported" for key, _ in message.other):
        return False
    return message.direction == "out" or bool(message.by) or message.answerable not in {"", "late"}


def quiet_messages(ticket: Ticket) -> frozenset[str]:
    """The messages that ask for nothing: a mere thanks, a rating that takes nothing up again."""
    return frozenset(
        value.partition(" ")[0]
        for event in ticket.events
        if not any(change.field == "status" for change in event.changes)
        for key, value in event.facts
        if key in _NO_QUESTION
    )


def _changes(ticket: Ticket) -> Iterator[tuple[int, str, str, str, str, str]]:
    for event in ticket.events:
        for change in event.changes:
            if isinstance(change, FieldSet):
                yield ms_of(event.at), event.what, event.by, change.field, change.old, change.new
