"""`desk bulk`: one line a ticket, changed in an editor, then applied as one operation.

A line is what is to be done, the ticket, and what it is about; only the first two are read. The commands are
those of the shell, so that whoever knows `desk assign 42 lee` knows them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.desk.assign import find_assignee
from helpdesk_cli.desk.changing import Decided, Outcome, change_each
from helpdesk_cli.desk.fields import told
from helpdesk_cli.desk.finding import find_tickets
from helpdesk_cli.desk.since import came_since
from helpdesk_cli.desk.status import check_stands, check_status
from helpdesk_cli.desk.tag import check_tag
from helpdesk_cli.errors import ConflictError, DeskError, UsageError
from helpdesk_cli.storage.settings import find_word, suggest
from helpdesk_cli.tickets.changes import apply_all, change_list, field_value, list_value, set_field
from helpdesk_cli.tickets.ids import read_number
from helpdesk_cli.tickets.times import read_time
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from helpdesk_cli.desk.actor import Actor
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.record import Door
    from helpdesk_cli.tickets.changes import Change, FieldChange
    from helpdesk_cli.tickets.ticket import Ticket

KEEP = "keep"
# Each with its short form, how it is written, what it does.
COMMANDS = (
    (KEEP, "k", "keep", "leave it as it is, like a line that is deleted"),
    ("take", "t", "take", "it becomes yours"),
    ("assign", "a", "assign NAME", "give it to an agent, `me` or `none`"),
    ("status", "s", "status STATUS", "bring it into that status"),
    ("resolve", "r", "resolve", "the requester has what they asked for"),
    ("close", "c", "close", "nothing more is expected"),
    ("reopen", "o", "reopen", "take it up again"),
    ("priority", "p", "priority PRIORITY", "say how urgent it is"),
    ("tag", "g", "tag +a -b", "put tags on and take tags off"),
    ("spam", "x", "spam", "put it out of sight as spam"),
)
_NAMES = {name: name for name, *_ in COMMANDS} | {short: name for name, short, *_ in COMMANDS}
_WITH_WORD = frozenset({"assign", "status", "priority"})
_STATUSES = {"resolve": "resolved", "close": "closed", "reopen": "open", "spam": "spam"}
_COMPARED = ("status", "priority", "assignee")

Step = tuple[str, str]  # the command, and its word ("" = none)


@dataclass(frozen=True, slots=True)
class Listed:
    """A ticket as the list shows it, and what tells later that it changed. `last_at` is RFC 3339 or ""."""

    id: str
    uid: str
    status: str
    priority: str
    assignee: str
    subject: str
    last_at: str

    @property
    def number(self) -> int:
        """42 of TICKET-42."""
        return int(self.id.rpartition("-")[2])


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be done to one ticket, step by step."""

    ticket: Listed
    steps: tuple[Step, ...]


class ListError(UsageError):
    """Lines that are not understood; `problems` are (line number, what is wrong with it)."""

    def __init__(self, problems: Sequence[tuple[int, str]]) -> None:
        """The first is the message."""
        number, what = problems[0]
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        super().__init__(f"{what}{more}", f"line {number}", "Nothing was changed.")
        self.problems = tuple(problems)


def list_tickets(desk: Desk, query: Sequence[str], *, actor: Actor) -> list[Listed]:
    """The tickets that the query finds, as `desk list` orders them. Raises QueryError."""
    found = find_tickets(desk, query, actor=actor)
    try:
        return [Listed(*(getattr(row, name) for name in Listed.__slots__)) for row in found.rows()]
    finally:
        found.close()


def read_list(desk: Desk, text: str, tickets: Iterable[Listed], *, actor: Actor) -> list[Wish]:
    """What the lines ask for, without those that keep. Raises ListError: then nothing is to be done."""
    known = {ticket.number: ticket for ticket in tickets}
    wishes: list[Wish] = []
    problems: list[tuple[int, str]] = []
    seen: dict[int, int] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        try:
            steps, name = _read_words(desk, words, actor)
        except UsageError as error:
            problems.append((number, str(error)))
            continue
        ticket = known.get(read_number(name, desk.settings.prefix) or 0)
        if ticket is None:
            problems.append((number, f'"{name}" is not in this list.'))
        elif first := seen.setdefault(ticket.number, number) - number:
            problems.append(
                (number, f"{name} stands in line {first + number} already: write all on one line.")
            )
        elif steps:
            wishes.append(Wish(ticket, tuple(steps)))
    if problems:
        raise ListError(problems)
    return wishes


def _read_words(desk: Desk, words: Sequence[str], actor: Actor) -> tuple[list[Step], str]:
    """(the steps, the word that names the ticket); what stands behind that is not read."""
    steps: list[Step] = []
    rest = [word.rstrip(",;") if word not in {",", ";"} else "" for word in words]
    rest = [word for word in rest if word]
    while rest:
        word = rest.pop(0)
        if read_number(word, desk.settings.prefix) is None:
            steps += _read_step(desk, word, rest, actor)
        elif steps:
            return [step for step in steps if step[0] != KEEP], word
        else:
            hint = "Write `keep`, or delete the line."
            raise UsageError(f'there is no command before "{word}"', "", hint)
    raise UsageError("no ticket is named", "", "A line is a command, the number of the ticket, and anything.")


def _read_step(desk: Desk, word: str, rest: list[str], actor: Actor) -> list[Step]:
    """What the command means; the words that belong to it are taken from `rest`."""
    name = _NAMES.get(word.casefold(), "")
    if word[0] in "+-":
        return [("tag", _tag_change(word))]
    if name == "tag":
        changes = [rest.pop(0) for _ in range(_leading(rest, lambda each: each[0] in "+-"))]
        if not changes:
            raise UsageError("tag needs words such as `+vip` or `-billing`")
        return [("tag", _tag_change(each)) for each in changes]
    if name in _WITH_WORD:
        if not rest:
            raise UsageError(f"{name} needs a word behind it")
        return [(name, _check(desk, name, rest.pop(0), actor))]
    if name in _STATUSES:
        status = find_word(desk.settings, "status", _STATUSES[name])
        return [("reopen" if name == "reopen" else "status", status)]
    if name:
        return [("assign", actor.key) if name == "take" else (KEEP, "")]
    raise UsageError(f'unknown command "{word}"', "", suggest(word, [each[0] for each in COMMANDS]))


def _leading(words: Sequence[str], fits: Callable[[str], bool]) -> int:
    """How many of the first words fit."""
    return next((count for count, word in enumerate(words) if not fits(word)), len(words))


def _tag_change(word: str) -> str:
    return word[0] + check_tag(word[1:])


def _check(desk: Desk, name: str, word: str, actor: Actor) -> str:
    if name == "assign":
        return find_assignee(desk, word, actor=actor)
    return check_status(desk, word) if name == "status" else find_word(desk.settings, name, word)


def apply_list(
    desk: Desk,
    wishes: Sequence[Wish],
    *,
    actor: Actor,
    words: Iterable[str] | None = None,
    dry_run: bool = False,
) -> Outcome:
    """Do all of it as one operation; a ticket that changed since it was listed is left as it is and named.

    `words` are the uids of the wishes' tickets, for a caller who counts them as they are taken.
    """
    wanted = {wish.ticket.uid: wish for wish in wishes}

    def decide(_: Door, ticket: Ticket) -> Decided:
        wish = wanted[ticket.uid]
        _check_unchanged(wish.ticket, ticket, actor)
        after = ticket
        for step in wish.steps:
            after = apply_all(after, _step(desk, after, step))
        changes = [*_net(ticket, after)]
        return Decided(changes, ", ".join(map(told, changes)))

    uids = [*wanted] if words is None else words
    return change_each(desk, uids, decide, actor=actor, dry_run=dry_run)


def _step(desk: Desk, ticket: Ticket, step: Step) -> list[Change]:
    name, word = step
    if name in {"status", "reopen"}:
        check_stands(ticket)
    if name == "tag":
        added, removed = ((word[1:],), ()) if word[0] == "+" else ((), (word[1:],))
        return [*change_list(ticket, "tags", added=added, removed=removed)]
    if name == "assign":
        changes = set_field(ticket, "assignee", word)
        if word and changes and ticket.status == "new":
            changes += set_field(ticket, "status", "open")
        return [*changes]
    if name == "reopen":
        if desk.settings.status_kind(ticket.status) == "active":
            return []
        return [*set_field(ticket, "status", word)]
    return [*set_field(ticket, name, word)]


def _net(before: Ticket, after: Ticket) -> Iterable[FieldChange]:
    """What all the steps come to: a field is set once."""
    for key in _COMPARED:
        yield from set_field(before, key, field_value(after, key))
    old, new = set(list_value(before, "tags")), set(list_value(after, "tags"))
    yield from change_list(before, "tags", added=tuple(new - old), removed=tuple(old - new))


def _check_unchanged(listed: Listed, ticket: Ticket, actor: Actor) -> None:
    """Raises ConflictError where the list showed something else, or anything came that may matter."""
    then: Mapping[str, str] = {key: getattr(listed, key) for key in _COMPARED}
    for key, old in then.items():
        if (now := field_value(ticket, key)) != old:
            raise _changed(ticket, f"{key} is {now or 'empty'} now, and was {old or 'empty'}")
    at = _moment(listed.last_at)
    seen = {entry.id for entry in ticket.entries if at and entry.at <= at}
    news = came_since(ticket, seen, actor=actor.key)
    if news:
        what = "message came" if news[0].kind == "message" else f"{news[0].kind} was added"
        raise _changed(ticket, f"a {what} since" if len(news) == 1 else f"{len(news)} things came since")


def _moment(text: str) -> datetime | None:
    try:
        return read_time(text) if text else None
    except ValueError:
        return None


def _changed(ticket: Ticket, what: str) -> DeskError:
    hint = f"`desk show {ticket.number}`, then once more."
    return ConflictError(f"changed while you were editing: {what}; it is left as it is", ticket.id, hint)
