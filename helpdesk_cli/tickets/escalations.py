"""How often a ticket was escalated, and how far: what its events say since it was last done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.tickets.changes import FieldSet
from helpdesk_cli.tickets.entries import Note, Tombstone, origin_of, undone
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from helpdesk_cli.tickets.ticket import Ticket

# The fact of an event: `STEP WHOM WHY`; STEP `-` where somebody was named instead of the path's next step.
ESCALATED = "escalated"
ASIDE = "-"
_NOTE = "note "
# Of a tombstone: `desk undo` put it there.
_UNDONE = "undone"
_MOST_DIGITS = 3


@dataclass(frozen=True, slots=True)
class Escalation:
    """One use of the path. `step` is its number, 0 where somebody else was named; `whom` as it was meant."""

    at: datetime
    by: str
    step: int
    whom: str
    why: str = ""

    @property
    def note(self) -> str:
        """The id of the note that says why; "" for none."""
        return self.why.removeprefix(_NOTE) if self.why.startswith(_NOTE) else ""

    @property
    def words(self) -> str:
        """`to team-lead, step 1`."""
        return f"to {self.whom}, step {self.step}" if self.step else f"to {self.whom}"


def escalations(ticket: Ticket, is_done: Callable[[str], bool]) -> list[Escalation]:
    """The escalations that count, in order: since the ticket was last done, and not undone."""
    events = ticket.events
    if not any(event.all_facts(ESCALATED) for event in events):
        return []
    gone = undone(events).keys() | _notes_undone(ticket)
    found: list[Escalation] = []
    for event in events:
        if event.id in gone:
            continue
        told = (read_fact(fact, event.at, event.by) for fact in event.all_facts(ESCALATED))
        found += [each for each in told if each.note not in gone]
        for change in event.changes:
            if isinstance(change, FieldSet) and change.field == "status" and is_done(change.new):
                found.clear()
    return found


def _notes_undone(ticket: Ticket) -> set[str]:
    """The notes that an undoing took out: all that is left to undo where no field was changed."""
    here = {origin_of(entry) for entry in ticket.entries if isinstance(entry, Note)}
    gone = {each.covers for each in ticket.entries if isinstance(each, Tombstone) and each.reason == _UNDONE}
    return gone - here


def read_fact(fact: str, at: datetime, by: str) -> Escalation:
    """What the fact says; of one that is written otherwise, that it happened."""
    step, _, rest = fact.partition(" ")
    whom, _, why = rest.partition(" ")
    is_number = step.isascii() and step.isdigit() and len(step) <= _MOST_DIGITS
    if not whom or not (is_number or step == ASIDE):
        return Escalation(at, by, 0, "somebody", fact)
    return Escalation(at, by, int(step) if is_number else 0, whom, why)


def write_fact(step: int, whom: str, why: str) -> tuple[str, str]:
    """The fact; `why` is one line."""
    return ESCALATED, f"{step or ASIDE} {whom} {' '.join(why.split())}".rstrip()
