"""The step of `desk cron` that syncs, in clones that say so: `git config desk.sync true`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.desk.actor import desk_actor
from helpdesk_cli.desk.sync import sync
from helpdesk_cli.storage import setup

if TYPE_CHECKING:
    from helpdesk_cli.desk.desk import Desk

# git-config(1): what a boolean may be.
_YES = {"true", "yes", "on", "1"}
# Seconds. The next minute's run goes on where this one gave up, and what else is due waits behind it.
_PATIENCE = 45.0


def is_wanted(desk: Desk) -> bool:
    """Whether this clone syncs by itself."""
    return setup.settings(desk.layout).get("desk.sync", "").casefold() in _YES


def sync_if_wanted(desk: Desk) -> list[str]:
    """Sync; what only a person can settle, in words. Raises as `sync` does."""
    if not is_wanted(desk):
        return []
    done = sync(desk, desk_actor(desk, key="desk"), patience=_PATIENCE)
    return [f"sync: {each.path}: {each.what}" for each in done.left]
