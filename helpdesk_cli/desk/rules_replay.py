"""`desk rules replay`: what a changed rules.yaml would have made of past mail, beside the one in force.

Every occasion is asked about by itself, with the ticket as history made it: what the changed file would have
done to a ticket's first mail is not there when its second is asked about.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

from helpdesk_cli.desk.asking import zone_of
from helpdesk_cli.desk.finding import find_tickets
from helpdesk_cli.desk.record import LARGEST_TICKET
from helpdesk_cli.desk.rules_originals import Originals
from helpdesk_cli.desk.rules_past import Past, occasions
from helpdesk_cli.errors import DeskError, UsageError
from helpdesk_cli.query.amounts import to_ms
from helpdesk_cli.query.dates import read_period, read_when
from helpdesk_cli.rules.effects import effects_of
from helpdesk_cli.rules.rule import TIMER
from helpdesk_cli.storage.folder import read_file
from helpdesk_cli.storage.index_find import facts_of
from helpdesk_cli.storage.index_tables import number_of
from helpdesk_cli.storage.ticket_file import read_ticket_file
from helpdesk_cli.tickets.as_json import SCHEMA
from helpdesk_cli.tickets.times import write_time
from helpdesk_cli.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from helpdesk_cli.desk.actor import Actor
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.finding import Found
    from helpdesk_cli.desk.rules_reading import Book
    from helpdesk_cli.query.dates import Span
    from helpdesk_cli.rules.effects import Effects
    from helpdesk_cli.rules.occasion import Occasion
    from helpdesk_cli.tickets.ticket import Ticket

# Characters of a line that is kept to be shown; compared is the whole.
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Otherwise:
    """An occasion after which a ticket comes out otherwise: what either file does, `rules` and `lines`."""

    id: str
    message: int  # n of `42.n`; 0 for what is no message
    event: str
    at: datetime
    subject: str
    rules_before: tuple[str, ...]
    rules_after: tuple[str, ...]
    before: tuple[str, ...]
    after: tuple[str, ...]

    def json(self) -> dict[str, Any]:
        """As it stands in the JSON of a replay."""
        return {
            "id": self.id,
            "message": self.message or None,
            "event": self.event,
            "at": write_time(self.at),
            "subject": self.subject,
            "rules_before": list(self.rules_before),
            "rules_after": list(self.rules_after),
            "before": list(self.before),
            "after": list(self.after),
        }


@dataclass(slots=True)
class Replay:
    """Both files over what happened. `rules`: name -> [times it acts by the one, by the other], in order.

    `skipped`: (file, why) of tickets that cannot be read. `timers`: rules of time, of which it says nothing.
    `unknown`: mails that nobody here knows all headers of for which rules ask.
    """

    span: Span
    tickets: int = 0
    mails: int = 0
    others: int = 0
    rules: dict[str, list[int]] = field(default_factory=dict)
    otherwise: list[Otherwise] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    timers: tuple[str, ...] = ()
    unknown: int = 0

    @property
    def changed(self) -> int:
        """How many tickets come out otherwise."""
        return len({each.id for each in self.otherwise})

    def json(self) -> dict[str, Any]:
        """The stable JSON of `desk rules replay --json`."""
        return {
            "schema": SCHEMA,
            "kind": "rules-replay",
            "start_at": write_time(self.span.start),
            "end_at": write_time(self.span.end),
            "tickets": self.tickets,
            "mails": self.mails,
            "others": self.others,
            "rules": [
                {"name": name, "before": before, "after": after}
                for name, (before, after) in self.rules.items()
            ],
            "changed": self.changed,
            "total": len(self.otherwise),
            "items": [each.json() for each in self.otherwise],
            "skipped": [{"path": path, "why": why} for path, why in self.skipped],
            "timer_rules": list(self.timers),
            "without_original": self.unknown,
        }


def read_span(text: str, now: datetime, desk: Desk) -> Span:
    """From when on until when: `90d`, `2026Q3`, `2026-11-01`, `2026-10..`. Raises UsageError."""
    zone = zone_of(desk)
    first, dots, last = text.partition("..")
    try:
        if dots and not last.strip():
            start = read_when(first, now, zone)
            return type(start)(start.start, now)
        return read_period(text, now, zone)
    except ValueError as error:
        raise UsageError(str(error), "--since", "Write `90d`, `2026Q3` or `2026-07-01..`.") from error


def replay(
    desk: Desk,
    before: Book,
    after: Book,
    span: Span,
    *,
    query: str | Sequence[str] = "",
    actor: Actor | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Replay:
    """What either book would have done to what happened in that time to the tickets that the query finds.

    Raises QueryError. Nothing is written, and no more of what was read is kept than what is told.
    """
    found = find_tickets(desk, query, actor=actor, everything=True)
    result = Replay(span, timers=_timers(before, after), skipped=list(found.problems))
    result.rules = {rule.name: [0, 0] for rule in (*before.rules, *after.rules) if not _is_timer(rule.events)}
    with closing(found), closing(Originals(desk, before, after)) as originals:
        paths = _since(found, to_ms(span.start))
        both = (Past(desk, found.index, before), Past(desk, found.index, after))
        for number, path in enumerate(paths):
            if progress is not None:
                progress(number, len(paths))
            try:
                ticket = _read(desk, path)
            except DeskError as error:
                result.skipped.append((path, str(error)))
                continue
            _replay_ticket(result, ticket, both, originals)
        if progress is not None:
            progress(len(paths), len(paths))
        result.unknown = originals.missing
    return result


def _since(found: Found, start: int) -> list[str]:
    """The files of the tickets to which something happened since then, by number."""
    last = facts_of(found.index, found.paths, ("last_at",))
    paths = [path for path, (at,) in last.items() if isinstance(at, int) and at >= start]
    return sorted(paths, key=lambda path: (number_of(path), path))


def _read(desk: Desk, path: str) -> Ticket:
    data, _ = read_file(desk.path(path), within=desk.layout.root, limit=LARGEST_TICKET)
    return read_ticket_file(data, place=path).ticket


def _replay_ticket(result: Replay, ticket: Ticket, both: tuple[Past, Past], originals: Originals) -> None:
    numbers = {entry.id: number for number, entry in ticket.numbered}
    is_asked = False
    found = []
    for occasion, then in occasions(ticket, result.span.start, result.span.end):
        is_asked = True
        asked = originals.complete(occasion)
        at = next(entry.at for entry in reversed(then.entries) if entry.id == occasion.entry)
        if occasion.message is not None and occasion.message.direction == "in":
            result.mails += 1
        else:
            result.others += 1
        old, new = (effects_of(past.ask(then, asked, at).acted, then) for past in both)
        for side, effects in enumerate((old, new)):
            for name in effects.rules:
                result.rules[name][side] += 1
        if old.lines != new.lines:
            number = numbers.get(occasion.entry, 0)
            found.append(_otherwise(ticket, occasion, at, number=number, sides=(old, new)))
    result.tickets += is_asked
    result.otherwise += reversed(found)


def _otherwise(
    ticket: Ticket, occasion: Occasion, at: datetime, *, number: int, sides: tuple[Effects, Effects]
) -> Otherwise:
    old, new = sides
    return Otherwise(
        ticket.id,
        number,
        occasion.event,
        at,
        ticket.subject,
        old.rules,
        new.rules,
        tuple(map(_shown, old.lines)),
        tuple(map(_shown, new.lines)),
    )


def _shown(line: str) -> str:
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"


def _timers(*books: Book) -> tuple[str, ...]:
    names = (rule.name for book in books for rule in book.rules if TIMER in rule.events)
    return tuple(dict.fromkeys(names))


def _is_timer(events: tuple[str, ...]) -> bool:
    return events == (TIMER,)
