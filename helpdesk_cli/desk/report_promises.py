"""What was promised for the tickets of a report, worked out from rows that it has read, on two processors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.reports.figures.history import Promise
from helpdesk_cli.sla.course import POLICY, Said, make_course
from helpdesk_cli.storage.second_core import MOST_PARTS, shared
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from helpdesk_cli.desk.levels import Levels
    from helpdesk_cli.storage.second_core import Shared

    # (target, state, started, stopped, due, used, allowed): a Promise, as it travels between processes.
    Plain = tuple[str, str, int, int | None, int | None, int, int]

# The fields whose words decide on a clock (sla/course.TRACKED), as the front matter has them.
STATE = ("status", "priority", "type")
SNOOZED = "snoozed-until"
# A part with fewer tickets costs more in turns than it spares in waiting.
_LEAST = 40


@dataclass(frozen=True, slots=True)
class Rows:
    """What an index says of the tickets of a report, by their paths, as `storage/index_reports` gives it.

    `opened` has the moment in milliseconds, and the words of STATE; `policies` are those recorded last.
    """

    opened: Mapping[str, tuple[int, dict[str, str]]]
    said: Mapping[str, Sequence[tuple[int, str, str, int]]]
    changes: Mapping[str, Sequence[tuple[str, int, str, str, str, str, str]]]
    policies: Mapping[str, str]
    snoozes: Mapping[str, str]


class Promises:
    """The promises of tickets, in parts."""

    def __init__(self, levels: Levels, rows: Rows, *, as_of: int | None) -> None:
        """`as_of`: as it was then, in milliseconds since 1970."""
        self._levels, self._rows, self._as_of = levels, rows, as_of
        self._paths = tuple(rows.opened)
        self._size = max(_LEAST, -(-len(self._paths) // MOST_PARTS))

    def begin(self) -> AbstractContextManager[Shared[list[tuple[Plain, ...]]]]:
        """Work at it, in a child where there is a second processor."""
        # What asks the index is asked before: a child cannot.
        self._levels.prepare(self._rows.policies.get(path, "") for path in self._paths)
        return shared(-(-len(self._paths) // self._size), self._part)

    def gathered(self, done: Iterable[list[tuple[Plain, ...]]]) -> Iterator[tuple[str, tuple[Promise, ...]]]:
        """(path, promises) of every ticket, from what its parts came to."""
        found = (each for part in done for each in part)
        for path, some in zip(self._paths, found, strict=True):
            yield path, tuple(Promise(*each) for each in some)

    def _part(self, number: int) -> list[tuple[Plain, ...]]:
        return [self._of(path) for path in self._paths[number * self._size : (number + 1) * self._size]]

    def _of(self, path: str) -> tuple[Plain, ...]:
        rows = self._rows
        opened, state = rows.opened[path]
        policy = rows.policies.get(path)
        course = make_course(
            opened,
            [Said(at, role, bool(live)) for at, role, _, live in rows.said.get(path, ())],  # type: ignore[arg-type]
            [
                (at, what, by, field, old, new)
                for field, at, by, what, old, new, _ in rows.changes.get(path, ())
            ],
            state={**state, SNOOZED: rows.snoozes.get(path, "")},
            facts=((POLICY, policy),) if policy else (),
            name=self._levels.name,
        )
        level = self._levels.of_course(path, course, as_of=self._as_of)
        return tuple(
            (each.target, each.state, each.started, each.stopped, each.due, each.used, each.allowed)
            for each in level.clocks
        )
