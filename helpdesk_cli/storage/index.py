"""A disposable SQLite copy of what lists, queries, threading and look-ups need; the files are the truth.

`.git/desk/index.db`. A row is keyed by path and believed only while (inode, size, mtime, ctime) of
the file are the same (DECISIONS 36). Two depths of looking: `refresh(full=False)` looks at the folders'
times and re-reads the names in those that changed (what a mail needs: O(folders)); `refresh(full=True)`
compares every file's stat. And two kinds of rows: what whoever writes a ticket writes at once
(storage/index_tables), and the facts that queries ask for (storage/index_facts), which lag behind until
somebody asks.
"""

from __future__ import annotations

import importlib
import os
import re
from contextlib import contextmanager, suppress
from itertools import islice
from typing import TYPE_CHECKING, Any

from helpdesk_cli.storage.folder import Stat
from helpdesk_cli.storage.index_file import FAULTS, is_damage
from helpdesk_cli.storage.index_lookups import Lookups
from helpdesk_cli.storage.index_survey import RACY_NS, survey
from helpdesk_cli.storage.index_tables import Row, is_ticket_name, is_utf8, number_of, table_rows
from helpdesk_cli.storage.lookout import folders

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from pathlib import Path

    from helpdesk_cli.storage.index_read import ReadFile
    from helpdesk_cli.storage.index_survey import Survey
    from helpdesk_cli.tickets.ticket import Ticket

__all__ = ["Index", "Row", "is_ticket_name", "is_utf8", "number_of"]
_CHUNK = 250
_FOLDER = (
    "INSERT INTO folders VALUES (?, ?, '') ON CONFLICT (path) DO UPDATE SET mtime_ns = excluded.mtime_ns"
)
# A folder may come to look as it did before its rows changed: a file was there for a while.
_UNSEAL = "UPDATE folders SET seal = '' WHERE path = ? AND seal <> ''"
_BY_PATH = ("shown", "formerly", "names")


class Index(Lookups):
    """An open index; `root` is the folder that paths are relative to."""

    def __init__(self, database: Path, root: Path, *, now_ns: int) -> None:
        """Open the index, made anew where it is missing, foreign or damaged."""
        super().__init__(database)
        self._root = root
        self._now_ns = now_ns
        self._done: frozenset[str] | None = None

    def refresh(
        self,
        *,
        full: bool,
        done: frozenset[str] | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        """Bring the rows up to date with the files: folders that changed, or with `full` every file.

        With `done`, the folded words for statuses that are done, the facts that queries ask for as well.
        """
        self._done = done
        try:
            self._refresh(full=full, progress=progress)
        except FAULTS as error:
            self.make_anew(error, progress=progress)

    def fill(self, progress: Callable[[int, int], None] | None = None) -> None:
        """Read every file."""
        self._refresh(full=True, progress=progress)

    def _refresh(self, *, full: bool, progress: Callable[[int, int], None] | None) -> None:
        if self._done is not None:
            # Its modules are needed by those who ask, not by a mail.
            importlib.import_module("helpdesk_cli.storage.index_facts").prepare(self, self._done)
        known = dict(self.db.execute("SELECT path, mtime_ns FROM folders"))
        found = dict(folders(str(self._root)))
        looked_at = [folder for folder, mtime in found.items() if full or known.get(folder) != mtime]
        changes = survey(self.db, self._root, looked_at, full=full, times=found, known=known)
        for folder in changes.unreadable:
            found.pop(folder, None)
        for folder in known.keys() - found.keys() - set(changes.unreadable):
            query = "SELECT folder || '/' || name FROM files WHERE folder = ?"
            changes.gone += [folder, *(path for (path,) in self.db.execute(query, (folder,)))]
        moved = {folder for folder, mtime in found.items() if known.get(folder) != mtime}
        behind = self._behind(changes) if self._done is not None else []
        if changes.stale or changes.gone or changes.odd or changes.seals or moved or behind:
            unsettled = self._read(changes.stale, behind, progress)
            self._settle(changes, found, moved, unsettled)

    def _behind(self, changes: Survey) -> list[str]:
        """Files whose facts are older than their rows, and that are not read anyway."""
        fresh = {path for (path,) in self.db.execute("SELECT path FROM behind")}
        return sorted(fresh.difference(changes.stale, changes.gone)) if fresh else []

    def _read(
        self, stale: list[str], behind: list[str], progress: Callable[[int, int], None] | None
    ) -> set[str]:
        """Read these files; the folders of those that cannot be read just now."""
        unsettled: set[str] = set()
        if not (paths := [*stale, *behind]):
            return unsettled
        only_facts = set(behind)
        results = self._reading().read_all(self._root, paths, self._done)
        taken = 0
        # Read before the transaction begins, and written within it: mail that comes in gets its turn between.
        while chunk := list(islice(results, _CHUNK)):
            with self.transaction():
                settled = [self._as_it_lies(each) for each in chunk]
                unsettled |= {each.path.rpartition("/")[0] for each in settled if each.must_wait}
                self._take([each for each in settled if not self._has(each, only_facts)])
                self._put_facts(settled)
            taken += len(chunk)
            if progress:
                progress(taken, len(paths))
        return unsettled

    @staticmethod
    def _reading() -> Any:  # noqa: ANN401 - a module, needed where a file has changed
        return importlib.import_module("helpdesk_cli.storage.index_read")

    def _as_it_lies(self, read: ReadFile) -> ReadFile:
        """The same, or the file read again where somebody wrote it since: what a mail noted is not undone."""
        try:
            is_same = Stat.of((self._root / read.path).lstat()) == read.stat
        except OSError:
            is_same = False
        if is_same:
            return read
        again: ReadFile = self._reading().read_one(self._root, read.path, self._done)
        return again

    def _take(self, read: list[ReadFile]) -> None:
        """Write the rows that these files have, those of many files at once."""
        rows: dict[str, list[tuple[object, ...]]] = {}
        for each in read:
            if each.is_gone:
                self._forget(each.path)
            elif each.problem:
                self._put_problem(each.path, each.problem, each.data, each.stat)
            else:
                if self._stat(each.path):
                    self._forget(each.path)
                self._put_stat(each.path, each.stat, "")
                for table, values in each.rows.items():
                    rows.setdefault(table, []).extend(values)
        self._insert(rows)
        if self._done is None:
            behind = [(each.path,) for each in read if not each.is_gone]
            self.db.executemany("INSERT OR REPLACE INTO behind VALUES (?)", behind)

    def _has(self, read: ReadFile, only_facts: set[str]) -> bool:
        """Whether the rows are there already, and only the facts were behind."""
        is_plain = not (read.is_gone or read.problem)
        return is_plain and read.path in only_facts and self._stat(read.path) == [(read.stat, "")]

    def _stat(self, path: str) -> list[tuple[Stat, str]]:
        folder, _, name = path.rpartition("/")
        query = "SELECT inode, size, mtime_ns, ctime_ns, problem FROM files WHERE folder = ? AND name = ?"
        return [(Stat(*values), said) for *values, said in self.db.execute(query, (folder, name))]

    def _put_facts(self, read: list[ReadFile]) -> None:
        """Write what queries ask for, where that was read."""
        if self._done is None or not read:
            return
        facts = importlib.import_module("helpdesk_cli.storage.index_facts")
        facts.forget(self.db, [each.path for each in read])
        having = [
            each.facts for each in read if each.facts is not None and not (each.problem or each.is_gone)
        ]
        facts.put(self.db, having)
        self.db.executemany("DELETE FROM behind WHERE path = ?", [(each.path,) for each in read])

    def _settle(self, changes: Survey, found: dict[str, int], moved: set[str], unsettled: set[str]) -> None:
        with self.transaction():
            # What a mail wrote since the look is there, and its row is not to be forgotten.
            back = {path for path in changes.gone if self._is_back(path, found)}
            unsettled |= {path.rpartition("/")[0] for path in back}
            gone = [path for path in changes.gone if path not in back]
            for path in gone:
                self._forget(path)
                self.db.execute("DELETE FROM folders WHERE path = ?", (path,))
            if gone and self._done is not None:
                importlib.import_module("helpdesk_cli.storage.index_facts").forget(self.db, gone)
                self.db.executemany("DELETE FROM behind WHERE path = ?", [(path,) for path in gone])
            for path, stat, problem in changes.odd:
                self._put_problem(path, problem, b"", stat)
            # A folder that was touched a moment ago may be touched again within its clock's grain.
            unsettled |= {folder for folder in moved if self._now_ns - found[folder] <= RACY_NS}
            settled = [(path, -1 if path in unsettled else found[path]) for path in moved | unsettled]
            self.db.executemany(_FOLDER, settled)
            seals = [(seal, path) for path, seal in changes.seals.items()]
            self.db.executemany("UPDATE folders SET seal = ? WHERE path = ?", seals)

    def _is_back(self, path: str, found: Mapping[str, int]) -> bool:
        folder, _, name = path.rpartition("/")
        return folder in found and is_ticket_name(name) and os.path.lexists(self._root / path)

    def put(self, path: str, ticket: Ticket, stat: Stat, *, folder_mtimes: dict[str, int]) -> None:
        """Take in a file that this process has just written, under the desk's lock.

        `folder_mtimes` are the folders' times after that write: nobody needs to look at them again.
        """
        try:
            with self.transaction():
                self._put_rows(path, table_rows(path, ticket), stat)
                self.db.executemany(_FOLDER, folder_mtimes.items())
        except FAULTS as error:
            # The files are durable and the index is disposable: it finds this file by itself next time.
            if self.in_bulk:
                self.make_anew(error)
            elif is_damage(error):
                self.discard()

    def put_stats(self, stats: dict[str, Stat], *, folder_mtimes: dict[str, int]) -> None:
        """Take note of the files that a batch has written, whose rows were put before."""
        with suppress(*FAULTS), self.transaction():
            for path, stat in stats.items():
                self._put_stat(path, stat, "")
            self.db.executemany(_FOLDER, folder_mtimes.items())

    @contextmanager
    def bulk(self) -> Iterator[None]:
        """One transaction for everything put inside the block. Raises TryAgainError where none can be."""
        try:
            self.db.execute("BEGIN IMMEDIATE")
        except FAULTS as error:
            self.make_anew(error)
            self.db.execute("BEGIN IMMEDIATE")
        self.in_bulk = True
        try:
            yield
        except BaseException:
            with suppress(*FAULTS):
                self.db.execute("ROLLBACK")
            raise
        finally:
            self.in_bulk = False
        try:
            self.db.execute("COMMIT")
        except FAULTS:
            # The files are written: the next use makes the index of them.
            self.discard()

    def _forget(self, path: str) -> None:
        """Remove the rows of a file; its facts are removed when somebody asks."""
        folder, _, name = path.rpartition("/")
        self.db.execute("DELETE FROM files WHERE folder = ? AND name = ?", (folder, name))
        self.db.execute(_UNSEAL, (folder,))
        for table in _BY_PATH:
            self.db.execute(f"DELETE FROM {table} WHERE path = ?", (path,))  # noqa: S608 - fixed names
        self.db.execute("INSERT OR REPLACE INTO behind VALUES (?)", (path,))

    def _put_stat(self, path: str, stat: Stat, problem: str) -> None:
        folder, _, name = path.rpartition("/")
        times = (stat.inode, stat.size, stat.mtime_ns, stat.ctime_ns, self._now_ns)
        said = problem.encode("utf-8", "backslashreplace").decode()
        self.db.execute(_UNSEAL, (folder,))
        self.db.execute(
            "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (folder, name, *times, said)
        )

    def _put_problem(self, path: str, problem: str, data: bytes, stat: Stat) -> None:
        """A file that cannot be read keeps its place and its names: mail for it can wait beside it."""
        query = "SELECT name, role, path, entry FROM names WHERE path = ? AND role IN ('message', 'uid')"
        known: set[tuple[Any, ...]] = set(self.db.execute(query, (path,)))
        self._forget(path)
        self._put_stat(path, stat, problem)
        text = data.decode("utf-8", "replace")
        ids = re.findall(r"^message-id: <([^<>\s]{1,250})>\r?$", text, re.MULTILINE)
        uid = re.search(r'^uid: "?([0-9a-z]{16})"?\r?$', text, re.MULTILINE)
        names = known | {(message_id, "message", path, "") for message_id in ids}
        if uid:
            names.add((uid[1], "uid", path, ""))
        self.db.executemany("INSERT OR REPLACE INTO names VALUES (?, ?, ?, ?)", names)

    def _put_rows(self, path: str, rows: dict[str, set[tuple[object, ...]]], stat: Stat) -> None:
        self._forget(path)
        self._put_stat(path, stat, "")
        self._insert(rows)

    def _insert(self, rows: Mapping[str, Collection[tuple[object, ...]]]) -> None:
        for table, values in rows.items():
            if values:
                marks = ", ".join("?" * len(next(iter(values))))
                self.db.executemany(f"INSERT INTO {table} VALUES ({marks})", values)  # noqa: S608 - fixed names
