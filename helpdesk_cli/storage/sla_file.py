"""Reading `sla.yaml`: calendars and policies, every slip with its line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from helpdesk_cli.errors import InvalidFileError
from helpdesk_cli.sla.policies import EVERY, SNOOZED, Policy, Sla, Span, Target, Unit
from helpdesk_cli.storage import settings_checks as check
from helpdesk_cli.storage.folder import read_file
from helpdesk_cli.storage.public_holidays import PublicHolidays
from helpdesk_cli.storage.settings import suggest
from helpdesk_cli.storage.sla_calendars import ALWAYS, read_calendars, with_always
from helpdesk_cli.storage.sla_warnings import read_warnings
from helpdesk_cli.storage.slips import Slips
from helpdesk_cli.storage.yaml_tree import Node, read_yaml

if TYPE_CHECKING:
    from helpdesk_cli.storage.layout import Layout
    from helpdesk_cli.storage.settings import Settings

NAME = "sla.yaml"
_LARGEST = 1_000_000
_SPAN = re.compile(r"([1-9][0-9]{0,5})\s*(m|h|d)(\s+wall)?")
_AT_ONCE = ("at once", "at-once")
_UNITS: dict[str, Unit] = {"m": "minute", "h": "hour", "d": "day"}
# Two years of days that are never off; who means more means something else.
_MOST: dict[Unit, int] = {"minute": 1_051_200, "hour": 17_520, "day": 730}


def load_sla(layout: Layout, settings: Settings) -> Sla:
    """What the desk's sla.yaml says; nothing where there is none. Raises InvalidFileError with the line."""
    data = read_bytes(layout)
    if data is None:
        return Sla(with_always(()))
    return read_sla(text_of(data), settings, holidays=PublicHolidays(layout))


def read_bytes(layout: Layout) -> bytes | None:
    """The bytes of the desk's sla.yaml; None where there is none."""
    try:
        data, _ = read_file(layout.root / NAME, within=layout.root, limit=_LARGEST)
    except FileNotFoundError:
        return None
    return data


def text_of(data: bytes, *, place: str = NAME) -> str:
    """The text of such a file. Raises InvalidFileError with the line that is no text."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InvalidFileError("not UTF-8", f"{place}:{line}", "Save the file as UTF-8.") from None


def read_sla(
    text: str,
    settings: Settings | None,
    *,
    place: str = NAME,
    holidays: PublicHolidays | None = None,
) -> Sla:
    """What the text of a sla.yaml says. Raises InvalidFileError with the first line that is wrong.

    Without settings the words of the desk are not looked up: a file of the past may have others.
    """
    sla, slips = examine_sla(text, settings, place=place, holidays=holidays)
    if slips:
        raise slips[0]
    return sla


def examine_sla(
    text: str,
    settings: Settings | None,
    *,
    place: str = NAME,
    holidays: PublicHolidays | None = None,
) -> tuple[Sla, list[InvalidFileError]]:
    """What can be read of the text, and everything that is wrong with it, in the order of the lines."""
    slips = Slips()
    with slips.kept():
        root = read_yaml(text, place=place)
        days_off = holidays or PublicHolidays()
        found = slips.mapping(
            root,
            place,
            {
                "calendars": ("calendars", lambda node, at: read_calendars(node, at, slips, days_off)),
                "policies": ("policies", lambda node, at: _policies(node, at, settings, slips)),
            },
        )
        calendars = with_always(found.get("calendars", ()))
        policies = found.get("policies", ())
        written = root.value.get("calendars") if isinstance(root.value, dict) else None
        names = [ALWAYS, *(written.value if written and isinstance(written.value, dict) else ())]
        for policy, node in policies:
            if policy.calendar not in names:
                message = f'there is no calendar "{policy.calendar}"'
                slips.add(check.fail(node, place, message, suggest(policy.calendar, names)))
        return Sla(calendars, tuple(policy for policy, _ in policies)), slips.all
    return Sla(with_always(())), slips.all


def _policies(node: Node, place: str, settings: Settings | None, slips: Slips) -> list[tuple[Policy, Node]]:
    if node.value == "":
        return []
    if not isinstance(node.value, list):
        raise check.fail(node, place, "a list of policies belongs here", "Begin each with `- name: …`.")

    def target(item: Node, place: str) -> Target:
        return _target(item, place, settings, slips)

    table: dict[str, tuple[str, Any]] = {
        "name": ("name", check.text),
        "about": ("about", check.text),
        "when": ("when", check.text),
        "calendar": ("calendar", check.text),
        "first-response": ("first_response", target),
        "next-response": ("next_response", target),
        "update": ("update", target),
        "resolution": ("resolution", target),
        "warn": ("warn", lambda item, place: read_warnings(item, place, settings, slips)),
    }
    found = []
    names: dict[str, int] = {}
    for item in node.value:
        values = slips.mapping(item, place, table)
        values.pop("about", "")
        name = values.setdefault("name", "")
        with slips.kept():
            if not name:
                raise check.fail(item, place, "this policy has no name", "Begin it with `- name: …`.")
            if "@" in name or len(name) > 60:  # noqa: PLR2004 - as long as fits a line
                raise check.fail(item, place, f'"{name}" cannot be a name', "Leave out @, and keep it short.")
            if name in names:
                message = f'two policies are called "{name}" (the first in line {names[name]})'
                raise check.fail(item, place, message, "Rename one of them.")
            names[name] = item.line
            values.setdefault("calendar", ALWAYS)
            when = item.value.get("when") if isinstance(item.value, dict) else None
            values |= {"line": item.line, "when_line": when.key_line if when else item.line}
            found.append((Policy(**values), _node_of(item, "calendar")))
    return found


def _node_of(item: Node, key: str) -> Node:
    """The node of that key where there is one, for its line."""
    found = item.value.get(key) if isinstance(item.value, dict) else None
    return found or item


def _target(node: Node, place: str, settings: Settings | None, slips: Slips) -> Target:
    """A span for all (`4h`), or one a priority or type; `rests-while` names statuses."""
    if isinstance(node.value, str):
        return Target(((EVERY, _span(node, place)),))
    if not isinstance(node.value, dict):
        raise check.fail(node, place, "targets belong here", "Write {urgent: 1h, high: 4h}, or 4h for all.")
    known = [word.name for word in (*settings.priorities, *settings.types)] if settings else []
    spans: list[tuple[str, Span]] = []
    rests: tuple[str, ...] = ()
    for key, value in node.value.items():
        with slips.kept():
            if key == "rests-while":
                rests = _statuses(value, place, settings)
            elif key == "all" and key not in known:
                spans.append((EVERY, _span(value, place)))
            elif settings is None or key in known:
                spans.append((key, _span(value, place)))
            else:
                message = f'"{key}" is neither a priority nor a type of this desk'
                hint = suggest(key, [*known, "all", "rests-while"])
                raise InvalidFileError(message, f"{place}:{value.key_line}", hint)
    return Target(tuple(spans), rests)


def _statuses(node: Node, place: str, settings: Settings | None) -> tuple[str, ...]:
    rests = check.texts(node, place)
    if settings is not None:
        statuses = [word.name for word in settings.statuses]
        wrong = next((word for word in rests if word not in (*statuses, SNOOZED)), None)
        if wrong is not None:
            raise check.fail(node, place, f'unknown status "{wrong}"', suggest(wrong, [*statuses, SNOOZED]))
    return rests


def _span(node: Node, place: str) -> Span:
    said = check.text(node, place).strip()
    if said in _AT_ONCE:
        return Span(0, "minute")
    match = _SPAN.fullmatch(said)
    if match is None:
        hint = "Write 30m, 4h or 2d (working days); `24h wall` goes by the clock on the wall."
        raise check.fail(node, place, f'"{said}" is no length of time', hint)
    span = Span(int(match[1]), _UNITS[match[2]], wall=bool(match[3]))
    if span.amount > _MOST[span.unit]:
        raise check.fail(node, place, f'"{said}" is longer than two years', "Promise less, or nothing.")
    return span
