"""A disposable SQLite copy of what lists, threading and look-ups need; the files are the truth.

`.git/desk/index.db`. A row is keyed by path and believed only while (inode, size, mtime, ctime) of
the file are the same (DECISIONS 36). Missing, foreign, old, truncated or damaged: rebuilt. Two
depths of looking: `refresh(full=False)` looks at the folders' times and re-reads the names in those
that changed (what a mail needs: O(folders)); `refresh(full=True)` compares every file's stat.
"""

from __future__ import annotations

import os
import re
import sqlite3
from contextlib import contextmanager, suppress
from stat import S_ISDIR
from typing import TYPE_CHECKING, Any

from helpdesk_cli.errors import DeskError, InvalidFileError, TryAgainError
from helpdesk_cli.storage import durable
from helpdesk_cli.storage.folder import Stat, read_file
from helpdesk_cli.storage.ticket_file import read_ticket_file
from helpdesk_cli.tickets.deliveries import open_deliveries
from helpdesk_cli.tickets.entries import Message, Tombstone
from helpdesk_cli.tickets.times import write_time
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from helpdesk_cli.tickets.ticket import Ticket

SCHEMA_VERSION = 4
# What SQLite raises, and what Python does over text that rotted in it.
_FAULTS = (sqlite3.DatabaseError, UnicodeDecodeError)
_CHUNK = 200
# A ticket file larger than this is somebody's mistake and is reported, not read.
_LARGEST = 64_000_000
# tickets, year, month.
_LEVELS = 3
# A stat younger than this when it was taken may belong to an older content (git's racy-clean rule).
_RACY_NS = 2_000_000_000
_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE folders (path TEXT PRIMARY KEY, mtime_ns INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE files (
  path TEXT PRIMARY KEY, folder TEXT NOT NULL, inode INTEGER NOT NULL, size INTEGER NOT NULL,
  mtime_ns INTEGER NOT NULL, ctime_ns INTEGER NOT NULL, seen_ns INTEGER NOT NULL,
  problem TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
CREATE INDEX files_folder ON files (folder);
CREATE INDEX files_problem ON files (problem) WHERE problem <> '';
CREATE TABLE tickets (
  path TEXT PRIMARY KEY, number INTEGER NOT NULL, id TEXT NOT NULL, uid TEXT NOT NULL, subject TEXT NOT NULL,
  status TEXT NOT NULL, priority TEXT NOT NULL, category TEXT NOT NULL, type TEXT NOT NULL,
  product TEXT NOT NULL, team TEXT NOT NULL, assignee TEXT NOT NULL, inbox TEXT NOT NULL,
  channel TEXT NOT NULL, requester TEXT NOT NULL, requester_email TEXT NOT NULL, created_at TEXT NOT NULL,
  last_at TEXT NOT NULL, last_in_at TEXT NOT NULL, last_out_at TEXT NOT NULL, messages INTEGER NOT NULL,
  merged_into TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX tickets_number ON tickets (number);
CREATE INDEX tickets_uid ON tickets (uid);
CREATE TABLE tags (path TEXT NOT NULL, tag TEXT NOT NULL, PRIMARY KEY (path, tag)) WITHOUT ROWID;
CREATE TABLE formerly (path TEXT NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (path, number)) WITHOUT ROWID;
CREATE TABLE names (
  name TEXT NOT NULL, role TEXT NOT NULL, path TEXT NOT NULL, entry TEXT NOT NULL,
  PRIMARY KEY (name, role, path, entry)
) WITHOUT ROWID;
CREATE INDEX names_path ON names (path);
"""


@dataclass(frozen=True, slots=True)
class Row:
    """A ticket as lists show it. Times are RFC 3339 text, "" when there is none."""

    path: str
    number: int
    id: str
    uid: str
    subject: str
    status: str
    priority: str
    category: str
    type: str
    product: str
    team: str
    assignee: str
    inbox: str
    channel: str
    requester: str
    requester_email: str
    created_at: str
    last_at: str
    last_in_at: str
    last_out_at: str
    messages: int
    merged_into: str
    tags: tuple[str, ...] = ()


_COLUMNS = tuple(name for name in Row.__slots__ if name != "tags")


class Index:
    """An open index; `root` is the folder that paths are relative to."""

    def __init__(self, database: Path, root: Path, *, now_ns: int) -> None:
        """Open the index, made anew where it is missing, foreign or damaged."""
        self._path = database
        self._root = root
        self._now_ns = now_ns
        self._in_bulk = False
        self._db = self._open()

    def close(self) -> None:
        """Close the database; the index is not usable afterwards."""
        self._db.close()

    def _open(self) -> sqlite3.Connection:
        if not self._is_writable():
            return self._checked(self._connect(":memory:"))
        try:
            return self._checked(self._connect(str(self._path)))
        except _FAULTS as error:
            if not _is_damage(error):
                # Read-only folder, no permission, busy: answers come from memory, only slower.
                return self._checked(self._connect(":memory:"))
            self.discard()
            return self._checked(self._connect(str(self._path)))

    def _is_writable(self) -> bool:
        """Make the file where it is missing, or where only somebody else may write it; False where not.

        SQLite itself would make it as the umask says, and lock out those who share the desk.
        """
        folder = self._path.parent
        try:
            if not os.access(self._path, os.W_OK):
                if self._path.exists():
                    self.discard()
                with suppress(FileExistsError):
                    modes = durable.modes_of(folder)
                    durable.write_new(self._path, b"", within=folder, modes=modes, sync=False)
        except (OSError, DeskError):
            return False
        return os.access(self._path, os.W_OK)

    @staticmethod
    def _connect(name: str) -> sqlite3.Connection:
        connection = sqlite3.connect(name, timeout=20.0, isolation_level=None)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=OFF")
        return connection

    def _checked(self, connection: sqlite3.Connection) -> sqlite3.Connection:
        if not _is_current(connection):
            connection.execute("BEGIN IMMEDIATE")
            if not _is_current(connection):
                for kind, name in connection.execute("SELECT type, name FROM sqlite_master").fetchall():
                    if kind == "table":
                        connection.execute(f'DROP TABLE IF EXISTS "{name}"')
                for statement in _SCHEMA.split(";\n"):
                    connection.execute(statement)
                connection.execute("INSERT INTO meta VALUES ('boot', ?)", (_boot(),))
                connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
            connection.execute("COMMIT")
        return connection

    def discard(self) -> None:
        """Delete the database files; the next use rebuilds them."""
        for ending in ("", "-wal", "-shm"):
            self._path.with_name(self._path.name + ending).unlink(missing_ok=True)

    def refresh(self, *, full: bool, progress: Callable[[int, int], None] | None = None) -> None:
        """Bring the rows up to date with the files: folders that changed, or with `full` every file."""
        try:
            self._refresh(full=full, progress=progress)
        except _FAULTS as error:
            self._make_anew(error, progress=progress)

    def _make_anew(self, error: Exception, *, progress: Callable[[int, int], None] | None = None) -> None:
        """After `error`: a damaged index is made anew from the files. Raises TryAgainError for a busy one."""
        if not _is_damage(error):
            raise TryAgainError(f"the index is busy ({error})", str(self._path)) from None
        self._db.close()
        self.discard()
        if self._in_bulk:
            # What the batch has gathered is in no file yet.
            raise TryAgainError("the index was damaged", str(self._path), "It is made anew.") from None
        self._db = self._open()
        self._refresh(full=True, progress=progress)

    def _ask(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """The rows that answer; damage that shows only now costs the time to make the index anew."""
        try:
            return self._db.execute(query, values).fetchall()
        except _FAULTS as error:
            self._make_anew(error)
            return self._db.execute(query, values).fetchall()

    def _refresh(self, *, full: bool, progress: Callable[[int, int], None] | None) -> None:
        folders = dict(self._db.execute("SELECT path, mtime_ns FROM folders"))
        found = dict(_folders(self._root))
        stale: list[str] = []
        gone: list[str] = [path for path in folders if path not in found]
        gone += [path for folder in gone for path in self._files_in(folder)]
        odd: list[tuple[str, Stat, str]] = []
        for folder, mtime in list(found.items()):
            if full or folders.get(folder) != mtime:
                try:
                    changed, missing = self._compare(folder, odd, full=full)
                except PermissionError:
                    odd.append((folder, Stat.of(os.lstat(self._root / folder)), _unreadable(folder)))
                    del found[folder]
                    continue
                stale += changed
                gone += missing
        moved = {folder for folder, mtime in found.items() if folders.get(folder) != mtime}
        if not (stale or gone or moved or odd):
            return
        unsettled = self._read(stale, progress)
        with self._transaction():
            for path in gone:
                self._forget(path)
            for path, stat, problem in odd:
                self._put_problem(path, problem, b"", stat)
            # A folder that was touched a moment ago may be touched again within its clock's grain.
            unsettled |= {folder for folder in moved if self._now_ns - found[folder] <= _RACY_NS}
            settled = [(path, -1 if path in unsettled else found[path]) for path in moved | unsettled]
            self._db.executemany("INSERT OR REPLACE INTO folders VALUES (?, ?)", settled)

    def _read(self, stale: list[str], progress: Callable[[int, int], None] | None) -> set[str]:
        """Read these files; the folders of those that cannot be read just now."""
        unsettled: set[str] = set()
        for start in range(0, len(stale), _CHUNK):
            with self._transaction():
                for path in stale[start : start + _CHUNK]:
                    if not self._put_file(path):
                        unsettled.add(path.rpartition("/")[0])
            if progress:
                progress(min(start + _CHUNK, len(stale)), len(stale))
        return unsettled

    def _files_in(self, folder: str) -> list[str]:
        return [path for (path,) in self._db.execute("SELECT path FROM files WHERE folder = ?", (folder,))]

    def _compare(
        self, folder: str, odd: list[tuple[str, Stat, str]], *, full: bool
    ) -> tuple[list[str], list[str]]:
        """The files of a folder whose rows must be read anew, and the rows whose files are gone.

        `odd` gets what hides tickets: a name that is not UTF-8, a link or file in a folder's place.
        """
        known = {
            path: rest
            for path, *rest in self._db.execute(
                "SELECT path, inode, size, mtime_ns, ctime_ns, seen_ns FROM files WHERE folder = ?", (folder,)
            )
        }
        stale = []
        present = set()
        for entry in os.scandir(self._root / folder):
            path = f"{folder}/{entry.name}"
            if problem := _hides_tickets(entry, folder):
                # Written as it can be stored and shown; no file has that name, so that nothing reads it.
                path = path.encode("utf-8", "backslashreplace").decode()
                present.add(path)
                place = Stat.of(entry.stat(follow_symlinks=False))
                if path not in known or known[path][0] != place.inode:
                    odd.append((path, place, f"{path}: {problem}"))
                continue
            if not is_ticket_name(entry.name):
                continue
            present.add(path)
            row = known.get(path)
            if row is None or row[0] != entry.inode():
                stale.append(path)
            elif full:
                stat = entry.stat(follow_symlinks=False)
                same = row[1:4] == [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns]
                if not same or row[4] - stat.st_mtime_ns <= _RACY_NS:
                    stale.append(path)
        return stale, [path for path in known if path not in present]

    def _put_file(self, path: str) -> bool:
        """Read the file; False where a passing fault forbids it, so that it must be looked at again."""
        data = b""
        try:
            stat = Stat.of(os.lstat(self._root / path))
            data, stat = read_file(self._root / path, within=self._root, limit=_LARGEST)
            rows = _rows(path, read_ticket_file(data, place=path).ticket)
        except FileNotFoundError:
            self._forget(path)
        except TryAgainError as error:
            self._put_problem(path, str(error), data, Stat(0, 0, 0, 0))
            return False
        except DeskError as error:
            self._put_problem(path, str(error), data, stat)
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - a fault of ours over one file must not hide all the others
            self._put_problem(path, f"{path}: cannot be read ({type(error).__name__})", data, stat)
        else:
            self._put_rows(path, rows, stat)
        return True

    def put(self, path: str, ticket: Ticket, stat: Stat, *, folder_mtimes: dict[str, int]) -> None:
        """Take in a file that this process has just written, under the desk's lock.

        `folder_mtimes` are the folders' times after that write: nobody needs to look at them again.
        """
        try:
            with self._transaction():
                self._put_rows(path, _rows(path, ticket), stat)
                self._db.executemany("INSERT OR REPLACE INTO folders VALUES (?, ?)", folder_mtimes.items())
        except _FAULTS as error:
            # The files are durable and the index is disposable: it finds this file by itself next time.
            if self._in_bulk:
                self._make_anew(error)
            elif _is_damage(error):
                self.discard()

    def put_stats(self, stats: dict[str, Stat], *, folder_mtimes: dict[str, int]) -> None:
        """Take note of the files that a batch has written, whose rows were put before."""
        with suppress(*_FAULTS), self._transaction():
            for path, stat in stats.items():
                self._put_stat(path, stat, "")
            self._db.executemany("INSERT OR REPLACE INTO folders VALUES (?, ?)", folder_mtimes.items())

    @contextmanager
    def bulk(self) -> Iterator[None]:
        """One transaction for everything put inside the block. Raises TryAgainError where none can be."""
        try:
            self._db.execute("BEGIN IMMEDIATE")
        except _FAULTS as error:
            self._make_anew(error)
            self._db.execute("BEGIN IMMEDIATE")
        self._in_bulk = True
        try:
            yield
        except BaseException:
            with suppress(*_FAULTS):
                self._db.execute("ROLLBACK")
            raise
        finally:
            self._in_bulk = False
        try:
            self._db.execute("COMMIT")
        except _FAULTS:
            # The files are written: the next use makes the index of them.
            self.discard()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        if self._db.in_transaction:
            yield
            return
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def _forget(self, path: str) -> None:
        for table in ("files", "tickets", "tags", "formerly", "names", "folders"):
            self._db.execute(f"DELETE FROM {table} WHERE path = ?", (path,))  # noqa: S608 - fixed names

    def _put_stat(self, path: str, stat: Stat, problem: str) -> None:
        times = (stat.inode, stat.size, stat.mtime_ns, stat.ctime_ns, self._now_ns)
        self._db.execute(
            "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (path, path.rpartition("/")[0], *times, problem.encode("utf-8", "backslashreplace").decode()),
        )

    def _put_problem(self, path: str, problem: str, data: bytes, stat: Stat) -> None:
        """A file that cannot be read keeps its place and its names: mail for it can wait beside it."""
        query = "SELECT name, role, path, entry FROM names WHERE path = ? AND role IN ('message', 'uid')"
        known = set(self._db.execute(query, (path,)))
        self._forget(path)
        self._put_stat(path, stat, problem)
        text = data[:4_000_000].decode("utf-8", "replace")
        ids = re.findall(r"^message-id: <([^<>\s]{1,250})>\r?$", text, re.MULTILINE)
        uid = re.search(r'^uid: "?([0-9a-z]{16})"?\r?$', text, re.MULTILINE)
        names = known | {(message_id, "message", path, "") for message_id in ids}
        if uid:
            names.add((uid[1], "uid", path, ""))
        self._db.executemany("INSERT OR REPLACE INTO names VALUES (?, ?, ?, ?)", names)

    def _put_rows(self, path: str, rows: dict[str, set[tuple[object, ...]]], stat: Stat) -> None:
        self._forget(path)
        self._put_stat(path, stat, "")
        for table, values in rows.items():
            if not values:
                continue
            marks = ", ".join("?" * len(next(iter(values))))
            self._db.executemany(f"INSERT INTO {table} VALUES ({marks})", values)  # noqa: S608 - fixed names

    # Look-ups -------------------------------------------------------------------------------------

    def paths_named(self, name: str, role: str) -> list[tuple[str, str]]:
        """(path, entry id) of what has this name in this role.

        A role is message, reference, entry, raw, tombstone or uid; queued and unknown are the roles of mail
        that the outbox of this name has still to answer for.
        """
        found = self._ask(
            "SELECT path, entry FROM names WHERE name = ? AND role = ? ORDER BY path", name, role
        )
        return [(path, entry) for path, entry in found]

    def paths_numbered(self, number: int) -> list[str]:
        """The files of the ticket that has this number now (more than one after a clash)."""
        found = self._ask("SELECT path FROM tickets WHERE number = ? ORDER BY path", number)
        return [path for (path,) in found]

    def paths_of_id(self, ticket_id: str) -> list[str]:
        """The files of the ticket that says it has this id, whatever prefix the desk gives today."""
        found = self._ask("SELECT path FROM tickets WHERE id = ? COLLATE NOCASE ORDER BY path", ticket_id)
        return [path for (path,) in found]

    def paths_formerly(self, number: int) -> list[str]:
        """The files of the tickets that once had this number."""
        found = self._ask("SELECT path FROM formerly WHERE number = ? ORDER BY path", number)
        return [path for (path,) in found]

    def paths_of_uid(self, uid: str) -> list[str]:
        """The files of the ticket with this uid; a prefix of at least four characters will do."""
        top = uid + "~"
        found = self._ask("SELECT path FROM tickets WHERE uid >= ? AND uid < ? ORDER BY path", uid, top)
        return [path for (path,) in found]

    def highest_number(self) -> int:
        """The highest number that a ticket has or had; 0 for an empty desk."""
        ((now,),) = self._ask("SELECT max(number) FROM tickets")
        ((once,),) = self._ask("SELECT max(number) FROM formerly")
        broken = [number_of(path) for path, _ in self.problems()]
        return max(now or 0, once or 0, *broken, 0)

    def problems(self) -> list[tuple[str, str]]:
        """(path, what is wrong) of the ticket files that cannot be read."""
        found = self._ask("SELECT path, problem FROM files WHERE problem <> '' ORDER BY path")
        return [(path, problem) for path, problem in found]

    def problem_of(self, path: str) -> str:
        """What is wrong with that file, "" when nothing is."""
        return next(
            (problem for (problem,) in self._ask("SELECT problem FROM files WHERE path = ?", path)), ""
        )

    def rows(self) -> Iterator[Row]:
        """Every readable ticket, by number."""
        query = f"SELECT {', '.join(_COLUMNS)} FROM tickets ORDER BY number, path"  # noqa: S608 - fixed names
        found = self._ask(query)
        ((files,),) = self._ask("SELECT count(*) FROM files WHERE problem = ''")
        if len(found) != files:
            self._make_anew(sqlite3.DatabaseError("malformed"))
            found = self._ask(query)
        tags: dict[str, list[str]] = {}
        for path, tag in self._ask("SELECT path, tag FROM tags ORDER BY path, tag"):
            tags.setdefault(path, []).append(tag)
        for values in found:
            yield Row(**dict(zip(_COLUMNS, values, strict=True)), tags=tuple(tags.get(values[0], ())))

    def says(self, path: str, ticket: Ticket) -> bool:
        """Whether the rows of that file are those of this ticket: nothing else can be wrong with them."""
        wanted = _rows(path, ticket)
        try:
            found = {
                table: set(self._db.execute(f"SELECT * FROM {table} WHERE path = ?", (path,)))  # noqa: S608 - fixed names
                for table in wanted
            }
        except _FAULTS:
            return False
        return found == wanted

    def paths(self) -> list[str]:
        """The files of the readable tickets."""
        return [path for (path,) in self._ask("SELECT path FROM tickets ORDER BY path")]

    def damage(self) -> str:
        """What SQLite finds wrong with the database file, "" when nothing."""
        try:
            (said,) = self._db.execute("PRAGMA quick_check(1)").fetchone()
        except _FAULTS as error:
            said = str(error)
        return "" if said == "ok" else str(said)

    def count(self) -> int:
        """How many readable tickets there are."""
        ((number,),) = self._ask("SELECT count(*) FROM tickets")
        return int(number)


def _is_damage(error: Exception) -> bool:
    """Whether the database itself is broken, as against busy, read-only, full or out of reach."""
    if not isinstance(error, sqlite3.OperationalError):
        return True
    return any(word in str(error) for word in ("malformed", "no such", "disk image", "decode"))


def _is_current(connection: sqlite3.Connection) -> bool:
    """Whether this is an index of ours, written since the machine was started."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version != SCHEMA_VERSION:
        return False
    written = connection.execute("SELECT value FROM meta WHERE key = 'boot'").fetchone()
    return bool(written == (_boot(),))


def _boot() -> str:
    """The name of this run of the machine, "" where the system gives it none.

    Nothing of the index is flushed: what a power cut leaves of it may be torn in ways that SQLite does
    not see, and a thread that is not found opens a ticket too many. So it does not outlive its machine.
    """
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:  # noqa: PTH123 - for every mail
            return file.read(64).strip()
    except OSError:
        return ""


def is_utf8(name: str) -> bool:
    """Whether a name from the file system is text: SQLite and JSON take nothing else."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _hides_tickets(entry: os.DirEntry[str], folder: str) -> str:
    """What is wrong with a name behind which tickets may lie that nobody sees, "" where nothing is."""
    if not is_utf8(entry.name):
        return "the name is not UTF-8. Rename it." if entry.name.endswith(".md") else ""
    is_level = entry.name.isdecimal() and folder.count("/") < _LEVELS - 1
    if is_level and not entry.is_dir(follow_symlinks=False):
        return "is no folder, and desk follows no links: tickets behind it are not seen."
    return ""


def _unreadable(folder: str) -> str:
    return (
        f"{folder}: permission denied, so no ticket in it is seen. `desk doctor` shows who may write where."
    )


def is_ticket_name(name: str) -> bool:
    """Whether a file of this name is a ticket."""
    return name.endswith(".md") and number_of(name) > 0


def number_of(path: str) -> int:
    """42 of `tickets/2026/11/TICKET-42.md`; 0 where the name is no ticket's."""
    digits = path.removesuffix(".md").rpartition("-")[2]
    return int(digits) if digits.isdecimal() and digits.isascii() and len(digits) <= 9 else 0  # noqa: PLR2004 - as ids.read_number


def _folders(root: Path) -> Iterator[tuple[str, int]]:
    """(path, mtime in ns) of `tickets/<year>/<month>` and the levels above, links not followed."""
    level = ["tickets"]
    for depth in range(_LEVELS):
        below: list[str] = []
        for folder in level:
            try:
                stat = os.lstat(root / folder)
            except FileNotFoundError:
                continue
            if not S_ISDIR(stat.st_mode):
                raise InvalidFileError(
                    "is not a folder",
                    str(root / folder),
                    "desk follows no links: put the folder itself here.",
                )
            yield folder, stat.st_mtime_ns
            if depth < _LEVELS - 1:
                with suppress(PermissionError):  # said by who compares its files
                    below += sorted(
                        f"{folder}/{entry.name}"
                        for entry in os.scandir(root / folder)
                        if entry.name.isdecimal() and entry.is_dir(follow_symlinks=False)
                    )
        level = below


def _rows(path: str, ticket: Ticket) -> dict[str, set[tuple[object, ...]]]:
    """The rows of a ticket's file in every table but `files`."""
    messages = ticket.messages
    row = {
        "path": path,
        "number": ticket.number,
        "id": ticket.id,
        "requester": str(ticket.requester),
        "requester_email": ticket.requester.key,
        "created_at": write_time(ticket.created_at),
        "last_at": write_time(ticket.last_at) if ticket.last_at else "",
        "last_in_at": _last([message for message in messages if message.direction == "in"]),
        "last_out_at": _last([message for message in messages if message.direction == "out"]),
        "messages": len(messages),
    }
    return {
        "tickets": {tuple(row[name] if name in row else getattr(ticket, name) for name in _COLUMNS)},
        "tags": {(path, tag) for tag in ticket.tags},
        "formerly": {(path, number) for name in ticket.formerly if (number := number_of(name))},
        # A name with bytes that a hand wrote and that are no text: no mail has it.
        "names": {row for row in _names(path, ticket) if is_utf8(row[0])},
    }


def _last(messages: Iterable[Message]) -> str:
    return max((write_time(message.at) for message in messages if not message.automatic), default="")


def _names(path: str, ticket: Ticket) -> Iterator[tuple[str, str, str, str]]:
    yield (ticket.uid, "uid", path, "")
    for owner, state, entry_id in open_deliveries(ticket):
        yield (owner, state, path, entry_id)
    for entry in ticket.entries:
        yield (entry.id, "entry", path, entry.id)
        if isinstance(entry, Message):
            if entry.message_id:
                yield (entry.message_id, "message", path, entry.id)
            if entry.raw:
                yield (entry.raw, "raw", path, entry.id)
            for reference in (entry.in_reply_to, *entry.references):
                if reference:
                    yield (reference, "reference", path, entry.id)
        elif isinstance(entry, Tombstone):
            yield (entry.covers, "tombstone", path, entry.id)
            if entry.message_id:
                yield (entry.message_id, "message", path, entry.covers)
