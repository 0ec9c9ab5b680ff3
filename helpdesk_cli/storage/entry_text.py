"""An entry of a ticket and its lines of Markdown: `write_entry` and `read_entry` are inverses.

An entry is `<!-- desk:KIND ID`, one `key: value` a line, `-->`, decoration and bodies,
`<!-- /desk:KIND ID -->`. A body stands in a code fence longer than any inside it, whose info
string says what it is (text, quote, signature): nothing in a mail can end the fence, and no
renderer reads Markdown or HTML in it. Everything outside the fences is decoration, never read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, cast

from helpdesk_cli.errors import InvalidFileError
from helpdesk_cli.storage.decoration import attachment_line, event_line, fold, heading, tombstone_line
from helpdesk_cli.tickets.changes import FieldSet, ListChanged
from helpdesk_cli.tickets.entries import (
    Attachment,
    Event,
    Message,
    Note,
    Opaque,
    Segment,
    SegmentKind,
    Tombstone,
)
from helpdesk_cli.tickets.escapes import escape, unescape
from helpdesk_cli.tickets.person import Person
from helpdesk_cli.tickets.times import read_time, write_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from helpdesk_cli.tickets.changes import FieldChange
    from helpdesk_cli.tickets.entries import Entry

STRUCTURE = re.compile(r"\\*<!-- /?desk:")
_FENCE = re.compile(r"(`{3,})(text|quote|signature)")
_TICKS = re.compile(r"^[ \t]*(`+)", re.MULTILINE)
_ATTACHMENT_FIELDS = 5


@dataclass(frozen=True, slots=True)
class RawEntry:
    """An entry as the file has it: kind, id, header pairs (still escaped), the lines behind the header."""

    kind: str
    id: str
    pairs: tuple[tuple[str, str], ...]
    inside: tuple[str, ...]
    place: str

    def one(self, key: str) -> str:
        """The first value of that key, or ""."""
        return next((unescape(value) for name, value in self.pairs if name == key), "")

    def every(self, key: str) -> list[str]:
        """All values of that key, in order."""
        return [unescape(value) for name, value in self.pairs if name == key]

    def rows(self, key: str) -> list[list[str]]:
        """The cells of every value of that key."""
        return [read_row(value) for name, value in self.pairs if name == key]


def write_value(value: str) -> str:
    """A header value on one line that cannot end the HTML comment around it."""
    text = escape(value).replace("\t", "\\u{9}").replace("\n", "\\u{a}")
    if "--" in text:
        text = re.sub(r"--(!?)>", r"--\1\\u{3e}", text)
    if text != text.strip(" "):
        text = re.sub(r"^ | $", r"\\u{20}", text)
    return text


def write_row(*cells: str) -> str:
    """Cells joined by ` | `; a bar inside a cell is escaped."""
    return " | ".join(write_value(cell).replace("|", "\\u{7c}") for cell in cells)


def read_row(value: str) -> list[str]:
    """The cells of a row as `write_row` wrote it, before unescaping."""
    return [unescape(cell.strip()) for cell in f" {value} ".split(" | ")]


def write_body(body: Iterable[Segment]) -> tuple[list[str], bool]:
    """The fenced lines of a body, and whether its text ends in a newline (True for an empty one)."""
    lines: list[str] = []
    ended = True
    for folded, run in groupby(
        (part for part in body if part.text), key=lambda segment: segment.kind != "text"
    ):
        segments = list(run)
        fenced: list[str] = []
        count = 0
        for segment in segments:
            ended = segment.text.endswith("\n")
            text = escape(segment.text[:-1] if ended else segment.text)
            ticks = max((len(found) for found in _TICKS.findall(text)), default=0)
            fence = "`" * max(3, ticks + 1)
            inner = [f"\\{line}" if STRUCTURE.match(line) else line for line in text.split("\n")]
            count += len(inner)
            fenced += ["", f"{fence}{segment.kind}", *inner, fence]
        lines += fold([segment.kind for segment in segments], count, fenced) if folded else fenced
    return lines, ended


def read_body(inside: Iterable[str], *, ended: bool) -> tuple[Segment, ...]:
    """The segments in the fences among an entry's lines; a fence that is never closed runs to the end."""
    segments: list[Segment] = []
    fence, kind, lines = "", "", list[str]()
    for line in inside:
        if not fence:
            match = _FENCE.fullmatch(line)
            if match:
                fence, kind, lines = match[1], match[2], []
        elif line == fence:
            segments.append(_segment(kind, lines))
            fence = ""
        else:
            lines.append(line)
    if fence:
        segments.append(_segment(kind, lines))
    if segments and not ended:
        segments[-1] = Segment(segments[-1].kind, segments[-1].text[:-1])
    return tuple(segments)


def _segment(kind: str, lines: list[str]) -> Segment:
    text = "".join(
        f"{line[1:] if line[:1] == chr(92) and STRUCTURE.match(line) else line}\n" for line in lines
    )
    return Segment(cast("SegmentKind", kind), unescape(text))


def write_entry(entry: Entry) -> list[str]:
    """The entry's lines, from its opening to its end marker."""
    if isinstance(entry, Opaque):
        return list(entry.lines)
    pairs, body = _WRITERS[entry.kind](entry)
    header = [f"{key}: {value}".rstrip(" ") for key, value in pairs if value]
    return [
        f"<!-- desk:{entry.kind} {entry.id}",
        *header,
        "-->",
        *body,
        f"<!-- /desk:{entry.kind} {entry.id} -->",
    ]


def read_entry(raw: RawEntry, lines: tuple[str, ...]) -> Entry:
    """The entry that these lines say. Raises InvalidFileError with the place of the entry."""
    try:
        at = read_time(raw.one("at"))
    except ValueError:
        value = raw.one("at")
        raise InvalidFileError(
            f'the {raw.kind} {raw.id} has no readable time (at: "{value}")',
            raw.place,
            "Write it as 2026-11-20T09:12:41Z.",
        ) from None
    reader = _READERS.get(raw.kind)
    return reader(raw, at) if reader else Opaque(raw.id, at, raw.kind, lines)


def _people(people: Iterable[Person], key: str) -> list[tuple[str, str]]:
    return [(key, write_value(str(person))) for person in people]


def _write_attachments(attachments: Iterable[Attachment]) -> tuple[list[tuple[str, str]], list[str]]:
    pairs, links = [], []
    for file in attachments:
        cells = [file.filename, file.content_type, str(file.size), f"sha256:{file.sha256}", file.path or "-"]
        if file.original_name and file.original_name != file.filename:
            cells.append(file.original_name)
        pairs.append(("attachment", write_row(*cells)))
        links.append(attachment_line(file))
    return pairs, ["", *links] if links else []


def _write_message(entry: Message) -> tuple[list[tuple[str, str]], list[str]]:
    body, ended = write_body(entry.body)
    files, links = _write_attachments(entry.attachments)
    pairs = [
        ("at", write_time(entry.at)),
        ("direction", "out" if entry.direction == "out" else ""),
        ("by", write_value(entry.by)),
        ("from", write_value(str(entry.from_))),
        *_people(entry.to, "to"),
        *_people(entry.cc, "cc"),
        *_people(entry.reply_to, "reply-to"),
        ("subject", write_value(entry.subject)),
        ("date", write_time(entry.date) if entry.date else ""),
        ("message-id", write_value(f"<{entry.message_id}>") if entry.message_id else ""),
        ("in-reply-to", write_value(f"<{entry.in_reply_to}>") if entry.in_reply_to else ""),
        *(("reference", write_value(f"<{reference}>")) for reference in entry.references),
        ("threaded-by", write_value(entry.threaded_by)),
        ("inbox", write_value(entry.inbox)),
        ("automatic", write_value(entry.automatic)),
        ("bulk", write_value(entry.bulk)),
        ("spam", "yes" if entry.spam else ""),
        *(("failed-recipient", write_value(address)) for address in entry.failed_recipients),
        ("delivery", write_value(entry.delivery)),
        *(("flag", write_value(flag)) for flag in entry.flags),
        *(("header", write_value(f"{name}: {value}")) for name, value in entry.headers),
        ("raw", f"sha256:{entry.raw}" if entry.raw else ""),
        ("final-newline", "" if ended else "no"),
        *files,
        *((key, write_value(value)) for key, value in entry.other),
    ]
    return pairs, [heading(entry), *body, *links]


def _read_attachment(row: list[str]) -> Attachment:
    cells = [*row, *[""] * _ATTACHMENT_FIELDS]
    size = int(cells[2]) if re.fullmatch(r"\d{1,15}", cells[2]) else 0
    path = "" if cells[4] == "-" else cells[4]
    return Attachment(cells[0], cells[1], size, cells[3].removeprefix("sha256:"), path, cells[5])


def _bare(value: str) -> str:
    return value[1:-1] if value.startswith("<") and value.endswith(">") else value


def _optional_time(value: str) -> datetime | None:
    try:
        return read_time(value) if value else None
    except ValueError:
        return None


_MESSAGE_KEYS = frozenset(
    {
        "at", "direction", "by", "from", "to", "cc", "reply-to", "subject", "date", "message-id", "in-reply-to",
        "reference", "threaded-by", "inbox", "automatic", "bulk", "spam", "failed-recipient", "delivery", "flag",
        "header", "raw", "final-newline", "attachment",
    }
)  # fmt: skip


def _read_message(raw: RawEntry, at: datetime) -> Message:
    headers = [header.partition(": ") for header in raw.every("header")]
    return Message(
        id=raw.id,
        at=at,
        from_=Person.read(raw.one("from")),
        direction="out" if raw.one("direction") == "out" else "in",
        by=raw.one("by"),
        to=tuple(map(Person.read, raw.every("to"))),
        cc=tuple(map(Person.read, raw.every("cc"))),
        reply_to=tuple(map(Person.read, raw.every("reply-to"))),
        subject=raw.one("subject"),
        date=_optional_time(raw.one("date")),
        message_id=_bare(raw.one("message-id")),
        in_reply_to=_bare(raw.one("in-reply-to")),
        references=tuple(map(_bare, raw.every("reference"))),
        threaded_by=raw.one("threaded-by"),
        inbox=raw.one("inbox"),
        automatic=raw.one("automatic"),
        bulk=raw.one("bulk"),
        spam=raw.one("spam") == "yes",
        failed_recipients=tuple(raw.every("failed-recipient")),
        delivery=raw.one("delivery"),
        flags=tuple(raw.every("flag")),
        headers=tuple((name, value) for name, _, value in headers),
        raw=raw.one("raw").removeprefix("sha256:"),
        body=read_body(raw.inside, ended=raw.one("final-newline") != "no"),
        attachments=tuple(map(_read_attachment, raw.rows("attachment"))),
        other=_other(raw, _MESSAGE_KEYS),
    )


def _other(raw: RawEntry, known: frozenset[str]) -> tuple[tuple[str, str], ...]:
    return tuple((key, unescape(value)) for key, value in raw.pairs if key not in known)


def _write_note(entry: Note) -> tuple[list[tuple[str, str]], list[str]]:
    body, ended = write_body(entry.body)
    files, links = _write_attachments(entry.attachments)
    pairs = [
        ("at", write_time(entry.at)),
        ("by", write_value(entry.by)),
        ("final-newline", "" if ended else "no"),
        *files,
        *((key, write_value(value)) for key, value in entry.other),
    ]
    return pairs, [heading(entry), *body, *links]


def _read_note(raw: RawEntry, at: datetime) -> Note:
    return Note(
        raw.id,
        at,
        raw.one("by"),
        body=read_body(raw.inside, ended=raw.one("final-newline") != "no"),
        attachments=tuple(map(_read_attachment, raw.rows("attachment"))),
        other=_other(raw, frozenset({"at", "by", "final-newline", "attachment"})),
    )


def _write_change(change: FieldChange) -> tuple[str, str]:
    if isinstance(change, FieldSet):
        return ("set", write_row(change.field, change.old, change.new))
    items = [*(f"+{item}" for item in change.added), *(f"-{item}" for item in change.removed)]
    return ("list", write_row(change.field, *items))


def _write_event(entry: Event) -> tuple[list[tuple[str, str]], list[str]]:
    pairs = [
        ("at", write_time(entry.at)),
        ("by", write_value(entry.by)),
        ("what", write_value(entry.what)),
        *map(_write_change, entry.changes),
        *((key, write_value(value)) for key, value in entry.facts),
    ]
    return pairs, [event_line(entry)]


def _read_event(raw: RawEntry, at: datetime) -> Event:
    changes: list[FieldChange] = []
    facts = []
    for key, value in raw.pairs:
        if key == "set":
            field, old, new, *_ = [*read_row(value), "", "", ""]
            changes.append(FieldSet(field, old, new))
        elif key == "list":
            field, *items = read_row(value)
            added = tuple(item[1:] for item in items if item.startswith("+"))
            removed = tuple(item[1:] for item in items if item.startswith("-"))
            changes.append(ListChanged(field, added, removed))
        elif key not in {"at", "by", "what"}:
            facts.append((key, unescape(value)))
    return Event(raw.id, at, raw.one("by"), raw.one("what"), tuple(changes), tuple(facts))


def _write_tombstone(entry: Tombstone) -> tuple[list[tuple[str, str]], list[str]]:
    pairs = [
        ("at", write_time(entry.at)),
        ("by", write_value(entry.by)),
        ("covers", write_value(entry.covers)),
        ("reason", write_value(entry.reason)),
        ("message-id", write_value(f"<{entry.message_id}>") if entry.message_id else ""),
        *((key, write_value(value)) for key, value in entry.facts),
    ]
    return pairs, [tombstone_line(entry)]


def _read_tombstone(raw: RawEntry, at: datetime) -> Tombstone:
    return Tombstone(
        raw.id,
        at,
        raw.one("by"),
        raw.one("covers"),
        reason=raw.one("reason"),
        message_id=_bare(raw.one("message-id")),
        facts=_other(raw, frozenset({"at", "by", "covers", "reason", "message-id"})),
    )


_WRITERS: dict[str, Callable[..., tuple[list[tuple[str, str]], list[str]]]] = {
    "message": _write_message,
    "note": _write_note,
    "event": _write_event,
    "tombstone": _write_tombstone,
}
_READERS: dict[str, Callable[[RawEntry, datetime], Entry]] = {
    "message": _read_message,
    "note": _read_note,
    "event": _read_event,
    "tombstone": _read_tombstone,
}
