"""The `warn:` of a policy in sla.yaml: when how much of a target's time is used, and what happens then."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from helpdesk_cli.rules.actions import FOR_WARNINGS
from helpdesk_cli.sla.policies import BREACH, TARGETS, Warn
from helpdesk_cli.storage import settings_checks as check
from helpdesk_cli.storage.rule_actions import Known, read_actions
from helpdesk_cli.storage.settings import suggest

if TYPE_CHECKING:
    from helpdesk_cli.storage.settings import Settings
    from helpdesk_cli.storage.slips import Slips
    from helpdesk_cli.storage.yaml_tree import Node

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
    found = read_actions(node, place, Known(settings), slips, allowed=FOR_WARNINGS)
    return tuple((action.name, action.value) for action in found)
