"""The rules of a mail that comes in: asked before its ticket is written, and written together with it.

So a mail has its rules or is not there yet, wherever the power fails. Rules never cost a mail its place: a
broken file, a rule that raises, rules that take too long, rules in which desk died once: the mail is filed,
the ticket remembers that its rules wait, and `desk cron` asks them (`desk/rules_cron`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.desk.actor import Actor, desk_actor
from helpdesk_cli.desk.asking import zone_of
from helpdesk_cli.desk.chance import draw_id
from helpdesk_cli.desk.rules_around import around_of
from helpdesk_cli.desk.rules_reading import book_of
from helpdesk_cli.errors import DeskError, where
from helpdesk_cli.query.dates import shift
from helpdesk_cli.rules.engine import decide, join
from helpdesk_cli.rules.marks import ALERT_ROLE, LATE
from helpdesk_cli.rules.rule import DEDUPE
from helpdesk_cli.storage.index_tables import number_of
from helpdesk_cli.tickets.changes import apply_all
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.record import Door, Held
    from helpdesk_cli.rules.conditions import Condition
    from helpdesk_cli.rules.engine import Acted
    from helpdesk_cli.rules.occasion import Occasion
    from helpdesk_cli.storage.rules_copy import Outline
    from helpdesk_cli.tickets.ticket import Ticket

REOPEN_WITHIN = "1h"
_NEVER = frozenset({"spam", "merged"})
_LONGEST_WHY = 200
RULES = "rules"


def run_rules(door: Door, held: Held, found: Outline, occasion: Occasion, *, quiet: bool) -> Held:
    """The ticket after its rules, or with a mark that they wait. Raises only what writing raises."""
    if held.ticket.status in _NEVER:
        return held
    if found.why:
        return wait(door, held, occasion.entry, found.why)
    attempt = _Attempt(door, occasion.entry)
    if attempt.was_made():
        attempt.end()
        return wait(door, held, occasion.entry, "desk ended while it asked them")
    attempt.begin()
    try:
        book = book_of(door.desk, found)
        around = around_of(door.desk, door.index, book)
        acted = decide(book.conditions, held.ticket, occasion, around, quiet=quiet).acted
    except Exception as error:  # noqa: BLE001 - whatever is wrong with a rule, its mail is filed
        return wait(door, held, occasion.entry, why_of(error))
    finally:
        attempt.end()
    return _write_safely(door, held, acted, occasion.entry)


def _write_safely(door: Door, held: Held, acted: Iterable[Acted], entry: str) -> Held:
    """As `write`; what cannot be written (it would be too large) waits, and the mail does not."""
    try:
        with door.trying():
            return write(door, held, acted)
    except Exception as error:  # noqa: BLE001 - as above
        return wait(door, held, entry, why_of(error))


def write(
    door: Door, held: Held, acted: Iterable[Acted], *, op: str = "", actor: Actor | None = None
) -> Held:
    """Record what rules did, each as a change of its own that names it; all of them are one operation.

    Not that of the mail: who takes back what rules did keeps the mail. `op` and `actor` of whoever let rules
    act: git names both, the rule and the person.
    """
    op = op or draw_id("op")
    for each in acted:
        changes, rule = each.changes, each.rule
        with door.acting(actor or rule_actor(door.desk, rule.by), rule=rule.name, op=op):
            held = door.alter(
                held,
                lambda ticket, changes=changes: apply_all(ticket, changes),  # type: ignore[misc] # bound to this turn of the loop
                summary=f"{held.ticket.id}: {each.summary}",
            )
    return held


def rule_actor(desk: Desk, by: str) -> Actor:
    """A rule as git and the file name it."""
    return Actor(by, by, desk_actor(desk).email, "a rule of this desk")


def wait(door: Door, held: Held, entry: str, why: str) -> Held:
    """Remember in the ticket that rules are still to be asked about that entry."""
    why = " ".join(why.split())[:_LONGEST_WHY]
    with door.acting(desk_actor(door.desk, key=RULES)):
        return door.change(
            held, [], summary=f"{held.ticket.id}: rules wait", facts=((LATE, f"{entry} {why}"),)
        )


def why_of(error: Exception) -> str:
    """What went wrong with rules, in words."""
    return error.message if isinstance(error, DeskError) else f"{type(error).__name__} {where(error)}"


def problem_of(path: str, error: Exception) -> str:
    """The same as a line for whoever looks after the desk: on which ticket, and where and how to mend it."""
    name = path.rpartition("/")[2].removesuffix(".md")
    return f"rules: {name}: {error if isinstance(error, DeskError) else why_of(error)}"


@dataclass(frozen=True, slots=True)
class Joined:
    """The ticket that is about a monitored thing already, and the rule that says so."""

    held: Held
    condition: Condition


def find_alert(door: Door, found: Outline, draft: Ticket, occasion: Occasion) -> Joined | None:
    """The ticket that a mail joins by a rule with `dedupe`; None where it opens one of its own.

    `draft` is the ticket that it would open. Whatever is wrong with the rules, the mail opens one.
    """
    attempt = _Attempt(door, occasion.entry)
    if found.why or not found.dedupes or attempt.was_made():
        return None
    attempt.begin()
    try:
        book = book_of(door.desk, found)
        around = around_of(door.desk, door.index, book)
        for acted in decide(book.conditions, draft, occasion, around).acted:
            if acted.alert and (held := _ticket_about(door, acted)):
                condition = next(each for each in book.conditions if each.rule.name == acted.rule.name)
                return Joined(held, condition)
    except Exception:  # noqa: BLE001 - as above; its own rules say what is wrong when they are asked
        return None
    finally:
        attempt.end()
    return None


def join_alert(door: Door, held: Held, found: Outline, joined: Joined, occasion: Occasion) -> Held:
    """What the rule does to the ticket that the mail has joined: it is resolved, or taken up again."""
    try:
        book = book_of(door.desk, found)
        acted = join(joined.condition, held.ticket, occasion, around_of(door.desk, door.index, book))
    except Exception as error:  # noqa: BLE001 - as above
        return wait(door, held, occasion.entry, why_of(error))
    return _write_safely(door, held, [acted] if acted else [], occasion.entry)


def _ticket_about(door: Door, acted: Acted) -> Held | None:
    """The newest ticket about that thing, if it is open, or was resolved a short time ago."""
    settings = door.desk.settings
    named = door.index.paths_named(acted.alert, ALERT_ROLE)
    newest = max((path for path, _ in named), key=number_of, default=None)
    if newest is None:
        return None
    held = door.read(newest)
    ticket = held.ticket
    if ticket.status in _NEVER or ticket.last_at is None:
        return None
    if settings.status_kind(ticket.status) != "done":
        return held
    within = next(each for each in acted.rule.actions if each.name == DEDUPE).part("reopen-within")
    since = shift(door.desk.now, within or REOPEN_WITHIN, zone_of(door.desk))
    return held if ticket.last_at >= since else None


class _Attempt:
    """That rules are being asked about a mail: whoever dies of it leaves this behind, and does so once."""

    def __init__(self, door: Door, entry: str) -> None:
        """Not durable: after a power cut, nobody died of rules."""
        self._path: Path | None = None if door.dry_run else door.desk.layout.tmp / f"rules-{entry}"

    def was_made(self) -> bool:
        """Whether somebody asked, and never came to the end."""
        return self._path is not None and self._path.exists()

    def begin(self) -> None:
        if self._path is not None:
            try:
                self._path.touch()
            except OSError:
                self._path = None

    def end(self) -> None:
        if self._path is not None:
            self._path.unlink(missing_ok=True)
