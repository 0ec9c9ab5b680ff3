"""`desk sla status`, `explain`, `reapply`: what is promised, how it stands, and which policy counts."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

from helpdesk_cli.desk.changing import Decided, Outcome, change_each
from helpdesk_cli.desk.finding import find_tickets
from helpdesk_cli.desk.levels import Levels, level_of
from helpdesk_cli.desk.promised import POLICY, choose
from helpdesk_cli.desk.show import show
from helpdesk_cli.errors import InvalidFileError, NotFoundError
from helpdesk_cli.sla.account import account_of
from helpdesk_cli.sla.hours import moment_of
from helpdesk_cli.storage.sla_file import load_sla
from helpdesk_cli.tickets.as_json import SCHEMA
from helpdesk_cli.tickets.times import write_time
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from helpdesk_cli.desk.actor import Actor
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.levels import Level
    from helpdesk_cli.desk.record import Door
    from helpdesk_cli.sla.account import Entry
    from helpdesk_cli.sla.clocks import Clock
    from helpdesk_cli.storage.index import Row
    from helpdesk_cli.storage.index_find import Sums
    from helpdesk_cli.tickets.ticket import Ticket


@dataclass(frozen=True, slots=True)
class Standing:
    """A ticket in a list of service levels."""

    row: Row
    level: Level

    def json(self) -> dict[str, Any]:
        """The ticket with every clock of its."""
        return {
            "id": self.row.id,
            "subject": self.row.subject,
            "status": self.row.status,
            "priority": self.row.priority or None,
            "assignee": self.row.assignee or None,
            **level_json(self.level),
        }


@dataclass(frozen=True, slots=True)
class Status:
    """The tickets for which something is to be done, what is due first in front; of how many; what is broken.

    `silent` are those for which nothing is promised, or nothing is left to be done.
    """

    standings: tuple[Standing, ...]
    silent: int
    sums: Sums
    problems: tuple[tuple[str, str], ...]


def status(
    desk: Desk,
    query: str | Sequence[str] = "",
    *,
    actor: Actor | None = None,
    everything: bool = False,
    whole: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> Status:
    """How the tickets stand that the query finds; with `everything` also those that need nothing more.

    Without `whole` a level has only the clocks that have not stopped.
    Raises QueryError, and InvalidFileError where sla.yaml cannot be read.
    """
    found = find_tickets(desk, query, actor=actor, everything=everything, progress=progress)
    with closing(found):
        levels = Levels(desk, found.index)
        wanted = [
            (path, level)
            for path, level in levels.of(found.paths, only_open=not (whole or everything))
            if (level.clocks if everything else level.open_clocks)
        ]
        wanted.sort(key=lambda each: _urgency(each[1]))
        rows = {row.path: row for row in found.index.rows_of([path for path, _ in wanted])}
        standings = tuple(Standing(rows[path], level) for path, level in wanted if path in rows)
        silent = len(found.paths) - len(standings)
        return Status(standings, silent, found.sums, found.problems)


def _urgency(level: Level) -> tuple[int, int]:
    """What is due, then what rests, then what is over."""
    clock = level.next_clock
    if clock is None:
        return (2, 0)
    return (0, clock.due) if clock.due is not None else (1, -clock.used)


@dataclass(frozen=True, slots=True)
class Explained:
    """A ticket's service level with the account of each clock."""

    ticket: Ticket
    level: Level
    accounts: tuple[tuple[Clock, tuple[Entry, ...]], ...]

    def json(self) -> dict[str, Any]:
        """The stable JSON of `desk sla explain --json`."""
        level = level_json(self.level)
        level["clocks"] = [
            {**clock_json(clock), "account": [_entry_json(entry) for entry in account]}
            for clock, account in self.accounts
        ]
        return {"schema": SCHEMA, "kind": "service-level", "id": self.ticket.id, **level}


def explain(desk: Desk, word: str) -> Explained:
    """How the clocks of a ticket came to what they say. Raises NotFoundError, InvalidFileError."""
    ticket = show(desk, word).ticket
    level = level_of(desk, ticket)
    calendar = level.calendar
    accounts = tuple(
        (clock, tuple(account_of(clock, calendar))) for clock in level.clocks if calendar is not None
    )
    return Explained(ticket, level, accounts)


def reapply(desk: Desk, words: Iterable[str], *, actor: Actor, dry_run: bool = False) -> Outcome:
    """Let the policy count for these tickets that fits them now, in today's sla.yaml.

    Raises InvalidFileError where that cannot be read.
    """
    if not load_sla(desk.layout, desk.settings).policies:
        raise InvalidFileError("has no policies", "sla.yaml", "Write one, then reapply.")

    def decide(door: Door, ticket: Ticket) -> Decided:
        chosen = choose(desk, door.index, ticket)
        recorded = [fact for event in ticket.events for fact in event.all_facts(POLICY)]
        if not chosen:
            raise NotFoundError("no policy fits this ticket", ticket.id, "`desk sla check` says more.")
        if recorded[-1:] == [chosen]:
            return Decided()
        before = recorded[-1].rpartition("@")[0] if recorded else "none"
        after = chosen.rpartition("@")[0]
        told = f"policy {before} → {after}" if before != after else f"policy {after}, as it is today"
        return Decided((), told, ((POLICY, chosen),))

    return change_each(desk, words, decide, actor=actor, dry_run=dry_run)


def level_json(level: Level) -> dict[str, Any]:
    """What is promised for a ticket, and how it stands."""
    clock = level.next_clock
    return {
        "policy": level.policy.name if level.policy else None,
        "recorded": level.course.policy or None,
        "calendar": level.calendar.name if level.calendar else None,
        "next": clock_json(clock) if clock else None,
        "clocks": [clock_json(each) for each in level.clocks],
        "remark": level.remark or None,
    }


def clock_json(clock: Clock) -> dict[str, Any]:
    """A clock; lengths in whole seconds of its time."""
    return {
        "target": clock.target,
        "for": None if clock.word == "*" else clock.word,
        "span": str(clock.span),
        "state": clock.state,
        "overdue": clock.is_overdue,
        "rests": clock.rests or None,
        "started_at": _time(clock.started),
        "stopped_at": _time(clock.stopped),
        "due_at": _time(clock.due_shown),
        "allowed_seconds": clock.allowed // 1000,
        "used_seconds": clock.used // 1000,
        "left_seconds": clock.left // 1000,
        "over_seconds": clock.over // 1000,
    }


def _entry_json(entry: Entry) -> dict[str, Any]:
    return {
        "start_at": _time(entry.start),
        "end_at": _time(entry.end),
        "counted_seconds": entry.counted // 1000,
        "why": entry.why or None,
    }


def _time(moment: int | None) -> str | None:
    return None if moment is None else write_time(moment_of(moment))
