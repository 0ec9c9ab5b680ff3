"""`desk note`: what agents tell each other. Never leaves the desk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.desk.chance import draw_id
from helpdesk_cli.desk.changing import Decided, Outcome, change_each
from helpdesk_cli.desk.mentions import MENTIONS, mentioned
from helpdesk_cli.errors import CancelledError
from helpdesk_cli.tickets.changes import EntryAdded
from helpdesk_cli.tickets.entries import Note, Segment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from helpdesk_cli.desk.actor import Actor
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.record import Door
    from helpdesk_cli.tickets.ticket import Ticket


def note(desk: Desk, words: Iterable[str], text: str, *, actor: Actor, dry_run: bool = False) -> Outcome:
    """Add an internal note; it remembers whom it mentions. Raises CancelledError for an empty one."""
    body = clean_text(text)
    if not body:
        raise CancelledError("the note is empty; nothing was written")
    called = mentioned(body, [agent.key for agent in desk.settings.agents])
    other = ((MENTIONS, " ".join(called)),) if called else ()

    def decide(door: Door, ticket: Ticket) -> Decided:
        entry = Note(
            draw_id(ticket.uid, "note"),
            door.next_at(ticket),
            actor.key,
            (Segment("text", body),),
            other=other,
        )
        return Decided([EntryAdded(entry)], f"note by {actor.key}")

    return change_each(desk, words, decide, actor=actor, dry_run=dry_run)


def clean_text(text: str) -> str:
    """Typed text with LF line ends, no blank lines around it, one newline at the end; "" for none."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    body = "\n".join(line.rstrip() for line in lines).strip("\n")
    return f"{body}\n" if body else ""
