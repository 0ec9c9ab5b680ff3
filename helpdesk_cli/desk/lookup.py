"""Where threading finds tickets: the index says which files, the files say the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.errors import InvalidFileError, NotFoundError
from helpdesk_cli.mail.threading import Candidate
from helpdesk_cli.storage.index import number_of
from helpdesk_cli.tickets.entries import Message, Note
from helpdesk_cli.tickets.ids import read_number
from helpdesk_cli.tickets.moves import went_to
from helpdesk_cli.values import dataclass, field, replace

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from helpdesk_cli.desk.record import Door, Held
    from helpdesk_cli.mail.own import OwnAddresses
    from helpdesk_cli.tickets.ticket import Ticket

_MOST_MERGES = 20
# Thousands of strangers can write one id into their mails, and a mail can name many ids: no mail reads
# more files than this, for one id and altogether.
_MOST_HOLDERS = 50
_MOST_READ = 200


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
    _files: dict[str, Held | BrokenTicketError | None] = field(default_factory=dict)

    def by_token(self, uid: str, entry: str = "") -> Candidate | None:
        """The ticket with this uid, or the one it was merged into, or the one where `entry` of it is now."""
        paths = self._paths(uid, "uid")
        moved = [path for path in self._paths(entry, "entry") if path not in paths] if entry and paths else []
        return next(iter(self._candidates([*moved, *paths])), None)

    def by_message_id(self, message_id: str) -> Sequence[Candidate]:
        """The tickets that store a message of this id, the earliest first: an id can be used again.

        Raises BrokenTicketError where the file of the earliest cannot be read.
        """
        paths = [path for path in self._paths(message_id, "message") if self._is_here(path, message_id)]
        return list(self._candidates(paths))

    def by_reference(self, message_id: str) -> Sequence[Candidate]:
        """The tickets with a message that names this id."""
        paths = self._paths(message_id, "reference")
        return [candidate for path in paths if (candidate := self._candidate(path, must_read=False))]

    def by_number(self, number: int) -> Sequence[Candidate]:
        """The tickets that have or had this number."""
        index = self.door.index
        paths = [*index.paths_numbered(number), *index.paths_formerly(number)]
        return [candidate for path in paths if (candidate := self._candidate(path, must_read=False))]

    def holders(self, name: str, role: str, *, must_read: bool = False) -> list[Held]:
        """The readable tickets in which that name has that role, the earliest first.

        With `must_read` it raises BrokenTicketError for one that cannot be read.
        """
        return [held for path in self._paths(name, role) if (held := self._held(path, must_read=must_read))]

    def _is_here(self, path: str, message_id: str) -> bool:
        """Whether a message of this id is, or was, in this ticket: what was split off is elsewhere now."""
        held = self._held(path, must_read=False)
        if held is None or held.ticket.merged_into:
            return True
        entries = [entry for _, entry in held.ticket.numbered if not isinstance(entry, Note)]
        named = [entry for entry in entries if entry.message_id == message_id]
        return not named or any(isinstance(entry, Message) or not went_to(entry) for entry in named)

    def _paths(self, name: str, role: str) -> list[str]:
        paths = {path for path, _ in self.door.index.paths_named(name, role)}
        return sorted(paths, key=lambda path: (number_of(path), path))[:_MOST_HOLDERS]

    def _candidates(self, paths: Sequence[str]) -> Iterator[Candidate]:
        """Raises BrokenTicketError where the first that there is cannot be read."""
        is_first = True
        for path in paths:
            if candidate := self._candidate(path, must_read=is_first):
                is_first = False
                yield candidate

    def _candidate(self, path: str, *, must_read: bool) -> Candidate | None:
        held = self._held(path, must_read=must_read)
        if held is None:
            return None
        chain = self._merged(held)
        target = chain[-1]
        self.read[target.ticket.uid] = target
        found = candidate_of(target.ticket, self.own)
        for merged in (candidate_of(held.ticket, self.own) for held in chain[:-1]):
            # Whoever took part in what was merged takes part in what it was merged into.
            found = replace(
                found,
                participants=found.participants | merged.participants,
                message_ids=found.message_ids | merged.message_ids,
                known_references={**merged.known_references, **found.known_references},
            )
        return found

    def _held(self, path: str, *, must_read: bool) -> Held | None:
        if path not in self._files:
            if len(self._files) >= _MOST_READ:
                return None
            self._files[path] = self._read(path)
        found = self._files[path]
        if isinstance(found, BrokenTicketError):
            if must_read:
                raise found
            return None
        return found

    def _read(self, path: str) -> Held | BrokenTicketError | None:
        try:
            return self.door.read(path)
        except NotFoundError:
            return None
        except InvalidFileError as error:
            return BrokenTicketError(path, str(error))

    def _merged(self, held: Held) -> list[Held]:
        """The ticket, and those that it was merged into one after the other."""
        chain = [held]
        index, prefix = self.door.index, self.door.desk.settings.prefix
        while name := chain[-1].ticket.merged_into:
            number = read_number(name, prefix)
            paths = index.paths_numbered(number) if number else index.paths_of_id(name)
            target = self._held(paths[0], must_read=False) if paths else None
            if target is None or target in chain or len(chain) > _MOST_MERGES:
                break
            chain.append(target)
        return chain


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
