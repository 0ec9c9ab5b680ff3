"""The numbers of tickets: the next is above every one that was ever given out here, never one again."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from helpdesk_cli.storage import durable

if TYPE_CHECKING:
    from helpdesk_cli.storage.layout import Layout


def claim_number(layout: Layout, highest: int, *, dry_run: bool = False) -> int:
    """The next free number; to be called under the desk's lock.

    `highest` is what the ticket files say. The hint file remembers numbers whose files a hand
    removed; it is not flushed, because a ticket that is durable is counted by its own file.
    """
    path = layout.state / "last-number"
    hint = 0
    with suppress(OSError, ValueError):
        hint = int(path.read_bytes()[:12])
    number = max(highest, hint) + 1
    if not dry_run:
        durable.replace(path, b"%d\n" % number, within=layout.state, modes=layout.modes, sync=False)
    return number
