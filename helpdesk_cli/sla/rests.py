"""When the clocks of a ticket ran and when they rested, by its statuses and its snoozes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from helpdesk_cli.sla.policies import SNOOZED
from helpdesk_cli.tickets.snooze import read_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from helpdesk_cli.sla.course import Course

Kind = Literal["active", "waiting", "done"]


class Piece(NamedTuple):
    """A part of a ticket's time, in milliseconds since 1970; `rests` says why it did not count, else "".

    A tuple: reports make half a million of them.
    """

    start: int
    end: int
    rests: str = ""


class Past:
    """What was so when, up to `now`; of the rest of a ticket's course nothing counts yet."""

    def __init__(self, course: Course, *, now: int, kind_of: Callable[[str], Kind]) -> None:
        """`kind_of` says whether a status is active, waiting or done."""
        self.now = max(now, course.opened)
        self._course = course
        self._kind_of = kind_of
        # What a clock that was wrong wrote down for a later time has happened now.
        statuses, *self._words = course.timelines(("status", "priority", "type"), now=now)
        self._statuses = [(min(at, self.now), status) for at, status in statuses]
        self._parts: dict[tuple[str, ...], list[Piece]] = {}

    @property
    def status(self) -> str:
        """The status now."""
        return self._statuses[-1][1]

    @property
    def done_since(self) -> int | None:
        """Since when the ticket is done; None where it is not."""
        found = None
        for since, status in reversed(self._statuses):
            if self._kind_of(status) != "done":
                break
            found = since
        return found

    def words_at(self, moment: int) -> tuple[str, ...]:
        """The priority and the type that it had then, as far as it had any."""
        found = []
        for each in self._words:
            for since, value in reversed(each):
                if since <= moment:
                    found.append(value)
                    break
        return tuple(filter(None, found))

    def pieces(self, rests_while: tuple[str, ...], start: int, end: int, *, is_open: bool) -> list[Piece]:
        """The time from `start` to `end`, parted where clocks rest that rest in those statuses.

        `is_open`: the end is the present, and how it is now stands last even if it has been so for no time.
        """
        if rests_while not in self._parts:
            self._parts[rests_while] = self._part(rests_while)
        found = []
        for piece in self._parts[rests_while]:
            begun, ended, rests = piece
            if start <= begun and ended <= end and begun < ended:
                found.append(piece)
                continue
            first, last = max(begun, start), min(ended, end)
            if first < last or (is_open and first == last == self.now):
                found.append(Piece(first, last, rests))
        return found

    def _part(self, rests_while: tuple[str, ...]) -> list[Piece]:
        """The whole time from the opening to now."""
        parts: list[Piece] = []
        ends = [*(since for since, _ in self._statuses[1:]), self.now]
        for (since, status), end in zip(self._statuses, ends, strict=True):
            rests = status if status in rests_while or self._kind_of(status) == "done" else ""
            start = since
            if parts and parts[-1][0] == parts[-1][1]:
                # One without length stays only as the last, the present.
                parts.pop()
            if parts and parts[-1][2] == rests:
                start = parts.pop()[0]
            parts.append(Piece(start, end, rests))
        if SNOOZED in rests_while:
            for start, end in self._snoozes():
                parts = [part for piece in parts for part in _overlaid(piece, start, end)]
        return parts

    def _snoozes(self) -> Iterator[tuple[int, int]]:
        """When the ticket was at rest until a time: until that time, or until it was woken."""
        values = self._course.values("snoozed-until", now=self.now)
        for place, (since, value) in enumerate(values):
            until = read_until(value)
            if until is not None:
                ends = values[place + 1][0] if place + 1 < len(values) else self.now
                end = min(ends, self.now, int(until.timestamp() * 1000))
                if end > since:
                    yield since, end


def _overlaid(piece: Piece, start: int, end: int) -> Iterator[Piece]:
    """The same with a rest from `start` to `end`, unless it rests anyway."""
    first, last = max(piece.start, start), min(piece.end, end)
    if piece.rests or first > last or (first == last and piece.start < piece.end):
        yield piece
        return
    if piece.start < first:
        yield Piece(piece.start, first)
    yield Piece(first, last, SNOOZED)
    if last < piece.end:
        yield Piece(last, piece.end)
