"""Who keeps a number that two clones gave out, and whom the links to it mean: decided by content alone.

Clones that see the same files decide the same, in whatever order they look, and what is settled needs
nothing more. Numbers are not given out again, so that the next free one is above all that ever were.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from helpdesk_cli.tickets.ids import number_after
from helpdesk_cli.tickets.links import linked_ids
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from helpdesk_cli.tickets.ticket import Ticket


@dataclass(frozen=True, slots=True)
class Claim:
    """A ticket's claim to its number, and the tickets that it names in its links."""

    id: str
    uid: str
    created_at: datetime
    formerly: tuple[str, ...] = ()
    names: frozenset[str] = frozenset()

    @classmethod
    def of(cls, ticket: Ticket) -> Claim:
        """The claim of a ticket."""
        names = {*linked_ids(ticket), *([ticket.merged_into] if ticket.merged_into else [])}
        return cls(ticket.id, ticket.uid, ticket.created_at, ticket.formerly, frozenset(names))

    @property
    def number(self) -> int:
        """42 of TICKET-42."""
        return number_of(self.id)


@dataclass(frozen=True, slots=True)
class Move:
    """A ticket that has to take another number."""

    uid: str
    old: str
    new: str


def number_of(ticket_id: str) -> int:
    """42 of TICKET-42; 0 of what is no id."""
    digits = ticket_id.rpartition("-")[2]
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) <= 9 else 0  # noqa: PLR2004 - FORMAT.md F10


def settle(claims: Iterable[Claim], *, taken: Iterable[int] = ()) -> tuple[Move, ...]:
    """The moves after which no two tickets have one number; one claim for each uid.

    The ticket that was created first (then: the smaller uid) keeps it. `taken`: further numbers that are
    in use, for instance of files that cannot be read.
    """
    found = list(claims)
    by_number: dict[int, list[Claim]] = defaultdict(list)
    for claim in found:
        by_number[claim.number].append(claim)
    given = [number_of(name) for claim in found for name in (claim.id, *claim.formerly)]
    used = {*given, *taken}
    free = number_after(max(used, default=0), lambda: used)
    moves = []
    for number in sorted(by_number):
        _, *others = sorted(by_number[number], key=lambda claim: (claim.created_at, claim.uid))
        for claim in others:
            prefix = claim.id.rpartition("-")[0]
            moves.append(Move(claim.uid, claim.id, f"{prefix}-{free}"))
            used.add(free)
            free = number_after(max(used), lambda: used)
    return tuple(moves)


def renamed_links(ticket: Claim, moves: Iterable[Move], claims: Mapping[str, Claim]) -> dict[str, str]:
    """The ids in this ticket's links that mean a ticket which has moved, with its new id.

    A link of two tickets stands in both: where the one that moved names this ticket, and the one that
    kept the number does not, the link means the one that moved. Else it means the present holder.
    `claims`: every ticket before the moves, by uid.
    """
    moving = {move.uid: move for move in moves}
    renamed: dict[str, str] = {}
    for move in moving.values():
        if move.old not in ticket.names or move.old in renamed or move.uid == ticket.uid:
            continue
        holders = [claim for claim in claims.values() if claim.id == move.old and claim.uid not in moving]
        is_named_by_holder = any(ticket.id in holder.names for holder in holders)
        if ticket.id in claims[move.uid].names and not is_named_by_holder:
            renamed[move.old] = move.new
    return renamed
