"""How long a promise can let somebody wait by the clock on the wall: the worst moment to write."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.sla.calendar import DAY
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from helpdesk_cli.sla.hours import Hours
    from helpdesk_cli.sla.policies import Span

_YEAR = 366 * DAY


@dataclass(frozen=True, slots=True)
class Wait:
    """Who writes at `start` is due at `due`, milliseconds since 1970; None: not within forty years."""

    start: int
    due: int | None

    @property
    def length(self) -> int:
        """How long that is."""
        return 0 if self.due is None else self.due - self.start


def longest_wait(span: Span, hours: Hours, now: int) -> Wait:
    """The longest wait of those that begin within a year from now; what is due then may lie beyond.

    The wait falls while the office is closed, and grows where what is due moves past a closing: it is longest
    at a closing, or the moment after one at which the rest of the day would just have been enough.
    """
    length = hours.length(span)
    if span.wall or hours.calendar.is_always_open:
        return Wait(now, now + length)
    closings = [end for _, end in hours.stretches(now, now + _YEAR)]
    starts = [now, *closings]
    for end in closings:
        start = hours.before(end, length)
        if start is not None and start >= now:
            starts.append(start + 1)
    waits = [Wait(start, hours.after(start, length)) for start in starts]
    return next((wait for wait in waits if wait.due is None), max(waits, key=lambda wait: wait.length))
