"""The steps of `desk cron` that ask rules: about mail for which they could not run, what people did, time.

What a rule did for an entry is an event of the ticket with an id of its own: asked twice, it acts once. So
these steps are killed anywhere and go on the next time.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from helpdesk_cli.desk.actor import desk_actor
from helpdesk_cli.desk.by_hand import adopt_hand_edits
from helpdesk_cli.desk.indexing import open_index
from helpdesk_cli.desk.letters import is_server
from helpdesk_cli.desk.record import open_door
from helpdesk_cli.desk.rules_around import PATIENCE, RulesTooSlowError, around_of
from helpdesk_cli.desk.rules_book import outline_of
from helpdesk_cli.desk.rules_mail import RULES, problem_of, wait, why_of, write
from helpdesk_cli.desk.rules_memory import Stragglers
from helpdesk_cli.desk.rules_originals import Originals
from helpdesk_cli.desk.rules_reading import book_of
from helpdesk_cli.desk.rules_time import due_tickets
from helpdesk_cli.desk.unfinished import finish, is_going
from helpdesk_cli.errors import ConflictError, DeskError, InvalidFileError, NotFoundError, TryAgainError
from helpdesk_cli.rules.engine import decide
from helpdesk_cli.rules.marks import LATE_ROLE, RAN, RULE, late_entries
from helpdesk_cli.rules.occasion import of_entry, of_message, of_time
from helpdesk_cli.rules.rule import TIMER, is_rule
from helpdesk_cli.tickets.entries import Message

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import timedelta

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.news import News
    from helpdesk_cli.desk.record import Door, Held
    from helpdesk_cli.desk.rules_reading import Book
    from helpdesk_cli.rules.conditions import Condition
    from helpdesk_cli.rules.occasion import Occasion
    from helpdesk_cli.storage.rules_copy import Outline
    from helpdesk_cli.tickets.entries import Entry
    from helpdesk_cli.tickets.ticket import Ticket

# Mail waits for the lock: it gets in after so many tickets.
_CHUNK = 20
_MOST_LATE = 200
# Each of them takes PATIENCE seconds, and there are other steps.
_MOST_SLOW = 3
_OF_PEOPLE = ("created", "agent-replied", "updated")


def ask_late(desk: Desk) -> list[str]:
    """Ask the rules about everything for which they could not run when it came; what is wrong, in words."""
    if not is_server(desk):
        return []
    finish(desk, RULES)
    with closing(open_index(desk, full=False)) as index:
        late = sorted({path for path, _ in index.paths_named(LATE_ROLE, LATE_ROLE)})
    found = outline_of(desk)
    if found.why:
        many = "1 ticket waits" if len(late) == 1 else f"{len(late):,} tickets wait"
        waiting = f", and {many} for that" if late else ""
        return [f"no rules run{waiting}: {found.why}"]
    if not late:
        return []
    book = book_of(desk, found)
    with closing(Originals(desk, book)) as originals:

        def catch_up(door: Door, path: str) -> None:
            _catch_up(door, book, originals, door.read(path))

        return _on_each(desk, late, catch_up, name="late", most=_MOST_LATE)


def _on_each(
    desk: Desk, paths: Sequence[str], act: Callable[[Door, str], object], *, name: str, most: int
) -> list[str]:
    """Act on so many of these tickets; what went wrong, in words. One on which rules fail stops no other.

    It comes last the next time (`name`: of which step). The lock is let go behind each on which rules took
    too long, and a few of them end the run: neither mail nor the other steps wait for all of them.
    """
    problems: list[str] = []
    stragglers = Stragglers.read(desk, name)
    waiting = stragglers.last(paths)[:most]
    slow = 0
    while waiting and slow < _MOST_SLOW:
        chunk, done = waiting[:_CHUNK], 0
        with open_door(desk, desk_actor(desk, key=RULES)) as door, is_going(desk, RULES, chunk):
            for done, path in enumerate(chunk, start=1):  # noqa: B007 - how far it came
                try:
                    act(door, path)
                except Exception as error:  # noqa: BLE001 - whatever it is, the others have their rules
                    stragglers.note(path, failed=True)
                    problems.append(problem_of(path, error))
                    if isinstance(error, RulesTooSlowError):
                        slow += 1
                        break
                else:
                    stragglers.note(path, failed=False)
        waiting = waiting[done:]
    stragglers.keep(paths)
    if waiting:
        problems.append(f"rules took too long on {slow} tickets: {len(waiting):,} more wait for the next run")
    return problems


def _catch_up(door: Door, book: Book, originals: Originals, held: Held) -> None:
    ticket = adopt_hand_edits(door.desk, held.path, held.ticket)
    for name in late_entries(ticket):
        entry = next((each for each in ticket.entries if each.id == name), None)
        occasion = occasion_of(ticket, entry) if entry is not None else None
        with door.together():
            if occasion is not None and entry is not None:
                # Nobody could know then which headers rules would ask for.
                occasion = originals.complete(occasion)
                quiet = _is_old(door, entry)
                held = _ask(door, book.conditions, held, occasion, book=book, quiet=quiet)
            with door.acting(desk_actor(door.desk, key=RULES)):
                told = f"{held.ticket.id}: rules were asked after all"
                held = door.change(held, [], summary=told, facts=((RAN, name),))
        held = door.read(held.path)
        ticket = held.ticket


def occasion_of(ticket: Ticket, entry: Entry) -> Occasion | None:
    """What an entry sets off: also one that a mail brought."""
    if isinstance(entry, Message) and not entry.by:
        return of_message(ticket, entry)
    return of_entry(ticket, entry)


def _is_old(door: Door, entry: Entry) -> bool:
    """Whether nobody is to be written to any more: it set nothing in motion, or is older than three days."""
    age: timedelta = door.desk.now - entry.at
    is_live = not isinstance(entry, Message) or bool(entry.by) or entry.answerable not in {"", "late"}
    return not is_live or age.days >= 3  # noqa: PLR2004 - DECISIONS 19


def ask_of_news(desk: Desk, news: News) -> list[str]:
    """Ask the rules about what people did: here, in other clones, by hand in a file."""
    found = outline_of(desk)
    if not is_server(desk) or not (found.why or not found.events.isdisjoint(_OF_PEOPLE)):
        return []
    wanted: dict[str, list[str]] = {}
    for path, ticket, entry in news:
        occasion = of_entry(ticket, entry)
        if occasion is not None and (found.why or occasion.event in found.events):
            wanted.setdefault(path, []).append(entry.id)
    problems: list[str] = []
    slow: list[str] = []
    waiting = list(wanted)
    while waiting:
        chunk, done, before = waiting[:_CHUNK], 0, len(slow)
        with open_door(desk, desk_actor(desk, key=RULES)) as door, is_going(desk, RULES, chunk):
            for done, path in enumerate(chunk, start=1):  # noqa: B007 - how far it came
                try:
                    held = door.read(path)
                except DeskError as error:
                    problems.append(f"rules: {error}")
                    continue
                problems += _about(door, found, held, wanted[path], slow=slow)
                if len(slow) > before:
                    # Mail has waited long enough.
                    break
        waiting = waiting[done:]
    return problems


def _about(
    door: Door, found: Outline, held: Held, entries: Iterable[str], *, slow: list[str]
) -> Iterator[str]:
    """Ask about these entries, or note that they wait; `slow` are the tickets on which rules took too long.

    Behind a few of them nobody is asked any more: the next run asks, and mail waits for none of it.
    """
    for name in entries:
        entry = next((each for each in held.ticket.entries if each.id == name), None)
        occasion = of_entry(held.ticket, entry) if entry is not None else None
        if occasion is None or _was_asked(held.ticket, occasion):
            continue
        why = found.why or ("they took too long on other tickets" if len(slow) >= _MOST_SLOW else "")
        if not why:
            try:
                book = book_of(door.desk, found)
                held = _ask(door, book.conditions, held, occasion, book=book)
                continue
            except (TryAgainError, OSError):
                raise
            except Exception as error:  # noqa: BLE001 - one ticket on which a rule fails keeps no other from its rules
                why = why_of(error)
                yield f"rules: {held.ticket.id}: {why}"
                if isinstance(error, RulesTooSlowError):
                    slow.append(held.path)
        try:
            # Somebody may have saved the file while rules were asked.
            held = door.read(held.path)
            if name not in late_entries(held.ticket):
                wait(door, held, name, why)
                held = door.read(held.path)
        except (InvalidFileError, ConflictError, NotFoundError) as error:
            yield f"rules: {error}"


def _was_asked(ticket: Ticket, occasion: Occasion) -> bool:
    """Whether rules acted for this already: all of them are written at once, so none is left to be asked."""
    wanted = f"{occasion.entry} {occasion.event}"
    return any(is_rule(event.by) and wanted in event.all_facts(RULE) for event in ticket.events)


def act_timers(desk: Desk) -> list[str]:
    """Let the timer rules act on the tickets that are due; what is wrong, and what is too much, in words."""
    found = outline_of(desk)
    if not is_server(desk) or found.why or TIMER not in found.events:
        return []
    book = book_of(desk, found)
    due = due_tickets(desk, book)

    def act(door: Door, path: str) -> None:
        held = door.read(path)
        occasion = of_time(held.ticket)
        if occasion is not None:
            _ask(door, due.conditions, held, occasion, book=book)

    return [*due.problems, *_on_each(desk, due.paths, act, name="timers", most=len(due.paths))]


def _ask(
    door: Door,
    conditions: Sequence[Condition],
    held: Held,
    occasion: Occasion,
    *,
    book: Book,
    quiet: bool = False,
) -> Held:
    """The ticket after its rules."""
    if held.ticket.status in {"spam", "merged"}:
        return held
    ticket = adopt_hand_edits(door.desk, held.path, held.ticket)
    around = around_of(door.desk, door.index, book, patience=PATIENCE)
    acted = decide(conditions, ticket, occasion, around, quiet=quiet).acted
    if not acted:
        return held
    with door.together():
        write(door, held, acted)
    return door.read(held.path)
