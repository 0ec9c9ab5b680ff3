"""The YAML block at the head of a ticket file: read strictly, changed line by line.

python-frontmatter's YAML handler reads it with libyaml's parser; every value is a string or a list
of strings, because `no`, `1:30` and `=` are text here (DECISIONS 4). The block is bounded before
any parser sees it: libyaml's composer crashes on deep nesting, so its events are walked instead.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import yaml
from frontmatter.default_handlers import YAMLHandler

from helpdesk_cli.errors import InvalidFileError
from helpdesk_cli.tickets.escapes import escape, unescape

if TYPE_CHECKING:
    from collections.abc import Iterable

    from yaml import Event as YamlEvent

LARGEST = 64 * 1024
DEEPEST = 4
# What YAML 1.1 and 1.2 read as the same string without quotes, in any of their many readings.
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9 _/.+-]*")
_NOT_PLAIN = re.compile(r"(?i:y|n|yes|no|on|off|true|false|null|nan|inf)|.*(?: #|:).*|.* ")
_SURROGATE = re.compile("[\ud800-\udfff]")
_KEY_LINE = re.compile(r"([A-Za-z0-9_][^\s:#]*|\"[^\"]*\")\s*:(?:\s|$)")

Value = str | tuple[str, ...]


class _Loader(yaml.CBaseLoader):
    """libyaml's parser without constructors: a mapping of strings to strings or lists of strings."""

    def get_single_data(self) -> dict[str, tuple[Value, int]]:
        return _read_events(self)


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """The keys of a front matter block with their values and the lines that each stands on.

    `lines` are without line ends; `spans` maps a key to its [start, end) in `lines`.
    """

    lines: tuple[str, ...]
    values: dict[str, Value]
    spans: dict[str, tuple[int, int]]


def read_front_matter(lines: list[str], *, place: str, first_line: int = 2) -> FrontMatter:
    """The block between the two `---` lines. Raises InvalidFileError with file and line."""
    block = "\n".join(lines)
    if len(block) > LARGEST:
        raise InvalidFileError(f"the front matter is larger than {LARGEST // 1024} kB", place)
    broken = next((number for number, line in enumerate(lines) if _SURROGATE.search(line)), None)
    if broken is not None:
        raise InvalidFileError(
            "this line is not UTF-8", f"{place}:{first_line + broken}", "Save the file as UTF-8."
        )
    try:
        found = cast("dict[str, tuple[Value, int]]", YAMLHandler().load(block, Loader=_Loader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = first_line + (mark.line if mark else 0)
        raise InvalidFileError(f"{error.problem or error}", f"{place}:{line}", _hint(lines, mark)) from None
    except yaml.YAMLError as error:
        raise InvalidFileError(str(error).split("\n", maxsplit=1)[0], f"{place}:{first_line}") from None
    except _BadShapeError as error:
        raise InvalidFileError(str(error), f"{place}:{first_line + error.line}") from None
    starts = sorted(line for _, line in found.values())
    spans = {}
    for key, (_, start) in found.items():
        end = next((later for later in starts if later > start), len(lines))
        while end > start + 1 and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#")):
            end -= 1
        spans[key] = (start, end)
    return FrontMatter(tuple(lines), {key: value for key, (value, _) in found.items()}, spans)


def change_front_matter(block: FrontMatter, changed: dict[str, Value], order: Iterable[str]) -> list[str]:
    """The block's lines with the keys of `changed` rewritten; "" and () remove a key.

    Every other line stays as it is: unknown keys, comments, order, quoting. A new key goes behind
    its nearest predecessor in `order`.
    """
    lines = list(block.lines)
    keys = list(order)
    edits: list[tuple[int, int, list[str]]] = []
    for key, value in changed.items():
        new = write_pair(key, value)
        if key in block.spans:
            start, end = block.spans[key]
            edits.append((start, end, new))
        elif new:
            before = keys[: keys.index(key)] if key in keys else keys
            at = max((block.spans[known][1] for known in before if known in block.spans), default=0)
            edits.append((at, at, new))
    # From the bottom up, so that no edit moves another; of new keys at one place the last in order first.
    ranks = {id(edit): rank for rank, edit in enumerate(sorted(edits, key=lambda edit: _rank(edit, keys)))}
    for start, end, new in sorted(edits, key=lambda edit: (edit[0], edit[1], ranks[id(edit)]), reverse=True):
        lines[start:end] = new
    return lines


def write_pair(key: str, value: Value) -> list[str]:
    """The lines of one key: `key: value`, or `key:` and one `- item` a line; [] for an empty value."""
    if not value:
        return []
    if isinstance(value, str):
        return [f"{key}: {write_scalar(value)}"]
    return [f"{key}:", *(f"- {write_scalar(item)}" for item in value)]


def write_scalar(text: str) -> str:
    """The text as a YAML scalar: plain only where it is plainly a word, else double-quoted."""
    if _PLAIN.fullmatch(text) and not _NOT_PLAIN.fullmatch(text):
        return text
    if _is_plain_person(text):
        return text
    escaped = escape(text).replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t").replace("\n", "\\n")
    return f'"{escaped}"'


def _is_plain_person(text: str) -> bool:
    """`Ada Lovelace <ada@example.org>` and `ada@example.org` read well without quotes and are plain in YAML."""
    return re.fullmatch(
        r"(?:[A-Za-z][\w .'-]*[\w.] )?<?[A-Za-z0-9][\w.+-]*@[\w.-]+\w>?", text, re.ASCII
    ) is not None and (text.count("<") == text.count(">"))


class _BadShapeError(Exception):
    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


def _read_events(loader: Any) -> dict[str, tuple[Value, int]]:  # noqa: ANN401 - libyaml's parser has no stub
    events = _bounded(loader)
    opening = next(events, None)
    if isinstance(opening, yaml.StreamStartEvent):
        opening = next(events, None)
    if opening is None or isinstance(opening, yaml.StreamEndEvent):
        return {}
    start = next(events)
    if isinstance(start, yaml.ScalarEvent) and not start.value:
        return {}
    if not isinstance(start, yaml.MappingStartEvent):
        raise _BadShapeError("the front matter is not a list of `key: value` lines", start.start_mark.line)
    found: dict[str, tuple[Value, int]] = {}
    while not isinstance(event := next(events), yaml.MappingEndEvent):
        if not isinstance(event, yaml.ScalarEvent):
            raise _BadShapeError("a key must be a word", event.start_mark.line)
        if event.value in found:
            raise _BadShapeError(
                f'the key "{event.value}" stands twice (first in line {found[event.value][1] + 2})',
                event.start_mark.line,
            )
        found[event.value] = (_value(events), event.start_mark.line)
    for rest in events:
        if isinstance(rest, yaml.DocumentStartEvent):
            raise _BadShapeError("a second YAML document begins here", rest.start_mark.line)
    return found


class Nested(str):
    """A value of an unknown key that is neither a word nor a list of words: its YAML text, kept as it is."""

    __slots__ = ()


def _value(events: Iterable[YamlEvent]) -> Value:
    walk = iter(events)
    event = next(walk)
    if isinstance(event, yaml.ScalarEvent):
        return unescape(event.value)
    items: list[str] = []
    plain = isinstance(event, yaml.SequenceStartEvent)
    depth = 1
    while depth:
        item = next(walk)
        depth += isinstance(item, yaml.CollectionStartEvent) - isinstance(item, yaml.CollectionEndEvent)
        plain = plain and depth <= 1 and not isinstance(item, yaml.MappingEndEvent)
        if isinstance(item, yaml.ScalarEvent):
            items.append(unescape(item.value))
    return tuple(items) if plain else Nested(" ".join(items))


def _bounded(loader: Any) -> Iterable[YamlEvent]:  # noqa: ANN401 - libyaml's parser has no stub
    """The parser's events, refused where they are deep, aliased, anchored or tagged."""
    depth = 0
    while loader.check_event():
        event = loader.get_event()
        line = event.start_mark.line if event.start_mark else 0
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _BadShapeError(
                "YAML anchors and aliases (& and *) are not allowed here; quote the value", line
            )
        if getattr(event, "tag", None):
            raise _BadShapeError("YAML tags (!) are not allowed here; quote the value", line)
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEEPEST:
                raise _BadShapeError(f"nested deeper than {DEEPEST}", line)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        yield event


def _rank(edit: tuple[int, int, list[str]], keys: list[str]) -> int:
    match = _KEY_LINE.match(edit[2][0]) if edit[2] else None
    return keys.index(match[1]) if match and match[1] in keys else len(keys)


def _hint(lines: list[str], mark: Any) -> str:  # noqa: ANN401 - yaml.Mark has no stub
    if mark is not None and 0 <= mark.line < len(lines) and ": " in lines[mark.line].partition(": ")[2]:
        return "Put the value in double quotes."
    return ""
