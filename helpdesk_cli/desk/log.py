"""`desk log`: people, events and git in one story."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.desk.show import show
from helpdesk_cli.storage import history
from helpdesk_cli.tickets.changes import change_text, fact_text
from helpdesk_cli.tickets.entries import Event, Message, Note, Tombstone
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.storage.history import LoggedCommit
    from helpdesk_cli.tickets.ticket import Ticket

_SHORT = 10


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened. `commit` is the git commit that brought it, "" while there is none."""

    at: datetime
    who: str
    what: str
    ticket: str
    commit: str = ""


def log_ticket(desk: Desk, word: str) -> list[Line]:
    """The story of one ticket, oldest first; commits that no entry explains are told too."""
    shown = show(desk, word)
    commits = history.log(desk.layout, [shown.path])
    by_entry = {value: commit for commit in commits for key, value in commit.trailers if key == "Desk-Entry"}
    lines = [
        Line(at, who, what, shown.ticket.id, by_entry[entry_id].hash[:_SHORT] if entry_id in by_entry else "")
        for entry_id, at, who, what in _entries(shown.ticket)
    ]
    explained = {commit.hash for commit in by_entry.values()}
    lines += [_line(commit, shown.ticket.id) for commit in commits if commit.hash not in explained]
    return sorted(lines, key=lambda line: line.at)


def log_desk(desk: Desk, *, limit: int) -> list[Line]:
    """What happened on the whole desk, newest first, from git."""
    return [
        _line(commit, commit.subject.partition(":")[0])
        for commit in history.recent_commits(desk.layout, limit)
    ]


def _line(commit: LoggedCommit, ticket: str) -> Line:
    prefix = f"{ticket}: "
    what = commit.subject.removeprefix(prefix)
    return Line(
        commit.at,
        commit.author[0],
        what,
        ticket if commit.subject.startswith(prefix) else "",
        commit.hash[:_SHORT],
    )


def _entries(ticket: Ticket) -> Iterator[tuple[str, datetime, str, str]]:
    numbers = {entry.id: number for number, entry in ticket.numbered}
    for entry in ticket.entries:
        if isinstance(entry, Message):
            name = f"message {ticket.number}.{numbers[entry.id]}"
            extra = [entry.automatic and f"automatic ({entry.automatic})", entry.spam and "spam"]
            extra += [f"{len(entry.attachments)} attached" if entry.attachments else ""]
            told = ", ".join([name, *(str(word) for word in extra if word)])
            yield entry.id, entry.at, str(entry.from_) or "unknown sender", told
        elif isinstance(entry, Note):
            yield entry.id, entry.at, entry.by, "note"
        elif isinstance(entry, Tombstone):
            yield entry.id, entry.at, entry.by, f"removed a message ({entry.reason or 'no reason given'})"
        elif isinstance(entry, Event):
            yield entry.id, entry.at, entry.by, _event_text(entry)


def _event_text(entry: Event) -> str:
    words = [change_text(change) for change in entry.changes]
    words += [text for key, value in entry.facts if (text := fact_text(key, value))]
    told = ", ".join(words)
    return f"{entry.what}: {told}" if entry.what and told else entry.what or told
