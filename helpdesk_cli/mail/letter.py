"""A mail that is to go out, as values; `outgoing` writes its bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from datetime import datetime

    from helpdesk_cli.tickets.person import Person


@dataclass(frozen=True, slots=True)
class File:
    """A file to attach."""

    filename: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Letter:
    """What a mail says and to whom. Ids are bare; `date` is UTC; `reply_to` an address, "" for none.

    `headers` are further ones (Auto-Submitted, X-Desk-Loop ...), of a fixed list of names. `html`
    says the same as the text, for who would rather see that; "" for none, as in all that goes to customers.
    """

    from_: Person
    to: tuple[Person, ...]
    subject: str
    text: str
    message_id: str
    date: datetime
    cc: tuple[Person, ...] = ()
    reply_to: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    files: tuple[File, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    html: str = ""
