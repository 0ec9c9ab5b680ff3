"""`desk sla run`: act on what clocks warn of, each thing once.

What was acted on is a fact of the event that did it, written with it into the ticket's file: killed anywhere,
either both are there or neither, and the next run goes on. Who is told hears of it by the news of that event,
and news is what git has: so the next run also brings into git what a kill kept from it.
"""

from __future__ import annotations

from contextlib import closing, nullcontext
from typing import TYPE_CHECKING

from helpdesk_cli.desk.actor import desk_actor
from helpdesk_cli.desk.chance import draw_id
from helpdesk_cli.desk.changing import Decided, Outcome, change_each
from helpdesk_cli.desk.cron import NOT_THE_SERVER
from helpdesk_cli.desk.finding import open_facts, sides_of
from helpdesk_cli.desk.letters import is_server
from helpdesk_cli.desk.levels import Levels
from helpdesk_cli.desk.record import LOCK_TIMEOUT
from helpdesk_cli.desk.rules_around import around_of
from helpdesk_cli.desk.rules_reading import Book
from helpdesk_cli.desk.unfinished import finish, is_going
from helpdesk_cli.errors import CancelledError
from helpdesk_cli.rules.actions import Doing, do
from helpdesk_cli.rules.rule import Action
from helpdesk_cli.sla.course import SLA
from helpdesk_cli.sla.warnings import due_warnings
from helpdesk_cli.storage import lock
from helpdesk_cli.storage.index_find import open_paths
from helpdesk_cli.storage.sla_file import read_bytes
from helpdesk_cli.storage.sla_versions import keep_version
from helpdesk_cli.tickets.changes import EntryAdded
from helpdesk_cli.tickets.entries import Note, Segment
from helpdesk_cli.tickets.times import next_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.levels import Level
    from helpdesk_cli.desk.record import Door
    from helpdesk_cli.storage.index import Index
    from helpdesk_cli.tickets.ticket import Ticket

ACTOR = "sla"


def run(desk: Desk, *, dry_run: bool = False, progress: Callable[[int, int], None] | None = None) -> Outcome:
    """Act on every warning and breach that is due. Raises CancelledError where this is not the server."""
    if not dry_run and not is_server(desk):
        raise CancelledError(NOT_THE_SERVER, hint="`--dry-run` shows what would be done.")
    if dry_run:
        return _act(desk, dry_run=True, progress=progress)
    layout = desk.layout
    with lock.hold(layout.state / "sla.lock", timeout=LOCK_TIMEOUT, modes=layout.modes):
        finish(desk, ACTOR)
        if (data := read_bytes(layout)) is not None:
            keep_version(layout, data)
        return _act(desk, progress=progress)


def _act(desk: Desk, *, dry_run: bool = False, progress: Callable[[int, int], None] | None = None) -> Outcome:
    with closing(open_facts(desk, progress=progress)) as index:
        levels = Levels(desk, index)
        due = _due(desk, index, levels)

    def decide(door: Door, ticket: Ticket) -> Decided:
        level = levels.of_ticket(ticket, fitting=lambda: due[ticket.uid][1].policy)
        return _decided(door, ticket, level)

    paths = [] if dry_run else [path for path, _ in due.values()]
    with is_going(desk, ACTOR, paths) if paths else nullcontext():
        return change_each(desk, due, decide, actor=desk_actor(desk, key=ACTOR), dry_run=dry_run)


def act_due(desk: Desk) -> list[str]:
    """A step of `desk cron`: act on what is due; what could not be done, in words."""
    if read_bytes(desk.layout) is None:
        return []
    return [f"service levels of {name}: {error}" for name, error in run(desk).errors]


def _due(desk: Desk, index: Index, levels: Levels) -> dict[str, tuple[str, Level]]:
    """What the index has of tickets with something to act on, by uid: their file and how they stand."""
    paths = open_paths(index, sides_of(desk))
    found = {
        path: level
        for path, level in levels.of(paths, only_open=True)
        if level.policy and any(due_warnings(level.course, level.policy, level.clocks))
    }
    return {row.uid: (row.path, found[row.path]) for row in index.rows_of(list(found))}


def _decided(door: Door, ticket: Ticket, level: Level) -> Decided:
    """What to do for the ticket as its file has it now."""
    if level.policy is None:
        return Decided()
    due = list(due_warnings(level.course, level.policy, level.clocks))
    if not due:
        return Decided()
    said = [f"{each.clock.target} {each.warn.word}" for each in due]
    # Two clocks that warn of the same do it once.
    actions = tuple(dict.fromkeys(action for each in due for action in each.warn.actions))
    doing = Doing(ticket, around_of(door.desk, door.index, Book()), f"sla {', '.join(said)}")
    for name, value in actions:
        do(doing, Action(name, value))
    facts = [(SLA, fact) for each in due for fact in each.facts]
    summary = "; ".join([", ".join(said), *doing.said])
    return Decided([*doing.changes, *_notes(door, ticket, doing.notes)], summary, (*facts, *doing.facts))


def _notes(door: Door, ticket: Ticket, texts: Iterable[str]) -> Iterator[EntryAdded]:
    at = door.next_at(ticket)
    for text in texts:
        yield EntryAdded(Note(draw_id(ticket.uid, ACTOR), at, ACTOR, (Segment("text", text),)))
        at = next_time(at, at)
