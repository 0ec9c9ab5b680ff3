"""The bytes of a letter: strict in every header, plain in its body (RELIABILITY G26)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.errors import UsageError
from helpdesk_cli.mail import header_lines as lines
from helpdesk_cli.mail.flowed import flow
from helpdesk_cli.mail.mime import file_parts, html_part, multipart, text_part
from helpdesk_cli.mail.proof import check_bytes, prove
from helpdesk_cli.mail.recipients import check_address

if TYPE_CHECKING:
    from helpdesk_cli.mail.letter import Letter

__all__ = ["check_address", "check_bytes", "trim_references", "write_letter"]

# As Request Tracker does it: the first four tell where the thread began, the last six where it is.
_FIRST, _LAST = 4, 6


def trim_references(references: tuple[str, ...]) -> tuple[str, ...]:
    """At most ten of the ids, each once: the first four and the last six."""
    ids = tuple(dict.fromkeys(references))
    return ids if len(ids) <= _FIRST + _LAST else (*ids[:_FIRST], *ids[-_LAST:])


def write_letter(letter: Letter) -> bytes:
    """The mail with CRLF line ends, in ASCII. Raises UsageError for what is not fit to be sent.

    Ids of others that cannot be repeated as they are, or that their mail never had, are left out: a ticket
    that such a mail opened can be answered all the same.
    """
    if not lines.is_id(letter.message_id) or "@" not in letter.message_id:
        raise UsageError(f"{letter.message_id!r} is no Message-ID", hint="It names the desk's own domain.")
    if not letter.to and not letter.cc:
        raise UsageError("this mail has no recipient", hint="Name one with --to.")
    fields = [
        ("Date", lines.date_words(letter.date)),
        ("From", lines.people_words((letter.from_,))),
        ("To", lines.people_words(letter.to)),
        ("Cc", lines.people_words(letter.cc)),
        ("Reply-To", [check_address(letter.reply_to)] if letter.reply_to else []),
        ("Subject", lines.text_words(letter.subject)),
        ("Message-ID", lines.id_words([letter.message_id])),
        ("In-Reply-To", lines.id_words(_known([letter.in_reply_to]))),
        ("References", lines.id_words(trim_references(tuple(_known(letter.references))))),
        *((name, lines.further_words(name, value)) for name, value in letter.headers),
        ("MIME-Version", ["1.0"]),
    ]
    head = b"".join(lines.header(name, words) for name, words in fields if words)
    said = text_part(flow(letter.text), flowed=True)
    if letter.html:
        said = multipart("alternative", [said, html_part(letter.html)], letter.message_id)
    parts = [said, *file_parts(letter.files)]
    data = head + (said if len(parts) == 1 else multipart("mixed", parts, letter.message_id))
    prove(letter, data)
    return data


def _known(ids: tuple[str, ...] | list[str]) -> list[str]:
    return [each for each in ids if lines.is_id(each) and not each.endswith("@missing.invalid")]
