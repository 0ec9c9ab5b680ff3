"""On which line of desk.yaml a setting stands: for people who are to look at it."""

from __future__ import annotations

from helpdesk_cli.errors import InvalidFileError
from helpdesk_cli.storage.yaml_tree import read_yaml


def line_of(text: str, place: str) -> int:
    """The line of a setting, named as `fetch: support: host`; 0 where the text has none."""
    try:
        node = read_yaml(text, place="desk.yaml")
    except InvalidFileError:
        return 0
    for key in place.split(": "):
        if not isinstance(node.value, dict) or key not in node.value:
            return 0
        node = node.value[key]
    return node.key_line or node.line
