"""The index as a file: opened, and made anew where it is missing, foreign, old or damaged (DECISIONS 36)."""

from __future__ import annotations

import os
import sqlite3
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from helpdesk_cli.errors import DeskError, TryAgainError
from helpdesk_cli.storage import durable
from helpdesk_cli.storage.index_tables import SCHEMA_VERSION, TABLES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

# What SQLite raises, and what Python does over text that rotted in it.
FAULTS = (sqlite3.DatabaseError, UnicodeDecodeError)


class IndexFile:
    """An open database; whatever asks it a question survives its damage."""

    def __init__(self, database: Path) -> None:
        """Open it, in memory where it cannot be written."""
        self.path = database
        self.in_bulk = False
        self.db = self._open()

    def fill(self, progress: Callable[[int, int], None] | None = None) -> None:
        """Bring every row up to date: what makes an empty one whole again."""
        raise NotImplementedError

    def close(self) -> None:
        """Close the database; the index is not usable afterwards."""
        self.db.close()

    def discard(self) -> None:
        """Delete the database files; the next use rebuilds them."""
        for ending in ("", "-wal", "-shm"):
            self.path.with_name(self.path.name + ending).unlink(missing_ok=True)

    def ask(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """The rows that answer; damage that shows only now costs the time to make the index anew."""
        try:
            return self.db.execute(query, values).fetchall()
        except FAULTS as error:
            self.make_anew(error)
        try:
            return self.db.execute(query, values).fetchall()
        except FAULTS as error:
            # What was worked out for this question went with the old one.
            said = f"the index was made anew ({error})"
            raise TryAgainError(said, str(self.path), "Ask once more.") from None

    def make_anew(self, error: Exception, *, progress: Callable[[int, int], None] | None = None) -> None:
        """After `error`: a damaged index is made anew from the files. Raises TryAgainError for a busy one."""
        if not is_damage(error):
            raise TryAgainError(f"the index is busy ({error})", str(self.path)) from None
        self.db.close()
        self.discard()
        if self.in_bulk:
            # What the batch has gathered is in no file yet.
            raise TryAgainError("the index was damaged", str(self.path), "It is made anew.") from None
        self.db = self._open()
        self.fill(progress)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is written inside the block, or nothing of it."""
        if self.db.in_transaction:
            yield
            return
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.db.execute("ROLLBACK")
            raise
        self.db.execute("COMMIT")

    def settle(self) -> None:
        """Bring all into the one file, for programs that look at it alone; it stays as it is where busy."""
        with suppress(*FAULTS):
            self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def damage(self) -> str:
        """What SQLite finds wrong with the database file, "" when nothing."""
        try:
            (said,) = self.db.execute("PRAGMA quick_check(1)").fetchone()
            if str(said).startswith("NULL value in"):
                # SQLite 3.40 says so of every row of a WITHOUT ROWID table whose key names a column last
                # that stands first; its longer check does not.
                (said,) = self.db.execute("PRAGMA integrity_check(1)").fetchone()
        except FAULTS as error:
            said = str(error)
        return "" if said == "ok" else str(said)

    def meta(self, key: str) -> str:
        """What was noted under that key, "" for nothing."""
        return next(
            (value for (value,) in self.db.execute("SELECT value FROM meta WHERE key = ?", (key,))), ""
        )

    def make_tables(self, statements: Sequence[str], *, drop: Sequence[str]) -> None:
        """Drop these tables and make those, inside a transaction."""
        for name in drop:
            self.db.execute(f'DROP TABLE IF EXISTS "{name}"')
        for statement in statements:
            self.db.execute(statement)

    def _open(self) -> sqlite3.Connection:
        if not self._is_writable():
            return self._checked(_connect(":memory:"))
        try:
            return self._checked(_connect(str(self.path)))
        except FAULTS as error:
            if not is_damage(error):
                # Read-only folder, no permission, busy: answers come from memory, only slower.
                return self._checked(_connect(":memory:"))
            self.discard()
            return self._checked(_connect(str(self.path)))

    def _is_writable(self) -> bool:
        """Make the file where it is missing, or where only somebody else may write it; False where not.

        SQLite itself would make it as the umask says, and lock out those who share the desk.
        """
        folder = self.path.parent
        try:
            if not os.access(self.path, os.W_OK):
                if self.path.exists():
                    self.discard()
                with suppress(FileExistsError):
                    modes = durable.modes_of(folder)
                    durable.write_new(self.path, b"", within=folder, modes=modes, sync=False)
        except (OSError, DeskError):
            return False
        return os.access(self.path, os.W_OK)

    def _checked(self, connection: sqlite3.Connection) -> sqlite3.Connection:
        if not _is_current(connection):
            connection.execute("BEGIN IMMEDIATE")
            if not _is_current(connection):
                _drop_all(connection)
                for statement in TABLES:
                    connection.execute(statement)
                connection.execute("INSERT INTO meta VALUES ('boot', ?)", (_boot(),))
                connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
            connection.execute("COMMIT")
        return connection


def is_damage(error: Exception) -> bool:
    """Whether the database itself is broken, as against busy, read-only, full or out of reach."""
    if not isinstance(error, sqlite3.OperationalError):
        return True
    return any(word in str(error) for word in ("malformed", "no such", "disk image", "decode"))


def _connect(name: str) -> sqlite3.Connection:
    connection = sqlite3.connect(name, timeout=20.0, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=OFF")
    return connection


def _drop_all(connection: sqlite3.Connection) -> None:
    """What an index of another version left. A virtual table takes its own with it, and comes first."""
    found = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchall()
    for name, _ in sorted(found, key=lambda each: not str(each[1]).upper().startswith("CREATE VIRTUAL")):
        with suppress(sqlite3.OperationalError):
            connection.execute(f'DROP TABLE IF EXISTS "{name}"')


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
        with open("/proc/sys/kernel/random/boot_id", "rb") as file:  # noqa: PTH123 - for every mail
            return file.read(64).strip().decode("latin-1")
    except OSError:
        return ""
