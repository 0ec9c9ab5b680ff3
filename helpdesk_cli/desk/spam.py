"""`desk spam`, `desk unspam`: out of sight, and back to where it was.

Spam is a status: nobody is told of the ticket, nothing is sent from it (`desk.outbox`), its sender's further
mail does not take it up again. What should be recognised next time is learnt by the filter before the desk.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.desk.changing import Decided, Outcome, change_each
from helpdesk_cli.desk.finding import find_tickets
from helpdesk_cli.desk.record import open_door
from helpdesk_cli.errors import UsageError
from helpdesk_cli.storage.settings import find_word
from helpdesk_cli.tickets.changes import FieldSet, set_field

if TYPE_CHECKING:
    from collections.abc import Iterable

    from helpdesk_cli.desk.actor import Actor
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.record import Door
    from helpdesk_cli.tickets.ticket import Ticket

SPAM = "spam"


def spam(desk: Desk, words: Iterable[str], *, actor: Actor, dry_run: bool = False) -> Outcome:
    """Call the tickets spam. Raises UsageError where desk.yaml has no such status."""
    name = find_word(desk.settings, "status", SPAM)

    def decide(_: Door, ticket: Ticket) -> Decided:
        if ticket.merged_into:
            raise UsageError(
                f"was merged into {ticket.merged_into}: call that spam, or undo the merge", ticket.id
            )
        return Decided(set_field(ticket, "status", name), f"status {ticket.status} → {name}")

    return change_each(desk, words, decide, actor=actor, dry_run=dry_run)


def unspam(desk: Desk, words: Iterable[str], *, actor: Actor, dry_run: bool = False) -> Outcome:
    """Give the tickets the status back that they had; one that is not spam stays as it is."""

    def decide(_: Door, ticket: Ticket) -> Decided:
        if ticket.status != SPAM:
            return Decided()
        before = status_before(desk, ticket)
        return Decided(set_field(ticket, "status", before), f"no spam, status {SPAM} → {before}")

    return change_each(desk, words, decide, actor=actor, dry_run=dry_run)


def status_before(desk: Desk, ticket: Ticket) -> str:
    """The status before it was called spam; for one that came as spam, what it would have begun as."""
    declared = {word.name for word in desk.settings.statuses} - {SPAM, "merged"}
    earlier = [
        change.old
        for event in ticket.events
        for change in event.changes
        if isinstance(change, FieldSet) and (change.field, change.new) == ("status", SPAM)
    ]
    if earlier and earlier[-1] in declared:
        return earlier[-1]
    return "new" if not ticket.assignee and "new" in declared else "open"


def with_others_of_senders(desk: Desk, words: Iterable[str], *, actor: Actor) -> list[str]:
    """The tickets named, and those of the same requesters that are not done and that nobody answered.

    Raises NotFoundError for a word that names none.
    """
    with open_door(desk, actor, dry_run=True) as door:
        named = [door.hold(word).ticket for word in words]
    senders = {ticket.requester.key for ticket in named if ticket.requester.email}
    found = find_tickets(desk, "", actor=actor)
    try:
        others = [
            row.id
            for row in found.rows()
            if row.requester_email.casefold() in senders and not row.last_out_at
        ]
    finally:
        found.close()
    return list(dict.fromkeys([*(ticket.id for ticket in named), *others]))
