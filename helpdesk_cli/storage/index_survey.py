"""What has changed among the ticket files since the index last looked: each file's stat against its row."""

from __future__ import annotations

import importlib
import marshal
import os
import sqlite3
import zlib
from contextlib import suppress
from stat import S_ISDIR
from typing import TYPE_CHECKING

from helpdesk_cli.errors import InvalidFileError
from helpdesk_cli.storage.folder import Stat, opened
from helpdesk_cli.storage.index_tables import is_ticket_name, is_utf8, storable
from helpdesk_cli.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

# tickets, year, month.
LEVELS = 3
# A stat younger than this when it was taken may belong to an older content (git's racy-clean rule).
RACY_NS = 2_000_000_000
# From so many files on a second process looks at half of them.
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

    def add(self, other: Survey) -> None:
        """What somebody else found."""
        self.stale += other.stale
        self.gone += other.gone
        self.odd += other.odd
        self.unreadable += other.unreadable
        self.seals |= other.seals


def folders(root: Path) -> Iterator[tuple[str, int]]:
    """(path, mtime in ns) of `tickets/<year>/<month>` and the levels above, links not followed."""
    level = ["tickets"]
    for depth in range(LEVELS):
        below: list[str] = []
        for folder in level:
            try:
                stat = os.lstat(root / folder)
            except FileNotFoundError:
                continue
            if not S_ISDIR(stat.st_mode):
                hint = "desk follows no links: put the folder itself here."
                raise InvalidFileError("is not a folder", str(root / folder), hint)
            yield folder, stat.st_mtime_ns
            if depth < LEVELS - 1:
                with suppress(PermissionError):  # said by who compares its files
                    below += sorted(
                        f"{folder}/{entry.name}"
                        for entry in os.scandir(root / folder)
                        if entry.name.isdecimal() and entry.is_dir(follow_symlinks=False)
                    )
        level = below


def survey(db: sqlite3.Connection, root: Path, names: Sequence[str], *, full: bool) -> Survey:
    """What has changed in these folders: files that came and went, with `full` also what was rewritten."""
    found = Survey()
    seals = dict(db.execute("SELECT path, seal FROM folders WHERE seal <> ''")) if full else {}
    ((place,),) = db.execute("SELECT file FROM pragma_database_list WHERE name = 'main'").fetchall()
    number = sum(map(_sealed, seals.values()))
    if number < _MANY or not place or len(os.sched_getaffinity(0)) < 2:  # noqa: PLR2004 - one is no company
        for folder in names:
            _look(db, root, folder, found, seal=seals.get(folder, "") if full else None)
        return found
    mine, others = _halves(names, seals)
    # Loaded for large desks only.
    sandbox = importlib.import_module("helpdesk_cli.storage.sandbox")
    helper = sandbox.Worker(lambda given: _look_apart(str(place), root, given, seals))
    helper.start()
    try:
        helper.send(others)
        for folder in mine:
            _look(db, root, folder, found, seal=seals.get(folder, ""))
        found.add(helper.receive())
    except sandbox.LimitExceededError:
        for folder in others:
            _look(db, root, folder, found, seal=seals.get(folder, ""))
    finally:
        helper.stop()
    return found


def _halves(names: Sequence[str], seals: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """The folders in two parts of about as many files."""
    sizes = {folder: _sealed(seals.get(folder, "")) for folder in names}
    parts: tuple[list[str], list[str]] = ([], [])
    weights = [0, 0]
    for folder in sorted(names, key=lambda name: -sizes[name]):
        lighter = weights.index(min(weights))
        parts[lighter].append(folder)
        weights[lighter] += sizes[folder]
    return parts


def _look_apart(place: str, root: Path, names: Sequence[str], seals: Mapping[str, str]) -> Survey:
    """In a child, which may not use what its parent has open."""
    found = Survey()
    db = sqlite3.connect(f"file:{place}?mode=ro", uri=True, timeout=20.0, isolation_level=None)
    for folder in names:
        _look(db, root, folder, found, seal=seals.get(folder, ""))
    return found


def _look(db: sqlite3.Connection, root: Path, folder: str, found: Survey, *, seal: str | None) -> None:
    """With a seal, "" for none yet, every file of a month's folder is looked at; with None, the names."""
    try:
        if seal is not None and folder.count("/") == LEVELS - 1:
            # By its descriptor: a path of eight names for each of a hundred thousand files adds up.
            with opened(root / folder, root) as place, os.scandir(place) as entries:
                _compare(db, folder, entries, found, seal=seal)
        else:
            with os.scandir(root / folder) as entries:
                _compare_names(db, folder, entries, found)
    except PermissionError:
        said = "permission denied, so no ticket in it is seen. `desk doctor` shows who may write where."
        found.odd.append((folder, Stat.of(os.lstat(root / folder)), f"{folder}: {said}"))
        found.unreadable.append(folder)
    except (FileNotFoundError, NotADirectoryError):
        found.unreadable.append(folder)


def _compare(
    db: sqlite3.Connection, folder: str, entries: Iterator[os.DirEntry[str]], found: Survey, *, seal: str
) -> None:
    """A month's folder, every file's stat looked at: a hundred thousand shall cost little.

    What is as it was when it last agreed with its rows is known by its seal; else two sets are compared.
    """
    stats = [
        (entry.name, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
        for entry in entries
        if entry.name[-3:] == ".md"
        for stat in (entry.stat(follow_symlinks=False),)
    ]
    now = _seal(stats)
    if now == seal:
        return
    known, present = set(db.execute(_ROWS, (RACY_NS, folder))), set(stats)
    if known == present:
        found.seals[folder] = now
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


def _seal(stats: list[tuple[str, int, int, int, int]]) -> str:
    """The number of files, and two sums over what was seen of them, in the order in which they lie."""
    # Version 2 has no references: the same values are the same bytes. Names that are no text are, too.
    data = marshal.dumps(stats, 2)
    return f"{len(stats)}:{zlib.crc32(data):08x}{zlib.adler32(data):08x}"


def _sealed(seal: str) -> int:
    """How many files a seal is for."""
    return int(seal.partition(":")[0] or 0)


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
    is_level = entry.name.isdecimal() and folder.count("/") < LEVELS - 1
    if is_level and not entry.is_dir(follow_symlinks=False):
        return "is no folder, and desk follows no links: tickets behind it are not seen."
    return ""
