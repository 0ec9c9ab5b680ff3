"""A message as a mail once more, where its original is not here: made of what the ticket says of it.

For archives and mail programs, never for sending: what could not be written to a recipient, a telephone
number or an address that is none, is said all the same.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from helpdesk_cli.errors import UsageError
from helpdesk_cli.mail import header_lines as lines
from helpdesk_cli.mail.mime import file_parts, multipart, text_part
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from helpdesk_cli.mail.letter import File
    from helpdesk_cli.tickets.person import Person

# RFC 2606: nobody ever has an address there.
_NOWHERE: Final = "unknown.invalid"
_LINE_END: Final = re.compile(r"\r\n|\r|\n")
_UNFIT: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_LONE: Final = re.compile(r"[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Old:
    """What such a mail says. Ids are bare; `headers` are of desk's own names."""

    from_: Person
    subject: str
    text: str
    message_id: str
    at: datetime
    to: tuple[Person, ...] = ()
    cc: tuple[Person, ...] = ()
    reply_to: tuple[Person, ...] = ()
    references: tuple[str, ...] = ()  # oldest first; the last is what it answers
    headers: tuple[tuple[str, str], ...] = ()


def rebuild(old: Old, files: Sequence[File] = ()) -> bytes:
    """Its bytes, in ASCII with CRLF; whatever is in a value, no value makes a header of its own."""
    known = [each for each in old.references if lines.is_id(each)]
    fields = [
        *((name, lines.text_words(value)) for name, value in old.headers),
        ("Date", lines.date_words(old.at)),
        ("From", _people([old.from_])),
        ("To", _people(old.to)),
        ("Cc", _people(old.cc)),
        ("Reply-To", _people(old.reply_to)),
        ("Subject", lines.text_words(old.subject)),
        ("Message-ID", lines.id_words([old.message_id])),
        ("In-Reply-To", lines.id_words(known[-1:])),
        ("References", lines.id_words(known)),
        ("MIME-Version", ["1.0"]),
    ]
    head = b"".join(lines.header(name, words) for name, words in fields if words)
    parts = [text_part(_text(old.text)), *file_parts(tuple(files))]
    return head + (parts[0] if len(parts) == 1 else multipart("mixed", parts, old.message_id))


def _text(text: str) -> str:
    fit = _LONE.sub("\N{REPLACEMENT CHARACTER}", _UNFIT.sub(" ", _LINE_END.sub("\n", text)))
    return (fit if fit.endswith("\n") else f"{fit}\n").replace("\n", "\r\n")


def _people(people: Iterable[Person]) -> list[str]:
    words: list[str] = []
    for person in people:
        if words:
            words[-1] += ","
        try:
            words += lines.people_words([person])
        except UsageError:
            words += lines.people_words([_somebody(person)])
    return words


def _somebody(person: Person) -> Person:
    """Who has no address to write to, with one that is theirs alone and reaches nobody."""
    told = " ".join(part for part in (person.name, person.email, person.phone, person.handle) if part)
    mark = sha256(str(person).encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return type(person)(name=told or "unknown", email=f"{mark}@{_NOWHERE}")
