"""Reading `qa:` of desk.yaml: what answers are reviewed by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.storage import settings_checks as check

if TYPE_CHECKING:
    from helpdesk_cli.storage.yaml_tree import Node


def read_criteria(node: Node, place: str) -> tuple[tuple[str, str], ...]:
    """(name, what it is about) of each criterion, in the order of the file; at least one."""
    found = tuple((name, check.text(value, place)) for name, value in check.named(node, place).items())
    if not found:
        hint = "Write lines as `accuracy: what was said is right`, or leave `qa:` out."
        raise check.fail(node, place, "there is no criterion below `qa:`", hint)
    return found
