"""What can be told of a mail that must not be parsed: its plain headers and a piece of its text.

Plain scans over a bounded piece: the parser that failed on it is not asked again.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from helpdesk_cli.mail.headers import date_of, header_text
from helpdesk_cli.mail.model import Incoming
from helpdesk_cli.tickets.person import Person

if TYPE_CHECKING:
    from datetime import datetime

_HEAD: Final = 256 << 10
_EXCERPT: Final = 16 << 10
_VALUE: Final = 2000
_PERSONS: Final = 100
_FIELD: Final = re.compile(
    rb"^(from|sender|reply-to|to|cc|subject|date|message-id|in-reply-to|references|auto-submitted|precedence"
    rb"|return-path|list-id|content-type|x-failed-recipients)[ \t]*:"
    rb"[ \t]*([^\n]{0,2000}(?:\n[ \t][^\n]{0,500}){0,20})",
    re.IGNORECASE | re.MULTILINE,
)
_ADDRESS: Final = re.compile(r"[^\s<>()\[\]\",;:@]{1,64}@[^\s<>()\[\]\",;:@]{1,255}")
_IDS: Final = re.compile(r"<([!-;=?-~]{1,250})>")


def salvage(raw: bytes) -> Incoming:
    """The readable headers of the first 256 kB and a piece of what follows them. Never raises, never slow."""
    start = (
        raw[: _HEAD + _EXCERPT].removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    )
    end = start.find(b"\n\n", 0, _HEAD)
    head, body = (start[:_HEAD], b"") if end == -1 else (start[:end], start[end:])
    headers = tuple((match[1].decode().lower(), _value(match[2])) for match in _FIELD.finditer(head))
    first = dict(reversed(headers))
    ids = _IDS.findall(first.get("in-reply-to", ""))
    references = dict.fromkeys(_IDS.findall(first.get("references", "")) + ids[1:])
    kind = first.get("content-type", "").partition(";")[0].strip().lower()
    return Incoming(
        message_id=next(iter(_IDS.findall(first.get("message-id", ""))), ""),
        in_reply_to=next(iter(ids), ""),
        references=tuple(references),
        subject=first.get("subject", ""),
        from_=tuple(person for key, value in headers if key == "from" for person in _persons(value)),
        sender=next(iter(_persons(first.get("sender", ""))), None),
        reply_to=_persons(first.get("reply-to", "")),
        to=_persons(first.get("to", "")),
        cc=_persons(first.get("cc", "")),
        date=_date(first.get("date", "")),
        text=_plain(body[:_EXCERPT]).strip("\n"),
        headers=headers,
        content_type=kind if re.fullmatch(r"[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,60}", kind) else "text/plain",
        problems=("unparsed",),
    )


def _value(octets: bytes) -> str:
    try:
        return header_text(octets.decode("ascii", "surrogateescape"))[:_VALUE]
    except Exception:  # noqa: BLE001 - the last net has none below it
        return re.sub(r"[\x00-\x20\x7f]+", " ", octets.decode("latin-1")).strip(" ")[:_VALUE]


def _date(value: str) -> datetime | None:
    try:
        return date_of(value)
    except Exception:  # noqa: BLE001 - as above
        return None


def _plain(octets: bytes) -> str:
    # A piece cut from the middle of a letter is still UTF-8.
    text = octets.decode("utf-8", "replace")
    bad = text.count("\ufffd")
    return text if bad <= 1 or bad * 4 < sum(char > "\x7f" for char in text) else octets.decode("latin-1")


def _persons(value: str) -> tuple[Person, ...]:
    found = []
    for piece in value.split(",", _PERSONS)[:_PERSONS]:
        match = _ADDRESS.search(piece)
        name = re.sub(r"[<>\"]", " ", piece.replace(match[0], "") if match else piece)
        name = re.sub(r"\s+", " ", name).strip()[:200]
        if match or name:
            found.append(Person(name, match[0] if match else ""))
    return tuple(found)
