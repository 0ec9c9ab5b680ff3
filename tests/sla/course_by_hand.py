"""A ticket's course written down as a list of what happened at which time of which day."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from helpdesk_cli.sla.course import Said, make_course
from helpdesk_cli.sla.hours import moment_of, ms_of

if TYPE_CHECKING:
    from helpdesk_cli.sla.course import Course

FIELDS = ("status", "priority", "type", "snoozed-until")


def at(text: str) -> int:
    """`20 09:12` is that time on 20 November 2026, a Friday; a month may stand before the day."""
    day, time = text.split()
    month, day = day.split("-") if "-" in day else ("11", day)
    return ms_of(datetime.fromisoformat(f"2026-{month}-{day}T{time}").replace(tzinfo=UTC))


def told(moment: int | None) -> str:
    """`20 09:12`, "" for none."""
    return "" if moment is None else f"{moment_of(moment):%d %H:%M}"


def course(
    opened: str, *happened: str, state: dict[str, str] | None = None, silent: bool = False, **began: str
) -> Course:
    """`20 10:00 asked`, `20 10:05 answered`, `20 11:00 status pending`; `began` are fields at the opening.

    `silent`: no event tells of the opening.
    """
    values = {"status": "new", "priority": "medium", **began}
    changes = [(at(opened), "opened", "dana", field, "", value) for field, value in values.items()]
    changes = [] if silent else changes
    said: list[Said] = []
    for line in happened:
        day, time, word, *rest = line.split()
        when = at(f"{day} {time}")
        if word in FIELDS:
            value = rest[0] if rest else ""
            by = "sla" if rest[1:] == ["by-sla"] else "dana"
            changes.append((when, "", by, word, values.get(word, ""), value))
            values[word] = value
        else:
            said.append(Said(when, word, is_live="import" not in rest))  # type: ignore[arg-type]
    return make_course(at(opened), said, changes, state=values | (state or {}), facts=())
