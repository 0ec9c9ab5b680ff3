"""`desk status`, `resolve`, `close`, `reopen`: where a ticket stands."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from helpdesk_cli.desk.changing import Decided, Outcome, change_each
from helpdesk_cli.desk.linking import open_children
from helpdesk_cli.errors import ConflictError, UsageError
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
    name = check_status(desk, to)

    parents: list[Ticket] = []

    def decide(_: Door, ticket: Ticket) -> Decided:
        check_stands(ticket)
        if desk.settings.status_kind(name) == "done" and ticket.links:
            parents.append(ticket)
        return Decided(set_field(ticket, "status", name), f"status {ticket.status} → {name}")

    outcome = change_each(desk, words, decide, actor=actor, dry_run=dry_run)
    outcome.remarks += open_children(desk, parents)
    if (
        outcome.recorded
        and desk.settings.gives_out
        and not dry_run
        and desk.settings.status_kind(name) != "active"
    ):
        # Somebody has more room: for desks that give tickets out by themselves.
        outcome.remarks += importlib.import_module("helpdesk_cli.desk.auto_assign").fill_room(desk)
    return outcome


def check_stands(ticket: Ticket) -> None:
    """Raises ConflictError for a ticket that was merged into another: its state is the other's."""
    if ticket.merged_into:
        hint = f"Say it of {ticket.merged_into}, or take this one out: `desk unmerge {ticket.number}`."
        raise ConflictError(f"was merged into {ticket.merged_into}", ticket.id, hint)


def check_status(desk: Desk, word: str) -> str:
    """The declared status that the word means. Raises UsageError, also for what no hand sets."""
    name = find_word(desk.settings, "status", word)
    if name == "merged":
        raise UsageError('"merged" is no status to set by hand', "", "A ticket becomes merged by a merge.")
    return name


def closed_word(desk: Desk) -> str:
    """The status of what nothing more is expected of: closed, where desk.yaml calls it so."""
    settings = desk.settings
    done = [word.name for word in settings.statuses if word.kind == "done"]
    return "closed" if "closed" in done else next(iter(done), find_word(settings, "status", "closed"))


def resolve(desk: Desk, words: Iterable[str], *, actor: Actor, dry_run: bool = False) -> Outcome:
    """The requester has what they asked for; a further mail from them reopens it."""
    return status(desk, words, "resolved", actor=actor, dry_run=dry_run)


def close(desk: Desk, words: Iterable[str], *, actor: Actor, dry_run: bool = False) -> Outcome:
    """Nothing more is expected."""
    return status(desk, words, "closed", actor=actor, dry_run=dry_run)


def reopen(desk: Desk, words: Iterable[str], *, actor: Actor, dry_run: bool = False) -> Outcome:
    """Back to work: status open. A ticket that is active already stays as it is."""

    def decide(_: Door, ticket: Ticket) -> Decided:
        check_stands(ticket)
        if desk.settings.status_kind(ticket.status) == "active":
            return Decided()
        return Decided(set_field(ticket, "status", "open"), f"reopened, status {ticket.status} → open")

    return change_each(desk, words, decide, actor=actor, dry_run=dry_run)
