"""Failed recipients in reports that follow no standard: what mail servers write in words.

flufl.bounce, which Mailman lives by, knows the forms of the world's servers; the caller decides which
mail it gets to see. What it sees is cut: its patterns have a quadratic worst case.
"""

from __future__ import annotations

import importlib
import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from email.message import Message
    from types import ModuleType

    from helpdesk_cli.mail.model import Incoming, Part

RETURNED_TYPES = frozenset(
    ("message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers")
)
# What a report says stands at its top.
_LONGEST_NOTICE = 64_000
_LONGEST_LINE = 256
_LONGEST_RETURNED = 8_000


def read_free_text(mail: Incoming) -> tuple[list[str], list[str]]:
    """(failed, delayed): the addresses that the report names."""
    named = [
        found[0]
        for value in mail.all_headers("x-failed-recipients")
        for found in address_pattern().finditer(value[:4000])
    ]
    if named:
        return named, []
    try:
        temporary, permanent = _flufl_bounce().all_failures(_as_message(mail))
    except Exception:  # noqa: BLE001 - whatever a foreign detector stumbles over: the mail itself is not at stake
        temporary = permanent = frozenset()
    failed, delayed = _addresses(permanent), _addresses(temporary)
    return (failed, delayed) if failed or delayed else (_refused_lines(mail), [])


def _addresses(found: Iterable[bytes]) -> list[str]:
    texts = [address.decode("ascii", "replace").strip() for address in found]
    return [text for text in texts if "@" in text]


@cache
def _flufl_bounce() -> ModuleType:
    # Loaded for what looks like a report only (15 ms). Its log would reach standard error through
    # logging's last resort, and with it what a mail says.
    logging = importlib.import_module("logging")
    logging.getLogger("flufl.bounce").disabled = True
    return importlib.import_module("flufl.bounce")


def _as_message(mail: Incoming) -> Message:
    """The mail as flufl.bounce wants it: an email.message.Message, cut to what its patterns can bear."""
    email = importlib.import_module("email.message")
    parser = importlib.import_module("email.parser")
    message: Message = email.Message()
    message["Content-Type"] = mail.content_type
    for name in ("from", "subject", "x-mailer"):
        if value := mail.header(name):
            message[name] = value[:_LONGEST_LINE]
    notice = "\n".join(line[:_LONGEST_LINE] for line in mail.text[:_LONGEST_NOTICE].split("\n"))
    if not mail.content_type.startswith("multipart/"):
        message.replace_header("Content-Type", "text/plain")
        message.set_payload(notice)
        return message
    text: Message = email.Message()
    text["Content-Type"] = "text/plain"
    text["Content-Description"] = "Notification"
    text.set_payload(notice)
    message.set_payload([text])
    for part in mail.parts:
        if part.content_type in RETURNED_TYPES or part.content_type == "text/plain":
            source = f"Content-Type: {part.content_type}\n\n{text_of(part, _LONGEST_RETURNED)}"
            message.attach(parser.Parser().parsestr(source))
    return message


def _refused_lines(mail: Incoming) -> list[str]:
    """Addresses that a line of the notice names together with an SMTP refusal; none of our own."""
    ours = {person.key for person in (*mail.to, *mail.cc, *mail.from_)}
    found: list[str] = []
    for line in mail.text[:_LONGEST_RETURNED].split("\n"):
        if re.search(r"(?<!\d)[45]\d\d(?:[ -]|$)", line[:_LONGEST_LINE]) is None:
            continue
        found += [match[0].rstrip(".") for match in address_pattern().finditer(line[:_LONGEST_LINE])]
    return [address for address in found if address.casefold() not in ours]


@cache
def address_pattern() -> re.Pattern[str]:
    """An address in running text, without brackets and quotes."""
    part = r"[^\s<>\"'(),:;@\[\]]"
    # Tried at the start of a word only, or a long one would cost its length squared.
    return re.compile(rf"(?<!{part}){part}{{1,200}}@{part}{{1,200}}")


def text_of(part: Part, most: int) -> str:
    """The start of a part as text with plain line ends; at most `most` bytes of it."""
    return part.content[:most].decode("utf-8", "replace").replace("\r\n", "\n")
