"""What people wrote with their ratings: the one thing of a report that stands in ticket files alone.

Only the files of tickets that were rated in the period are read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.desk.record import LARGEST_TICKET
from helpdesk_cli.errors import DeskError
from helpdesk_cli.mail.rating import read_rating
from helpdesk_cli.storage.folder import read_file
from helpdesk_cli.storage.ticket_file import read_ticket_file
from helpdesk_cli.tickets.entries import origin_of
from helpdesk_cli.values import replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.reports.figures.history import History, Rating


def with_comments(
    histories: Iterable[History], *, start: int, end: int, read: Callable[[str], bytes]
) -> Iterator[History]:
    """The same, with the comments of ratings that were asked for in that time; `read` gives a file's bytes.

    What was redacted, and what cannot be read, is left out.
    """
    for each in histories:
        wanted = [rating for rating in each.ratings if rating.answers and start <= rating.asked_at < end]
        if not wanted:
            yield each
            continue
        texts = _texts(each.path, read)
        found = tuple(replace(rating, comment=_comment(rating, texts)) for rating in each.ratings)
        yield replace(each, ratings=found)


def read_from(desk: Desk) -> Callable[[str], bytes]:
    """What reads a ticket file of the desk as it is now."""
    return lambda path: read_file(desk.path(path), within=desk.layout.root, limit=LARGEST_TICKET)[0]


def _texts(path: str, read: Callable[[str], bytes]) -> dict[str, str]:
    """What the messages of a ticket newly say, by their ids."""
    try:
        ticket = read_ticket_file(read(path), place=path).ticket
    except (DeskError, OSError):
        return {}
    said = [(message, message.new_text.strip()) for message in ticket.messages if message.direction == "in"]
    return {name: text for message, text in said for name in (message.id, origin_of(message))}


def _comment(rating: Rating, texts: dict[str, str]) -> str:
    """What stands beside the rating, in each answer."""
    found = []
    for answer in rating.answers:
        text = texts.get(answer, "")
        read = read_rating(text)
        found.append(text if read is None else read[1])
    return "\n".join(filter(None, found))
