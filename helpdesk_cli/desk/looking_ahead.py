"""The look at every ticket file, begun before the rest of the program is imported. Large desks only.

It runs at the start of every `desk list`, and imports nothing that would not be imported anyway.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from helpdesk_cli.errors import DeskError
from helpdesk_cli.storage import layout, lookout

# An index of so many bytes has two thousand tickets or more; fewer are looked at sooner than a child starts.
LARGE = 16_000_000


def look_ahead(start: str) -> None:
    """Send a child ahead to the desk that `start` lies in ("": the current folder), where that pays."""
    # Whatever is wrong with the desk is said by who opens it.
    with suppress(OSError, DeskError):
        found = layout.find(Path(start or os.curdir))
        if found.index.stat().st_size >= LARGE and lookout.can_be_sent():
            lookout.send_ahead(str(found.root))
