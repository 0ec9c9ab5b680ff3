"""Changing one value in a YAML file that people wrote: all else in it, comments too, stays as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from helpdesk_cli.errors import InvalidFileError
from helpdesk_cli.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_BOM = "\ufeff"
_BY_HAND = "Write it there yourself, and commit it."


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where a value stands in the text, from `start` up to `end`; `items` are those of a mapping."""

    start: int
    end: int
    is_flow: bool = False
    is_mapping: bool = False
    items: tuple[_Item, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class _Item:
    """A key of a mapping: where it begins, in which column, where it ends, and its value."""

    key: str
    start: int
    column: int
    end: int
    value: _Spot

    @property
    def until(self) -> int:
        """Where key and value end."""
        return max(self.end, self.value.end)


def patched(text: str, path: Sequence[str], value: str | None, *, place: str) -> str:
    """The text with this value, in YAML on one line, under the keys of `path`; None takes the key out.

    The keys above the last must be there. Raises InvalidFileError where it is not written as a program may
    change it. The caller reads the result and compares: what looks odd to a person can look odd to this.
    """
    mark = _BOM if text.startswith(_BOM) else ""
    bare = text.removeprefix(mark)
    *above, key = path
    try:
        holder = _find(_read(bare), above)
    except (yaml.YAMLError, StopIteration, RecursionError):
        holder = None
    if holder is None:
        raise _refusal(path, place)
    parent, owner = holder
    item = next((each for each in parent.items if each.key == key), None)
    if value is None:
        return text if item is None else mark + _without(bare, parent, item, path=path, place=place)
    if item is not None:
        return mark + _replaced(bare, item, value, path=path, place=place)
    return mark + _added(bare, parent, owner, f"{key}: {value}")


def _refusal(path: Sequence[str], place: str) -> InvalidFileError:
    return InvalidFileError(f"`{': '.join(path)}` is not written as a program may change it", place, _BY_HAND)


def _find(root: _Spot, above: Sequence[str]) -> tuple[_Spot, _Item | None] | None:
    """The mapping under these keys, and the key that it is the value of."""
    spot, owner = root, None
    for key in above:
        owner = next((item for item in spot.items if item.key == key), None)
        if owner is None:
            return None
        spot = owner.value
    return (spot, owner) if spot.is_mapping or spot.start == spot.end else None


def _replaced(text: str, item: _Item, value: str, *, path: Sequence[str], place: str) -> str:
    spot = item.value
    start = text.index(":", item.end) + 1
    if "#" in text[start : spot.start] or (
        not spot.is_flow and spot.is_mapping and "#" in text[start : spot.end]
    ):
        raise _refusal(path, place)
    return f"{text[:start]} {value}{text[max(start, spot.end) :]}"


def _added(text: str, parent: _Spot, owner: _Item | None, written: str) -> str:
    if not parent.is_mapping:
        # `lee:` with nothing behind it.
        start = text.index(":", owner.end) + 1 if owner else len(text)
        return f"{text[:start]} {{{written}}}{text[start:]}"
    if parent.is_flow:
        if not parent.items:
            return f"{text[: parent.start + 1]}{written}{text[parent.start + 1 :]}"
        end = parent.items[-1].until
        return f"{text[:end]}, {written}{text[end:]}"
    first = parent.items[0]
    start, end = _line_of(text, first.start, first.until)
    newline = "\r\n" if text[start:end].endswith("\r\n") else "\n"
    line = f"{' ' * first.column}{written}{newline}"
    # Behind a first key that is one line; else in front of it.
    if "\n" not in text[first.start : first.until]:
        if not text[start:end].endswith("\n"):
            return f"{text}{newline}{line}"
        return f"{text[:end]}{line}{text[end:]}"
    return f"{text[:start]}{line}{text[start:]}"


def _without(text: str, parent: _Spot, item: _Item, *, path: Sequence[str], place: str) -> str:
    if not parent.is_flow:
        start, end = _line_of(text, item.start, item.until)
        left = text[item.until : end].strip()
        if left and not left.startswith("#"):
            raise _refusal(path, place)
        newline = text[item.until : end][len(text[item.until : end].rstrip("\r\n")) :]
        return f"{text[:start]}{f'{text[start : item.start]}{left}{newline}' if left else ''}{text[end:]}"
    number = parent.items.index(item)
    if number:
        start, end = parent.items[number - 1].until, item.until
        between = text[start : item.start]
    else:
        end = parent.items[1].start if len(parent.items) > 1 else item.until
        start, between = item.start, text[item.until : end]
    if "#" in between:
        raise _refusal(path, place)
    return text[:start] + text[end:]


def _line_of(text: str, start: int, until: int) -> tuple[int, int]:
    """From the beginning of the line with `start` up to the beginning of the line behind `until`."""
    end = text.find("\n", until)
    return text.rfind("\n", 0, start) + 1, len(text) if end < 0 else end + 1


def _read(text: str) -> _Spot:
    events = yaml.parse(text, Loader=yaml.CBaseLoader)
    for event in events:
        if isinstance(event, (yaml.ScalarEvent, yaml.CollectionStartEvent)):
            return _spot(event, events)
    return _Spot(len(text), len(text))


def _spot(event: Any, events: Iterator[Any]) -> _Spot:  # noqa: ANN401 - yaml's events have no stubs
    start = event.start_mark.index
    if not isinstance(event, yaml.CollectionStartEvent):
        return _Spot(start, event.end_mark.index)
    is_mapping, end = isinstance(event, yaml.MappingStartEvent), start
    items: list[_Item] = []
    while not isinstance(each := next(events), yaml.CollectionEndEvent):
        found = _spot(each, events)
        end = max(end, found.end)
        if is_mapping:
            value = _spot(next(events), events)
            end = max(end, value.end)
            column = each.start_mark.column
            items.append(_Item(str(getattr(each, "value", "")), found.start, column, found.end, value))
    closing: Any = each
    # The end of a block is where the next thing begins, comments skipped: what it holds says where it ends.
    return _Spot(
        start,
        closing.end_mark.index if event.flow_style else end,
        bool(event.flow_style),
        is_mapping,
        tuple(items),
    )
