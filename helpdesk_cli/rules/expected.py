"""A test of rules as its file has it: a mail, what was before it, and what is to come of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.tickets.changes import field_value, list_value
from helpdesk_cli.tickets.fields import LISTS
from helpdesk_cli.values import dataclass, field

if TYPE_CHECKING:
    from datetime import datetime

    from helpdesk_cli.rules.effects import Effects
    from helpdesk_cli.tickets.ticket import Ticket

# Of a rule's name, of a field, of a person: what is expected, and the line that says so.
Lines = dict[str, int]


@dataclass(frozen=True, slots=True)
class Expected:
    """What is to come of it. `rules` and `mails` are all that there may be; of the rest, what is named.

    `told` None: whoever. `notes`: words that stand in one note each. `lines`: where each is said.
    """

    rules: tuple[str, ...] = ()
    ticket: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    mails: tuple[str, ...] = ()
    told: tuple[str, ...] | None = None
    lines: Lines = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RuleTest:
    """A test. `mail` and `after` are names of files beside it; `event` "" is what the mail sets off.

    `given`: fields that an agent sets before; `later`: how long after that time sets rules off, or the mail
    comes in. `on`: rules that count as switched on. `customer`: keys of the sender's customer file.
    """

    name: str
    mail: str
    expected: Expected
    about: str = ""
    after: tuple[str, ...] = ()
    sender: str | None = None
    recipients: tuple[str, ...] = ()
    at: datetime | None = None
    customer: tuple[tuple[str, str], ...] = ()
    given: tuple[tuple[str, str], ...] = ()
    later: str = ""
    event: str = ""
    on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that came out otherwise: what was expected and what was found ("" = nothing), its line."""

    what: str
    expected: str
    found: str
    line: int = 0


def compare(expected: Expected, ticket: Ticket, effects: Effects) -> list[Difference]:
    """Where the ticket and what was done to it are not as expected."""
    found = [
        *_list(expected, "rules", expected.rules, effects.rules),
        *_fields(expected, ticket),
        *_notes(expected, effects.notes),
        *_list(expected, "mails", expected.mails, effects.mails),
    ]
    if expected.told is not None:
        found += _list(expected, "told", tuple(sorted(expected.told)), tuple(sorted(effects.told)))
    return found


def _list(expected: Expected, what: str, wanted: tuple[str, ...], found: tuple[str, ...]) -> list[Difference]:
    if wanted == found:
        return []
    line = expected.lines.get(what, expected.lines.get("", 0))
    return [Difference(what, ", ".join(wanted), ", ".join(found), line)]


def _fields(expected: Expected, ticket: Ticket) -> list[Difference]:
    differences = []
    for key, wanted in expected.ticket:
        has = " ".join(list_value(ticket, key)) if key in LISTS else field_value(ticket, key)
        if has != wanted:
            differences.append(Difference(key, wanted, has, expected.lines.get(f"ticket {key}", 0)))
    return differences


def _notes(expected: Expected, notes: tuple[str, ...]) -> list[Difference]:
    left = list(notes)
    differences = []
    for wanted in expected.notes:
        fitting = next((note for note in left if wanted in note), None)
        if fitting is None:
            line = expected.lines.get("notes", 0)
            differences.append(Difference("a note with", wanted, " / ".join(left), line))
        else:
            left.remove(fitting)
    return differences
