"""What a decision comes to, to be compared and told: fields, notes, who is told, what customers get."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.rules.actions import NOTIFY, REPLY
from helpdesk_cli.rules.marks import RULE
from helpdesk_cli.rules.rule import BY, is_rule
from helpdesk_cli.tickets.changes import (
    change_list,
    change_text,
    fact_text,
    field_value,
    list_value,
    set_field,
)
from helpdesk_cli.tickets.entries import Event, Note
from helpdesk_cli.tickets.fields import LISTS, SCALARS
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable

    from helpdesk_cli.rules.engine import Acted
    from helpdesk_cli.tickets.ticket import Ticket


@dataclass(frozen=True, slots=True)
class Effects:
    """What rules do to a ticket: `rules` that act, and the rest whichever of them does it.

    `lines` say it all, one thing a line, in an order that depends on nothing but what is done.
    """

    rules: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    mails: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()


def effects_of(acted: Iterable[Acted], before: Ticket) -> Effects:
    """What the rules that acted, in order, make of the ticket that was `before`."""
    done = list(acted)
    return effects_between(before, done[-1].after if done else before)


def effects_between(before: Ticket, after: Ticket) -> Effects:
    """What rules did from the one to the other, where nobody else did anything."""
    known = {entry.id for entry in before.entries}
    fresh = [entry for entry in after.entries if entry.id not in known]
    events = [entry for entry in fresh if isinstance(entry, Event)]
    notes = tuple(entry.text.strip("\n") for entry in fresh if isinstance(entry, Note))
    facts = [fact for event in events for fact in event.facts if fact[0] != RULE]
    told = tuple(dict.fromkeys(value for key, value in facts if key == NOTIFY))
    mails = tuple(value for key, value in facts if key == REPLY)
    words = [fact_text(key, value) for key, value in facts if key not in {NOTIFY, REPLY}]
    lines = [
        *differences(before, after),
        *(f"note: {text}" for text in notes),
        *dict.fromkeys(filter(None, words)),
        *(f"{agent} is told" for agent in told),
        *(f"the customer is answered with {name}" for name in mails),
    ]
    rules = tuple(event.by.removeprefix(BY) for event in events if is_rule(event.by))
    return Effects(rules, notes, told, mails, tuple(lines))


def differences(before: Ticket, after: Ticket) -> list[str]:
    """`team none → billing`, `tags +vat`: the fields that differ, in the order of the file."""
    found = [
        change_text(change) for key in SCALARS for change in set_field(before, key, field_value(after, key))
    ]
    for key in LISTS:
        old, new = set(list_value(before, key)), set(list_value(after, key))
        changes = change_list(before, key, added=tuple(new - old), removed=tuple(old - new))
        found += [change_text(change) for change in changes]
    return found
