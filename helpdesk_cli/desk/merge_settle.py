"""What clones left apart, brought together: mail that came to a ticket while it was merged elsewhere.

Where tickets were merged into each other, the one that was opened first stands again and has it all. Every
clone that looks decides the same, and twice is once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.desk.actor import desk_actor
from helpdesk_cli.desk.changing import Outcome, changed
from helpdesk_cli.desk.indexing import open_index
from helpdesk_cli.desk.merge_effects import status_before
from helpdesk_cli.desk.merging import chain_of, take_in
from helpdesk_cli.desk.record import open_door
from helpdesk_cli.errors import DeskError, NotFoundError, TryAgainError
from helpdesk_cli.tickets.changes import set_field

if TYPE_CHECKING:
    from helpdesk_cli.desk.actor import Actor
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.record import Door, Held

# Under which name and role the index knows merged tickets in which something is left.
ROLE = "unmoved"


def settle_merges(desk: Desk, *, actor: Actor | None = None) -> Outcome:
    """Move what is left in merged tickets to where they were merged into; one that cannot be is told."""
    outcome = Outcome()
    # A pull may give a changed file the inode that it had: all are looked at.
    index = open_index(desk, full=True)
    try:
        is_any = bool(index.paths_named(ROLE, ROLE))
    finally:
        index.close()
    if not is_any:
        return outcome
    with open_door(desk, actor or desk_actor(desk, key="desk")) as door:
        outcome.op = door.op
        for path, _ in door.index.paths_named(ROLE, ROLE):
            try:
                _settle(door, path)
            except TryAgainError:
                raise
            except DeskError as error:
                outcome.errors.append((path, error))
        outcome.recorded = [changed(each) for each in door.recorded]
    return outcome


def settle(desk: Desk) -> list[str]:
    """A step of `desk cron`; what is wrong, in words."""
    return [f"{name}: {error}" for name, error in settle_merges(desk).errors]


def _settle(door: Door, path: str) -> None:
    source = door.read(path)
    ticket = source.ticket
    if not ticket.merged_into:
        return
    chain = chain_of(door, ticket)
    if not chain:
        hint = f"`git log --all -- '*/{ticket.merged_into}.md'` finds it."
        raise NotFoundError(f"merged into {ticket.merged_into}, which is not there", ticket.id, hint)
    target = chain[-1]
    if target.ticket.merged_into:
        target = _stand_again(door, chain)
    if target.path != source.path:
        take_in(door, target, source)


def _stand_again(door: Door, circle: list[Held]) -> Held:
    """Of tickets that were merged into each other the one that was opened first, no longer merged."""
    eldest = min(circle, key=lambda held: (held.ticket.created_at, held.ticket.uid))
    ticket = eldest.ticket
    changes = [*set_field(ticket, "merged-into", ""), *set_field(ticket, "status", status_before(ticket))]
    said = f"{ticket.id}: stands again, as it was merged in a circle"
    return door.change(eldest, changes, summary=said)
