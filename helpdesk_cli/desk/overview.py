"""The bare `desk`: which tickets need us, how many do not, what is wrong."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

from helpdesk_cli.desk.finding import lines_of, open_facts, wanted_of, with_clocks
from helpdesk_cli.desk.listing import line_json, moment
from helpdesk_cli.errors import InvalidFileError
from helpdesk_cli.storage import records
from helpdesk_cli.storage.index_find import find_paths, next_wake, sums
from helpdesk_cli.storage.pending import Queue
from helpdesk_cli.tickets.as_json import SCHEMA
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.finding import Line
    from helpdesk_cli.storage.index import Index


@dataclass(frozen=True, slots=True)
class Overview:
    """What the bare `desk` says: tickets that need us, how many there are of the others, what is wrong.

    `wakes_at` is when the first that is snoozed comes back, None for none.
    """

    need_us: tuple[Line, ...]
    needing: int
    waiting: int
    snoozed: int
    done: int
    wakes_at: datetime | None
    problems: tuple[str, ...]

    def json(self) -> dict[str, Any]:
        """The stable JSON of `desk overview --json`."""
        return {
            "schema": SCHEMA,
            "kind": "overview",
            "total": self.needing,
            "items": [line_json(line) for line in self.need_us],
            "need_us": self.needing,
            "waiting": self.waiting,
            "snoozed": self.snoozed,
            "done": self.done,
            "problems": list(self.problems),
        }


def overview(desk: Desk, *, limit: int = 0, progress: Callable[[int, int], None] | None = None) -> Overview:
    """The state of the desk in one look; at most `limit` of the tickets that need us, 0 = all."""
    with closing(open_facts(desk, progress=progress)) as index:
        needing = wanted_of(desk, index, "waiting:us")
        paths = find_paths(index, needing, limit=limit)
        active = sums(index, needing)
        others = sums(index, wanted_of(desk, index, "waiting:customer"))
        return Overview(
            _with_clocks(desk, index, paths),
            active.total,
            others.total,
            active.snoozed + others.snoozed,
            sums(index, wanted_of(desk, index, "waiting:nobody")).total,
            moment(next_wake(index, needing.sides)),
            (*(f"{problem}" for _, problem in index.problems()), *_waiting_problems(desk)),
        )


def _with_clocks(desk: Desk, index: Index, paths: Sequence[str]) -> tuple[Line, ...]:
    """The lines with what is due next; without it where sla.yaml is broken: `desk doctor` says how."""
    try:
        return tuple(with_clocks(desk, index, lines_of(index, paths)))
    except InvalidFileError:
        return tuple(lines_of(index, paths))


def _waiting_problems(desk: Desk) -> list[str]:
    told = {
        "waiting for a broken ticket file to be mended": len(records.waiting(desk.layout).names()),
        "set aside (`desk ingest --retry` takes up)": len(records.set_aside(desk.layout).names()),
    }
    problems = [f"{_count(number, 'mail')} {what}." for what, number in told.items() if number]
    queued = Queue(desk.layout).count()
    if queued:
        problems.append(f"{_count(queued, 'change')} not yet in git (`desk doctor` says why).")
    return problems


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
