"""`desk dupes`: tickets that may be one, with the reasons; nothing is merged by it. Reads only.

No text is compared but the subject, and that only between tickets of one sender within days: likeness is a
reason to look, and for nothing else (DECISIONS 21).
"""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING

from helpdesk_cli.desk.finding import find_tickets
from helpdesk_cli.storage.index_pairs import possible_parents, references, shared_files, shared_message_ids
from helpdesk_cli.tickets.times import read_time
from helpdesk_cli.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from helpdesk_cli.desk.actor import Actor
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.storage.index import Index
    from helpdesk_cli.storage.index_tables import Row

WITHIN = timedelta(days=7)
_PREFIXES = re.compile(r"^(?:\s*(?:re|aw|sv|antw|fwd?|wg)\s*:|\s*\[[^\]]{1,40}\])+", re.IGNORECASE)
_NEAR = 0.5
# Of one sender's tickets so many neighbours in time are compared: a monitor writes thousands.
_NEIGHBOURS = 20
_OUT = frozenset({"merged", "spam"})


@dataclass(slots=True)
class Candidate:
    """Two tickets that may be one: the earlier and the later, how much speaks for it, and what."""

    first: Row
    second: Row
    score: int = 0
    reasons: list[str] = field(default_factory=list)

    @property
    def command(self) -> str:
        """What to type to merge them."""
        return f"desk merge {self.first.number} {self.second.number}"


def find_dupes(
    desk: Desk,
    query: str | Sequence[str] = "",
    *,
    actor: Actor | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[Candidate]:
    """The pairs of which one at least is found by the query, what speaks most first.

    Tickets that are merged, spam or linked to each other are in none. Raises QueryError.
    """
    found = find_tickets(desk, query, actor=actor, progress=progress)
    try:
        wanted = set(found.paths)
        rows = {row.path: row for row in found.index.rows() if row.status not in _OUT}
        pairs: dict[tuple[str, str], Candidate] = {}
        for one, other, score, reason in _reasons(desk, found.index, rows):
            if one not in rows or other not in rows or not wanted & {one, other} or one == other:
                continue
            first, second = sorted((rows[one], rows[other]), key=lambda row: (row.created_at, row.number))
            pair = pairs.setdefault((first.path, second.path), Candidate(first, second))
            if reason not in pair.reasons:
                pair.score += score
                pair.reasons.append(reason)
        linked = {(path, int(number)) for path, number in _links(found.index)}
    finally:
        found.close()
    left = [pair for pair in pairs.values() if (pair.first.path, pair.second.number) not in linked]
    left.sort(key=lambda pair: (-pair.score, -pair.second.number, -pair.first.number))
    return left


def _reasons(desk: Desk, index: Index, rows: dict[str, Row]) -> Iterator[tuple[str, str, int, str]]:
    """(path, path, weight, reason)."""
    for one, other, _ in shared_message_ids(index):
        yield one, other, 5, "the same mail in both"
    for one, other in references(index):
        yield one, other, 4, "a mail of one answers a mail of the other"
    numbers = {row.number: path for path, row in rows.items()}
    for path, number in possible_parents(index):
        if number in numbers:
            yield path, numbers[number], 4, "a mail named the other ticket"
    for one, other, name in shared_files(desk.layout.root, rows):
        yield one, other, 3, f"the same file: {name}"
    yield from _near(rows)


def _near(rows: dict[str, Row]) -> Iterator[tuple[str, str, int, str]]:
    """Tickets of one sender with nearly one subject within days."""
    by_sender: dict[str, list[tuple[str, Row]]] = defaultdict(list)
    for row in rows.values():
        if row.requester_email:
            by_sender[row.requester_email].append((row.created_at, row))
    for found in by_sender.values():
        found.sort(key=lambda each: (each[0], each[1].number))
        for place, (at, row) in enumerate(found):
            words = _words(row.subject)
            for later, other in found[place + 1 : place + 1 + _NEIGHBOURS]:
                if read_time(later) - read_time(at) > WITHIN:
                    break
                others = _words(other.subject)
                near = len(words & others) / max(len(words | others), 1)
                if words == others and words:
                    yield row.path, other.path, 3, "the same sender and subject within days"
                elif near >= _NEAR:
                    yield row.path, other.path, 2, "the same sender and nearly the same subject within days"


def _words(subject: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", _PREFIXES.sub("", subject).casefold()))


def _links(index: Index) -> Iterator[tuple[str, str]]:
    found = index.ask("SELECT path, value FROM items WHERE field = 'links'")
    yield from ((path, value) for path, value in found)
