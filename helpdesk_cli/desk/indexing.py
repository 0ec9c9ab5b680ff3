"""The desk's index, opened and brought up to date."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.desk.clock import filesystem_now_ns
from helpdesk_cli.storage.index import Index

if TYPE_CHECKING:
    from collections.abc import Callable

    from helpdesk_cli.desk.desk import Desk


def open_index(
    desk: Desk,
    *,
    full: bool,
    done: frozenset[str] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Index:
    """The desk's index, brought up to date: with `full` every file is looked at, else every folder.

    With `done`, `desk.asking.done_words`, what queries ask for is brought up to date as well.
    """
    index = Index(desk.layout.index, desk.layout.root, now_ns=filesystem_now_ns())
    index.refresh(full=full, done=done, progress=progress)
    return index
