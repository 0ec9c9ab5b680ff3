"""Who was asked how it went, and who wants no questions: by a hash of the address. RELIABILITY B2, B5.

One small record an address in `.git/desk/csat`, durable before a question is written.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from helpdesk_cli.desk.automatic_counts import hash_of, mailbox_of
from helpdesk_cli.desk.automatic_mail import Refusal
from helpdesk_cli.errors import InvalidFileError
from helpdesk_cli.storage.records import Records

if TYPE_CHECKING:
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.tickets.ticket import Ticket

KIND = "csat"


def refuse_again(desk: Desk, address: str, *, name: str) -> Refusal | None:
    """Why this address is not asked (again); None when it may be. `name`: the question's own in the outbox.

    Raises InvalidFileError for a damaged record: then nobody is asked (A16).
    """
    record = Records(desk.layout.state, KIND).get(_name(address)) or {}
    if record.get("stop"):
        return Refusal("B5", "they wish not to be asked")
    asked = str(record.get("asked", ""))
    try:
        since = desk.now - datetime.fromisoformat(asked) if asked else None
    except (ValueError, TypeError) as error:
        place = str(desk.layout.state / KIND / f"{_name(address)}.json")
        raise InvalidFileError("is no record of a question", place) from error
    if since is not None and record.get("name") != name and since < desk.settings.csat.once_per:
        return Refusal("B2", "they were asked about another ticket a short time ago")
    return None


def note_asked(desk: Desk, address: str, *, name: str) -> None:
    """Remember that they are asked now; durable when this returns."""
    _note(desk, address, asked=desk.now.isoformat(), name=name)


def note_stop(desk: Desk, address: str) -> None:
    """Remember that they wish not to be asked; durable when this returns."""
    _note(desk, address, stop=desk.now.isoformat())


def said_stop(ticket: Ticket, key: str) -> bool:
    """Whether the ticket remembers that this address wishes not to be asked."""
    return any(fact == f"stop {key}" for event in ticket.events for fact in event.all_facts("csat"))


def _note(desk: Desk, address: str, **said: str) -> None:
    records, name = Records(desk.layout.state, KIND), _name(address)
    records.put(name, {**(records.peek(name) or {}), **said})


def _name(address: str) -> str:
    return hash_of(mailbox_of(address))
