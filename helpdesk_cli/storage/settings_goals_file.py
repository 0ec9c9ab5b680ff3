"""Reading `goals:` of desk.yaml: what a desk wants of its figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.reports.figures.goals import GOALS, read_goal
from helpdesk_cli.storage import settings_checks as check
from helpdesk_cli.storage.settings import SHIPPED_GOALS, suggest

if TYPE_CHECKING:
    from helpdesk_cli.storage.yaml_tree import Node


def read_goals(node: Node, place: str) -> tuple[tuple[str, str], ...]:
    """(goal, as it is written); what is not named is as shipped, `none` is no goal."""
    found = dict(SHIPPED_GOALS)
    for key, value in check.named(node, place).items():
        if key not in GOALS:
            raise check.fail(value, place, f'there is no goal "{key}"', suggest(key, list(GOALS)))
        said = check.text(value, place)
        if said == "none":
            found.pop(key, None)
            continue
        try:
            read_goal(key, said)
        except ValueError as error:
            raise check.fail(value, place, f'"{said}" is no goal for {key}', str(error)) from error
        found[key] = said
    return tuple(found.items())
