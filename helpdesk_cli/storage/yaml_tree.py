"""A YAML file as a tree of strings that knows its lines; bounded before libyaml builds anything."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml

from helpdesk_cli.errors import InvalidFileError
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGEST = 1024 * 1024
DEEPEST = 12
_PLAINLY = (
    "Write `key: value`, what belongs to a key two spaces further in, and a value in quotes where in doubt."
)
# What libyaml says of a value that is none without quotes: subject:/alert: (.+)/, @mine, *, {{ name }}.
_UNQUOTED = frozenset(
    {
        "mapping values are not allowed in this context",
        "found character that cannot start any token",
        "did not find expected alphabetic or numeric character",
    }
)
_QUOTED = "A value that has `: ` or ` #` in it, or begins with a sign, stands in single quotes: 'a: b'."
# What libyaml refuses without saying where.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Node:
    """A scalar (str), a list of nodes or a mapping of names to nodes, and the line it stands on (from 1)."""

    value: str | list[Node] | dict[str, Node]
    line: int
    key_line: int = 0


def read_yaml(text: str, *, place: str) -> Node:
    """The file's tree; an empty file is an empty mapping. Raises InvalidFileError with file and line."""
    if len(text) > LARGEST:
        raise InvalidFileError(f"larger than {LARGEST // 1024} kB", f"{place}:1", "Nothing needs that much.")
    if bad := _FORBIDDEN.search(text):
        here = f"{place}:{text.count(chr(10), 0, bad.start()) + 1}"
        raise InvalidFileError(
            f"this line holds a character that is no text (U+{ord(bad[0]):04X})", here, "Take it out."
        )
    try:
        events = _events(text, place)
        first = next(events, None)
        tree = Node({}, 1) if first is None else _node(first, events, place)
        for _ in events:  # to the end, where a second document is refused
            pass
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        hint = _QUOTED if error.problem in _UNQUOTED else _PLAINLY
        raise InvalidFileError(f"not valid YAML: {error.problem}", f"{place}:{line}", hint) from None
    except yaml.YAMLError as error:
        raise InvalidFileError(
            f"not valid YAML: {str(error).splitlines()[0]}", f"{place}:1", _PLAINLY
        ) from None
    return tree


def _events(text: str, place: str) -> Iterator[Any]:
    depth = 0
    documents = 0
    for event in yaml.parse(text, Loader=yaml.CBaseLoader):
        here = f"{place}:{event.start_mark.line + 1 if event.start_mark else 1}"
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise InvalidFileError("a second YAML document begins here", here, "Take this line out.")
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise InvalidFileError(
                "anchors and aliases (& and *) are not used here", here, "Quote the value."
            )
        if getattr(event, "tag", None):
            raise InvalidFileError("YAML tags (!) are not used here", here, "Quote the value.")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise InvalidFileError(f"nested deeper than {DEEPEST}", here, _PLAINLY)
        if isinstance(event, (yaml.ScalarEvent, yaml.CollectionStartEvent, yaml.CollectionEndEvent)):
            yield event


def _node(event: Any, events: Iterator[Any], place: str) -> Node:  # noqa: ANN401 - yaml's events have no stubs
    line = event.start_mark.line + 1
    if isinstance(event, yaml.ScalarEvent):
        return Node(event.value, line)
    if isinstance(event, yaml.SequenceStartEvent):
        items: list[Node] = []
        while not isinstance(item := next(events), yaml.SequenceEndEvent):
            items.append(_node(item, events, place))
        return Node(items, line)
    mapping: dict[str, Node] = {}
    while not isinstance(key := next(events), yaml.MappingEndEvent):
        here = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarEvent):
            raise InvalidFileError("a key must be a word", f"{place}:{here}", _PLAINLY)
        if key.value in mapping:
            raise InvalidFileError(
                f'the key "{key.value}" stands twice (first in line {mapping[key.value].key_line})',
                f"{place}:{here}",
                "Keep one of them.",
            )
        value = _node(next(events), events, place)
        mapping[key.value] = Node(value.value, value.line, here)
    return Node(mapping, line)
