"""What another helpdesk's export says, read by a mapping: tickets as values. Runs in a limited child."""

from __future__ import annotations

import binascii
import re
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Any, Final

from helpdesk_cli.storage.mapping_file import ANY
from helpdesk_cli.tickets.person import Person
from helpdesk_cli.tickets.times import read_time
from helpdesk_cli.values import dataclass, field, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from collections.abc import Mapping as Table

    from helpdesk_cli.storage.mapping_file import Lookup, Mapping, Rows, Value, Way, Where
    from helpdesk_cli.tickets.entries import Segment

    Tables = Table[str, Table[str, Any]]

_YES: Final = frozenset({"yes", "true", "1"})
_LONGEST_TAG: Final = 60
_MOST_FILES: Final = 500
_MOST_MESSAGES: Final = 20_000
_TAG: Final = re.compile(r"[^\w.:/+@-]+")
_PLACE: Final = re.compile(r"[0-9]{1,19}")


class UnreadableError(Exception):
    """A ticket of the export that cannot be taken over, with the reason in words."""


@dataclass(frozen=True, slots=True)
class OldFile:
    """A file of a message; `content` None: it is not in the export, `path` may say where it lies."""

    name: str
    content_type: str
    content: bytes | None = None
    path: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class OldMessage:
    """What somebody said: to us ("in"), by us ("out"), among agents (`is_note`); "" = told by who said it."""

    key: str
    at: datetime
    person: Person
    direction: str = ""
    is_note: bool = False
    subject: str = ""
    message_id: str = ""
    body: tuple[Segment, ...] = ()
    files: tuple[OldFile, ...] = ()


@dataclass(frozen=True, slots=True)
class OldTicket:
    """A ticket as the other helpdesk had it. `fields` are front matter keys with words not yet checked."""

    number: int
    key: str
    created_at: datetime
    ended_at: datetime | None
    subject: str
    requester: Person
    cc: tuple[Person, ...]
    tags: tuple[str, ...]
    fields: tuple[tuple[str, str], ...]
    messages: tuple[OldMessage, ...]
    unknown: tuple[str, ...] = ()  # `users 20`: rows that it names and that no table has


@dataclass(frozen=True, slots=True)
class Reader:
    """A mapping at work. `html` makes text of HTML, `split` tells quoted lines from new ones."""

    mapping: Mapping
    tables: Tables
    zone: tzinfo
    html: Callable[[str], str]
    split: Callable[[str], tuple[Segment, ...]]
    unknown: dict[tuple[str, str], None] = field(default_factory=dict)  # (table, key) looked for in vain

    def read(self, record: Table[str, Any]) -> OldTicket:
        """The ticket that a record tells. Raises UnreadableError."""
        rows = self.mapping.ticket

        def said(name: str) -> str:
            value = rows.value(name)
            return self.text(value, record) if value else ""

        number = said("number")
        if not _PLACE.fullmatch(number) or int(number) == 0:
            raise UnreadableError(f"its number is {number[:40]!r}")
        created = self.time(said("created"))
        if created is None:
            raise UnreadableError("it has no time at which it was opened")
        names = ("status", "priority", "category", "type", "product", "team", "assignee", "inbox", "channel")
        self.unknown.clear()
        self.unknown.update(dict.fromkeys(self.missing(rows, record)))
        return OldTicket(
            number=int(number),
            key=said("key") or number,
            created_at=created,
            ended_at=self.time(said("ended")),
            subject=" ".join(said("subject").split())[:500],
            requester=self.person(rows, record),
            cc=tuple(Person(email=each) for each in self.words(rows.value("cc"), record) if "@" in each),
            tags=tuple(
                dict.fromkeys(tag for each in self.words(rows.value("tags"), record) if (tag := _tag(each)))
            ),
            fields=tuple((name, word) for name in names if (word := said(name))),
            messages=tuple(self._messages(record)),
            unknown=tuple(" ".join(each) for each in self.unknown),
        )

    def _messages(self, record: Table[str, Any]) -> Iterator[OldMessage]:
        rows = self.mapping.messages
        if rows is None:
            return
        for place, each in enumerate(self.records(record, rows)):
            if place >= _MOST_MESSAGES:
                raise UnreadableError(f"it has more than {_MOST_MESSAGES:,} messages")
            yield self._message(rows, each, place)

    def _message(self, rows: Rows, record: Table[str, Any], place: int) -> OldMessage:
        def said(name: str) -> str:
            value = rows.value(name)
            return self.text(value, record) if value else ""

        at = self.time(said("at"))
        if at is None:
            raise UnreadableError(f"its message {place + 1} has no time")
        text = said("text").replace("\r\n", "\n").replace("\r", "\n")
        if not text.strip() and (page := said("html")):
            text = self.html(page)
        text = text.strip("\n")
        self.unknown.update(dict.fromkeys(self.missing(rows, record)))
        direction = said("direction")
        return OldMessage(
            key=said("id") or f"#{place}",
            at=at,
            person=self.person(rows, record),
            direction=direction if direction in {"in", "out"} else "",
            is_note=said("note").casefold() in _YES,
            subject=" ".join(said("subject").split())[:500],
            message_id=said("message-id").strip().removeprefix("<").removesuffix(">"),
            body=self.split(f"{text}\n") if text else (),
            files=tuple(self._files(record)),
        )

    def _files(self, record: Table[str, Any]) -> Iterator[OldFile]:
        rows = self.mapping.files
        for place, each in enumerate(self.records(record, rows) if rows else ()):
            if place >= _MOST_FILES:
                raise UnreadableError(f"a message of it has more than {_MOST_FILES} files")
            values = {name: self.text(value, each) for name, value in rows.values} if rows else {}
            data = values.get("data", "")
            yield OldFile(
                " ".join(values.get("name", "").split()) or f"file-{place + 1}",
                values.get("type", "").partition(";")[0].strip().lower() or "application/octet-stream",
                _decoded(data) if data else None,
                values.get("path", ""),
                "".join(values.get("url", "").split()),
            )

    def person(self, rows: Rows, record: Table[str, Any]) -> Person:
        """Who is named there; somebody of whom there is only a key of a table is called by that."""
        name, email, phone = (
            " ".join(self.text(value, record).split()) if value else ""
            for value in (rows.value("name"), rows.value("email"), rows.value("phone"))
        )
        if "@" not in email or " " in email:
            # A login name, as Request Tracker has for people of the house.
            name, email = name or email, ""
        if not (name or email or phone):
            name = next((" ".join(key) for key in self.missing(rows, record, ("email", "name"))), "")
        return Person("" if name == email else name, email, phone)

    def missing(
        self, rows: Rows, record: Table[str, Any], names: Iterable[str] = ()
    ) -> Iterator[tuple[str, str]]:
        """(table, key) of what the record names, no table has, and nothing else stands for."""
        for name, value in rows.values:
            if names and name not in names:
                continue
            for way in () if value.inside or value.constant else value.ways:
                if _word(self.look(way, record)):
                    break
                if (key := _word(_at(record, way.by))) and way.table and self._row(way.table, key) is None:
                    yield way.table, key

    def _row(self, table: str, key: str) -> Any:  # noqa: ANN401 - whatever JSON holds
        return self.tables.get(table, {}).get(key)

    def records(self, record: Any, rows: Rows) -> Iterator[Table[str, Any]]:  # noqa: ANN401 - whatever JSON holds
        """The records of a list that count."""
        found = _at(record, rows.inside)
        for each in found if isinstance(found, list) else [found]:
            if isinstance(each, dict) and all(self.fits(each, condition) for condition in rows.where):
                yield each

    def fits(self, record: Table[str, Any], condition: Where) -> bool:
        """Whether what stands there is one of the words."""
        word = _word(self.look(condition.way, record))
        return word in condition.words or (bool(word) and ANY in condition.words)

    def text(self, value: Value, record: Table[str, Any]) -> str:
        """The text that a value names, in our words; "" for none."""
        if value.constant:
            return value.constant
        if value.inside:
            rows = _at(record, value.inside)
            fitting = [
                each
                for each in (rows if isinstance(rows, list) else [rows])
                if isinstance(each, dict) and all(self.fits(each, condition) for condition in value.where)
            ]
            if not fitting:
                return ""
            record = fitting[0]
        word = next((word for way in value.ways if (word := _word(self.look(way, record)))), "")
        if value.base64:
            word = _decoded(word).decode("utf-8", "replace")
        return self.ours(value, word)

    def ours(self, value: Value, word: str) -> str:
        """Our word for theirs."""
        known = {theirs.casefold(): ours for theirs, ours in value.words}
        if word.casefold() in known:
            return known[word.casefold()]
        return value.otherwise if word and value.otherwise is not None else word

    def words(self, value: Value | None, record: Table[str, Any]) -> list[str]:
        """A list of texts, or one text with commas."""
        for way in value.ways if value else ():
            found = self.look(way, record)
            items = found if isinstance(found, list) else _word(found).split(",")
            if words := [self.ours(value, said) for item in items if (said := _word(item).strip()) and value]:
                return words
        return []

    def look(self, way: Way, record: Any) -> Any:  # noqa: ANN401 - as above
        """What stands there: in the record, or in the row of a table."""
        if way.table:
            key = _word(_at(record, way.by))
            row = self._row(way.table, key)
            return _at(row, way.keys) if way.keys else row
        return _at(record, way.keys)

    def time(self, word: str) -> datetime | None:
        """The moment in UTC; None for none, and for the beginning of 1970, by which some say so."""
        if not word:
            return None
        try:
            if self.mapping.times:
                moment = datetime.strptime(word, self.mapping.times)  # noqa: DTZ007 - the zone follows
            elif re.fullmatch(r"[0-9]{9,11}", word):
                moment = datetime.fromtimestamp(int(word), UTC)
            else:
                moment = datetime.fromisoformat(word.strip())
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=self.zone)
            moment = read_time(moment.isoformat())
        except (ValueError, OverflowError) as error:
            told = f"`times: {self.mapping.times!r}` in" if self.mapping.times else "There is no `times:` in"
            hint = f"{told} {self.mapping.place}; docs/importing.md has how it is written"
            raise UnreadableError(f"{word[:40]!r} is no time. {hint}") from error
        return None if moment.timestamp() < 86400 else moment.replace(microsecond=0)  # noqa: PLR2004 - a day


def number_of(reader: Reader, record: Table[str, Any]) -> int:
    """The ticket's number, 0 where it has none: by which tickets are taken over in order."""
    value = reader.mapping.ticket.value("number")
    word = reader.text(value, record) if value else ""
    return int(word) if _PLACE.fullmatch(word) else 0


@dataclass(slots=True)
class Census:
    """What tells the number of a record, and remembers which tables the records want, and which they have."""

    reader: Reader
    wanted: dict[str, tuple[str, int]] = field(default_factory=dict)  # table: a key, of that ticket
    given: set[str] = field(default_factory=set)

    def __call__(self, record: Table[str, Any]) -> int:
        """The number; 0 where it has none."""
        number = number_of(self.reader, record)
        if number and self.reader.mapping.lookups:
            self._look_at(record, number)
        return number

    def _look_at(self, record: Table[str, Any], number: int) -> None:
        mapping = self.reader.mapping
        local = {name: rows for name, rows in tables_of(mapping, [record]).items() if rows}
        self.given |= local.keys()
        reader = replace(self.reader, tables=local)
        said = [*reader.missing(mapping.ticket, record)]
        for each in reader.records(record, mapping.messages) if mapping.messages else ():
            said += reader.missing(mapping.messages, each) if mapping.messages else ()
        for table, key in said:
            self.wanted.setdefault(table, (key, number))


def tables_of(mapping: Mapping, documents: Iterable[Table[str, Any]]) -> dict[str, dict[str, Any]]:
    """The tables that the mapping declares, by their keys."""
    found: dict[str, dict[str, Any]] = {lookup.name: {} for lookup in mapping.lookups}
    for document in documents:
        for lookup in mapping.lookups:
            rows = _at(document, lookup.inside)
            found[lookup.name].update(keyed(lookup, rows if isinstance(rows, list) else ()))
    return found


def keyed(lookup: Lookup, rows: Iterable[Any]) -> dict[str, Any]:
    """The rows of a table by its key."""
    dicts = [row for row in rows if isinstance(row, dict)]
    return {key: row for row in dicts if (key := _word(row.get(lookup.key)))}


def _at(record: Any, keys: tuple[str, ...]) -> Any:  # noqa: ANN401 - whatever JSON holds
    for place, key in enumerate(keys):
        if key == ANY and isinstance(record, list):
            return [_at(each, keys[place + 1 :]) for each in record]
        if isinstance(record, dict):
            record = record.get(key)
        elif isinstance(record, list) and key.isdecimal() and int(key[:4]) < len(record):
            record = record[int(key[:4])]
        else:
            return None
    return record


def _word(value: Any) -> str:  # noqa: ANN401 - as above
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int, float)):
        return str(value)
    return ""


def _tag(word: str) -> str:
    return _TAG.sub("-", word.strip().casefold()).strip("-_./:@+,")[:_LONGEST_TAG].replace("+", "-")


def _decoded(text: str) -> bytes:
    try:
        return binascii.a2b_base64("".join(text.split()))
    except (binascii.Error, ValueError) as error:
        raise UnreadableError("a file of it is no base64") from error
