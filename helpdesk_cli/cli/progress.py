"""A progress line on standard error, on a terminal only, for work on many things."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, TypeVar

from helpdesk_cli.cli.session import is_terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from helpdesk_cli.cli.session import Session

Item = TypeVar("Item")
BETWEEN_DRAWINGS = 0.1
BAR = 24
# Below this many, the work is done before the eye has found the bar.
FEW = 20


def track(items: Iterable[Item], *, total: int, what: str, session: Session) -> Iterator[Item]:
    """The items, with a bar that moves as they are taken; without one where nobody would see it."""
    if total < FEW or session.quiet or not is_terminal(2):
        yield from items
        return
    drawn_at = 0.0
    try:
        for done, item in enumerate(items):
            if time.monotonic() - drawn_at >= BETWEEN_DRAWINGS:
                drawn_at = time.monotonic()
                _draw(picture(done, total=total, what=what))
            yield item
        _draw(picture(total, total=total, what=what))
    finally:
        _draw("\n")


def reporter(what: str, session: Session) -> Callable[[int, int], None] | None:
    """A function that draws the bar when it is told (done, total); None where nobody would see it."""
    if session.quiet or not is_terminal(2):
        return None
    drawn_at = 0.0

    def draw(done: int, total: int) -> None:
        nonlocal drawn_at
        if total >= FEW and (done >= total or time.monotonic() - drawn_at >= BETWEEN_DRAWINGS):
            drawn_at = time.monotonic()
            _draw(picture(done, total=total, what=what) + ("\n" if done >= total else ""))

    return draw


def waiting(what: str, session: Session) -> Callable[[float], None]:
    """A function that shows how long it has been waited, told in seconds; a negative number ends it."""
    if session.quiet or not is_terminal(2):
        return lambda _: None

    def draw(seconds: float) -> None:
        _draw("\n" if seconds < 0 else f"\r{what}: {int(seconds) // 60}:{int(seconds) % 60:02}")

    return draw


def picture(done: int, *, total: int, what: str) -> str:
    """`[########----------------]  3,333 of 10,000 mails`."""
    filled = BAR * min(done, total) // max(total, 1)
    return f"\r[{'#' * filled}{'-' * (BAR - filled)}] {done:>{len(f'{total:,}')},} of {total:,} {what}"


def _draw(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()
