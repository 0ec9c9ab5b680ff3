"""Files beside the tickets, written as those are: under the lock, whole or not at all, and committed."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from helpdesk_cli.desk.record import commit_message
from helpdesk_cli.errors import ConflictError
from helpdesk_cli.storage import durable, pending
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from helpdesk_cli.desk.record import Door
    from helpdesk_cli.storage.folder import Stat


@dataclass(frozen=True, slots=True)
class SideFile:
    """A file as it is to be: its path from the desk's root, and the stat it was read with (None: a new one).

    `data` None: it goes.
    """

    path: str
    data: bytes | None
    stat: Stat | None


def write_side_files(door: Door, files: Sequence[SideFile], *, summary: str) -> None:
    """Write these files and queue one commit for them; nothing for a dry run.

    What a hand changed in such a file before goes with it. Raises ConflictError where one was saved since it
    was read, or stands in the way of a new one; the files before that are written.
    """
    if door.dry_run:
        return
    layout = door.desk.layout
    for file in files:
        target = door.desk.path(file.path)
        if file.data is None:
            # Last, so that whoever is ended before finds it again.
            continue
        if file.stat is None:
            durable.make_dirs(target.parent, within=layout.root, modes=layout.modes)
            try:
                durable.write_new(target, file.data, within=layout.root, modes=layout.modes, tmp=layout.tmp)
            except FileExistsError:
                raise ConflictError("there is such a file already", file.path, "Look, then repeat.") from None
        else:
            durable.replace(
                target,
                file.data,
                within=layout.root,
                modes=layout.modes,
                expect=file.stat,
                tmp=layout.tmp,
            )
    author = (door.actor.name, door.actor.email)
    paths = tuple((file.path, file.data) for file in files)
    message = commit_message(summary, op=door.op, undoes=door.undoes)
    commit = pending.Commit(paths, author, message, door.desk.now)
    pending.Queue(layout).put(commit)
    for file in files:
        if file.data is None:
            durable.remove(door.desk.path(file.path), within=layout.root)


def show_diff(door: Door, path: str, before: bytes, after: bytes) -> tuple[str, ...]:
    """For a dry run, the change as a unified diff, line by line; b"" is no file."""
    if not door.dry_run:
        return ()
    # difflib costs 4 ms to import, and only --dry-run shows a diff.
    made = importlib.import_module("difflib").unified_diff(
        *(data.decode("utf-8-sig", "replace").split("\n") if data else [] for data in (before, after)),
        f"a/{path}",
        f"b/{path}",
        lineterm="",
    )
    return tuple(made)
