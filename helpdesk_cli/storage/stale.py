"""What a killed git or desk leaves behind, found and removed (RELIABILITY G16).

Ages are told by the file system's own clock, the one that stamped the files.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from helpdesk_cli.storage import durable, lock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpdesk_cli.storage.layout import Layout

_LOCK_AGE = 60.0
_TMP_AGE = 36 * 3600.0


def recover_locks(layout: Layout, *, older_than: float = _LOCK_AGE) -> tuple[Path, ...]:
    """Remove git's lock files that nobody can still hold, and name them.

    Only under desk's commit lock (so no git of desk's runs), `older_than` seconds after they were made, while
    no process of this machine has one open and no git runs in this repository, or could unseen: a
    `git commit -a` with an open editor holds `index.lock` without having it open.
    """
    held = lock.try_hold(layout.commit_lock, modes=layout.modes)
    if held is None:
        return ()
    try:
        now = _now(layout)
        old = [path for path in git_locks(layout) if now - path.stat().st_mtime > older_than]
        if not old or _is_in_use(layout, old):
            return ()
        return tuple(path for path in old if durable.remove(path, within=path.parent))
    finally:
        held.release()


def sweep_tmp(layout: Layout, *, older_than: float = _TMP_AGE) -> tuple[Path, ...]:
    """Remove temporary files that a crash left in the state, and name them."""
    now = _now(layout)
    old = [path for path in layout.tmp.glob(".desk-*.tmp") if now - path.lstat().st_mtime > older_than]
    return tuple(path for path in old if durable.remove(path, within=layout.tmp))


def git_locks(layout: Layout) -> Iterator[Path]:
    """The lock files of git that are there now, in use or left behind."""
    for folder in {layout.git_dir, layout.common_dir}:
        for pattern in ("index.lock", "HEAD.lock", "packed-refs.lock", "next-index-*.lock"):
            yield from folder.glob(pattern)
    yield from (layout.common_dir / "refs").rglob("*.lock")


def _now(layout: Layout) -> float:
    """What the file system thinks the time is."""
    path = layout.commit_lock.parent / "clock"
    durable.replace(path, b"", within=path.parent, modes=layout.modes, tmp=layout.tmp, sync=False)
    return path.stat().st_mtime


def _is_in_use(layout: Layout, locks: list[Path]) -> bool:
    """Whether a process has one of these open, or a git works in this repository; True without /proc.

    A git of another user, whose place is hidden, counts; what other programs of theirs have open does not.
    """
    places = (layout.top, layout.common_dir, layout.git_dir)
    try:
        numbers = [name for name in os.listdir("/proc") if name.isdigit()]  # noqa: PTH208 (names are all it needs)
    except FileNotFoundError:
        return True
    for number in numbers:
        process = Path("/proc", number)
        with suppress(FileNotFoundError, ProcessLookupError):
            is_git = (process / "comm").read_bytes().startswith(b"git")
            try:
                if _has_open(process, locks) or (is_git and _works_in(process, places)):
                    return True
            except PermissionError:
                if is_git:
                    return True
    return False


def _has_open(process: Path, locks: list[Path]) -> bool:
    for descriptor in (process / "fd").iterdir():
        with suppress(FileNotFoundError):
            if descriptor.readlink() in locks:
                return True
    return False


def _works_in(process: Path, places: tuple[Path, ...]) -> bool:
    """Whether a process is in one of these places, or was told one: `git -C`, `--git-dir`, GIT_DIR."""
    here = (process / "cwd").readlink()
    told = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
    return any(here.is_relative_to(place) or os.fsencode(place) in told for place in places)
