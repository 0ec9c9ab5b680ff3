"""Mappings: where another helpdesk's export says what a ticket says. Read strictly, every slip with its line.

docs/importing.md describes the file for people. A *value* says where a text stands: a path such as
`requester.email`, several one after the other (`plain_body | body`), or one in a row of a table
(`users(author_id).name`).
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Literal

from helpdesk_cli.errors import InvalidFileError
from helpdesk_cli.storage import settings_checks as check
from helpdesk_cli.storage.settings import suggest
from helpdesk_cli.storage.yaml_tree import Node, read_yaml
from helpdesk_cli.values import dataclass, field, replace

if TYPE_CHECKING:
    from collections.abc import Callable

KNOWN_FORMAT: Final = 1
_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,39}")
_PREFIX: Final = re.compile(r"[A-Za-z][A-Za-z0-9]{0,19}")
_LOOK_UP: Final = re.compile(r"([a-z][a-z0-9_-]*)\(([^()]+)\)(?:\.(.+))?")
ANY: Final = "*"  # of a condition: there is something


@dataclass(frozen=True, slots=True)
class Way:
    """One place where a text may stand: keys from the outside in, perhaps of a row of a table."""

    keys: tuple[str, ...]
    table: str = ""
    by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Where:
    """Only records with one of these words behind that path; "" is nothing, `*` something."""

    way: Way
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Value:
    """Where a text stands, and what it becomes. `line` is that of the mapping, for what is wrong with it."""

    ways: tuple[Way, ...] = ()
    words: tuple[tuple[str, str], ...] = ()  # theirs, ours
    otherwise: str | None = None  # for words that are not listed; None: as it is
    constant: str = ""
    inside: tuple[str, ...] = ()  # a list whose first record that fits has it
    where: tuple[Where, ...] = ()
    base64: bool = False
    line: int = 0


@dataclass(frozen=True, slots=True)
class Rows:
    """A list of records: its path ("" = the record itself), and which of them count."""

    inside: tuple[str, ...]
    where: tuple[Where, ...] = ()
    values: tuple[tuple[str, Value], ...] = ()
    line: int = 0

    def value(self, name: str) -> Value | None:
        """The value of that name, None where the mapping has none."""
        return dict(self.values).get(name)


@dataclass(frozen=True, slots=True)
class Lookup:
    """A table of further records, such as users, by a key of theirs."""

    name: str
    inside: tuple[str, ...]
    key: str


@dataclass(frozen=True, slots=True)
class Mapping:
    """A whole mapping. `form` is json or csv; `times` how times are written, "" = as ISO 8601 has them."""

    name: str
    prefix: str
    ticket: Rows
    form: Literal["json", "csv"] = "json"
    messages: Rows | None = None
    files: Rows | None = None
    lookups: tuple[Lookup, ...] = ()
    times: str = ""
    zone: str = "UTC"
    place: str = field(default="", compare=False)


TICKET_KEYS: Final = (
    *("number", "key", "subject", "created", "ended", "status", "priority", "category", "type", "product"),
    *("team", "assignee", "inbox", "channel", "tags", "name", "email", "phone", "cc"),
)
MESSAGE_KEYS: Final = (
    *("id", "at", "subject", "text", "html", "note", "direction", "name", "email", "phone", "message-id"),
)
FILE_KEYS: Final = ("name", "type", "data", "path", "url")


def read_mapping(text: str, *, place: str) -> Mapping:
    """The mapping in a file's text. Raises InvalidFileError naming file, line and likely word."""
    root = read_yaml(text, place=place)
    found = check.mapping(root, place, _TOP)
    top: dict[str, Node] = root.value if isinstance(root.value, dict) else {}
    for key in ("name", "prefix", "ticket"):
        if key not in found:
            raise InvalidFileError(f'the key "{key}" is missing', f"{place}:1", _WANTED[key])
    given = found["ticket"]
    for key in ("number", "created"):
        if given.value(key) is None:
            hint = "Every ticket has a number and a time at which it was opened."
            raise check.fail(top["ticket"], place, f'"{key}" is missing below `ticket:`', hint)
    if found.get("files") is not None and found.get("messages") is None:
        raise check.fail(
            top["files"], place, "`files:` are those of messages, and there are none", "Add `messages:`."
        )
    if found.get("messages") is not None and found["messages"].value("at") is None:
        raise check.fail(top["messages"], place, '"at" is missing below `messages:`', "When was it said?")
    _check_tables(found, place)
    if found.get("times"):
        _check_times(found["times"], top["times"], place)
    found.pop("format", None)
    read = Mapping(**found, place=place)
    return _by_columns(read) if read.form == "csv" else read


_WANTED: Final = {
    "name": "`name: zendesk`: what makes an import known again. It is never changed.",
    "prefix": "`prefix: ZD`: number 42 is found as ZD-42.",
    "ticket": "`ticket:` says where its number, its times and the like stand.",
}


def _check_tables(found: dict[str, Any], place: str) -> None:
    """Every table that a value looks into is declared."""
    names = {each.name for each in found.get("lookups", ())}
    rows = [found["ticket"], found.get("messages"), found.get("files")]
    for value in (value for each in rows if each is not None for _, value in each.values):
        for way in value.ways:
            if way.table and way.table not in names:
                said = f'there is no table "{way.table}"'
                hint = suggest(way.table, sorted(names)) or "Declare it under `tables:`."
                raise InvalidFileError(said, f"{place}:{value.line}", hint)


def _check_times(form: str, node: Node, place: str) -> None:
    """A time can be written so, and read again."""
    sample = datetime(2026, 11, 20, 9, 12, 41)  # noqa: DTZ001 - only its form is tried
    hint = "Write it as strptime does: %d/%m/%Y %H:%M."
    try:
        datetime.strptime(sample.strftime(form), form)  # noqa: DTZ007 - likewise
    except ValueError as error:
        raise check.fail(node, place, f"no time can be read so: {error}", hint) from error
    if "%" not in form:
        raise check.fail(node, place, "it says nothing of how a time is written", hint)


def _by_columns(mapping: Mapping) -> Mapping:
    """The mapping with each path as the name of a column: in headings a dot parts nothing."""
    messages = mapping.messages
    return replace(mapping, ticket=_columns(mapping.ticket), messages=messages and _columns(messages))


def _columns(rows: Rows) -> Rows:
    def whole(way: Way) -> Way:
        return Way((".".join(way.keys),), way.table, (".".join(way.by),)) if way.keys else way

    values = tuple((name, replace(value, ways=tuple(map(whole, value.ways)))) for name, value in rows.values)
    where = tuple(replace(condition, way=whole(condition.way)) for condition in rows.where)
    return replace(rows, values=values, where=where)


def _format(node: Node, place: str) -> int:
    number = check.number(node, place)
    if number > KNOWN_FORMAT:
        raise check.fail(node, place, f"this mapping has format {number}", "Install a newer desk.")
    return number


def _matching(pattern: re.Pattern[str], what: str) -> Callable[[Node, str], str]:
    def read(node: Node, place: str) -> str:
        said = check.text(node, place)
        if not pattern.fullmatch(said):
            raise check.fail(node, place, f'"{said}" is not possible here', what)
        return said

    return read


def _path(text: str) -> tuple[str, ...]:
    return tuple(text.split(".")) if text else ()


def _keys(node: Node, place: str) -> tuple[str, ...]:
    return _path(check.text(node, place))


def _way(text: str, node: Node, place: str) -> Way:
    if not text:
        raise check.fail(node, place, "a path is missing here", "Write for instance `requester.email`.")
    found = _LOOK_UP.fullmatch(text)
    if found is None:
        return Way(_path(text))
    return Way(_path(found[3] or ""), found[1], _path(found[2]))


def _ways(node: Node, place: str) -> tuple[Way, ...]:
    return tuple(_way(each.strip(), node, place) for each in check.text(node, place).split("|"))


def _words(node: Node, place: str) -> tuple[tuple[str, str], ...]:
    if not isinstance(node.value, dict):
        raise check.fail(node, place, "a list of `theirs: ours` belongs here", "Write {solved: resolved}.")
    return tuple((theirs, check.text(ours, place)) for theirs, ours in node.value.items())


def _where(node: Node, place: str) -> tuple[Where, ...]:
    if not isinstance(node.value, dict):
        raise check.fail(
            node, place, "a list of `path: word` belongs here", "Write {Type: [Create, Comment]}."
        )
    found = []
    for path, value in node.value.items():
        words = [value] if isinstance(value.value, str) else value.value
        if not isinstance(words, list):
            raise check.fail(
                value, place, "a word or a list of words belongs here", "Write [Create, Comment]."
            )
        found.append(Where(_way(path, value, place), tuple(check.text(word, place) for word in words)))
    return tuple(found)


def _value(node: Node, place: str) -> Value:
    if isinstance(node.value, str):
        return Value(_ways(node, place), line=node.line)
    found = check.mapping(node, place, _VALUE)
    if bool(found.get("ways")) == bool(found.get("constant")):
        raise check.fail(
            node, place, "either `from` or `is` belongs here", "Write `{from: status}` or `{is: closed}`."
        )
    return Value(**found, line=node.line)


def _rows(keys: tuple[str, ...]) -> Callable[[Node, str], Rows]:
    def read(node: Node, place: str) -> Rows:
        table = {
            "in": ("inside", _keys),
            "where": ("where", _where),
            **{key: (key, _value) for key in keys},
        }
        found = check.mapping(node, place, table)
        values = tuple((key, found[key]) for key in keys if key in found)
        return Rows(found.get("inside", ()), found.get("where", ()), values, node.line)

    return read


def _lookups(node: Node, place: str) -> tuple[Lookup, ...]:
    found = []
    for name, value in check.named(node, place).items():
        table = check.mapping(value, place, {"in": ("inside", _keys), "key": ("key", check.text)})
        if not table.get("inside") or not table.get("key"):
            raise check.fail(
                value, place, f'the table "{name}" lacks `in` or `key`', "Write {in: users, key: id}."
            )
        found.append(Lookup(name, **table))
    return tuple(found)


_VALUE: Final[dict[str, tuple[str, Any]]] = {
    "from": ("ways", _ways),
    "words": ("words", _words),
    "else": ("otherwise", check.text),
    "is": ("constant", check.text),
    "in": ("inside", _keys),
    "where": ("where", _where),
    "base64": ("base64", check.yes_no),
}
_TOP: Final[dict[str, tuple[str, Any]]] = {
    "format": ("format", _format),
    "name": ("name", _matching(_NAME, "Use small letters, digits and dashes.")),
    "prefix": ("prefix", _matching(_PREFIX, "Use up to 20 letters and digits, a letter first.")),
    "file": ("form", check.one_of("json", "csv")),
    "times": ("times", check.text),
    "zone": ("zone", check.text),
    "tables": ("lookups", _lookups),
    "ticket": ("ticket", _rows(TICKET_KEYS)),
    "messages": ("messages", _rows(MESSAGE_KEYS)),
    "files": ("files", _rows(FILE_KEYS)),
}
