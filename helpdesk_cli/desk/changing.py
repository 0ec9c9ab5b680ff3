"""The one loop of every verb that changes tickets: decide for each, record each, go on past a bad one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.desk.record import open_door
from helpdesk_cli.errors import DeskError, TryAgainError
from helpdesk_cli.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from helpdesk_cli.desk.actor import Actor
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.record import Door, Recorded
    from helpdesk_cli.tickets.changes import Change
    from helpdesk_cli.tickets.ticket import Ticket

Decide = "Callable[[Door, Ticket], Decided]"


@dataclass(frozen=True, slots=True)
class Decided:
    """What a verb wants of one ticket: changes, and their summary for commit and terminal ("" = none)."""

    changes: Sequence[Change] = ()
    summary: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    files: tuple[tuple[str, bytes], ...] = ()


@dataclass(slots=True)
class Outcome:
    """What a verb did: the changes recorded, tickets that were so already, and those it could not change."""

    op: str = ""
    recorded: list[Recorded] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    errors: list[tuple[str, DeskError]] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """0, or the code of the first error."""
        return self.errors[0][1].exit_code if self.errors else 0


def change_each(
    desk: Desk,
    words: Iterable[str],
    decide: Callable[[Door, Ticket], Decided],
    *,
    actor: Actor,
    dry_run: bool = False,
) -> Outcome:
    """Decide and record for every ticket that `words` name; each ticket once, in that order.

    One that cannot be changed does not stop the others. Raises TryAgainError when nothing can be
    written at all.
    """
    outcome = Outcome()
    with open_door(desk, actor, dry_run=dry_run) as door:
        outcome.op = door.op
        done: set[str] = set()
        for word in words:
            try:
                held = door.hold(word)
                if held.path in done:
                    continue
                done.add(held.path)
                decided = decide(door, held.ticket)
                summary = f"{held.ticket.id}: {decided.summary}"
                after = door.change(
                    held, decided.changes, summary=summary, facts=decided.facts, files=decided.files
                )
            except TryAgainError:
                raise
            except DeskError as error:
                outcome.errors.append((word, error))
                continue
            if after is held:
                outcome.unchanged.append(held.ticket.id)
        outcome.recorded = list(door.recorded)
    return outcome
