"""A front matter block read strictly: strings and lists of strings, each with the lines it stands on.

python-frontmatter's YAML handler drives libyaml's parser. The block is bounded before any parser sees
it; libyaml's composer crashes on deep nesting, so its events are walked instead of composed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, cast

import yaml
from frontmatter.default_handlers import YAMLHandler

from helpdesk_cli.errors import InvalidFileError
from helpdesk_cli.storage.front_matter import LARGEST, FrontMatter, Nested, Place, Value
from helpdesk_cli.tickets.escapes import unescape

if TYPE_CHECKING:
    from collections.abc import Iterator

DEEPEST = 4
_PLAINLY = "Write `key: value`, with the value in double quotes."
_QUOTED = re.compile(r"(?:-|[^\s#:]+:)\s+([\"'])")
# What libyaml refuses, or takes for a line end where no editor and no git does.
_FORBIDDEN = re.compile("[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")


class _Loader(yaml.CBaseLoader):
    """libyaml's parser without composer and constructors."""

    def get_single_data(self) -> dict[str, tuple[Value, Place]]:
        return _read_mapping(_steps(self))


class _BadShapeError(Exception):
    def __init__(self, message: str, line: int, hint: str = _PLAINLY) -> None:
        super().__init__(message)
        self.line = line
        self.hint = hint

    def at(self, place: str, first_line: int) -> InvalidFileError:
        """The error to raise, where the block begins in that line of the file."""
        return InvalidFileError(str(self), f"{place}:{first_line + self.line}", self.hint)


def read_front_matter(lines: tuple[str, ...], *, place: str, first_line: int) -> FrontMatter:
    """The block's keys. Raises InvalidFileError with file and line."""
    stripped = [line.removesuffix("\n").removesuffix("\r") for line in lines]
    block = "\n".join(stripped)
    if len(block) > LARGEST:
        raise InvalidFileError(
            f"the front matter is larger than {LARGEST // 1024} kB",
            f"{place}:{first_line}",
            "Move what is long below the second `---`.",
        )
    bad = _FORBIDDEN.search(block)
    if bad:
        line = first_line + block.count("\n", 0, bad.start())
        raise InvalidFileError(*_forbidden(bad[0], f"{place}:{line}"))
    try:
        found = cast("dict[str, tuple[Value, Place]]", YAMLHandler().load(block, Loader=_Loader))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line if error.problem_mark else 0
        raise _refused(str(error.problem or error), line, stripped).at(place, first_line) from None
    except yaml.YAMLError as error:
        message = str(error).split("\n", maxsplit=1)[0]
        raise InvalidFileError(message, f"{place}:{first_line}", _PLAINLY) from None
    except _BadShapeError as error:
        raise error.at(place, first_line) from None
    values = {key: value for key, (value, _) in found.items()}
    return FrontMatter(lines, values, {key: where for key, (_, where) in found.items()})


def _forbidden(char: str, place: str) -> tuple[str, str, str]:
    if "\ud800" <= char <= "\udfff":
        return "this line is not UTF-8", place, "Save the file as UTF-8."
    written = f"\\u{{{ord(char):x}}}"
    return (
        f"this line holds a control character (U+{ord(char):04X})",
        place,
        f"Take it out or write {written}.",
    )


def _read_mapping(steps: Iterator[_Step]) -> dict[str, tuple[Value, Place]]:
    start = next(steps, None)
    if start is None or (start.kind == "word" and not start.value):
        return {}
    if start.kind != "mapping" or start.flow:
        raise _BadShapeError("the front matter is not lines of `key: value`", start.line)
    found: dict[str, tuple[Value, Place]] = {}
    while (key := next(steps)).kind != "end":
        if key.kind != "word" or key.end_line != key.line:
            raise _BadShapeError("a key must be a word", key.line)
        if key.value in found:
            first = found[key.value][1].start + 2
            raise _BadShapeError(
                f'the key "{key.value}" stands twice (first in line {first})', key.line, "Keep one of them."
            )
        found[key.value] = _read_value(steps, key.line)
    for _ in steps:  # to the end, where a second document would be refused
        pass
    return found


def _read_value(steps: Iterator[_Step], line: int) -> tuple[Value, Place]:
    step = next(steps)
    if step.kind == "word":
        one_line = step.line == step.end_line == line and step.column < step.end_column
        columns = (step.column, step.end_column) if one_line else None
        return unescape(step.value), Place(line, step.behind, columns)
    nested = step.kind != "sequence"
    in_braces, spread = step.flow, False
    flows = [step.flow]
    end = line + 1
    items: list[str] = []
    lines: list[int] = []
    while flows:
        step = next(steps)
        if step.kind == "word":
            end = max(end, step.behind)
            items.append(unescape(step.value))
            spread = spread or step.behind != step.line + 1
            lines.append(step.line)
        elif step.kind != "end":
            flows.append(step.flow)
            nested = True
        elif flows.pop():
            end = max(end, step.behind)
    if nested:
        return Nested(" ".join(items)), Place(line, end)
    return tuple(items), Place(line, end, items=() if in_braces or spread else tuple(lines))


class _Step(NamedTuple):
    """What libyaml's events say that is of use here; lines and columns count from 0."""

    kind: Literal["word", "mapping", "sequence", "end"]
    line: int
    column: int
    end_line: int
    end_column: int
    value: str = ""
    flow: bool = False
    block: bool = False

    @property
    def behind(self) -> int:
        """The line behind this; a block scalar ends where the next token may begin."""
        return self.end_line if self.block and self.end_column == 0 else self.end_line + 1


_KINDS: dict[type, Literal["word", "mapping", "sequence", "end"]] = {
    yaml.ScalarEvent: "word",
    yaml.MappingStartEvent: "mapping",
    yaml.SequenceStartEvent: "sequence",
    yaml.MappingEndEvent: "end",
    yaml.SequenceEndEvent: "end",
}


def _steps(loader: Any) -> Iterator[_Step]:  # noqa: ANN401 - PyYAML's stubs do not know libyaml's parser
    """The steps of one document, refused where it is deep, aliased, anchored or tagged."""
    depth = 0
    while loader.check_event():
        event = loader.get_event()
        start, end = event.start_mark, event.end_mark
        line = start.line if start else 0
        if getattr(event, "anchor", None):  # an alias has one, too
            raise _BadShapeError("YAML anchors and aliases (& and *) are not read", line, "Quote the value.")
        if getattr(event, "tag", None):
            raise _BadShapeError("YAML tags (!) are not read", line, "Quote the value.")
        if isinstance(event, yaml.DocumentStartEvent | yaml.DocumentEndEvent) and event.explicit:
            raise _BadShapeError("a YAML document begins or ends here", line, "Take out this line.")
        kind = _KINDS.get(type(event))
        if kind is None:
            continue
        depth += {"word": 0, "end": -1}.get(kind, 1)
        if depth > DEEPEST:
            raise _BadShapeError(f"nested deeper than {DEEPEST}", line)
        value = event.value if kind == "word" else ""
        block = kind == "word" and event.style in {"|", ">"}
        flow = bool(getattr(event, "flow_style", False))
        yield _Step(kind, line, start.column, end.line, end.column, value, flow, block)


def _refused(problem: str, line: int, lines: list[str]) -> _BadShapeError:
    """What libyaml refused in that line, said of the line where it began to go wrong."""
    for number, text in enumerate(lines[: line + 1]):
        opened = _QUOTED.match(text)
        if opened and opened[1] not in text[opened.end() :].replace("\\" + opened[1], ""):
            return _BadShapeError(
                f"a quotation mark {opened[1]} is opened and not closed", number, "Close it."
            )
    has_colon = line < len(lines) and ": " in lines[line].partition(": ")[2]
    return _BadShapeError(problem, line, "Put the value in double quotes." if has_colon else _PLAINLY)
