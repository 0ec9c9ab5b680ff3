"""`desk status`, `resolve`, `close`, `reopen`: where a ticket stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.desk.changing import Decided, Outcome, change_each
from helpdesk_cli.errors import UsageError
from helpdesk_cli.storage.settings import find_word
from helpdesk_cli.tickets.changes import set_field

if TYPE_CHECKING:
    from collections.abc import Iterable

    from helpdesk_cli.desk.actor import Actor
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.record import Door
    from helpdesk_cli.tickets.ticket import Ticket


def status(desk: Desk, words: Iterable[str], to: str, *, actor: Actor, dry_run: bool = False) -> Outcome:
    """Bring the tickets into a status: a declared word or an alias. Raises UsageError for an unknown one."""
    name = find_word(desk.settings, "status", to)
    if name == "merged":
        raise UsageError('"merged" is no status to set by hand', "", "A ticket becomes merged by a merge.")

    def decide(_: Door, ticket: Ticket) -> Decided:
        return Decided(set_field(ticket, "status", name), f"status {ticket.status} → {name}")

    return change_each(desk, words, decide, actor=actor, dry_run=dry_run)


def resolve(desk: Desk, words: Iterable[str], *, actor: Actor, dry_run: bool = False) -> Outcome:
    """The requester has what they asked for; a further mail from them reopens it."""
    return status(desk, words, "resolved", actor=actor, dry_run=dry_run)


def close(desk: Desk, words: Iterable[str], *, actor: Actor, dry_run: bool = False) -> Outcome:
    """Nothing more is expected."""
    return status(desk, words, "closed", actor=actor, dry_run=dry_run)


def reopen(desk: Desk, words: Iterable[str], *, actor: Actor, dry_run: bool = False) -> Outcome:
    """Back to work: status open. A ticket that is active already stays as it is."""

    def decide(_: Door, ticket: Ticket) -> Decided:
        if desk.settings.status_kind(ticket.status) == "active":
            return Decided()
        return Decided(set_field(ticket, "status", "open"), f"reopened, status {ticket.status} → open")

    return change_each(desk, words, decide, actor=actor, dry_run=dry_run)
