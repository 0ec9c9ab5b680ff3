"""`desk link`, `desk unlink`: tickets that have to do with each other, each naming the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.desk.actor import desk_actor
from helpdesk_cli.desk.changing import Outcome, changed
from helpdesk_cli.desk.record import open_door
from helpdesk_cli.errors import ConflictError, DeskError, TryAgainError, UsageError
from helpdesk_cli.storage.settings import suggest
from helpdesk_cli.tickets.changes import ListChanged
from helpdesk_cli.tickets.links import INVERSE, Link, inverse, links_of, read_link

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from helpdesk_cli.desk.actor import Actor
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.record import Door, Held
    from helpdesk_cli.tickets.ticket import Ticket

KINDS = tuple(INVERSE)
_MOST = 200  # of the front matter's 64 kB


def link(desk: Desk, words: Sequence[str], kind: str, *, actor: Actor, dry_run: bool = False) -> Outcome:
    """Link the first ticket to each of the others, which are its `kind`; what they were before goes.

    Raises UsageError for an unknown kind or fewer than two tickets.
    """
    if kind not in INVERSE:
        hint = f"{suggest(kind, list(KINDS))} Who acts is said before: `desk --as AGENT link ...`."
        raise UsageError(f'"{kind}" is no kind of link', "--as", hint)
    return _each(desk, words, lambda ticket: Link(kind, ticket.id), actor=actor, dry_run=dry_run)


def unlink(desk: Desk, words: Sequence[str], *, actor: Actor, dry_run: bool = False) -> Outcome:
    """Take the links between the first ticket and each of the others away."""
    return _each(desk, words, lambda _: None, actor=actor, dry_run=dry_run)


def open_children(desk: Desk, tickets: Iterable[Ticket]) -> list[str]:
    """What is to be said of tickets that are done while children of theirs are not, a sentence each."""
    parents = {each.id: [link.ticket for link in links_of(each) if link.kind == "child"] for each in tickets}
    if not any(parents.values()):
        return []
    said = []
    with open_door(desk, desk_actor(desk), dry_run=True) as door:
        for name, children in parents.items():
            if left := [child for child in children if _is_open(door, child)]:
                said.append(f"{name} is done, and {', '.join(left)}, a part of it, is not yet.")
    return said


def _each(
    desk: Desk,
    words: Sequence[str],
    wanted: Callable[[Ticket], Link | None],
    *,
    actor: Actor,
    dry_run: bool,
) -> Outcome:
    outcome = Outcome()
    with open_door(desk, actor, dry_run=dry_run) as door:
        outcome.op = door.op
        first, *others = {held.path: held for held in map(door.hold, words)}.values()
        if not others:
            raise UsageError("name two tickets at least", first.ticket.id, "`desk link 42 43 --as related`.")
        for other in others:
            try:
                there = wanted(other.ticket)
                here = inverse(there.kind, first.ticket.id) if there else None
                before = len(door.recorded)
                first = _set(door, first, other.ticket.id, there)
                _set(door, other, first.ticket.id, here)
                if len(door.recorded) == before:
                    outcome.unchanged.append(f"{first.ticket.id} and {other.ticket.id}")
            except TryAgainError:
                raise
            except DeskError as error:
                outcome.errors.append((other.ticket.id, error))
        outcome.recorded = [changed(each, diff=dry_run) for each in door.recorded]
    return outcome


def _set(door: Door, held: Held, other: str, wanted: Link | None) -> Held:
    """Let the ticket's link to the other be this one and no further."""
    ticket = held.ticket
    old = {text for text in ticket.links if read_link(text).ticket == other}
    new = {str(wanted)} if wanted else set()
    if old == new:
        return held
    if len(ticket.links) - len(old) + len(new) > _MOST:
        raise ConflictError(f"has {_MOST} links, and no room for more", ticket.id, "`desk unlink` some.")
    change = ListChanged("links", tuple(sorted(new - old)), tuple(sorted(old - new)))
    said = f"{wanted.kind} {other}" if wanted else f"no link to {other}"
    return door.change(held, [change], summary=f"{ticket.id}: {said}")


def _is_open(door: Door, name: str) -> bool:
    try:
        status = door.hold(name).ticket.status
    except DeskError:
        return False
    return door.desk.settings.status_kind(status) != "done"
