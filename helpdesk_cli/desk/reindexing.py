"""`desk reindex`: the index made anew from the files."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from helpdesk_cli.desk.asking import done_words
from helpdesk_cli.desk.indexing import open_index
from helpdesk_cli.desk.record import LOCK_TIMEOUT
from helpdesk_cli.storage import lock
from helpdesk_cli.storage.layout import prepare
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from helpdesk_cli.desk.desk import Desk


@dataclass(frozen=True, slots=True)
class Reindexed:
    """How many tickets were read, where the index is, its size in bytes, and what could not be read."""

    tickets: int
    path: Path
    size: int
    problems: tuple[str, ...]


def reindex(desk: Desk, *, progress: Callable[[int, int], None] | None = None) -> Reindexed:
    """Forget the index and read every ticket file; nobody writes tickets meanwhile.

    Raises TryAgainError when another command has been writing for a minute.
    """
    prepare(desk.layout)
    with lock.hold(desk.layout.lock, timeout=LOCK_TIMEOUT, modes=desk.layout.modes):
        old = open_index(desk, full=False)
        old.close()
        old.discard()
        with closing(open_index(desk, full=True, done=done_words(desk.settings), progress=progress)) as index:
            index.settle()
            problems = tuple(problem for _, problem in index.problems())
            path = desk.layout.index
            return Reindexed(index.count(), path, path.stat().st_size if path.exists() else 0, problems)
