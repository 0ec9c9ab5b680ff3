"""`desk log`: people, events and git in one story."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.desk.operations import OP, RULE, author_of, read_commits, trailer_of
from helpdesk_cli.desk.show import show
from helpdesk_cli.errors import UsageError
from helpdesk_cli.query.dates import read_period, read_when
from helpdesk_cli.storage import history
from helpdesk_cli.tickets.changes import change_text, fact_text
from helpdesk_cli.tickets.entries import Event, Message, Note, Tombstone
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime, tzinfo

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.storage.history import LoggedCommit
    from helpdesk_cli.tickets.entries import Entry
    from helpdesk_cli.tickets.ticket import Ticket

_SHORT = 10
# Under which key mail is filed; git knows it as the desk.
_MAIL = "mail"


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened. `commit` is the git commit that brought it, "" while there is none.

    `by` is the key of who did it, `desk` for the desk itself, where `who` is how people call them; `op` and
    `rule` name the operation, which `desk undo` takes, and the rule that acted.
    """

    at: datetime
    who: str
    what: str
    ticket: str
    commit: str = ""
    op: str = ""
    rule: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """Of what is to be told: who did it (a key, "" = anybody), and when, from `since` on, before `until`."""

    by: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def fits(self, line: Line) -> bool:
        """Whether the line is asked for."""
        if self.by and line.by != self.by:
            return False
        return (self.since is None or line.at >= self.since) and (self.until is None or line.at < self.until)


def read_since(text: str, now: datetime, zone: tzinfo) -> tuple[datetime | None, datetime | None]:
    """(from, until) of `7d`, `monday`, `2026-11-01..`, `2026-11`, `..2026-10`; None for an open end.

    A date alone begins there and ends now. Raises UsageError.
    """
    first, dots, last = text.partition("..")
    try:
        if dots and first.strip() and last.strip():
            span = read_period(text, now, zone)
            return span.start, span.end
        if dots and last.strip():
            return None, read_when(last, now, zone).end
        return read_when(first, now, zone).start, None
    except ValueError as error:
        raise UsageError(
            str(error), "--since", "Write `7d`, `monday` or `2026-11-01..2026-11-07`."
        ) from error


def log_ticket(desk: Desk, word: str, asked: Asked = Asked()) -> list[Line]:  # noqa: B008 - it is a constant
    """The story of one ticket, oldest first; commits that no entry explains are told too."""
    shown = show(desk, word)
    commits = history.log(desk.layout, [shown.path])
    by_entry = {value: commit for commit in commits for key, value in commit.trailers if key == "Desk-Entry"}
    lines = [
        _entry_line(shown.ticket, *told, commit=by_entry.get(told[0].id)) for told in _entries(shown.ticket)
    ]
    explained = {commit.hash for commit in by_entry.values()}
    lines += [_line(desk, commit, shown.ticket.id) for commit in commits if commit.hash not in explained]
    return sorted(filter(asked.fits, lines), key=lambda line: line.at)


def log_desk(desk: Desk, *, limit: int, asked: Asked = Asked(), author: str = "") -> list[Line]:  # noqa: B008 - as above
    """What happened on the whole desk, newest first; `author` is the address of who is asked for.

    From git, and from what is on its way there. `limit` 0 is all.
    """
    commits = read_commits(desk, limit=limit or None, author=author, since=asked.since, until=asked.until)
    return [_line(desk, commit, commit.subject.partition(":")[0]) for commit in commits]


def _entry_line(
    ticket: Ticket, entry: Entry, who: str, by: str, what: str, *, commit: LoggedCommit | None
) -> Line:
    return Line(
        entry.at,
        who,
        what,
        ticket.id,
        commit.hash[:_SHORT] if commit else "",
        trailer_of(commit, OP) if commit else "",
        trailer_of(commit, RULE) if commit else "",
        "desk" if by == _MAIL else by,
    )


def _line(desk: Desk, commit: LoggedCommit, ticket: str) -> Line:
    prefix = f"{ticket}: "
    what = commit.subject.removeprefix(prefix)
    return Line(
        commit.at,
        commit.author[0],
        what,
        ticket if commit.subject.startswith(prefix) else "",
        commit.hash[:_SHORT],
        trailer_of(commit, OP),
        trailer_of(commit, RULE),
        author_of(desk, commit),
    )


def _entries(ticket: Ticket) -> Iterator[tuple[Entry, str, str, str]]:
    """(entry, who, by which key, what)."""
    numbers = {entry.id: number for number, entry in ticket.numbered}
    for entry in ticket.entries:
        if isinstance(entry, Message):
            name = f"message {ticket.number}.{numbers[entry.id]}"
            extra = [entry.automatic and f"automatic ({entry.automatic})", entry.spam and "spam"]
            extra += [f"{len(entry.attachments)} attached" if entry.attachments else ""]
            told = ", ".join([name, *(str(word) for word in extra if word)])
            yield entry, str(entry.from_) or "unknown sender", entry.by or _MAIL, told
        elif isinstance(entry, Note):
            yield entry, entry.by, entry.by, "note"
        elif isinstance(entry, Tombstone):
            yield (
                entry,
                entry.by,
                entry.by,
                f"removed {_kind_of(entry)} ({entry.reason or 'no reason given'})",
            )
        elif isinstance(entry, Event):
            yield entry, entry.by, entry.by, _event_text(entry)


def _kind_of(stone: Tombstone) -> str:
    return "a message" if stone.message_id else "an entry"


def _event_text(entry: Event) -> str:
    words = [change_text(change) for change in entry.changes]
    words += [text for key, value in entry.facts if (text := fact_text(key, value))]
    told = ", ".join(words)
    return f"{entry.what}: {told}" if entry.what and told else entry.what or told
