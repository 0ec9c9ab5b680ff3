"""`desk sla diff`: what another sla.yaml would have made of the tickets of a period."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from typing import TYPE_CHECKING, Any

from helpdesk_cli.desk.asking import zone_of
from helpdesk_cli.desk.finding import open_facts
from helpdesk_cli.desk.levels import Levels
from helpdesk_cli.desk.sla_check import read_other
from helpdesk_cli.errors import UsageError
from helpdesk_cli.query.dates import read_period
from helpdesk_cli.sla.hours import ms_of
from helpdesk_cli.sla.policies import TARGETS
from helpdesk_cli.storage.index_find import paths_created
from helpdesk_cli.storage.public_holidays import PublicHolidays
from helpdesk_cli.storage.sla_file import read_sla, text_of
from helpdesk_cli.tickets.as_json import SCHEMA
from helpdesk_cli.tickets.times import write_time
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.levels import Level
    from helpdesk_cli.query.dates import Span

STATES = ("met", "breached", "open")


@dataclass(frozen=True, slots=True)
class Changed:
    """A ticket for which a target comes out otherwise; "" where one of the two promises nothing."""

    id: str
    target: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Difference:
    """Of the tickets opened in a period: clocks by (target, state), as it was and as it would have been."""

    period: Span
    tickets: int
    before: dict[tuple[str, str], int]
    after: dict[tuple[str, str], int]
    changed: tuple[Changed, ...]

    def json(self) -> dict[str, Any]:
        """The stable JSON of `desk sla diff --json`."""
        return {
            "schema": SCHEMA,
            "kind": "service-level-difference",
            "start_at": write_time(self.period.start),
            "end_at": write_time(self.period.end),
            "tickets": self.tickets,
            "targets": [
                {
                    "target": target,
                    "before": {state: self.before.get((target, state), 0) for state in STATES},
                    "after": {state: self.after.get((target, state), 0) for state in STATES},
                }
                for target in TARGETS
            ],
            "total": len(self.changed),
            "items": [
                {
                    "id": each.id,
                    "target": each.target,
                    "before": each.before or None,
                    "after": each.after or None,
                }
                for each in self.changed
            ],
        }


def diff(
    desk: Desk, file: Path, period: str, *, progress: Callable[[int, int], None] | None = None
) -> Difference:
    """What the file would have made of the tickets opened in the period, by the policies that fit them now.

    Raises UsageError for what is no period, InvalidFileError for a file that cannot be read.
    """
    try:
        span = read_period(period, desk.now, zone_of(desk))
    except ValueError as error:
        raise UsageError(str(error), "--period") from error
    text = text_of(read_other(file), place=file.name)
    sla = read_sla(text, desk.settings, place=file.name, holidays=PublicHolidays(desk.layout))
    with closing(open_facts(desk, progress=progress)) as index:
        paths = paths_created(index, ms_of(span.start), ms_of(span.end))
        before: Counter[tuple[str, str]] = Counter()
        after: Counter[tuple[str, str]] = Counter()
        changed: list[tuple[str, str, str, str]] = []
        old, new = Levels(desk, index).of(paths), Levels(desk, index, sla=sla).of(paths)
        for (path, one), (_, other) in zip(old, new, strict=True):
            was, would_be = _states(one), _states(other)
            before.update(each for each in was if each[1] != "none")
            after.update(each for each in would_be if each[1] != "none")
            for target in TARGETS:
                words = [_worst(states, target) for states in (was, would_be)]
                if words[0] != words[1]:
                    changed.append((path, target, words[0], words[1]))
        names = {row.path: row.id for row in index.rows_of(list(dict.fromkeys(each[0] for each in changed)))}
        found = tuple(Changed(names[path], *rest) for path, *rest in changed if path in names)
        return Difference(span, len(paths), dict(before), dict(after), found)


def _states(level: Level) -> list[tuple[str, str]]:
    """(target, state) of each clock; what runs or rests in time is open."""
    return [
        (clock.target, "open" if clock.state in {"running", "resting"} else clock.state)
        for clock in level.clocks
    ]


def _worst(states: list[tuple[str, str]], target: str) -> str:
    """What is to be said of all the clocks of a target."""
    found = {state for name, state in states if name == target}
    return next((state for state in ("breached", "open", "met") if state in found), "")
