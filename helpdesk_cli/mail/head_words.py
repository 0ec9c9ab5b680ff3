"""What a mail's head says to whoever only wants to know which mail it is: bytes, in one straight line."""

from __future__ import annotations

import re
from typing import Final

from helpdesk_cli.mail.headers import message_ids
from helpdesk_cli.values import dataclass

_HEAD: Final = 256 * 1024
_NAMES: Final = b"message-id|from|date|received|delivered-to|x-original-to|envelope-to|to|cc"
_FIELD: Final = re.compile(
    rb"^(%s)[ \t]*:((?:[^\r\n]|\r?\n[ \t]){0,4000})" % _NAMES, re.MULTILINE | re.IGNORECASE
)
_ADDRESS: Final = re.compile(r"[^\s<>,;:\"()]{1,64}@[^\s<>,;:\"()]{1,255}")
_RECIPIENTS: Final = ("delivered-to", "x-original-to", "envelope-to", "to", "cc")


@dataclass(frozen=True, slots=True)
class Head:
    """The id (bare), when and from whom in the mail's own words, and every address that it went to.

    `received` is the time, as written, that the last mail server on its way put on it.
    """

    message_id: str = ""
    date: str = ""
    sender: str = ""
    recipients: tuple[str, ...] = ()
    received: str = ""


def read_head(data: bytes) -> Head:
    """The head of a mail; what is not there is empty."""
    head = re.split(rb"\r?\n\r?\n", data[:_HEAD], maxsplit=1)[0]
    found: dict[str, list[str]] = {}
    for match in _FIELD.finditer(head):
        value = " ".join(match[2].decode("utf-8", "replace").split())
        found.setdefault(match[1].decode().lower(), []).append(value)
    ids = [each for value in found.get("message-id", ()) for each in message_ids(value)]
    people = [
        each for name in _RECIPIENTS for value in found.get(name, ()) for each in _ADDRESS.findall(value)
    ]
    return Head(
        next(iter(ids), ""),
        next(iter(found.get("date", ())), ""),
        next(iter(found.get("from", ())), ""),
        tuple(dict.fromkeys(people)),
        next(iter(found.get("received", ())), "").rpartition(";")[2].strip(),
    )
