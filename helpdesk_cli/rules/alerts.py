"""Monitoring: which thing a mail speaks of, so that a storm about it stays one ticket."""

from __future__ import annotations

import importlib
import re
from typing import TYPE_CHECKING

from helpdesk_cli.query.folding import fold
from helpdesk_cli.query.patterns import NoPatternsError, compile_pattern
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from helpdesk_cli.rules.occasion import Occasion
    from helpdesk_cli.tickets.ticket import Ticket

# What a thing can be known by: `subject`, `subject:/alert: (.+) is/`, `header.x-alert-id`, `requester`.
PLACES = ("subject", "new-text", "requester", "recipient")
_PART = re.compile(
    r"(subject|new-text|requester|recipient|header\.[a-z][a-z0-9-]{0,75})(?::/(.*)/)?", re.DOTALL
)
_LONGEST = 200
_LONGEST_TEXT = 100_000


@dataclass(frozen=True, slots=True)
class Part:
    """A place in a mail, and the pattern whose groups count there; "" is the whole of it."""

    place: str
    pattern: str = ""


def read_part(text: str) -> Part:
    """What `subject:/alert: (.+) is/` means.

    Raises ValueError with what is wrong, NoPatternsError where only the means to run it is missing.
    """
    match = _PART.fullmatch(text.strip())
    if match is None:
        raise ValueError(f'"{text}" is no place in a mail')
    part = Part(match[1], match[2] or "")
    if part.pattern:
        try:
            compile_pattern(part.pattern)
        except NoPatternsError as error:
            raise NoPatternsError(f"this pattern {error}") from error
        except ValueError as error:
            raise ValueError(f"this pattern {error}") from error
    return part


def key_of(parts: tuple[str, ...], ticket: Ticket, occasion: Occasion) -> str:
    """The name of the thing that the mail speaks of; "" where one of the parts is not in it."""
    found = [_value(read_part(part), ticket, occasion) for part in parts]
    if not found or not all(found):
        return ""
    key = " | ".join(found)
    if len(key) <= _LONGEST:
        return key
    # OpenSSL takes 3 ms to load, and `desk show` knows this module.
    sha256 = importlib.import_module("hashlib").sha256
    digest = sha256(key.encode("utf-8", "replace")).hexdigest()[:16]
    return f"{key[: _LONGEST - 17]} {digest}"


def _value(part: Part, ticket: Ticket, occasion: Occasion) -> str:
    text = fold(_text(part.place, ticket, occasion)[:_LONGEST_TEXT])
    if not part.pattern:
        return text
    match = compile_pattern(part.pattern).search(text)
    if match is None:
        return ""
    groups = [group for group in match.groups() if group]
    return " ".join(groups or ([] if match.groups() else [match.group(0)])).strip()


def _text(place: str, ticket: Ticket, occasion: Occasion) -> str:
    message = occasion.message
    if place == "requester":
        return ticket.requester.key
    if place == "recipient":
        return " ".join(sorted(occasion.recipients))
    if place.startswith("header."):
        name = place.removeprefix("header.")
        return next((value for key, value in occasion.headers if key == name), "")
    if place == "subject":
        return (message.subject if message else "") or ticket.subject
    return message.new_text if message else ""
