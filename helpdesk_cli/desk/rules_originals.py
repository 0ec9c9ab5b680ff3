"""Headers that nobody kept with a ticket: read again from the original, where this host has it.

A ticket keeps the headers that the rules of its day asked for; another rules.yaml may ask for more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.desk.filing import recipients_of
from helpdesk_cli.desk.reading import circumstances_of, parser
from helpdesk_cli.mail.received import Envelope
from helpdesk_cli.rules.conditions import asks_recipients, headers_of
from helpdesk_cli.storage import raw
from helpdesk_cli.storage.sandbox import LimitExceededError, Worker
from helpdesk_cli.values import replace

if TYPE_CHECKING:
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.rules_reading import Book
    from helpdesk_cli.rules.occasion import Occasion
    from helpdesk_cli.tickets.entries import Message

    Found = tuple[tuple[tuple[str, str], ...], tuple[str, ...]]

# Of an original: what is longer than this is no head that a mail server let through.
_LONGEST_HEAD = 1_000_000


class Originals:
    """What rules ask of mails that their tickets may not tell. Whoever makes it closes it."""

    def __init__(self, desk: Desk, *books: Book) -> None:
        """`books`: the rules that ask."""
        rules = [rule for book in books for rule in book.rules]
        self.headers = frozenset(headers_of(rules)) - set(desk.settings.keep_headers)
        self.recipients = asks_recipients(rules)
        # Mails whose original is not here, and does not tell.
        self.missing = 0
        self._state = desk.layout.state
        around = circumstances_of(desk)

        def read(digest: str) -> Found:
            mail = parser().receive(_head(raw.read(self._state, digest)), Envelope(), around)
            return mail.mail.headers, recipients_of(mail, Envelope())

        self._worker: Worker[str, Found] = Worker(read)

    def close(self) -> None:
        """End the child that reads."""
        self._worker.stop()

    def complete(self, occasion: Occasion) -> Occasion:
        """The occasion with every header of its mail, and with where it was delivered."""
        message = occasion.message
        if message is None or message.direction != "in" or message.by or not self._lacks(message, occasion):
            return occasion
        if not message.raw or not raw.path_of(self._state, message.raw).exists():
            self.missing += 1
            return occasion
        try:
            parser()
            self._worker.send(message.raw)
            headers, recipients = self._worker.receive()
        except LimitExceededError:
            self._worker.stop()
            self.missing += 1
            return occasion
        return replace(occasion, headers=headers, recipients=occasion.recipients or recipients)

    def _lacks(self, message: Message, occasion: Occasion) -> bool:
        if self.recipients and not occasion.recipients:
            return True
        return not self.headers <= {name for name, _ in message.headers}


def _head(data: bytes) -> bytes:
    """What stands before the first empty line."""
    ends = [end for line in (b"\n\n", b"\n\r\n", b"\r\r") if (end := data.find(line, 0, _LONGEST_HEAD)) >= 0]
    return data[: min(ends) + 1] if ends else data[:_LONGEST_HEAD]
