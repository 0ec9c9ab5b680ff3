"""`desk merge`: what was said in several tickets stands in one, and mail to any of them goes there.

The ticket that takes gets copies of messages and notes, the others keep tombstones, their events and
`merged-into` (tickets/moves). First the copy is durable, then the tombstone: killed in between, the same
merge again goes on where it was. `unmerge` is the inverse.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.desk.changing import Outcome, changed
from helpdesk_cli.desk.merge_effects import (
    MERGED,
    UNMERGED,
    mergings,
    stands_again,
    taken,
    taken_back,
    takings,
)
from helpdesk_cli.desk.moving import Move, Telling, bring_back, move
from helpdesk_cli.desk.record import open_door
from helpdesk_cli.errors import ConflictError, DeskError, NotFoundError, TryAgainError, UsageError
from helpdesk_cli.tickets import snooze
from helpdesk_cli.tickets.changes import apply_all, field_value, set_field
from helpdesk_cli.tickets.moves import said_in
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from helpdesk_cli.desk.actor import Actor
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.record import Door, Held
    from helpdesk_cli.tickets.ticket import Ticket

    Facts = tuple[tuple[str, str], ...]

_LONGEST_CHAIN = 20


@dataclass(frozen=True, slots=True)
class Plan:
    """What a merge would do: into which ticket, which others, and those of them that somebody else asked."""

    target: Ticket
    sources: tuple[Ticket, ...]
    from_others: tuple[Ticket, ...]


def plan_merge(desk: Desk, words: Sequence[str], *, actor: Actor) -> Plan:
    """Look at the tickets of a merge into the first of them; nothing is written. Raises as `merge` does."""
    with open_door(desk, actor, dry_run=True) as door:
        target, *sources = (held.ticket for held in _meant(door, words))
        new = [ticket for ticket in sources if not _is_settled(target, ticket)]
        others = [ticket for ticket in new if ticket.requester.key != target.requester.key]
        return Plan(target, tuple(sources), tuple(others))


def merge(desk: Desk, words: Sequence[str], *, actor: Actor, dry_run: bool = False) -> Outcome:
    """Merge tickets into the first one named. One that cannot be merged does not stop the others.

    Raises UsageError for fewer than two, ConflictError where the first was itself merged into another.
    """
    outcome = Outcome()
    with open_door(desk, actor, dry_run=dry_run) as door:
        outcome.op = door.op
        target, *sources = _meant(door, words)
        for source in sources:
            try:
                _check(target.ticket, source.ticket)
                if _is_settled(target.ticket, source.ticket):
                    outcome.unchanged.append(source.ticket.id)
                    continue
                target, _ = take_in(door, target, source)
            except TryAgainError:
                raise
            except DeskError as error:
                outcome.errors.append((source.ticket.id, error))
        outcome.recorded = [changed(each, diff=dry_run) for each in door.recorded]
    return outcome


def unmerge_each(desk: Desk, words: Sequence[str], *, actor: Actor, dry_run: bool = False) -> Outcome:
    """Give merged tickets back what was their own; each by itself."""
    outcome = Outcome()
    with open_door(desk, actor, dry_run=dry_run) as door:
        outcome.op = door.op
        for word in words:
            try:
                outcome.remarks += unmerge(door, door.hold(word))
            except TryAgainError:
                raise
            except DeskError as error:
                outcome.errors.append((word, error))
        outcome.recorded = [changed(each, diff=dry_run) for each in door.recorded]
    return outcome


def take_in(door: Door, target: Held, source: Held, *, giving: Telling | None = None) -> tuple[Held, Held]:
    """Merge one ticket into another, with what it says of people, tags and state; both afterwards.

    `giving`: what is said in the ticket that is merged; None for what a merge says.
    """
    into, ticket = target.ticket, source.ticket
    taking = Telling(
        f"{into.id}: {ticket.id} merged into it",
        taken(door.desk, into, ticket),
        ((MERGED, f"{ticket.uid} {ticket.id}"),),
    )
    giving = giving or Telling(
        f"{ticket.id}: merged into {into.id}",
        (
            *set_field(ticket, "status", "merged"),
            *set_field(ticket, "merged-into", into.id),
            *snooze.wake(ticket),
        ),
    )
    how = Move(f"merged into {into.id}", "merge", taking, giving)
    return move(door, target, source, said_in(ticket), how)


def unmerge(
    door: Door, source: Held, *, of: Collection[str] | None = None, facts: Facts = ()
) -> tuple[str, ...]:
    """Give a merged ticket back what was its own, wherever it is now; what stays behind, in words.

    What the merge changed is taken back where nothing later stands on it: of all that merged it, or only `of`
    these events. Mail that came since stays where it came: `desk split` takes it out. `facts`: what else the
    events are to say. Raises ConflictError for a ticket that is not merged.
    """
    ticket = source.ticket
    if not ticket.merged_into:
        raise ConflictError("is not merged into another ticket", ticket.id)
    back = stands_again(door.desk, ticket, mergings(ticket) if of is None else of)
    remarks = [f"{ticket.id}: {text}" for text in back.kept]
    status = field_value(apply_all(ticket, back.changes), "status")
    taking = Telling(
        f"{ticket.id}: taken out of {ticket.merged_into} again, status {status}",
        back.changes,
        (*back.facts, *facts),
    )

    def giving(holder: Ticket) -> Telling:
        mine = takings(holder, ticket.uid)
        given = taken_back(door.desk, holder, mine if of is None else mine.intersection(of))
        remarks.extend(f"{holder.id}: {text}" for text in given.kept)
        said = f"{holder.id}: {ticket.id} taken out of it again"
        return Telling(said, given.changes, ((UNMERGED, f"{ticket.uid} {ticket.id}"), *given.facts, *facts))

    chain = chain_of(door, ticket)
    holders = bring_back(door, source, chain, taking=taking, giving=giving)
    for held in chain[:1]:
        # Where nothing was left to bring back, its tags and people are.
        if held.path not in holders:
            told = giving(held.ticket)
            door.change(held, told.changes, summary=told.summary, facts=told.facts)
    return tuple(remarks)


def chain_of(door: Door, ticket: Ticket) -> list[Held]:
    """The tickets that it was merged into one after the other; none twice. What is not there ends it."""
    chain: list[Held] = []
    name = ticket.merged_into
    while name and len(chain) < _LONGEST_CHAIN:
        try:
            held = door.hold(name)
        except NotFoundError:
            break
        if held.path in {each.path for each in chain}:
            break
        chain.append(held)
        name = held.ticket.merged_into
    return chain


def _meant(door: Door, words: Sequence[str]) -> list[Held]:
    """The tickets, each once, the one that takes first."""
    found = {held.path: held for held in map(door.hold, words)}
    if len(found) < 2:  # noqa: PLR2004 - the one that takes, and one that is taken in
        raise UsageError("name two tickets at least", hint="`desk merge 42 43`: 43 becomes a part of 42.")
    target = next(iter(found.values())).ticket
    if target.merged_into:
        names = [held.ticket.id for held in list(found.values())[1:]]
        others = " ".join(name for name in names if name != target.merged_into)
        hint = (
            f"`desk merge {target.merged_into} {others}` merges it there."
            if others
            else "Nothing is left to do."
        )
        raise ConflictError(f"was merged into {target.merged_into} itself", target.id, hint)
    return list(found.values())


def _check(target: Ticket, source: Ticket) -> None:
    if source.merged_into and source.merged_into != target.id:
        hint = f"`desk merge {target.number} {source.merged_into}` merges all of it."
        raise ConflictError(f"was merged into {source.merged_into} already", source.id, hint)


def _is_settled(target: Ticket, source: Ticket) -> bool:
    return source.merged_into == target.id and source.status == "merged" and not said_in(source)
