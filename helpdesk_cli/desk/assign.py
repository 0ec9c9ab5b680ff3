"""`desk assign` and `desk take`: whose ticket it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.desk.changing import Decided, Outcome, change_each
from helpdesk_cli.errors import UsageError
from helpdesk_cli.storage.settings import NOBODY_WORDS, suggest
from helpdesk_cli.tickets.changes import set_field

if TYPE_CHECKING:
    from collections.abc import Iterable

    from helpdesk_cli.desk.actor import Actor
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.record import Door
    from helpdesk_cli.tickets.ticket import Ticket


def assign(desk: Desk, words: Iterable[str], who: str, *, actor: Actor, dry_run: bool = False) -> Outcome:
    """Give the tickets to an agent; `who` is a key, an address, "me", or "none" to give them back.

    A new ticket becomes open with its assignee. Raises UsageError for somebody who is no agent.
    """
    key = find_assignee(desk, who, actor=actor)

    def decide(_: Door, ticket: Ticket) -> Decided:
        return given_to(ticket, key)

    return change_each(desk, words, decide, actor=actor, dry_run=dry_run)


def given_to(ticket: Ticket, key: str) -> Decided:
    """What makes the ticket this agent's, "" nobody's: a new one becomes open."""
    changes = set_field(ticket, "assignee", key)
    told = [f"assign to {key}" if key else "nobody's"]
    if key and changes and ticket.status == "new":
        changes += set_field(ticket, "status", "open")
        told.append("status new → open")
    return Decided(changes, ", ".join(told))


def take(desk: Desk, words: Iterable[str], *, actor: Actor, dry_run: bool = False) -> Outcome:
    """Give the tickets to whoever asks."""
    return assign(desk, words, actor.key, actor=actor, dry_run=dry_run)


def find_assignee(desk: Desk, who: str, *, actor: Actor | None) -> str:
    """The agent's key that `who` means, "" for nobody. Raises UsageError with the likely name."""
    word = who.strip()
    if word.casefold() in NOBODY_WORDS:
        return ""
    if word.casefold() == "me":
        if actor is None:
            raise UsageError('"me" is nobody: you are no agent of this desk', "", "`desk whoami` says why.")
        return actor.key
    agent = desk.settings.agent(word.casefold()) or desk.settings.agent_by_email(word)
    if agent is not None:
        return agent.key
    if word in desk.settings.teams:
        raise UsageError(f'"{word}" is a team, not an agent', "", f"Use `desk set ID team={word}`.")
    raise UsageError(f'no agent "{word}"', "", suggest(word, [agent.key for agent in desk.settings.agents]))
