"""What the clocks of many tickets go by, from the index: no ticket file is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from helpdesk_cli.sla.course import POLICY, SLA, TRACKED, Said, as_written, make_course

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from helpdesk_cli.sla.course import Course, Namer
    from helpdesk_cli.storage.index import Index

_AT_ONCE = 500
_STATE = ("status", "priority", "type")


def courses_of(
    index: Index, paths: Sequence[str], *, name: Namer = as_written
) -> Iterator[tuple[str, Course]]:
    """(path, course) of each of these files, in that order; the index must have what queries ask for."""
    for start in range(0, len(paths), _AT_ONCE):
        some = paths[start : start + _AT_ONCE]
        states = _states(index, some)
        said = _rows(index, "entries", ("at", "role", "live"), some, "role <> ''")
        fields = ", ".join(f"'{field}'" for field in TRACKED)
        changes = _rows(
            index, "events", ("at", "what", "by", "field", "old", "new"), some, f"field IN ({fields})"
        )
        facts = _rows(index, "event_facts", ("key", "value"), some, f"key IN ('{POLICY}', '{SLA}')")
        for path in some:
            if path in states:
                opened, state = states[path]
                yield (
                    path,
                    make_course(
                        opened,
                        [Said(at, role, bool(live)) for at, role, live in said.get(path, ())],
                        changes.get(path, ()),
                        state=state,
                        facts=facts.get(path, ()),
                        name=name,
                    ),
                )


def _states(index: Index, paths: Sequence[str]) -> dict[str, tuple[int, dict[str, str]]]:
    """When each was opened, and what its front matter says."""
    marks = ", ".join("?" * len(paths))
    text = (
        f"SELECT tickets.path, tickets.created_at, {', '.join(f'shown.{field}' for field in _STATE)}"  # noqa: S608 - names and marks only
        f" FROM tickets JOIN shown ON shown.path = tickets.path WHERE tickets.path IN ({marks})"
    )
    snoozed = f"SELECT path, entry FROM names WHERE path IN ({marks}) AND role = 'snoozed'"  # noqa: S608 - as above
    until = dict(index.ask(snoozed, *paths))
    return {
        path: (opened, {**dict(zip(_STATE, state, strict=True)), "snoozed-until": until.get(path, "")})
        for path, opened, *state in index.ask(text, *paths)
    }


def _rows(
    index: Index, table: str, columns: tuple[str, ...], paths: Sequence[str], condition: str
) -> dict[str, list[Any]]:
    """The rows of these files in a table of facts, each file's in order."""
    marks = ", ".join("?" * len(paths))
    text = (
        f"SELECT path, {', '.join(columns)} FROM {table}"  # noqa: S608 - names of this module, and marks
        f" WHERE path IN ({marks}) AND {condition} ORDER BY path, place"
    )
    found: dict[str, list[Any]] = {}
    for path, *values in index.ask(text, *paths):
        found.setdefault(path, []).append(tuple(values))
    return found
