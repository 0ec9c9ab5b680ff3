"""What came into the desk since the last look: by mail, by hand, by a pull. Read from git's HEAD.

Whoever acts on news does so at most once for each, by the name of what they write (an outbox name), for
the same news is read again until it is settled: after a crash, or where another who acts on it failed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.desk.indexing import open_index
from helpdesk_cli.desk.record import LARGEST_TICKET
from helpdesk_cli.errors import DeskError, InvalidFileError
from helpdesk_cli.storage import refs
from helpdesk_cli.storage.arrivals import arrivals, is_ancestor
from helpdesk_cli.storage.folder import read_file
from helpdesk_cli.storage.records import Records
from helpdesk_cli.storage.ticket_file import read_ticket_file
from helpdesk_cli.tickets.entries import sort_key
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.tickets.entries import Entry
    from helpdesk_cli.tickets.ticket import Ticket

KIND = "news"
_NAME = "reached"

_FROM_NOW_ON = (
    "what came in between is told to nobody, and nobody gets mail for it; from now on all is as before"
)
_REWRITTEN = f"git's history is another than at the last look (rebased, or another branch): {_FROM_NOW_ON}"


@dataclass(frozen=True, slots=True)
class News:
    """(path, ticket, entry) of what came in, in order of time; the ticket is as it is now.

    What an import brought is not among it. `problems`: what could not be looked at, in words; it is
    looked at again. `tip` and `left` (path -> ids of entries) are what `settle` remembers.
    """

    desk: Desk
    tip: str
    items: tuple[tuple[str, Ticket, Entry], ...] = ()
    problems: tuple[str, ...] = ()
    left: tuple[tuple[str, tuple[str, ...]], ...] = ()
    is_settled: bool = False

    def __iter__(self) -> Iterator[tuple[str, Ticket, Entry]]:
        """Each piece of news."""
        return iter(self.items)

    def settle(self) -> None:
        """Everything was acted on: it is news no more. Durable when this returns."""
        if not self.is_settled:
            left = {path: list(ids) for path, ids in self.left}
            Records(self.desk.layout.state, KIND).put(_NAME, {"tip": self.tip, "left": left})


def begin(desk: Desk) -> None:
    """From here on there is news; nothing where that was said before."""
    if Records(desk.layout.state, KIND).peek(_NAME) is None:
        News(desk, refs.head(desk.layout).tip).settle()


def start_over(desk: Desk) -> None:
    """After a restore: what was news at the backup may have been told since, and is told to nobody again."""
    News(desk, refs.head(desk.layout).tip).settle()


def read_news(desk: Desk) -> News:
    """What came in since the last news that was settled. The first call of all finds nothing new.

    Raises TryAgainError where git cannot be asked.
    """
    tip = refs.head(desk.layout).tip
    try:
        record = Records(desk.layout.state, KIND).get(_NAME)
    except InvalidFileError as error:
        return News(desk, tip, problems=(f"{error}: {_FROM_NOW_ON}",))
    if record is None:
        return News(desk, tip)
    last = str(record.get("tip", ""))
    left = _left(record)
    if not tip or (last == tip and not left):
        return News(desk, last, is_settled=True)
    problems: list[str] = []
    wanted: dict[str, set[str]] = {path: set(ids) for path, ids in left.items()}
    if last != tip and last and not is_ancestor(desk.layout, last, tip):
        if is_ancestor(desk.layout, tip, last):
            # Somebody looks at an earlier state: nothing is new there, and all of this is known later.
            return News(desk, last, is_settled=True)
        problems.append(_REWRITTEN)
    elif last != tip:
        for arrival in arrivals(desk.layout, last, tip):
            if arrival.moves:
                wanted.setdefault(arrival.path, set()).add(arrival.id)
    return _read(desk, tip, wanted, problems=problems)


def _left(record: Mapping[str, object]) -> dict[str, list[str]]:
    found = record.get("left")
    if not isinstance(found, dict):
        return {}
    return {str(path): list(map(str, ids)) for path, ids in found.items() if isinstance(ids, list)}


def _read(desk: Desk, tip: str, wanted: Mapping[str, set[str]], *, problems: list[str]) -> News:
    """The entries of these ids as they are now; those that were redacted meanwhile are no news."""
    items: list[tuple[str, Ticket, Entry]] = []
    left: list[tuple[str, tuple[str, ...]]] = []
    for path, ids in _where_they_are(desk, wanted).items():
        try:
            data, _ = read_file(desk.path(path), within=desk.layout.root, limit=LARGEST_TICKET)
            ticket = read_ticket_file(data, place=path).ticket
        except FileNotFoundError:
            continue
        except DeskError as error:
            problems.append(str(error))
            left.append((path, tuple(sorted(ids))))
            continue
        items += [(path, ticket, entry) for entry in ticket.entries if entry.id in ids]
    items.sort(key=lambda item: sort_key(item[2]))
    return News(desk, tip, tuple(items), tuple(problems), tuple(left))


def _where_they_are(desk: Desk, wanted: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """The same ids under the paths that have them now: a ticket may have got another number."""
    gone = {path: ids for path, ids in wanted.items() if not desk.path(path).is_file()}
    if not gone:
        return dict(wanted)
    found = {path: set(ids) for path, ids in wanted.items() if path not in gone}
    index = open_index(desk, full=False)
    try:
        for ids in gone.values():
            for each in ids:
                for path, _ in index.paths_named(each, "entry"):
                    found.setdefault(path, set()).add(each)
    finally:
        index.close()
    return found
