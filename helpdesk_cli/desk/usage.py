"""How often templates and articles were used, read from the tickets, so that every clone counts the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.desk.indexing import open_index
from helpdesk_cli.desk.record import LARGEST_TICKET
from helpdesk_cli.errors import DeskError
from helpdesk_cli.storage.folder import read_file
from helpdesk_cli.storage.ticket_file import read_ticket_file
from helpdesk_cli.tickets.changes import FieldSet
from helpdesk_cli.tickets.entries import Event
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.tickets.ticket import Ticket

KINDS = ("template", "article")
# Few tickets of a desk were answered with any: the others are not taken apart.
_MARKS = tuple(f"\n{kind}: ".encode() for kind in KINDS)


@dataclass(frozen=True, slots=True)
class Usage:
    """The messages that went out with it, the latest of them, how many tickets were reopened afterwards."""

    uses: int = 0
    last_at: datetime | None = None
    reopened: int = 0


def count_uses(
    desk: Desk, *, progress: Callable[[int, int], None] | None = None
) -> tuple[dict[tuple[str, str], Usage], list[DeskError]]:
    """(kind, name) -> its usage, and which ticket files could not be read."""
    found: dict[tuple[str, str], Usage] = {}
    problems: list[DeskError] = []
    for ticket in _tickets(desk, problems, progress):
        reopened_at = _last_reopened_at(desk, ticket)
        for message in ticket.messages:
            for key in set(message.other):
                if key[0] not in KINDS or message.direction != "out":
                    continue
                before = found.get(key, Usage())
                again = reopened_at is not None and reopened_at > message.at
                last_at = max(before.last_at or message.at, message.at)
                found[key] = Usage(before.uses + 1, last_at, before.reopened + again)
    return found, problems


def _tickets(
    desk: Desk, problems: list[DeskError], progress: Callable[[int, int], None] | None
) -> Iterator[Ticket]:
    index = open_index(desk, full=False)
    try:
        paths = index.paths()
    finally:
        index.close()
    for number, path in enumerate(paths, 1):
        try:
            data, _ = read_file(desk.path(path), within=desk.layout.root, limit=LARGEST_TICKET)
            if any(mark in data for mark in _MARKS):
                yield read_ticket_file(data, place=path).ticket
        except FileNotFoundError:
            continue
        except DeskError as error:
            problems.append(error)
        if progress:
            progress(number, len(paths))


def _last_reopened_at(desk: Desk, ticket: Ticket) -> datetime | None:
    """When the ticket last went from done to what needs us again; a merge or spam taken back is none."""
    kind = desk.settings.status_kind
    return max(
        (
            event.at
            for event in ticket.entries
            if isinstance(event, Event)
            for change in event.changes
            if isinstance(change, FieldSet) and change.field == "status"
            if change.old not in {"spam", "merged"}
            and kind(change.old) == "done"
            and kind(change.new) == "active"
        ),
        default=None,
    )
