"""The files of another helpdesk's export: whole JSON, JSON a line, or CSV; tickets by their number.

Of JSON lines only the places are in memory, so that an export may be as large as it is. The rest is read as
a whole.
"""

from __future__ import annotations

import csv
import io
import json
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from helpdesk_cli.errors import InvalidFileError, NotFoundError, fault
from helpdesk_cli.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from helpdesk_cli.storage.mapping_file import Lookup, Mapping

    Record = dict[str, Any]

WHOLE: Final = 64 * 1024 * 1024
LONGEST_LINE: Final = 128 * 1024 * 1024
_LINES = 'Write a ticket a line: `jq -c ".tickets[]" FILE > LINES.jsonl`.'


@dataclass(frozen=True, slots=True)
class Found:
    """A ticket of an export: its number (0 = none), where it stands for people, and how to read it."""

    number: int
    place: str
    read: Callable[[], Record]


@dataclass(slots=True)
class Export:
    """Everything that the files hold: tickets by number, and documents that may hold tables."""

    tickets: list[Found] = field(default_factory=list)
    documents: list[Record] = field(default_factory=list)


def read_export(mapping: Mapping, paths: list[Path], number: Callable[[Record], int]) -> Export:
    """The tickets in the files; `number` tells that of a record. Raises NotFoundError, InvalidFileError."""
    found = Export()
    for path in paths:
        try:
            size = _size_of(path)
            if mapping.form == "csv":
                _read_csv(mapping, path, size, found, number)
            else:
                _read_json(mapping, path, size, found, number)
        except FileNotFoundError:
            raise NotFoundError("there is no such file", str(path)) from None
        except IsADirectoryError:
            raise InvalidFileError("this is a folder", str(path), "Name the export's files in it.") from None
        except OSError as error:
            raise fault(error, path) from error
    found.tickets.sort(key=lambda each: each.number)
    return found


def _size_of(path: Path) -> int:
    if path.is_dir():
        raise IsADirectoryError(path)
    return path.stat().st_size


def read_table(path: Path, lookup: Lookup) -> list[Record]:
    """The records of a table in a file of its own.

    A list, an object with the list that the mapping names or with one list only, or such an object or a
    record a line. Raises InvalidFileError where it cannot be told which list is meant.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise NotFoundError("there is no such file", str(path)) from None
    except IsADirectoryError:
        raise InvalidFileError("this is a folder", str(path), "Name the file with the table.") from None
    except OSError as error:
        raise fault(error, path) from error
    if len(data) > WHOLE:
        raise InvalidFileError(
            f"larger than {WHOLE // 1_000_000} MB", str(path), "Leave out what is not needed."
        )
    try:
        whole = json.loads(data)
    except (ValueError, RecursionError):
        lines = [(f"{path}:{number}", _loads(line, f"{path}:{number}")) for number, _, line in _lines(path)]
        return [row for place, each in lines for row in _rows_of(each, lookup, place)]
    return _rows_of(whole, lookup, str(path))


def _rows_of(whole: Any, lookup: Lookup, place: str) -> list[Record]:  # noqa: ANN401 - whatever JSON holds
    found = whole
    for key in lookup.inside:
        found = found.get(key) if isinstance(found, dict) else None
    if isinstance(found, list):
        return [row for row in found if isinstance(row, dict)]
    if not isinstance(whole, dict):
        return [row for row in whole if isinstance(row, dict)] if isinstance(whole, list) else []
    if lookup.key in whole:
        return [whole]
    lists = {name: each for name, each in whole.items() if isinstance(each, list)}
    if len(lists) != 1:
        said = f'it has no list "{".".join(lookup.inside)}" ({", ".join(lists) or "none at all"})'
        raise InvalidFileError(
            said, place, f"Write a list of records with `{lookup.key}`, or an object with one list."
        )
    return [row for rows in lists.values() for row in rows if isinstance(row, dict)]


def _read_json(
    mapping: Mapping, path: Path, size: int, found: Export, number: Callable[[Record], int]
) -> None:
    with path.open("rb") as file:
        first = file.readline(LONGEST_LINE + 1)
        has_more = bool(file.readline(2))
    if has_more and first.strip().endswith(b"}"):
        for place, at, line in _lines(path):
            record = _loads(line, f"{path}:{place}")
            if not number(record):
                # A page of an API a line, each a whole document; or a line that is no ticket, and is told so.
                _add_document(mapping, record, f"{path}:{place}", found, number)
                continue
            read = partial(_read_line, path, at, len(line), place=place)
            found.tickets.append(Found(number(record), f"{path}:{place}", read))
        return
    if size > WHOLE:
        raise InvalidFileError(
            f"larger than {WHOLE // 1_000_000} MB and not a ticket a line", str(path), _LINES
        )
    _add_document(mapping, _loads(path.read_bytes(), f"{path}:1"), str(path), found, number)


def _add_document(
    mapping: Mapping, whole: Record, place: str, found: Export, number: Callable[[Record], int]
) -> None:
    """Take up a document with many tickets in it, or one that is a ticket."""
    rows: Any = whole
    if isinstance(whole, dict):
        found.documents.append(whole)
        for key in mapping.ticket.inside:
            rows = rows.get(key) if isinstance(rows, dict) else None
        rows = whole if rows is None else rows
    for count, record in enumerate(rows if isinstance(rows, list) else [rows], 1):
        if isinstance(record, dict):
            found.tickets.append(Found(number(record), f"{place}, ticket {count}", _given(record)))


def _lines(path: Path) -> Iterator[tuple[int, int, bytes]]:
    """(number, offset, line) of every line that is not empty."""
    with path.open("rb") as file:
        place = at = 0
        while line := file.readline(LONGEST_LINE + 1):
            place += 1
            if len(line) > LONGEST_LINE:
                raise InvalidFileError(
                    f"a line of more than {LONGEST_LINE // 1_000_000} MB", f"{path}:{place}"
                )
            if line.strip():
                yield place, at, line
            at += len(line)


def _read_line(path: Path, at: int, length: int, *, place: int) -> Record:
    with path.open("rb") as file:
        file.seek(at)
        return _loads(file.read(length), f"{path}:{place}")


def _given(record: Record) -> Callable[[], Record]:
    return lambda: record


def _loads(data: bytes, place: str) -> Record:
    try:
        found = json.loads(data)
    except RecursionError:
        raise InvalidFileError("nested too deeply", place) from None
    except ValueError as error:
        line = getattr(error, "lineno", 0)
        where = place if line <= 1 else f"{place.rpartition(':')[0]}:{line}"
        raise InvalidFileError(f"not JSON: {error}", where, "Is it the export itself, unpacked?") from None
    return found if isinstance(found, (dict, list)) else {}  # type: ignore[return-value] # a list at the top


def _read_csv(
    mapping: Mapping, path: Path, size: int, found: Export, number: Callable[[Record], int]
) -> None:
    if size > WHOLE:
        raise InvalidFileError(
            f"larger than {WHOLE // 1_000_000} MB", str(path), "Export it in several parts."
        )
    # Whatever a cell holds: the file as a whole is not larger.
    csv.field_size_limit(WHOLE)
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidFileError("not UTF-8", str(path), "Save it as CSV in UTF-8.") from None
    head = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=head.count)
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    _check_columns(mapping, path, list(rows.fieldnames or []))
    groups: dict[int, Record] = {}
    try:
        for row in rows:
            key = number(row)
            if key not in groups or not key:
                # A ticket may have several lines, one a message: they are `rows` to the mapping.
                record = {**row, "rows": [row]}
                groups[key] = record
                found.tickets.append(Found(key, f"{path}:{rows.line_num}", _given(record)))
            else:
                groups[key]["rows"].append(row)
    except csv.Error as error:
        raise InvalidFileError(f"not CSV: {error}", f"{path}:{rows.line_num}") from None


def _check_columns(mapping: Mapping, path: Path, names: list[str]) -> None:
    """Every value of the mapping has a column, and of several that stand for each other one."""
    known, missing = set(names), list[str]()
    for rows in (each for each in (mapping.ticket, mapping.messages) if each is not None):
        wanted = [value.ways for _, value in rows.values if value.ways]
        wanted += [(condition.way,) for condition in rows.where]
        for ways in wanted:
            columns = [way.keys[0] for way in ways if way.keys]
            if columns and known.isdisjoint(columns):
                missing.append(" | ".join(columns))
    if missing:
        said = ", ".join(f'"{name}"' for name in dict.fromkeys(missing))
        hint = (
            f"The file has {', '.join(names)}. "
            f"In a copy of the mapping ({mapping.place}) write its own names, or take a line out."
        )
        there_is = "there is no column" if len(set(missing)) == 1 else "there are no columns"
        raise InvalidFileError(f"{there_is} {said}", f"{path}:1", hint)
