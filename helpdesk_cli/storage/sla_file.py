"""Reading `sla.yaml`: calendars and policies, every slip with its line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from helpdesk_cli.errors import InvalidFileError
from helpdesk_cli.sla.policies import EVERY, Policy, Sla, Span, Target, Unit
from helpdesk_cli.storage import settings_checks as check
from helpdesk_cli.storage.folder import read_file
from helpdesk_cli.storage.settings import suggest
from helpdesk_cli.storage.sla_calendars import ALWAYS, read_calendars, with_always
from helpdesk_cli.storage.yaml_tree import Node, read_yaml

if TYPE_CHECKING:
    from helpdesk_cli.storage.layout import Layout
    from helpdesk_cli.storage.settings import Settings

NAME = "sla.yaml"
_LARGEST = 1_000_000
_SPAN = re.compile(r"([1-9][0-9]{0,5})\s*(m|h|d)(\s+wall)?")
_UNITS: dict[str, Unit] = {"m": "minute", "h": "hour", "d": "day"}


def load_sla(layout: Layout, settings: Settings) -> Sla:
    """What the desk's sla.yaml says; nothing where there is none. Raises InvalidFileError with the line."""
    try:
        data, _ = read_file(layout.root / NAME, within=layout.root, limit=_LARGEST)
    except FileNotFoundError:
        return Sla(with_always(()))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InvalidFileError("not UTF-8", f"{NAME}:{line}", "Save the file as UTF-8.") from None
    return read_sla(text, settings)


def read_sla(text: str, settings: Settings, *, place: str = NAME) -> Sla:
    """What the text of a sla.yaml says. Raises InvalidFileError with the line."""
    root = read_yaml(text, place=place)
    found = check.mapping(
        root,
        place,
        {
            "calendars": ("calendars", read_calendars),
            "policies": ("policies", lambda node, place: _policies(node, place, settings)),
        },
    )
    calendars = with_always(found.get("calendars", ()))
    policies = found.get("policies", ())
    names = [calendar.name for calendar in calendars]
    for policy, node in policies:
        if policy.calendar not in names:
            message = f'there is no calendar "{policy.calendar}"'
            raise check.fail(node, place, message, suggest(policy.calendar, names))
    return Sla(calendars, tuple(policy for policy, _ in policies))


def _policies(node: Node, place: str, settings: Settings) -> list[tuple[Policy, Node]]:
    if node.value == "":
        return []
    if not isinstance(node.value, list):
        raise check.fail(node, place, "a list of policies belongs here", "Begin each with `- name: …`.")
    table: dict[str, tuple[str, Any]] = {
        "name": ("name", check.text),
        "about": ("about", check.text),
        "when": ("when", check.text),
        "calendar": ("calendar", check.text),
        "first-response": ("first_response", lambda item, place: _target(item, place, settings)),
        "resolution": ("resolution", lambda item, place: _target(item, place, settings)),
    }
    found = []
    names: set[str] = set()
    for item in node.value:
        values = check.mapping(item, place, table)
        values.pop("about", "")
        name = values.setdefault("name", "")
        if not name:
            raise check.fail(item, place, "this policy has no name", "Begin it with `- name: …`.")
        if name in names:
            raise check.fail(item, place, f'two policies are called "{name}"', "Rename one of them.")
        names.add(name)
        values.setdefault("calendar", ALWAYS)
        found.append((Policy(**values), item))
    return found


def _target(node: Node, place: str, settings: Settings) -> Target:
    """A span for all (`4h`), or one a priority or type; `rests-while` names statuses."""
    if isinstance(node.value, str):
        return Target(((EVERY, _span(node, place)),))
    if not isinstance(node.value, dict):
        raise check.fail(node, place, "targets belong here", "Write {urgent: 1h, high: 4h}, or 4h for all.")
    known = [word.name for word in (*settings.priorities, *settings.types)]
    statuses = [word.name for word in settings.statuses]
    spans: list[tuple[str, Span]] = []
    rests: tuple[str, ...] = ()
    for key, value in node.value.items():
        if key == "rests-while":
            rests = check.texts(value, place)
            wrong = next((word for word in rests if word not in statuses), None)
            if wrong is not None:
                raise check.fail(value, place, f'unknown status "{wrong}"', suggest(wrong, statuses))
        elif key in known:
            spans.append((key, _span(value, place)))
        else:
            message = f'"{key}" is neither a priority nor a type of this desk'
            hint = suggest(key, [*known, "rests-while"])
            raise InvalidFileError(message, f"{place}:{value.key_line}", hint)
    return Target(tuple(spans), rests)


def _span(node: Node, place: str) -> Span:
    said = check.text(node, place)
    match = _SPAN.fullmatch(said.strip())
    if match is None:
        hint = "Write 30m, 4h or 2d (working days); `24h wall` goes by the clock on the wall."
        raise check.fail(node, place, f'"{said}" is no length of time', hint)
    return Span(int(match[1]), _UNITS[match[2]], wall=bool(match[3]))
