"""Who may do what with a desk's files: by the rules of the file system, for any Unix user.

For another user the answer is worked out from owner, group and mode (POSIX.1-2017, 4.5 File Access
Permissions); access control lists are not looked at. For the running process the kernel is asked.
"""

from __future__ import annotations

import grp
import os
import pwd
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from helpdesk_cli.storage import durable
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpdesk_cli.storage.layout import Layout

_WORDS = {os.R_OK: "read", os.W_OK: "write", os.X_OK: "enter"}
_ALL = os.R_OK | os.W_OK | os.X_OK


@dataclass(frozen=True, slots=True)
class UnixUser:
    """A user of this machine with all groups they are in."""

    name: str
    uid: int
    gid: int
    groups: frozenset[int]
    home: str = ""


@dataclass(frozen=True, slots=True)
class Denied:
    """Something that a user must be able to do and is not: `what` is "read and write", "enter", ..."""

    path: Path
    what: str


def user_named(name: str) -> UnixUser | None:
    """The user of that name; None where this machine has none."""
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    groups = frozenset(os.getgrouplist(name, entry.pw_gid))
    return UnixUser(name, entry.pw_uid, entry.pw_gid, groups, entry.pw_dir)


def user_numbered(uid: int) -> UnixUser | None:
    """The user with that number; None where this machine has none."""
    try:
        return user_named(pwd.getpwuid(uid).pw_name)
    except KeyError:
        return None


def running_user() -> UnixUser:
    """The user this process runs as, with the groups it really has."""
    uid, gid = os.geteuid(), os.getegid()
    groups = frozenset({gid, *os.getgroups()})
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        return UnixUser(str(uid), uid, gid, groups)
    return UnixUser(entry.pw_name, uid, gid, groups, entry.pw_dir)


def members_of(group: int) -> list[UnixUser]:
    """Everybody in that group, by it being their own or by membership."""
    try:
        listed = set(grp.getgrgid(group).gr_mem)
    except KeyError:
        listed = set()
    listed |= {entry.pw_name for entry in pwd.getpwall() if entry.pw_gid == group}
    found = (user_named(name) for name in sorted(listed))
    return [user for user in found if user is not None]


def denied(layout: Layout, user: UnixUser | None = None) -> list[Denied]:
    """What taking in a mail needs and `user` (None: this process) may not do, outermost first.

    Below a folder that cannot be entered nothing more is named: the rest is behind it.
    """
    found: list[Denied] = []
    for path, need in _needs(layout):
        if any(path.is_relative_to(other.path) for other in found):
            continue
        missing = _missing(path, need, user)
        if missing:
            found.append(Denied(path, " and ".join(word for bit, word in _WORDS.items() if missing & bit)))
    return found


def may(status: os.stat_result, user: UnixUser, need: int) -> bool:
    """Whether the mode allows the user what `need` (R_OK, W_OK, X_OK together) asks."""
    if user.uid == 0:
        return True
    if status.st_uid == user.uid:
        granted = status.st_mode >> 6
    elif status.st_gid in user.groups:
        granted = status.st_mode >> 3
    else:
        granted = status.st_mode
    return granted & need == need


def strays(layout: Layout) -> list[Path]:
    """Files and folders whose owner, group or mode will lock somebody out of the desk.

    In a private desk what belongs to another user than its folder does; in a shared one what its group may
    not write, or what belongs to another group. Git's objects are not looked at one by one.
    """
    status = layout.common_dir.stat()
    is_shared = layout.modes == durable.SHARED
    found = []
    for path in _works(layout):
        try:
            each = path.lstat()
        except FileNotFoundError:
            continue
        # That one is its owner's alone to write, so that it says what the owner said.
        if stat.S_ISLNK(each.st_mode) or (path == layout.approvals and is_shared):
            continue
        if is_shared:
            need = stat.S_IRGRP | stat.S_IWGRP | (stat.S_IXGRP if stat.S_ISDIR(each.st_mode) else 0)
            is_stray = each.st_gid != status.st_gid or each.st_mode & need != need
        else:
            is_stray = each.st_uid != status.st_uid
        if is_stray:
            found.append(path)
    return found


def readable_by_all(layout: Layout) -> list[Path]:
    """Which of the desk's own places every user of this machine may look into."""
    open_folders = [folder for folder in (layout.root, layout.common_dir) if _bits(folder) & stat.S_IXOTH]
    inside = [layout.tickets, layout.config, layout.common_dir, layout.state]
    return [
        path
        for path in inside
        if _bits(path) & stat.S_IROTH and any(path.is_relative_to(folder) for folder in open_folders)
    ]


def _needs(layout: Layout) -> Iterator[tuple[Path, int]]:
    """Every place that taking in a mail touches, and what it does there; outermost first."""
    for folder in (*reversed(layout.root.parents), layout.root):
        yield folder, os.X_OK
    if not layout.common_dir.is_relative_to(layout.root):
        for folder in reversed(layout.common_dir.parents):
            yield folder, os.X_OK
    yield layout.config, os.R_OK
    yield layout.common_dir, _ALL
    if layout.git_dir != layout.common_dir:
        yield layout.git_dir, _ALL
    yield layout.state, _ALL
    yield layout.pending.parent, _ALL
    for name in ("key", "index.db", "write.lock"):
        yield layout.state / name, os.R_OK if name == "key" else os.R_OK | os.W_OK
    for top in (layout.tickets, layout.raw, layout.tmp, layout.pending, layout.common_dir / "objects"):
        yield top, _ALL
        yield from ((folder, _ALL) for folder in _folders(top))


def _works(layout: Layout) -> Iterator[Path]:
    """Everything of the desk's own that somebody must be able to write."""
    yield layout.root
    yield layout.config
    for top in {layout.tickets, layout.common_dir, layout.git_dir}:
        for folder, folders, files in os.walk(top):
            place = Path(folder)
            yield place
            if place.name == "objects" and place.parent == layout.common_dir:
                yield from (place / name for name in folders)
                folders.clear()
            yield from (place / name for name in files)


def _folders(top: Path, depth: int = 2) -> list[Path]:
    """The folders below, `depth` levels of them: years and months, the shelves of raw mail and objects."""
    try:
        below = [path for path in top.iterdir() if path.is_dir() and not path.is_symlink()]
    except OSError:
        return []
    deeper = [found for path in below for found in _folders(path, depth - 1)] if depth > 1 else []
    return sorted([*below, *deeper])


def _missing(path: Path, need: int, user: UnixUser | None) -> int:
    """Those bits of `need` that are not granted; 0 also for what is not there yet."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return 0
    except PermissionError:
        return need
    missing = 0
    for bit in _WORDS:
        granted = os.access(path, bit, effective_ids=True) if user is None else may(status, user, bit)
        missing |= need & bit if not granted else 0
    return missing


def _bits(path: Path) -> int:
    try:
        return path.stat().st_mode
    except OSError:
        return 0
