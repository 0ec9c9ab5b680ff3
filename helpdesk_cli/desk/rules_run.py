"""`desk rules run`: rules let loose on tickets that are there, as if what they wait for had just happened.

Each acts for the same entry as it would have then, so that what it did already is not done again. Nobody is
written to about what is old, unless whoever runs it says so.
"""

from __future__ import annotations

from contextlib import closing
from itertools import islice
from typing import TYPE_CHECKING

from helpdesk_cli.desk.actor import desk_actor
from helpdesk_cli.desk.by_hand import adopt_hand_edits
from helpdesk_cli.desk.changing import Outcome, changed
from helpdesk_cli.desk.finding import find_tickets
from helpdesk_cli.desk.record import open_door
from helpdesk_cli.desk.rules_around import around_of
from helpdesk_cli.desk.rules_cron import occasion_of
from helpdesk_cli.desk.rules_mail import why_of, write
from helpdesk_cli.desk.rules_past import is_echo
from helpdesk_cli.desk.rules_time import tickets_for
from helpdesk_cli.errors import CancelledError, ConflictError, DeskError, InvalidFileError, TryAgainError
from helpdesk_cli.query.story import NO_RESOLUTION
from helpdesk_cli.rules.engine import decide
from helpdesk_cli.rules.occasion import of_time
from helpdesk_cli.rules.rule import TIMER
from helpdesk_cli.tickets.entries import origin_of
from helpdesk_cli.values import dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from helpdesk_cli.desk.actor import Actor
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.record import Door, Held
    from helpdesk_cli.desk.rules_reading import Book
    from helpdesk_cli.rules.engine import Acted
    from helpdesk_cli.rules.occasion import Occasion
    from helpdesk_cli.tickets.ticket import Ticket

# Mail gets in after so many tickets.
_CHUNK = 20


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rules are run, for what, and whether those may that write to customers or to us."""

    book: Book
    event: str
    sends: bool = False


def wanted_of(book: Book, *, rule: str = "", event: str = "", sends: bool = False) -> Wanted:
    """The rules that wait for that event, or the one of that name: it acts also where it is off.

    Without an event: that of the rule, else `created`. Raises ConflictError where none is left, and
    InvalidFileError for a rule that is off and cannot be read.
    """
    named = [each for each in book.conditions if rule in {"", each.rule.name}]
    if rule and named[0].broken:
        raise InvalidFileError(
            f'"{rule}" cannot be asked: {named[0].broken}', "", "`desk rules check` says more."
        )
    event = event or (named[0].rule.events[0] if rule else "created")
    conditions = [
        replace(each, rule=replace(each.rule, active=True)) if rule else each
        for each in named
        if event in each.rule.events and (rule or each.rule.state == "on")
    ]
    if not conditions:
        said = f'"{rule}" does not wait' if rule else "no rule that is on waits"
        events = f"Say `--event {named[0].rule.events[0]}`." if rule else "Say `--event`, or `--rule NAME`."
        raise ConflictError(f"{said} for {event}", "rules.yaml", events)
    return Wanted(replace(book, conditions=tuple(conditions)), event, sends)


def held_back(wanted: Wanted) -> list[str]:
    """The rules that are not asked, because they would write to somebody."""
    if wanted.sends:
        return []
    return [rule.name for rule in wanted.book.rules if rule.is_outward]


def find(
    desk: Desk,
    wanted: Wanted,
    query: str | Sequence[str],
    *,
    actor: Actor | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[str]:
    """The ids of the tickets on which one of the rules would act, among those that the query finds.

    Rules of time look at every ticket, done or not, all others at what `desk list` shows. Raises QueryError.
    """
    is_timer = wanted.event == TIMER
    with closing(find_tickets(desk, query, actor=actor, everything=is_timer)) as found:
        rows = {row.path: row.id for row in found.rows()}
        if is_timer:
            due = {
                path
                for condition in wanted.book.conditions
                for path in tickets_for(desk, found.index, condition)
            }
            rows = {path: name for path, name in rows.items() if path in due}
    hits = []
    with open_door(desk, actor or desk_actor(desk), dry_run=True) as door:
        for number, (path, name) in enumerate(rows.items()):
            if progress is not None:
                progress(number, len(rows))
            try:
                if _acted(door, wanted, door.read(path)):
                    hits.append(name)
            except Exception:  # noqa: BLE001 - whatever it is, it is told when this ticket is to be changed
                hits.append(name)
        if progress is not None:
            progress(len(rows), len(rows))
    return hits


def run(
    desk: Desk, wanted: Wanted, tickets: Iterable[str], *, actor: Actor, dry_run: bool = False
) -> Outcome:
    """Let the rules act on these tickets, all as one operation; one that fails does not stop the others."""
    outcome = Outcome()
    rest = iter(tickets)
    try:
        while some := list(islice(rest, _CHUNK)):
            with open_door(desk, actor, dry_run=dry_run) as door:
                outcome.op = outcome.op or door.op
                door.op = outcome.op
                for name in some:
                    _run_one(door, wanted, name, outcome)
    except KeyboardInterrupt:
        hint = f"What is named above is changed and the rest is not; `desk undo {outcome.op}` takes it back."
        outcome.errors.append(("", CancelledError("interrupted", "", hint)))
    return outcome


def _run_one(door: Door, wanted: Wanted, name: str, outcome: Outcome) -> None:
    try:
        held = door.hold(name)
        acted = _acted(door, wanted, held)
        with door.together():
            write(door, held, acted, op=outcome.op, actor=door.actor)
    except TryAgainError:
        raise
    except DeskError as error:
        outcome.errors.append((name, error))
        return
    except Exception as error:  # noqa: BLE001 - one ticket on which a rule fails keeps no other from its rules
        outcome.errors.append((name, ConflictError(f"a rule fails: {why_of(error)}", name)))
        return
    finally:
        # Of one that failed nothing is left: `together` takes it back.
        outcome.recorded += [changed(each, diff=door.dry_run) for each in door.recorded]
        door.recorded.clear()
    if not acted:
        outcome.unchanged.append(held.ticket.id)


def _acted(door: Door, wanted: Wanted, held: Held) -> list[Acted]:
    ticket = adopt_hand_edits(door.desk, held.path, held.ticket)
    occasion = occasion_for(ticket, wanted.event)
    if occasion is None:
        return []
    around = around_of(door.desk, door.index, wanted.book)
    return decide(wanted.book.conditions, ticket, occasion, around, spares=not wanted.sends).acted


def occasion_for(ticket: Ticket, event: str) -> Occasion | None:
    """The last time that this happened to the ticket; None where it never did, or no rule would be asked."""
    if ticket.status in NO_RESOLUTION:
        return None
    if event == TIMER:
        return of_time(ticket)
    for entry in reversed(ticket.entries):
        occasion = occasion_of(ticket, entry)
        if occasion is not None and occasion.event == event and origin_of(entry) == entry.id:
            return None if is_echo(occasion) else occasion
    return None
