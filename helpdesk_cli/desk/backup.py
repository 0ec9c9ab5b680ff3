"""`desk backup`: the desk in one file, whole and of one moment, while mail comes in and people work.

The history is bundled before the locks are taken. Under them, for a moment: what was committed since, the
small records, and every file that git does not have as it lies. Originals and large attachments never
change; they are listed under the locks and copied afterwards.
"""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import helpdesk_cli
from helpdesk_cli.desk.record import LOCK_TIMEOUT, commit_pending
from helpdesk_cli.errors import DeskError, UsageError
from helpdesk_cli.storage import archive, bundle, durable, history, lock, refs, setup
from helpdesk_cli.storage.folder import read_file
from helpdesk_cli.storage.layout import prepare
from helpdesk_cli.storage.space import require_space
from helpdesk_cli.tickets.times import read_time, write_time
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.storage.layout import Layout

    Progress = Callable[[int, int], None]

FORMAT = 1
# Written once under the name of their sha256: copied without a lock.
CONSTANT = ("raw", "attachments")
# Which commands may run is no archive's to say, whoever made it.
NEVER_RESTORED = "approved-commands"
_OF_A_TREE = frozenset({"pending", "reached"})
# Made anew when they are missing, of use to a running process only, or about this machine.
_PASSING = frozenset(
    {"tmp", "index.db", "index.db-wal", "index.db-shm", "clock", "last-backup"}
    | {"settings.copy", "sla.copy", "rules.copy", "holidays.copy"}
    # What was to be told at the backup may have been told after it: a restored desk begins anew.
    | {"news", "notices", "cron", "cron.lock", "digest", "import-mail"}
    # What runs on a host is said on that host (T50).
    | {NEVER_RESTORED}
)


@dataclass(frozen=True, slots=True)
class BackedUp:
    """The archive, how many files are in it, and its size in bytes."""

    path: Path
    files: int
    size: int


def backup(desk: Desk, target: Path, *, progress: Progress | None = None) -> BackedUp:
    """Write the desk into a new archive: `target`, or a name with the time in it where that is a folder.

    Readable by its owner only: it holds the desk's secret. Raises UsageError where the file exists.
    """
    layout = desk.layout
    path = _path_for(desk, Path(os.path.abspath(target)))  # noqa: PTH100 - links in the name stay as typed
    prepare(layout)
    commit_pending(desk)
    with archive.create(path) as writer, ExitStack() as stack:
        first = stack.enter_context(_passing(layout, "first.bundle"))
        known = bundle.read_refs(layout)
        if bundle.write_bundle(layout, first):
            writer.add_file("repository/1.bundle", first)
        with _standing_still(layout):
            if bundle.read_refs(layout) != known:
                second = stack.enter_context(_passing(layout, "second.bundle"))
                if bundle.write_bundle(layout, second, without=sorted(set(known.values()))):
                    writer.add_file("repository/2.bundle", second)
            facts = _facts(desk)
            for name, source in _state_files(layout):
                writer.add_file(name, source)
            for name in history.uncommitted(layout):
                if desk.path(name).is_file() and not desk.path(name).is_symlink():
                    writer.add_file(f"tree/{layout.prefix}{name}", desk.path(name))
            constant = list(_constant_files(layout))
        commit_pending(desk)
        for number, (name, source) in enumerate(constant, start=1):
            writer.add_file(name, source)
            if progress:
                progress(number, len(constant))
        writer.finish(facts)
        count = writer.count
    durable.replace(
        layout.state / "last-backup",
        f"{write_time(desk.now)}\n".encode(),
        within=layout.state,
        modes=layout.modes,
        tmp=layout.tmp,
    )
    return BackedUp(path, count, path.stat().st_size)


def last_backup(desk: Desk) -> datetime | None:
    """When the last backup was made on this host; None where none was."""
    try:
        data, _ = read_file(desk.layout.state / "last-backup", within=desk.layout.state, limit=100)
        return read_time(data.decode("ascii"))
    except (FileNotFoundError, ValueError, DeskError):
        return None


def _path_for(desk: Desk, target: Path) -> Path:
    if target.is_dir():
        time = write_time(desk.now.replace(microsecond=0)).replace("-", "").replace(":", "")
        target /= f"desk-{time}.tar.gz"
    inside = [
        folder for folder in (desk.layout.root, desk.layout.common_dir) if target.is_relative_to(folder)
    ]
    if inside:
        raise UsageError("a backup does not belong inside the desk", str(target), "Name a place elsewhere.")
    if os.path.lexists(target):
        raise UsageError("there is such a file already", str(target), "Name another, or a folder.")
    if not target.parent.is_dir():
        raise UsageError("there is no such folder", str(target.parent))
    require_space(target.parent, 0, floor=desk.settings.free_space)
    return target


@contextmanager
def _passing(layout: Layout, name: str) -> Iterator[Path]:
    """A path for a file that is gone at the end; of a name that `desk fsck` knows as left behind."""
    path = layout.tmp / f".desk-{os.getpid()}-{name}.tmp"
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


@contextmanager
def _standing_still(layout: Layout) -> Iterator[None]:
    """Nobody writes a ticket, nobody of desk's commits."""
    with (
        lock.hold(layout.lock, timeout=LOCK_TIMEOUT, modes=layout.modes),
        lock.hold(layout.commit_lock, timeout=LOCK_TIMEOUT, modes=layout.modes),
    ):
        yield


def _facts(desk: Desk) -> dict[str, object]:
    layout = desk.layout
    head = refs.head(layout)
    settings = {key: value for key, value in setup.settings(layout).items() if key.startswith("desk.")}
    return {
        "schema": "desk/1",
        "kind": "backup",
        "format": FORMAT,
        "made-at": write_time(desk.now),
        "made-by": helpdesk_cli.__version__,
        "desk": desk.settings.name,
        "folder": layout.prefix,
        "branch": head.branch,
        "tip": head.tip,
        "settings": settings,
    }


def _state_files(layout: Layout) -> Iterator[tuple[str, Path]]:
    """What is durable and not in git, less what never changes."""
    own = layout.git_dir / "desk"
    for path in _files_below(layout.state):
        name = path.relative_to(layout.state)
        # In a linked working tree the queue of the main one is that tree's.
        if _is_durable(name) and not (own != layout.state and name.parts[0] in _OF_A_TREE):
            yield f"state/{name.as_posix()}", path
    if own != layout.state:
        for path in _files_below(own):
            if _is_durable(path.relative_to(own)):
                yield f"state/{path.relative_to(own).as_posix()}", path


def _is_durable(name: Path) -> bool:
    if name.parts[0] in _PASSING or name.parts[0] in CONSTANT or name.name.endswith(".tmp"):
        return False
    # Not only a lock: it says how far the queue's numbers go.
    return name.name == "records.lock" or not name.name.endswith(".lock")


def _constant_files(layout: Layout) -> Iterator[tuple[str, Path]]:
    for name in CONSTANT:
        for path in _files_below(layout.state / name):
            yield f"state/{path.relative_to(layout.state).as_posix()}", path


def _files_below(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            path = Path(place, name)
            if not path.is_symlink():
                yield path
