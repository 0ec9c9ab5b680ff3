"""The YAML block at the head of a ticket file, changed line by line; what writes here never loads YAML.

Every value is a string or a list of strings, because `no`, `1:30` and `=` are text here (DECISIONS 4).
Reading is in `front_matter_yaml`.
"""

from __future__ import annotations

import re
from bisect import bisect
from importlib import import_module
from typing import TYPE_CHECKING, cast

from helpdesk_cli.errors import InvalidFileError
from helpdesk_cli.tickets.escapes import escape
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

# Characters between the two `---`: more is neither read nor written (DECISIONS 4).
LARGEST = 64 * 1024
# What YAML 1.1 and 1.2 read as the same string without quotes, in any of their many readings.
_PLAIN = re.compile(
    r"(?!(?i:y|n|yes|no|on|off|true|false|null|nan|inf)$)[A-Za-z](?:[A-Za-z0-9 _/.+-]*[A-Za-z0-9_/.+-])?"
)
_PLAIN_PERSON = re.compile(
    r"[A-Za-z0-9][\w.+-]*@[\w.-]*\w|[A-Za-z](?:[\w .'-]*[\w.])? <[A-Za-z0-9][\w.+-]*@[\w.-]*\w>", re.ASCII
)
_PLAIN_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")


class Nested(str):
    """A value of an unknown key that is neither a word nor a list of words: the words in it."""

    __slots__ = ()


Value = str | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a key stands: lines [start, end); what can be changed without rewriting those lines.

    `columns`: of the value, where key and value are on one line. `items`: the line on which each item
    is, where the value is a list in block style.
    """

    start: int
    end: int
    columns: tuple[int, int] | None = None
    items: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """The keys of a front matter block, and where each stands in `lines` (which have their line ends)."""

    lines: tuple[str, ...]
    values: Mapping[str, Value]
    places: Mapping[str, Place]


def read_front_matter(lines: Sequence[str], *, place: str, first_line: int = 2) -> FrontMatter:
    """The block between the two `---` lines. Raises InvalidFileError with file and line."""
    found = read_plainly(tuple(lines))
    if found is not None:
        return found
    # YAML takes 25 ms to import: only for what a hand has written otherwise than desk writes.
    yaml_reader = import_module("helpdesk_cli.storage.front_matter_yaml")
    read = cast("Callable[..., FrontMatter]", yaml_reader.read_front_matter)
    return read(tuple(lines), place=place, first_line=first_line)


def read_plainly(lines: tuple[str, ...]) -> FrontMatter | None:
    """The block, where every line is as desk itself writes it and YAML reads it in one way only; else None.

    That is `key: value`, or `key:` and one `- item` a line; a value is plainly a word or an address, or
    stands in double quotes and has no escape in it. A test holds this to what YAML reads.
    """
    values: dict[str, Value] = {}
    places: dict[str, Place] = {}
    if sum(map(len, lines)) > LARGEST:
        return None
    at = 0
    while at < len(lines):
        line = _without_end(lines[at])
        key, colon, text = line.partition(":")
        if not colon or key in values or not _PLAIN_KEY.fullmatch(key):
            return None
        start, at = at, at + 1
        if text:
            value = _read_plainly(text[1:]) if text[0] == " " else None
            if value is None:
                return None
            values[key], places[key] = value, Place(start, at, (len(key) + 2, len(line)))
            continue
        items: list[str] = []
        while at < len(lines) and lines[at].startswith("- "):
            item = _read_plainly(_without_end(lines[at])[2:])
            if item is None:
                return None
            items.append(item)
            at += 1
        if not items:
            return None
        values[key], places[key] = tuple(items), Place(start, at, items=tuple(range(start + 1, at)))
    return FrontMatter(lines, values, places) if values else None


def _without_end(line: str) -> str:
    return line.removesuffix("\n").removesuffix("\r")


def _read_plainly(text: str) -> str | None:
    """The scalar, None where it needs YAML."""
    if _PLAIN.fullmatch(text) or _PLAIN_PERSON.fullmatch(text):
        return text
    inner = text[1:-1]
    is_quoted = len(text) > 1 and text[0] == '"' == text[-1]
    # What is printable is neither a line end nor anything else that YAML refuses or alters.
    return inner if is_quoted and '"' not in inner and "\\" not in inner and inner.isprintable() else None


def new_front_matter(values: Mapping[str, Value]) -> FrontMatter:
    """The block with these keys in this order, less the empty ones. Raises InvalidFileError for too much."""
    lines: list[str] = []
    places = {}
    kept = {key: value for key, value in values.items() if value}
    for key, value in kept.items():
        start = len(lines)
        lines += write_pair(key, value)
        if isinstance(value, str):
            places[key] = Place(start, len(lines), (len(write_key(key)) + 2, len(lines[-1]) - 1))
        else:
            places[key] = Place(start, len(lines), items=tuple(range(start + 1, len(lines))))
    if sum(map(len, lines)) > LARGEST:
        raise InvalidFileError(f"the front matter would be larger than {LARGEST // 1024} kB")
    return FrontMatter(tuple(lines), kept, places)


def change_front_matter(
    block: FrontMatter, changed: Mapping[str, Value], order: Sequence[str], *, newline: str = "\n"
) -> list[str]:
    """The block's lines with the keys of `changed` rewritten; "" and () remove a key.

    Every other line stays as it is, and so do comments behind a value and the items of a list that
    stay in it. A new key goes behind its nearest predecessor in `order`.
    """
    lines = list(block.lines)
    edits: list[tuple[int, int, int, list[str]]] = []
    for key, value in changed.items():
        rank = order.index(key) if key in order else len(order)
        place = block.places.get(key)
        if place:
            edits.append((place.start, place.end, rank, changed_lines(block, key, value, newline)))
        elif value:
            before = [block.places[known].end for known in order[:rank] if known in block.places]
            at = max(before, default=0) if key in order else len(lines)
            edits.append((at, at, rank, write_pair(key, value, newline)))
    # From the bottom up, so that no edit moves another; of several new keys at one place the last first.
    for start, end, _, new in sorted(edits, key=lambda edit: edit[:3], reverse=True):
        lines[start:end] = new
    return lines


def changed_lines(block: FrontMatter, key: str, value: Value, newline: str) -> list[str]:
    """The lines of a key with another value, kept as far as they can be."""
    place = block.places[key]
    if not value:
        return []
    if isinstance(value, str) and place.columns:
        line, (start, end) = block.lines[place.start], place.columns
        return [f"{line[:start]}{write_scalar(value)}{line[end:]}"]
    if isinstance(value, tuple) and _is_one_item_a_line(block.lines, place.items):
        return _changed_items(block, key, value, newline)
    return write_pair(key, value, newline)


def _is_one_item_a_line(lines: Sequence[str], items: tuple[int, ...]) -> bool:
    return bool(items) and all(lines[item].lstrip(" ").startswith("- ") for item in items)


def _changed_items(block: FrontMatter, key: str, wanted: tuple[str, ...], newline: str) -> list[str]:
    place = block.places[key]
    lines = list(block.lines[place.start : place.end])
    old = block.values[key]
    present = list(zip(old, (line - place.start for line in place.items), strict=True))
    indent = lines[present[0][1]].partition("-")[0]
    inserted: list[tuple[int, int, str]] = []
    for rank, item in enumerate(sorted(set(wanted) - set(old))):
        names = [name for name, _ in present]
        spot = bisect(names, item) if names == sorted(names) else len(names)
        at = present[spot][1] if spot < len(present) else present[-1][1] + 1
        inserted.append((at, rank, f"{indent}- {write_scalar(item)}{newline}"))
    gone = {line for name, line in present if name not in wanted}
    result: list[str] = []
    for number in range(len(lines) + 1):
        result += [line for at, _, line in sorted(inserted) if at == number]
        if number < len(lines) and number not in gone:
            result.append(lines[number])
    return result


def write_pair(key: str, value: Value, newline: str = "\n") -> list[str]:
    """The lines of one key: `key: value`, or `key:` and one `- item` a line; [] for an empty value."""
    if not value:
        return []
    if isinstance(value, str):
        return [f"{write_key(key)}: {write_scalar(value)}{newline}"]
    return [f"{write_key(key)}:{newline}", *(f"- {write_scalar(item)}{newline}" for item in value)]


def write_key(key: str) -> str:
    """The key, quoted unless it is plainly a word."""
    return key if _PLAIN_KEY.fullmatch(key) else _quote(key)


def write_scalar(text: str) -> str:
    """The text as a YAML scalar: plain only where it is plainly a word or an address, else double-quoted."""
    return text if _PLAIN.fullmatch(text) or _PLAIN_PERSON.fullmatch(text) else _quote(text)


def _quote(text: str) -> str:
    escaped = escape(text).replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t").replace("\n", "\\n")
    return f'"{escaped}"'
