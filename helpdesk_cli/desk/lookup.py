"""Where threading finds tickets: the index says which files, the files say the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.errors import InvalidFileError, NotFoundError
from helpdesk_cli.mail.threading import Candidate
from helpdesk_cli.tickets.ids import read_number
from helpdesk_cli.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Sequence

    from helpdesk_cli.desk.record import Door, Held
    from helpdesk_cli.mail.own import OwnAddresses
    from helpdesk_cli.tickets.ticket import Ticket

_MOST_MERGES = 20


class BrokenTicketError(Exception):
    """The mail belongs to a ticket whose file cannot be read; it waits beside it."""

    def __init__(self, path: str, problem: str) -> None:
        """`path` from the desk's root; `problem` as the reader said it."""
        super().__init__(problem)
        self.path = path
        self.problem = problem


@dataclass(slots=True)
class TicketLookup:
    """The look-ups of `mail.threading` over the desk's files; remembers what it read, by uid."""

    door: Door
    own: OwnAddresses
    read: dict[str, Held] = field(default_factory=dict)

    def by_token(self, uid: str) -> Candidate | None:
        """The ticket with this uid, or the one it was merged into."""
        return self._first(uid, "uid", must_read=True)

    def by_message_id(self, message_id: str) -> Candidate | None:
        """The ticket that stores a message of this id. Raises BrokenTicketError where its file is broken."""
        return self._first(message_id, "message", must_read=True)

    def by_reference(self, message_id: str) -> Sequence[Candidate]:
        """The tickets with a message that names this id."""
        found = self.door.index.paths_named(message_id, "reference")
        return [candidate for path, _ in found if (candidate := self._candidate(path, must_read=False))]

    def by_number(self, number: int) -> Sequence[Candidate]:
        """The tickets that have or had this number."""
        index = self.door.index
        paths = [*index.paths_numbered(number), *index.paths_formerly(number)]
        return [candidate for path in paths if (candidate := self._candidate(path, must_read=False))]

    def holders(self, name: str, role: str, *, must_read: bool = False) -> list[Held]:
        """The readable tickets in which that name has that role.

        With `must_read` it raises BrokenTicketError for one that cannot be read.
        """
        paths = dict.fromkeys(path for path, _ in self.door.index.paths_named(name, role))
        return [held for path in paths if (held := self._held(path, must_read=must_read))]

    def _first(self, name: str, role: str, *, must_read: bool) -> Candidate | None:
        for path, _ in self.door.index.paths_named(name, role):
            if candidate := self._candidate(path, must_read=must_read):
                return candidate
        return None

    def _candidate(self, path: str, *, must_read: bool) -> Candidate | None:
        held = self._held(path, must_read=must_read)
        if held is None:
            return None
        held = self._merged(held)
        self.read[held.ticket.uid] = held
        return candidate_of(held.ticket, self.own)

    def _held(self, path: str, *, must_read: bool) -> Held | None:
        try:
            return self.door.read(path)
        except NotFoundError:
            return None
        except InvalidFileError as error:
            if must_read:
                raise BrokenTicketError(path, str(error)) from error
            return None

    def _merged(self, held: Held) -> Held:
        for _ in range(_MOST_MERGES):
            number = read_number(held.ticket.merged_into, self.door.desk.settings.prefix)
            paths = self.door.index.paths_numbered(number) if number else []
            target = self._held(paths[0], must_read=False) if paths else None
            if target is None:
                return held
            held = target
        return held


def candidate_of(ticket: Ticket, own: OwnAddresses) -> Candidate:
    """What threading must know of a ticket."""
    ids = {message.message_id for message in ticket.messages if message.message_id}
    named: dict[str, set[str]] = {}
    for message in ticket.messages:
        for reference in {message.in_reply_to, *message.references} - ids - {""}:
            named.setdefault(reference, set()).add(message.from_.key)
    participants = frozenset(key for key in ticket.participants if not own.has(key))
    known = {reference: frozenset(senders) for reference, senders in named.items()}
    return Candidate(ticket.uid, ticket.number, participants, frozenset(ids), known)
