"""`desk csat`: what people said of how it went. Read from the tickets alone: every clone counts alike."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from helpdesk_cli.desk.indexing import open_index
from helpdesk_cli.desk.record import LARGEST_TICKET
from helpdesk_cli.errors import DeskError, UsageError
from helpdesk_cli.mail.csat_token import RATINGS
from helpdesk_cli.mail.rating import read_rating
from helpdesk_cli.storage.folder import read_file
from helpdesk_cli.storage.ticket_file import read_ticket_file
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.tickets.entries import Message
    from helpdesk_cli.tickets.ticket import Ticket

_ASKED = b"\nautomatic: csat"
_DAYS = re.compile(r"([1-9][0-9]{0,4})(d|w)")
_MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True)
class Comment:
    """What somebody wrote with a rating. `number` is the message's, 42.3."""

    number: str
    at: datetime
    rating: str
    text: str


@dataclass(frozen=True, slots=True)
class Summary:
    """Of the questions asked in a period: how many, and the last answer to each. `unreadable` are paths."""

    since: datetime
    until: datetime | None
    asked: int = 0
    good: int = 0
    ok: int = 0
    bad: int = 0
    stopped: int = 0
    comments: tuple[Comment, ...] = ()
    unreadable: tuple[str, ...] = ()

    @property
    def answered(self) -> int:
        """How many rated."""
        return self.good + self.ok + self.bad

    @property
    def score(self) -> float | None:
        """The share of good among the ratings; None without any."""
        return self.good / self.answered if self.answered else None

    @property
    def answer_rate(self) -> float | None:
        """The share of questions that were answered with a rating; None where none was asked."""
        return self.answered / self.asked if self.asked else None


def summarise(desk: Desk, period: str) -> Summary:
    """What came of the questions asked in the period: `30d`, `12w`, `2026-11` or `all`. Raises UsageError."""
    since, until = read_period(period, desk.now)
    counts = dict.fromkeys((*RATINGS, "stop"), 0)
    asked = 0
    comments: list[Comment] = []
    unreadable: list[str] = []
    for ticket in _asked_about(desk, unreadable):
        for question in ticket.messages:
            if question.automatic != "csat" or question.at < since or (until and question.at >= until):
                continue
            asked += 1
            for rating, comment in _answers(ticket, question):
                counts[rating] = counts.get(rating, 0) + 1
                comments += comment
    comments.sort(key=lambda comment: comment.at, reverse=True)
    return Summary(
        since,
        until,
        asked,
        counts["good"],
        counts["ok"],
        counts["bad"],
        counts["stop"],
        tuple(comments),
        tuple(unreadable),
    )


def read_period(text: str, now: datetime) -> tuple[datetime, datetime | None]:
    """From when until when (excluded; None: without end), in UTC. Raises UsageError."""
    if text == "all":
        return datetime(1970, 1, 1, tzinfo=UTC), None
    if match := _DAYS.fullmatch(text):
        days = int(match[1]) * (7 if match[2] == "w" else 1)
        return now - timedelta(days=days), None
    if (match := _MONTH.fullmatch(text)) and match[1] != "0000":
        year, month = int(match[1]), int(match[2])
        begin = datetime(year, month, 1, tzinfo=UTC)
        return begin, None if (year, month) == (9999, 12) else _next_month(begin)
    raise UsageError(f'"{text}" is no period', "--period", "Say 30d, 12w, 2026-11 or all.")


def _next_month(begin: datetime) -> datetime:
    later = begin + timedelta(days=31)
    return later.replace(day=1)


def _asked_about(desk: Desk, unreadable: list[str]) -> Iterator[Ticket]:
    index = open_index(desk, full=True)
    try:
        paths = index.paths()
        unreadable += [path for path, _ in index.problems() if path not in paths]
    finally:
        index.close()
    for path in paths:
        try:
            data, _ = read_file(desk.path(path), within=desk.layout.root, limit=LARGEST_TICKET)
            # Few tickets are: the others are not taken apart.
            if _ASKED in data:
                yield read_ticket_file(data, place=path).ticket
        except (DeskError, OSError):
            unreadable.append(path)


def _answers(ticket: Ticket, question: Message) -> Iterator[tuple[str, list[Comment]]]:
    """The last word of each person who was asked, with what they wrote; "stop" is one too."""
    numbers = {entry.id: f"{ticket.number}.{number}" for number, entry in ticket.numbered}
    messages = {message.id: message for message in ticket.messages}
    last: dict[str, str] = {}
    said: dict[str, list[Comment]] = {}
    for event in ticket.events:
        for fact in event.all_facts("csat"):
            rating, _, address = fact.partition(" ")
            if address not in {person.key for person in question.to} or event.at < question.at:
                continue
            last[address] = rating
            for entry in event.all_facts("csat-answer"):
                if (message := messages.get(entry)) and (text := _comment(message)):
                    said.setdefault(address, []).append(
                        Comment(numbers.get(entry, ticket.id), message.at, rating, text)
                    )
    for address, rating in last.items():
        yield rating, said.get(address, [])


def _comment(message: Message) -> str:
    """What stands beside the rating."""
    text = message.new_text.strip()
    read = read_rating(text)
    return text if read is None else read[1]
