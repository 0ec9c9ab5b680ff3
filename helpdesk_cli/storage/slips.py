"""What is wrong with a settings file, all of it: a slip in one place keeps nobody from reading the others."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from helpdesk_cli.errors import InvalidFileError
from helpdesk_cli.storage import settings_checks as check

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpdesk_cli.storage.yaml_tree import Node


class Slips:
    """The errors found so far."""

    def __init__(self) -> None:
        """None yet."""
        self._found: list[InvalidFileError] = []

    def add(self, error: InvalidFileError) -> None:
        """Take note of one."""
        self._found.append(error)

    @contextmanager
    def kept(self) -> Iterator[None]:
        """What is wrong inside the block is noted, and ends the block only."""
        try:
            yield
        except InvalidFileError as error:
            self.add(error)

    def mapping(self, node: Node, place: str, table: dict[str, tuple[str, Any]]) -> dict[str, Any]:
        """As `settings_checks.mapping`, but each key for itself: what is wrong is noted and left out."""
        if not isinstance(node.value, dict):
            with self.kept():
                return check.mapping(node, place, table)
            return {}
        found: dict[str, Any] = {}
        for key, value in node.value.items():
            with self.kept():
                found |= check.mapping(type(node)({key: value}, node.line), place, table)
        return found

    @property
    def all(self) -> list[InvalidFileError]:
        """Every error, in the order of the lines."""
        return sorted(self._found, key=lambda error: _line(error.place))


def _line(place: str) -> int:
    digits = place.rpartition(":")[2]
    return int(digits) if digits.isdecimal() else 0
