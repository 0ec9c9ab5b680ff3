"""From, To, Cc and their kin to persons, without promoting doubtful text to an address."""

from __future__ import annotations

import importlib
import re
from functools import cache
from typing import TYPE_CHECKING, Final

from helpdesk_cli.mail.common_forms import common_mailboxes
from helpdesk_cli.mail.headers import from_octets, header_text, with_plain_words
from helpdesk_cli.tickets.person import Person

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_NAME_LENGTH: Final = 200
_ADDRESS_LENGTH: Final = 320  # RFC 3696 section 3


def people(value: str, *, most: int, hint: str = "") -> tuple[Person, ...]:
    """The mailboxes of an address header, at most `most` of them; groups are opened.

    mail-parser reads them; what it rejects (a mailbox without brackets, addresses side by side, a
    name alone) is looked at again, each list member by itself.
    """
    value = from_octets(value, hint) if not value.isascii() else value
    value = with_plain_words(_BREAK.sub(" ", value), hint)
    if ";" in value and ":" not in value:
        # Outlook's separator. In quotes it is part of a name.
        pieces = value.split('"')
        pieces[::2] = [piece.replace(";", ",") for piece in pieces[::2]]
        value = '"'.join(pieces)
    if value.count(",") >= most:
        value = ",".join(value.split(",", most)[:most])
    doubtful: list[dict[str, Any]] = []
    try:
        found = common_mailboxes(value)
        if found is None:
            found = _mail_parser()(value, defects=doubtful, decode_names=True)
    except Exception:  # noqa: BLE001 - the value is anybody's; whatever the parser raises, the mail is read
        return _plainly(value, hint)
    persons = [_person(name, address, hint) for name, address in found if address]
    for defect in doubtful:
        if not defect["recovered"]:
            persons += _plainly(str(defect["raw"]), hint)
    return tuple(person for person in persons if person.name or person.email)


@cache
def _mail_parser() -> Callable[..., list[tuple[str, str]]]:
    # 40 ms of imports that few mails need. It logs pieces of the mail: a desk's log is not for that.
    logging = importlib.import_module("logging")
    log = logging.getLogger("mailparser")
    log.addHandler(logging.NullHandler())
    log.propagate = False
    found: Callable[..., list[tuple[str, str]]] = importlib.import_module("mailparser.utils").get_addresses
    return found


_BREAK: Final = re.compile(r"\r?\n[ \t]*|[\x00\r\n]")


def _person(name: str, address: str, hint: str) -> Person:
    # Encoded words in quotes are against RFC 2047 section 5, and many programs write them.
    shown = header_text(name, hint)[:_NAME_LENGTH].strip("\"' ,")
    address = _clean(address)
    return Person("" if shown == address else shown, address)


def _clean(address: str) -> str:
    return "".join(char for char in address[:_ADDRESS_LENGTH] if char.isprintable()).strip()


@cache
def _address() -> re.Pattern[str]:
    return re.compile(r"[^\s<>()\[\]\",;:@]{1,64}@[^\s<>()\[\]\",;:@]{1,255}")


def _plainly(value: str, hint: str) -> tuple[Person, ...]:
    """Persons from what is no mailbox by RFC 5322: every address that stands in it, else a name.

    All of them, never a choice: of `alice@ok)evil@x` neither may pass for the one sender.
    """
    value = value.strip(" \t;")
    addresses = _address().findall(re.sub(r'"[^"]*"', " ", value))
    if len(addresses) == 1:
        name = value.replace(addresses[0], " ")
        return (_person(re.sub(r"[<>]", " ", name), addresses[0], hint),)
    if addresses:
        return tuple(Person("", _clean(address)) for address in dict.fromkeys(addresses))
    if ":" in value and value.endswith((":", ": ")):  # an empty group: "undisclosed-recipients:;"
        return ()
    quoted = re.match(r'\s*"([^"]*)"', value)
    name = header_text(quoted[1] if quoted else re.sub(r"[<>]", " ", value), hint)
    return (Person(re.sub(r"\s+", " ", name)[:_NAME_LENGTH].strip("\"' ")),)
