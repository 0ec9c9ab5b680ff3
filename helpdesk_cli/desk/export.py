"""`desk export`: tickets for other programs. One ticket at a time is in memory, however many there are."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from helpdesk_cli.desk.asking import read_query
from helpdesk_cli.desk.finding import find_tickets
from helpdesk_cli.desk.record import LARGEST_TICKET
from helpdesk_cli.errors import DeskError
from helpdesk_cli.storage.folder import read_file
from helpdesk_cli.storage.index import number_of
from helpdesk_cli.storage.ticket_file import read_ticket_file
from helpdesk_cli.tickets.as_json import show_json
from helpdesk_cli.values import dataclass, field, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from helpdesk_cli.desk.actor import Actor
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.finding import Found
    from helpdesk_cli.tickets.ticket import Ticket


@dataclass(slots=True)
class Exported:
    """What was written, and in words what could not be."""

    tickets: int = 0
    mails: int = 0
    rebuilt: int = 0
    missing: list[str] = field(default_factory=list)


def find(
    desk: Desk,
    query: Sequence[str],
    *,
    actor: Actor | None,
    progress: Callable[[int, int], None] | None = None,
) -> Found:
    """The tickets to export, done or not, by number unless the query says an order. Raises QueryError."""
    found = find_tickets(desk, query, actor=actor, everything=True, progress=progress)
    usual = read_query(desk, desk.settings.list_sort).sort if desk.settings.list_sort else ()
    if found.query.sort and found.query.sort != usual:
        return found
    return replace(found, paths=tuple(sorted(found.paths, key=lambda path: (number_of(path), path))))


def documents(desk: Desk, paths: Iterable[str], done: Exported) -> Iterator[dict[str, object]]:
    """Each ticket as `desk show --json` has it."""
    for path in paths:
        ticket = _read(desk, path, done)
        if ticket is not None:
            done.tickets += 1
            yield show_json(ticket, path=path)


def mailbox(desk: Desk, paths: Iterable[str], done: Exported, *, notes: bool = False) -> Iterator[bytes]:
    """The tickets' mails for an mbox, ticket by ticket: the originals that are here, the others rebuilt."""
    # Brings what writes mail with it; the other forms do without.
    conversations = importlib.import_module("helpdesk_cli.desk.export_mail")
    for path in paths:
        ticket = _read(desk, path, done)
        if ticket is None:
            continue
        done.tickets += 1
        yield from conversations.mails_of(desk, ticket, path, done, notes=notes)


def _read(desk: Desk, path: str, done: Exported) -> Ticket | None:
    try:
        data, _ = read_file(desk.path(path), within=desk.layout.root, limit=LARGEST_TICKET)
        return read_ticket_file(data, place=path).ticket
    except FileNotFoundError:
        done.missing.append(f"{path}: this ticket file is gone")
    except DeskError as error:
        done.missing.append(str(error))
    return None
