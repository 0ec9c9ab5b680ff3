"""The last look before a mail is kept for sending: its bytes, read again, say what the letter says."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

from helpdesk_cli.errors import DeskError
from helpdesk_cli.mail.addresses import people
from helpdesk_cli.mail.flowed import flow
from helpdesk_cli.mail.header_lines import one_line, shown_name
from helpdesk_cli.mail.headers import header_text, message_ids
from helpdesk_cli.mail.recipients import check_address

if TYPE_CHECKING:
    from collections.abc import Iterable
    from email.message import Message

    from helpdesk_cli.mail.letter import Letter
    from helpdesk_cli.tickets.person import Person

_MOST_PEOPLE: Final = 10_000
_LONGEST_LINE: Final = 998  # RFC 5322 section 2.1.1
_FIT: Final = bytes([0x09, 0x0A, 0x0D, *range(0x20, 0x7F)])
_HEADERS: Final = frozenset(
    {
        "Date",
        "From",
        "To",
        "Cc",
        "Reply-To",
        "Subject",
        "Message-ID",
        "In-Reply-To",
        "References",
        "MIME-Version",
        "Content-Type",
        "Content-Transfer-Encoding",
    }
)


def check_bytes(data: bytes) -> str:
    """What makes these bytes unfit for the wire; "" when nothing does. T40: two servers must see one mail."""
    ends = data.count(b"\r\n")
    if not data.endswith(b"\r\n") or ends != data.count(b"\r") or ends != data.count(b"\n"):
        return "a line of it does not end as lines of a mail do"
    if unfit := data.translate(None, _FIT):
        return f"it holds the octet {unfit[0]:#04x}"
    if max(map(len, data.split(b"\r\n"))) > _LONGEST_LINE:
        return f"it has a line of more than {_LONGEST_LINE} octets"
    return ""


def prove(letter: Letter, data: bytes) -> None:
    """Raises DeskError where the bytes do not say what the letter says; that is a fault of desk's."""
    if fault := check_bytes(data):
        raise _wrong(fault)
    # Imported where a mail is written, not where one is received.
    mail: Message = importlib.import_module("email").message_from_bytes(data)
    names = mail.keys()
    further = dict(letter.headers)
    if len(set(names)) < len(names) or not _HEADERS.union(further).issuperset(names):
        raise _wrong("it would have a header that was not written")
    ids = {letter.in_reply_to, *letter.references}
    if not ids.issuperset(message_ids(f"{mail.get('In-Reply-To', '')} {mail.get('References', '')}")):
        raise _wrong("it would name other mails than it answers")
    said: dict[str, tuple[object, object]] = {
        "From": (_people(mail, "From"), _wanted([letter.from_])),
        "To": (_people(mail, "To"), _wanted(letter.to)),
        "Cc": (_people(mail, "Cc"), _wanted(letter.cc)),
        "Reply-To": (mail.get("Reply-To", ""), letter.reply_to and check_address(letter.reply_to)),
        "Subject": (header_text(mail.get("Subject", "")), one_line(letter.subject)),
        "Message-ID": (message_ids(mail.get("Message-ID", "")), (letter.message_id,)),
        "text": (_text(mail), flow(letter.text)),
        "HTML": (_html(mail), letter.html.rstrip("\n")),
        "files": (_files(mail), [file.content for file in letter.files]),
        **{name: (mail.get(name), value) for name, value in further.items()},
    }
    for what, (found, wanted) in said.items():
        if found != wanted:
            raise _wrong(f"its {what} would not be what was written")


def _people(mail: Message, name: str) -> list[tuple[str, str]]:
    value = mail.get(name, "")
    return [(person.name, person.email) for person in people(value, most=_MOST_PEOPLE)] if value else []


def _wanted(persons: Iterable[Person]) -> list[tuple[str, str]]:
    found = []
    for person in persons:
        address = check_address(person.email)
        # As addresses are read: quotation marks around a name are not part of it.
        name = shown_name(person).strip("\"' ,")
        found.append(("" if name == address else name, address))
    return found


def _said(mail: Message) -> list[Any]:
    """The parts that say what the mail says: the text, and after it the same in HTML."""
    part: Any = mail
    if part.get_content_type() == "multipart/mixed":
        part = part.get_payload(0)
    return list(part.get_payload()) if part.get_content_type() == "multipart/alternative" else [part]


def _text(mail: Message) -> str:
    return bytes(_said(mail)[0].get_payload(decode=True)).decode("utf-8")


def _html(mail: Message) -> str:
    said = _said(mail)[1:]
    return (
        bytes(said[0].get_payload(decode=True)).decode("utf-8").replace("\r\n", "\n").rstrip("\n")
        if said
        else ""
    )


def _files(mail: Message) -> list[bytes]:
    parts: Any = mail.get_payload() if mail.get_content_type() == "multipart/mixed" else []
    return [bytes(part.get_payload(decode=True)) for part in parts[1:]]


def _wrong(what: str) -> DeskError:
    return DeskError(f"the mail was not written: {what}", hint="This is a fault of desk: please report it.")
