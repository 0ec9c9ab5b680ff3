"""The numbers of tickets: the next is above every one that was ever given out here, never one again.

The hint file remembers numbers whose files a hand removed; it is not flushed to the disk, because a
ticket that is durable is counted by its own file. Both functions are called under the desk's lock.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from helpdesk_cli.storage import durable
from helpdesk_cli.tickets.ids import number_after

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from helpdesk_cli.storage.layout import Layout


def next_number(layout: Layout, highest: int, taken: Callable[[], Iterable[int]]) -> int:
    """The next free number; `highest` is what the ticket files say, `taken` gives all that they have."""
    hint = 0
    with suppress(OSError, ValueError):
        hint = int(_path(layout).read_bytes()[:12])
    return number_after(max(highest, hint), lambda: [hint, *taken()])


def note_number(layout: Layout, number: int) -> None:
    """Remember that this number was given out."""
    durable.replace(_path(layout), b"%d\n" % number, within=layout.state, modes=layout.modes, sync=False)


def _path(layout: Layout) -> Path:
    return layout.state / "last-number"
