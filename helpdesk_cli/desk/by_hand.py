"""A front matter that a hand changed: found by comparison with the events, adopted as one. DECISIONS 6."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.desk.chance import draw_id
from helpdesk_cli.storage.identity import last_author
from helpdesk_cli.tickets.changes import (
    EntryAdded,
    FieldSet,
    ListChanged,
    apply_all,
    field_value,
    list_value,
    replay,
)
from helpdesk_cli.tickets.entries import MACHINES, OPENED, Event
from helpdesk_cli.tickets.fields import LISTS, SCALARS
from helpdesk_cli.tickets.times import next_time

if TYPE_CHECKING:
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.tickets.changes import FieldChange
    from helpdesk_cli.tickets.ticket import Ticket


_SOMEBODY = "somebody"


def hand_changes(ticket: Ticket) -> list[FieldChange]:
    """What the front matter says and no event does."""
    changes: list[FieldChange] = []
    state = replay(ticket)
    if any(event.what == OPENED for event in ticket.events):
        # That one tells all that the ticket began with: a field of which none speaks was empty until now.
        state = {**dict.fromkeys(SCALARS, ""), **dict.fromkeys(LISTS, ()), **state}
    for key, told in state.items():
        if isinstance(told, str):
            new = field_value(ticket, key)
            if new != told:
                changes.append(FieldSet(key, told, new))
            continue
        items = list_value(ticket, key)
        if set(items) != set(told):
            added, removed = sorted(set(items) - set(told)), sorted(set(told) - set(items))
            changes.append(ListChanged(key, tuple(added), tuple(removed)))
    return changes


def adopt_hand_edits(desk: Desk, path: str, ticket: Ticket) -> Ticket:
    """The ticket with an event "by hand" for what a hand changed; the same ticket when nothing was."""
    changes = hand_changes(ticket)
    if not changes:
        return ticket
    author = last_author(desk.layout, path)
    agent = desk.settings.agent_by_email(author.email) if author else None
    by = agent.key if agent else _said(author.name) if author else _SOMEBODY
    at = next_time(desk.now, ticket.last_at)
    if author and ticket.last_at and ticket.last_at < author.at <= at:
        at = author.at
    event = Event(draw_id(ticket.uid, "by hand"), at, by, "by hand", tuple(changes))
    return apply_all(ticket, [EntryAdded(event)])


def _said(name: str) -> str:
    """The name of git's author; not one under which the desk itself acts, whatever git was told."""
    word = name.casefold()
    # `rule NAME` is a rule (rules/rule, which takes too long to load for a mail).
    return _SOMEBODY if word in MACHINES or word.startswith("rule ") else name
