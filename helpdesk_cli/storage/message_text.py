"""The header and the lines of a message or a note: what is said, and the files that came with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.storage.body_text import read_body, write_body
from helpdesk_cli.storage.decoration import attachment_lines, heading
from helpdesk_cli.storage.entry_header import write_header, write_row, write_value
from helpdesk_cli.tickets.entries import Attachment, Message, Note
from helpdesk_cli.tickets.person import Person
from helpdesk_cli.tickets.times import read_time, write_time

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from helpdesk_cli.storage.entry_header import Pair, RawEntry

_ATTACHMENT_CELLS = 6
_LONGEST_SIZE = 15
_OUTSIDE = "-"
_MESSAGE_KEYS = frozenset(
    {"at", "direction", "by", "from", "to", "cc", "reply-to", "subject", "date", "message-id", "in-reply-to"}
    | {"reference", "threaded-by", "inbox", "automatic", "bulk", "spam", "failed-recipient", "delivery"}
    | {"answerable", "authenticated", "outbox"}
    | {"flag", "header", "raw", "final-newline", "attachment"}
)
_NOTE_KEYS = frozenset({"at", "by", "final-newline", "attachment"})


def write_message(entry: Message, folder: str) -> tuple[str, str]:
    """The message's header and what stands below it. `folder`: the ticket's own."""
    body, ended = write_body(entry.body)
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
        ("message-id", write_message_id(entry.message_id)),
        ("in-reply-to", write_message_id(entry.in_reply_to)),
        *(("reference", write_message_id(reference)) for reference in entry.references),
        ("threaded-by", write_value(entry.threaded_by)),
        ("inbox", write_value(entry.inbox)),
        ("automatic", write_value(entry.automatic)),
        ("bulk", write_value(entry.bulk)),
        ("spam", "yes" if entry.spam else ""),
        ("answerable", write_value(entry.answerable)),
        ("authenticated", "yes" if entry.authenticated else ""),
        *(("failed-recipient", write_value(address)) for address in entry.failed_recipients),
        ("delivery", write_value(entry.delivery)),
        ("outbox", write_value(entry.outbox)),
        *(("flag", write_value(flag)) for flag in entry.flags),
        *(("header", write_value(f"{name}: {value}")) for name, value in entry.headers),
        ("raw", f"sha256:{write_value(entry.raw)}" if entry.raw else ""),
        ("final-newline", "" if ended else "no"),
        *(_write_attachment(file, folder) for file in entry.attachments),
    ]
    return write_header(pairs, entry.other), f"{heading(entry)}\n{body}{attachment_lines(entry.attachments)}"


def read_message(raw: RawEntry, at: datetime) -> Message:
    """The message; what is missing is empty, what is unknown is in `other`."""
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
        message_id=read_message_id(raw.one("message-id")),
        in_reply_to=read_message_id(raw.one("in-reply-to")),
        references=tuple(map(read_message_id, raw.every("reference"))),
        threaded_by=raw.one("threaded-by"),
        inbox=raw.one("inbox"),
        automatic=raw.one("automatic"),
        bulk=raw.one("bulk"),
        spam=raw.one("spam") == "yes",
        answerable=raw.one("answerable"),
        authenticated=raw.one("authenticated") == "yes",
        failed_recipients=tuple(raw.every("failed-recipient")),
        delivery=raw.one("delivery"),
        outbox=raw.one("outbox"),
        flags=tuple(raw.every("flag")),
        headers=tuple((name, value) for name, _, value in headers),
        raw=raw.one("raw").removeprefix("sha256:"),
        body=read_body(raw.inside, ended=raw.one("final-newline") != "no"),
        attachments=tuple(_read_attachment(row, raw.folder) for row in raw.rows("attachment")),
        other=raw.other(_MESSAGE_KEYS),
    )


def write_note(entry: Note, folder: str) -> tuple[str, str]:
    """The note's header and what stands below it."""
    body, ended = write_body(entry.body)
    pairs = [
        ("at", write_time(entry.at)),
        ("by", write_value(entry.by)),
        ("final-newline", "" if ended else "no"),
        *(_write_attachment(file, folder) for file in entry.attachments),
    ]
    return write_header(pairs, entry.other), f"{heading(entry)}\n{body}{attachment_lines(entry.attachments)}"


def read_note(raw: RawEntry, at: datetime) -> Note:
    """The note."""
    return Note(
        raw.id,
        at,
        raw.one("by"),
        body=read_body(raw.inside, ended=raw.one("final-newline") != "no"),
        attachments=tuple(_read_attachment(row, raw.folder) for row in raw.rows("attachment")),
        other=raw.other(_NOTE_KEYS),
    )


def write_message_id(message_id: str) -> str:
    """`<id>`; "" for none."""
    return write_value(f"<{message_id}>") if message_id else ""


def read_message_id(value: str) -> str:
    """The id without its angle brackets."""
    return value[1:-1] if value.startswith("<") and value.endswith(">") else value


def _people(people: Iterable[Person], key: str) -> list[Pair]:
    return [(key, write_value(str(person))) for person in people]


def _write_attachment(file: Attachment, folder: str) -> Pair:
    cells = [file.filename, file.content_type, str(file.size), f"sha256:{file.sha256}"]
    cells.append(file.path.removeprefix(f"{folder}/") or _OUTSIDE)
    if file.original_name and file.original_name != file.filename:
        cells.append(file.original_name)
    return ("attachment", write_row(*cells))


def _read_attachment(row: list[str], folder: str) -> Attachment:
    name, content_type, size, digest, path, original = (row + [""] * _ATTACHMENT_CELLS)[:_ATTACHMENT_CELLS]
    return Attachment(
        name,
        content_type,
        int(size) if size.isdecimal() and len(size) <= _LONGEST_SIZE else 0,
        digest.removeprefix("sha256:"),
        path="" if path in {"", _OUTSIDE} else path if "/" in path else f"{folder}/{path}",
        original_name=original,
    )


def _optional_time(value: str) -> datetime | None:
    try:
        return read_time(value) if value else None
    except ValueError:
        return None
