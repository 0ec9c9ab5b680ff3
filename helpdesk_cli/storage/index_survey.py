"""What has changed among the ticket files since the index last looked: each file's stat against its row."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from helpdesk_cli.storage import lookout
from helpdesk_cli.storage.folder import Stat
from helpdesk_cli.storage.index_tables import is_ticket_name, is_utf8, storable
from helpdesk_cli.values import dataclass, field

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from helpdesk_cli.storage.lookout import FileStat, Look

# A stat younger than this when it was taken may belong to an older content (git's racy-clean rule).
RACY_NS = 2_000_000_000
# From so many files on a second process helps, also where none was sent ahead.
_MANY = 20_000
_NO_TEXT = "the name is not UTF-8. Rename it."
# A row of a file that must be read again compares equal to none.
_ROWS = (
    "SELECT name, inode, size, mtime_ns, CASE WHEN seen_ns - mtime_ns > ? THEN ctime_ns ELSE -1 END"
    " FROM files WHERE folder = ?"
)


@dataclass(slots=True)
class Survey:
    """Paths to read anew, paths whose files are gone, and what hides tickets: (path, stat, what is wrong)."""

    stale: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    odd: list[tuple[str, Stat, str]] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)  # folders that could not be looked into
    seals: dict[str, str] = field(default_factory=dict)  # of folders whose files agree with their rows


def survey(
    db: sqlite3.Connection,
    root: Path,
    names: Sequence[str],
    *,
    full: bool,
    times: Mapping[str, int],
    known: Mapping[str, int],
) -> Survey:
    """What has changed in these folders: files that came and went, with `full` also what was rewritten.

    `times` are the folders' own as they are now, `known` those with which their rows were last right.
    """
    found = Survey()
    if not full:
        for folder in names:
            _look(db, root, folder, found)
        return found
    seals = dict(db.execute("SELECT path, seal FROM folders WHERE seal <> ''"))
    helper = lookout.take(str(root))
    months = [folder for folder in names if lookout.is_month(folder)]
    if helper is None and sum(map(lookout.sealed, seals.values())) >= _MANY and lookout.can_be_sent():
        helper = lookout.Lookout(str(root), months)
    try:
        for folder in names:
            if not lookout.is_month(folder):
                _look(db, root, folder, found)
        # From the other end: where they meet, all has been looked at.
        for folder in reversed(months):
            seen = helper.look_at(folder) if helper else None
            if seen is not None and seen.mtime_ns != times[folder]:
                # Before something came or went.
                seen = None
            # Like this it may also have looked before a file was there for a while, whose rows are.
            is_settled = known.get(folder) == times[folder]
            _look_into(db, root, folder, found, seen, seal=seals.get(folder, "") if is_settled else "")
    finally:
        if helper:
            helper.stop()
    return found


def _look(db: sqlite3.Connection, root: Path, folder: str, found: Survey) -> None:
    """The names in a folder."""
    try:
        with os.scandir(root / folder) as entries:
            _compare_names(db, folder, entries, found)
    except PermissionError:
        _say_closed(root, folder, found)
    except (FileNotFoundError, NotADirectoryError):
        found.unreadable.append(folder)


def _look_into(
    db: sqlite3.Connection, root: Path, folder: str, found: Survey, seen: Look | None, *, seal: str
) -> None:
    """Every file's stat in a month's folder, `seen` by the helper or looked at now; a seal "" is none."""
    try:
        seen = seen or lookout.look(str(root), folder)
        if seen.seal == seal:
            return
        try:
            stats = seen.stats()
        except (OSError, ValueError, EOFError):
            seen = lookout.look(str(root), folder)
            stats = seen.stats()
    except PermissionError:
        _say_closed(root, folder, found)
    except OSError:
        # It went, or is no folder any more.
        found.unreadable.append(folder)
    else:
        _compare(db, folder, stats, found, seal=seen.seal)


def _say_closed(root: Path, folder: str, found: Survey) -> None:
    said = "permission denied, so no ticket in it is seen. `desk doctor` shows who may write where."
    found.odd.append((folder, Stat.of(os.lstat(root / folder)), f"{folder}: {said}"))
    found.unreadable.append(folder)


def _compare(
    db: sqlite3.Connection, folder: str, stats: Sequence[FileStat], found: Survey, *, seal: str
) -> None:
    """Two sets are compared: a hundred thousand files shall cost little."""
    known, present = set(db.execute(_ROWS, (RACY_NS, folder))), set(stats)
    if known == present:
        found.seals[folder] = seal
        return
    names = set()
    for name, inode, size, mtime, ctime in sorted(present - known):
        names.add(name)
        if not is_utf8(name):
            found.odd += _odd(db, folder, name, Stat(inode, size, mtime, ctime))
        elif is_ticket_name(name):
            found.stale.append(f"{folder}/{name}")
    lost = {row[0] for row in known - present} - names
    # What is written of a name that is no text is another.
    found.gone += [f"{folder}/{name}" for name in sorted(lost - {storable(name) for name in names})]


def _compare_names(
    db: sqlite3.Connection, folder: str, entries: Iterator[os.DirEntry[str]], found: Survey
) -> None:
    """Any folder, names and inodes only: all that a mail needs, and all that the upper levels have."""
    known = dict(db.execute("SELECT name, inode FROM files WHERE folder = ?", (folder,)))
    for entry in entries:
        if problem := _hides_tickets(entry, folder):
            known.pop(storable(entry.name), None)
            place = Stat.of(entry.stat(follow_symlinks=False))
            found.odd += _odd(db, folder, entry.name, place, problem=problem)
        elif is_ticket_name(entry.name) and known.pop(entry.name, 0) != entry.inode():
            found.stale.append(f"{folder}/{entry.name}")
    found.gone += [f"{folder}/{name}" for name in known]


def _odd(
    db: sqlite3.Connection, folder: str, name: str, stat: Stat, *, problem: str = _NO_TEXT
) -> Iterator[tuple[str, Stat, str]]:
    """What is said of that name, unless it was said before."""
    # Written as it can be stored and shown; no file has that name, so that nothing reads it.
    shown = storable(name)
    query = "SELECT inode FROM files WHERE folder = ? AND name = ?"
    if db.execute(query, (folder, shown)).fetchall() != [(stat.inode,)]:
        yield (f"{folder}/{shown}", stat, f"{folder}/{shown}: {problem}")


def _hides_tickets(entry: os.DirEntry[str], folder: str) -> str:
    """What is wrong with a name behind which tickets may lie that nobody sees, "" where nothing is."""
    if not is_utf8(entry.name):
        return _NO_TEXT if entry.name.endswith(".md") else ""
    is_level = entry.name.isdecimal() and not lookout.is_month(folder)
    if is_level and not entry.is_dir(follow_symlinks=False):
        return "is no folder, and desk follows no links: tickets behind it are not seen."
    return ""
