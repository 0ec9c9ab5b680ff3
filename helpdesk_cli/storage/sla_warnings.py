"""The `warn:` of a policy in sla.yaml: when how much of a target's time is used, and what happens then."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from helpdesk_cli.errors import InvalidFileError
from helpdesk_cli.sla.policies import BREACH, TARGETS, Warn
from helpdesk_cli.storage import settings_checks as check
from helpdesk_cli.storage.settings import suggest

if TYPE_CHECKING:
    from helpdesk_cli.storage.settings import Settings
    from helpdesk_cli.storage.slips import Slips
    from helpdesk_cli.storage.yaml_tree import Node

# Whom `notify` can tell, beside agents by name.
PEOPLE = ("assignee", "team-lead", "team", "everybody")
ACTIONS = ("notify", "tag", "priority", "escalate", "note")
# As `desk tag` has it.
_TAG = re.compile(r"[^\W_][\w./:@-]{0,59}")
_PERCENT = re.compile(r"([1-9][0-9]?)\s*%")


def read_warnings(node: Node, place: str, settings: Settings | None, slips: Slips) -> tuple[Warn, ...]:
    """The list under `warn:`, by what is used up first."""
    if not isinstance(node.value, list):
        raise check.fail(node, place, "a list of warnings belongs here", "Begin each with `- at: 80%`.")
    table: dict[str, tuple[str, Any]] = {
        "at": ("percent", _percent),
        "for": ("targets", _targets),
        "do": ("actions", lambda item, place: _actions(item, place, settings, slips)),
    }
    found: list[Warn] = []
    for item in node.value:
        values = slips.mapping(item, place, table)
        with slips.kept():
            for key, attribute, example in (("at", "percent", "at: 80%"), ("do", "actions", "do: […]")):
                if attribute not in values and not (isinstance(item.value, dict) and key in item.value):
                    raise check.fail(item, place, f"this warning has no `{key}`", f"Write `{example}`.")
        if {"percent", "actions"} <= values.keys():
            warn = Warn(**values)
            twice = next((each for each in found if _overlap(each, warn)), None)
            if twice is not None:
                message = f"there are two warnings at {warn.word} for the same target"
                slips.add(check.fail(item, place, message, "Put their actions into one."))
            found.append(warn)
    return tuple(sorted(found, key=lambda warn: warn.percent))


def _overlap(one: Warn, other: Warn) -> bool:
    return one.percent == other.percent and not set(one.targets).isdisjoint(other.targets)


def _percent(node: Node, place: str) -> int:
    said = check.text(node, place).strip()
    if said in {"breach", "100%"}:
        return BREACH
    match = _PERCENT.fullmatch(said)
    if match is None:
        raise check.fail(node, place, f'"{said}" is no part of a time', "Write 50%, 80% or breach.")
    return int(match[1])


def _targets(node: Node, place: str) -> tuple[str, ...]:
    named = check.texts(node, place)
    wrong = next((name for name in named if name not in TARGETS), None)
    if wrong is not None:
        raise check.fail(node, place, f'there is no target "{wrong}"', suggest(wrong, list(TARGETS)))
    return named


def _actions(node: Node, place: str, settings: Settings | None, slips: Slips) -> tuple[tuple[str, str], ...]:
    """(name, value) of each action, in order: `[{notify: assignee}, {tag: late}]`."""
    items = node.value if isinstance(node.value, list) else [node]
    found: list[tuple[str, str]] = []
    for item in items:
        with slips.kept():
            if not isinstance(item.value, dict) or not item.value:
                hint = "Write [{notify: assignee}, {tag: late}]."
                raise check.fail(item, place, "a list of actions belongs here", hint)
            found += [(name, _value(name, value, place, settings)) for name, value in item.value.items()]
    return tuple(found)


def _value(name: str, node: Node, place: str, settings: Settings | None) -> str:
    if name not in ACTIONS:
        message, hint = f'unknown action "{name}"', suggest(name, list(ACTIONS))
        raise InvalidFileError(message, f"{place}:{node.key_line}", hint)
    said = check.text(node, place).strip()
    if not said and name != "escalate":
        raise check.fail(node, place, f"{name} whom or what?", f"Write it behind `{name}:`.")
    if settings is None:
        return said
    if name == "priority" and said not in (known := [word.name for word in settings.priorities]):
        raise check.fail(node, place, f'unknown priority "{said}"', suggest(said, known))
    agents = [agent.key for agent in settings.agents]
    if name == "notify" and said not in (people := [*PEOPLE, *agents]):
        raise check.fail(node, place, f'"{said}" is nobody of this desk', suggest(said, people))
    if name == "tag" and not (_TAG.fullmatch(said) and said == said.casefold()):
        raise check.fail(node, place, f'"{said}" is not a tag', "A tag is one word in small letters.")
    return said
