"""Whether we know somebody: they have a ticket in which one of us wrote to them.

That somebody has written in this name before says nothing: anybody may, and then come back as "known".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.desk.automatic_mail import bounced, is_human_reply
from helpdesk_cli.desk.csat_memory import said_stop
from helpdesk_cli.desk.record import LARGEST_TICKET
from helpdesk_cli.errors import DeskError
from helpdesk_cli.storage.folder import read_file
from helpdesk_cli.storage.ticket_file import read_ticket_file
from helpdesk_cli.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.storage.index import Index
    from helpdesk_cli.tickets.person import Person
    from helpdesk_cli.tickets.ticket import Ticket

# The latest of somebody's tickets tell enough.
_MOST_READ = 20


@dataclass(slots=True)
class Acquaintance:
    """Who is known, for many questions: the index is read once."""

    desk: Desk
    index: Index
    _paths: dict[str, list[str]] = field(default_factory=dict)

    def is_known(self, person: Person) -> bool:
        """Whether one of us wrote to them in a ticket of theirs."""
        return any(
            is_human_reply(message) and person.key in {each.key for each in (*message.to, *message.cc)}
            for ticket in self._tickets(person)
            for message in ticket.messages
        )

    def bounces(self, person: Person) -> bool:
        """Whether mail to them came back, in any of their tickets."""
        return any(bounced(ticket, person.key) for ticket in self._tickets(person))

    def wants_no_questions(self, person: Person) -> bool:
        """Whether they answered "stop" in any of their tickets (`csat_memory` knows it as a rule)."""
        return any(said_stop(ticket, person.key) for ticket in self._tickets(person))

    def _tickets(self, person: Person) -> Iterator[Ticket]:
        if not self._paths:
            for row in self.index.rows():
                self._paths.setdefault(row.requester_email, []).append(row.path)
        for path in reversed(self._paths.get(person.key, [])[-_MOST_READ:]):
            try:
                data, _ = read_file(self.desk.path(path), within=self.desk.layout.root, limit=LARGEST_TICKET)
                yield read_ticket_file(data, place=path).ticket
            except (DeskError, OSError):
                # What cannot be read vouches for nobody.
                continue
