"""`desk next`: the one ticket to do now."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from helpdesk_cli.desk.assign import given_to
from helpdesk_cli.desk.drafting import presence
from helpdesk_cli.desk.finding import lines_of, open_facts, wanted_of, with_clocks
from helpdesk_cli.desk.levels import Levels
from helpdesk_cli.desk.record import open_door
from helpdesk_cli.errors import DeskError, NotFoundError, TryAgainError
from helpdesk_cli.storage.index_find import next_paths
from helpdesk_cli.tickets.snooze import until_of
from helpdesk_cli.values import dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from helpdesk_cli.desk.actor import Actor
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.finding import Line
    from helpdesk_cli.desk.record import Door
    from helpdesk_cli.storage.index import Index
    from helpdesk_cli.tickets.ticket import Ticket

_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Next:
    """The ticket to do now; `taken`: it became the agent's by this call; `left`: how many come after it."""

    line: Line
    taken: bool
    left: int


def next_ticket(
    desk: Desk,
    query: str | Sequence[str] = "",
    *,
    actor: Actor | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Next:
    """The first that is active, awake, nobody else's, and has nobody else's draft open.

    Of those that the query finds. Raises NotFoundError where there is none; QueryError.
    """
    with closing(open_facts(desk, progress=progress)) as index:
        paths = _candidates(desk, index, query, actor)
        for line in _lines(desk, index, paths):
            if not _is_written_on(desk, line.row.uid, actor):
                return Next(line, taken=False, left=len(paths) - 1)
    raise _nothing()


def take_next(
    desk: Desk,
    query: str | Sequence[str] = "",
    *,
    actor: Actor,
    progress: Callable[[int, int], None] | None = None,
) -> Next:
    """The same, and it becomes the agent's: two who ask at once are given two tickets.

    With the desk's lock held each candidate is read again from its file, so that what somebody took a
    moment ago is passed over.
    """
    with closing(open_facts(desk, progress=progress)) as index:
        paths = _candidates(desk, index, query, actor)
        lines = _lines(desk, index, paths)
        with open_door(desk, actor) as door:
            for line in lines:
                if found := _take(door, line, actor):
                    return replace(found, left=len(paths) - 1)
    raise _nothing()


def _candidates(desk: Desk, index: Index, query: str | Sequence[str], actor: Actor | None) -> list[str]:
    wanted = wanted_of(desk, index, query, actor=actor)
    paths = next_paths(index, replace(wanted, with_snoozed=False), actor.key if actor else "")
    return by_due(desk, index, paths)


def by_due(desk: Desk, index: Index, paths: Sequence[str]) -> list[str]:
    """The same, but what is promised by when stands in front: what is due first, or over for longest."""
    try:
        levels = list(Levels(desk, index).of(paths, only_open=True))
    except DeskError:
        # `desk sla check` says what is wrong; the work goes on in the order that needs no sla.yaml.
        return list(paths)
    due = {path: clock.due for path, level in levels if (clock := level.next_clock) is not None}
    last = max((moment for moment in due.values() if moment is not None), default=0)
    return sorted(paths, key=lambda path: last + 1 if (moment := due.get(path)) is None else moment)


def _lines(desk: Desk, index: Index, paths: Sequence[str]) -> Iterator[Line]:
    for start in range(0, len(paths), _AT_ONCE):
        lines = lines_of(index, paths[start : start + _AT_ONCE])
        try:
            yield from list(with_clocks(desk, index, lines))
        except DeskError:
            yield from lines_of(index, paths[start : start + _AT_ONCE])


def _take(door: Door, line: Line, actor: Actor) -> Next | None:
    """The ticket as its file has it now, taken; None where it is no longer to be had."""
    try:
        held = door.read(line.row.path)
        if not _is_free(door.desk, held.ticket, actor):
            return None
        decided = given_to(held.ticket, actor.key)
        after = door.change(held, decided.changes, summary=f"{held.ticket.id}: {decided.summary}")
    except TryAgainError:
        raise
    except DeskError:
        # Broken, gone or changed by an editor meanwhile: others are to be had.
        return None
    ticket = after.ticket
    row = replace(line.row, status=ticket.status, assignee=ticket.assignee, priority=ticket.priority)
    return Next(replace(line, row=row), taken=after is not held, left=0)


def _is_free(desk: Desk, ticket: Ticket, actor: Actor) -> bool:
    until = until_of(ticket)
    return (
        desk.settings.status_kind(ticket.status) == "active"
        and ticket.assignee in {"", actor.key}
        and (until is None or until <= desk.now)
        and not _is_written_on(desk, ticket.uid, actor)
    )


def _is_written_on(desk: Desk, uid: str, actor: Actor | None) -> bool:
    """Whether somebody else has a draft of the ticket open."""
    return any(each.is_open for each in presence(desk, uid, but=actor.key if actor else ""))


def _nothing() -> NotFoundError:
    hint = "`desk list` shows what waits for others."
    return NotFoundError("there is nothing to do: no ticket needs you", "", hint)
