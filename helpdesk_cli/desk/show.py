"""`desk show`, `path`, `attachments`: what is in a ticket. Reads only."""

from __future__ import annotations

import importlib
import re
from typing import TYPE_CHECKING

from helpdesk_cli.desk.indexing import open_index
from helpdesk_cli.desk.outbox_view import delivery_words
from helpdesk_cli.desk.ticket_paths import LARGEST_TICKET, find_path
from helpdesk_cli.errors import DeskError, NotFoundError, UsageError
from helpdesk_cli.storage import records
from helpdesk_cli.storage.folder import read_file
from helpdesk_cli.storage.sla_copy import load_choices
from helpdesk_cli.storage.ticket_file import read_ticket_file
from helpdesk_cli.tickets.as_json import show_json
from helpdesk_cli.tickets.entries import Attachment, Message, Note
from helpdesk_cli.tickets.escalations import escalations
from helpdesk_cli.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Mapping

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.sla.clocks import Clock
    from helpdesk_cli.tickets.escalations import Escalation
    from helpdesk_cli.tickets.ticket import Ticket


@dataclass(frozen=True, slots=True)
class Shown:
    """A ticket, its file's path from the desk's root, and how many mails wait for a file to be mended.

    `deliveries` says for people what became of messages that went out, by entry; it knows more than the file
    where mail is on its way out from this host. `escalated`: how far up it is, since it was last done.
    """

    ticket: Ticket
    path: str
    waiting: int = 0
    deliveries: Mapping[str, str] = field(default_factory=dict)
    escalated: tuple[Escalation, ...] = ()

    def json(self) -> dict[str, object]:
        """The stable JSON of `desk show --json`."""
        return show_json(self.ticket, path=self.path)


def show(desk: Desk, word: str) -> Shown:
    """The ticket that `word` names; `42.3` names it too. Raises NotFoundError, InvalidFileError."""
    path = path_of(desk, split_message(word)[0])
    data, _ = read_file(desk.path(path), within=desk.layout.root, limit=LARGEST_TICKET)
    ticket = read_ticket_file(data, place=path).ticket
    waiting = sum(
        1
        for _, record in records.waiting(desk.layout).items()
        if isinstance(record, dict) and record.get("path") == path
    )
    done = escalations(ticket, lambda status: desk.settings.status_kind(status) == "done")
    return Shown(ticket, path, waiting, delivery_words(desk, ticket), tuple(done))


def path_of(desk: Desk, word: str) -> str:
    """The path of a ticket's file from the desk's root. Raises NotFoundError, InvalidFileError."""
    index = open_index(desk, full=False)
    try:
        return find_path(desk, index, word)
    finally:
        index.close()


def split_message(word: str) -> tuple[str, int | None]:
    """(ticket, message number) of `42.3`; the number is None in `42`. Raises UsageError for `42.x`."""
    ticket, dot, number = word.partition(".")
    if not dot:
        return word, None
    if re.fullmatch(r"0{0,9}[1-9][0-9]{0,8}", number) is None:
        raise UsageError(f'"{word}" names no message', "", "The third message of ticket 42 is 42.3.")
    return ticket, int(number)


def message_of(desk: Desk, word: str) -> Message:
    """The message that `42.3` names; `42` names the first. Raises NotFoundError."""
    shown = show(desk, word)
    number = split_message(word)[1] or 1
    found = next((entry for count, entry in shown.ticket.numbered if count == number), None)
    if isinstance(found, Message):
        return found
    count = len(list(shown.ticket.numbered))
    if found is not None:
        raise NotFoundError(f"{shown.ticket.id}.{number} was removed ({found.kind})")
    raise NotFoundError(f"{shown.ticket.id} has {count} message{'' if count == 1 else 's'}, no {number}")


def raw_of(desk: Desk, word: str) -> bytes:
    """The bytes of a message as they came. Raises NotFoundError where this host does not have them."""
    message = message_of(desk, word)
    if not message.raw:
        raise NotFoundError(f"{word} was not a mail: there is no original")
    data: bytes = importlib.import_module("helpdesk_cli.storage.raw").read(desk.layout.state, message.raw)
    return data


def attachments(desk: Desk, word: str) -> list[Attachment]:
    """The attachments of a ticket in order, or those of one message (`42.3`)."""
    shown = show(desk, word)
    number = split_message(word)[1]
    if number is not None:
        return list(message_of(desk, word).attachments)
    entries = [entry for entry in shown.ticket.entries if isinstance(entry, (Message, Note))]
    return [file for entry in entries for file in entry.attachments]


def attachment_content(desk: Desk, word: str, number: int) -> tuple[Attachment, bytes]:
    """The n-th attachment (from 1) of a ticket or message with its bytes. Raises NotFoundError."""
    files = attachments(desk, word)
    if not 1 <= number <= len(files):
        what = f"{len(files)} attachment{'' if len(files) == 1 else 's'}"
        raise NotFoundError(f"{word} has {what}, no {number}", "", f"`desk attachments {word}` lists them.")
    file = files[number - 1]
    if not file.path:
        content: bytes = importlib.import_module("helpdesk_cli.storage.large").read(desk.layout, file.sha256)
        return file, content
    folder = path_of(desk, split_message(word)[0]).rpartition("/")[0]
    try:
        data, _ = read_file(desk.path(f"{folder}/{file.path}"), within=desk.layout.root)
    except FileNotFoundError:
        raise NotFoundError(
            "this attachment is gone", f"{folder}/{file.path}", "`git log -- PATH` finds it."
        ) from None
    return file, data


def due_clocks(desk: Desk, ticket: Ticket) -> tuple[Clock, ...]:
    """What was promised and is still to be done; () where sla.yaml promises nothing or is broken."""
    if not load_choices(desk.layout, desk.settings).policies:
        return ()
    # Its modules are needed where something is promised.
    levels = importlib.import_module("helpdesk_cli.desk.levels")
    try:
        found: tuple[Clock, ...] = levels.level_of(desk, ticket).open_clocks
    except DeskError:
        return ()
    return found
