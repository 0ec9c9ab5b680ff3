"""The checks of the values in a settings file: each takes a node and its file's name, and gives the value.

Each raises InvalidFileError with file, line and remedy.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from helpdesk_cli.errors import InvalidFileError
from helpdesk_cli.storage.settings import suggest

if TYPE_CHECKING:
    from helpdesk_cli.storage.yaml_tree import Node

_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\\\"]+@[A-Za-z0-9.-]+", re.ASCII)
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")
_SIZE = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,12})?)\s*(B|kB|KB|MB|GB)?")
_LENGTH = re.compile(r"([0-9]{1,5})\s*(m|h|d|w)")
_UNITS = {"": 1, "B": 1, "kB": 1000, "KB": 1000, "MB": 1_000_000, "GB": 1_000_000_000}
_LENGTHS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_LINES = "Write one a line below it, two spaces further in."


def fail(node: Node, place: str, message: str, hint: str = "") -> InvalidFileError:
    """The error for this node."""
    return InvalidFileError(message, f"{place}:{node.line}", hint)


def mapping(node: Node, place: str, table: dict[str, tuple[str, Any]]) -> dict[str, Any]:
    """The checked values of a mapping, by the attribute that the table names for each key."""
    if node.value == "":
        return {}
    if not isinstance(node.value, dict):
        raise fail(node, place, "a list of `key: value` lines belongs here", _LINES)
    result = {}
    for key, value in node.value.items():
        if key not in table:
            raise InvalidFileError(
                f'unknown key "{_shown(key)}"', f"{place}:{value.key_line}", suggest(key, list(table))
            )
        attribute, check = table[key]
        result[attribute] = check(value, place)
    return result


def named(node: Node, place: str) -> dict[str, Node]:
    """The entries of a mapping whose keys are names of the user's own choice."""
    if node.value == "":
        return {}
    if not isinstance(node.value, dict):
        raise fail(node, place, "a list of `name: value` lines belongs here", _LINES)
    for key, value in node.value.items():
        if not _NAME.fullmatch(key):
            message = f'"{_shown(key)}" is not a name'
            raise InvalidFileError(
                message,
                f"{place}:{value.key_line}",
                "Use small letters, digits, dots, dashes and underscores.",
            )
    return node.value


def text(node: Node, place: str) -> str:
    """A single value on one line."""
    if not isinstance(node.value, str):
        raise fail(node, place, "a single value belongs here", "Write it behind the colon.")
    if not node.value.isprintable():
        # It is shown in terminals and written into commits.
        raise fail(node, place, "this value holds a line break or a control character", "Take it out.")
    return node.value


def texts(node: Node, place: str) -> tuple[str, ...]:
    """A list of values, or words divided by commas or spaces."""
    if isinstance(node.value, list):
        return tuple(text(item, place) for item in node.value)
    return tuple(re.split(r"[\s,]+", text(node, place).strip())) if node.value else ()


def lines(node: Node, place: str) -> str:
    """A value of several lines (`key: |` with the lines below it), without control characters."""
    said = "" if not isinstance(node.value, str) else node.value.strip("\n")
    if not isinstance(node.value, str):
        raise fail(node, place, "a text belongs here", "Write `|` behind the colon and the lines below it.")
    if not all(line.isprintable() for line in said.split("\n")):
        raise fail(node, place, "this text holds a control character", "Take it out.")
    return said


def number(node: Node, place: str) -> int:
    """A whole number."""
    said = text(node, place)
    if not re.fullmatch(r"[0-9]{1,9}", said):
        raise fail(node, place, f'"{said}" is not a whole number', "Write it in digits.")
    return int(said)


def yes_no(node: Node, place: str) -> bool:
    """Yes or no."""
    said = text(node, place).casefold()
    if said not in {"yes", "no", "true", "false"}:
        raise fail(node, place, f'"{said}" is neither yes nor no', "Write yes or no.")
    return said in {"yes", "true"}


def size(node: Node, place: str) -> int:
    """A size in bytes: `25 MB`."""
    match = _SIZE.fullmatch(text(node, place).strip())
    if match is None:
        raise fail(node, place, f'"{node.value}" is not a size', "Write it as 25 MB.")
    return int(float(match[1]) * _UNITS[match[2] or ""])


def length(node: Node, place: str) -> timedelta:
    """A length of time: `30d`."""
    match = _LENGTH.fullmatch(text(node, place).strip())
    if match is None:
        raise fail(node, place, f'"{node.value}" is not a length of time', "Write it as 30d, 12h or 45m.")
    return timedelta(**{_LENGTHS[match[2]]: int(match[1])})


def address(node: Node, place: str) -> str:
    """A mail address."""
    said = text(node, place).strip()
    if not _ADDRESS.fullmatch(said):
        raise fail(node, place, f'"{said}" is not a mail address', "Write it as support@example.com.")
    return said


def one_of(*words: str) -> Any:  # noqa: ANN401 - a check of the table
    """The check that a value is one of these words."""

    def check(node: Node, place: str) -> str:
        said = text(node, place)
        if said not in words:
            raise fail(node, place, f'"{said}" is not possible here', suggest(said, list(words)))
        return said

    return check


def _shown(key: str) -> str:
    return "".join(char if char.isprintable() else f"\\u{{{ord(char):x}}}" for char in key)
