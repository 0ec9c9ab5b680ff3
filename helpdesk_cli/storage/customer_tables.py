"""The tables of customers in the index, and how they follow the files.

A row of `customer_files` is believed while the stat of its file is the same, as rows of tickets are; the
other tables follow from it. Whoever asks brings them up to date; who writes a ticket does not know of them.
docs/INDEX.md has them for people.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import helpdesk_cli
from helpdesk_cli.customers.customer import Customer, Standing
from helpdesk_cli.customers.fields import folded_items
from helpdesk_cli.customers.finding import organisation_of
from helpdesk_cli.errors import DeskError
from helpdesk_cli.storage import customer_files as files
from helpdesk_cli.storage.customer_rows import Loaded, keys_of, pack
from helpdesk_cli.storage.folder import kept_open
from helpdesk_cli.storage.index_file import FAULTS
from helpdesk_cli.storage.index_survey import RACY_NS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from helpdesk_cli.storage.index_file import IndexFile

    Progress = Callable[[int, int], None] | None

_SCHEMA = """
CREATE TABLE customer_files (
  path TEXT PRIMARY KEY, inode INTEGER NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
  ctime_ns INTEGER NOT NULL, seen_ns INTEGER NOT NULL, problem TEXT NOT NULL, data TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE customer_keys (
  kind TEXT NOT NULL, key TEXT NOT NULL, path TEXT NOT NULL, PRIMARY KEY (kind, key, path)
) WITHOUT ROWID;
CREATE INDEX customer_keys_path ON customer_keys (path);
CREATE TABLE customer_traits (
  who TEXT NOT NULL, field TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (who, field, value)
) WITHOUT ROWID;
CREATE TABLE requesters (
  requester TEXT PRIMARY KEY, who TEXT NOT NULL, person TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX requesters_person ON requesters (person);
CREATE VIEW customer_items AS
  SELECT shown.path AS path, customer_traits.field AS field, customer_traits.value AS value
    FROM shown JOIN requesters USING (requester) JOIN customer_traits USING (who)
  UNION ALL
  SELECT path, 'customer:new' AS field, CASE place WHEN 1 THEN 'true' ELSE 'false' END AS value FROM (
    SELECT shown.path AS path, row_number() OVER (
      PARTITION BY coalesce(nullif(person, ''), shown.path) ORDER BY tickets.created_at, tickets.number
    ) AS place FROM shown JOIN tickets USING (path) JOIN requesters USING (requester))
"""
_TABLES = tuple(_SCHEMA.strip().split(";\n"))
_NAMES = ("customer_files", "customer_keys", "customer_traits", "requesters")
SETTLED = """
SELECT path, inode, size, mtime_ns, ctime_ns FROM customer_files WHERE seen_ns - max(mtime_ns, ctime_ns) > ?
"""
AT_ONCE = 500
# As many are looked at, file by file, within a hundredth of a second.
_FEW = 1_000


class CustomerTables:
    """The tables, brought up to date by `refresh` and `refresh_requesters`."""

    def __init__(self, index: IndexFile, root: Path, *, now_ns: int) -> None:
        """`root` is the desk's; whoever opened the index closes it."""
        self.index = index
        self.root = root
        self.odd: tuple[str, ...] = ()  # names in the folders that can be no file of a customer
        self._now_ns = now_ns

    def refresh(self, progress: Progress = None, *, full: bool = True) -> None:
        """Bring the rows up to date with the files: every file is looked at, those that changed are read.

        Without `full`, of very many only the folders are: files that came and went are seen, and so is what
        `standing` then finds; not an address that was added to another file in place.
        """
        try:
            self._refresh(progress, full=full)
        except FAULTS as error:
            self.index.make_anew(error)
            self._refresh(progress)

    def refresh_requesters(self) -> None:
        """Work out who they are that tickets came from since: what `customer_items` rests on."""
        query = (
            "SELECT DISTINCT requester FROM shown WHERE NOT EXISTS"
            " (SELECT 1 FROM requesters WHERE requesters.requester = shown.requester)"
        )
        fresh = [requester for (requester,) in self.index.ask(query)]
        if fresh:
            book = Loaded(self.index)
            rows = sorted(map(book.requester_row, fresh))
            with self.index.transaction():
                self.index.db.executemany("INSERT OR REPLACE INTO requesters VALUES (?, ?, ?)", rows)

    def _refresh(self, progress: Progress, *, full: bool = True) -> None:
        self._prepare()
        times = " ".join(str(files.folder_time(self.root, folder)) for folder in files.FOLDERS)
        if not full and self.index.meta("customer-folders") == times and self._count() > _FEW:
            return
        known = set(self.index.db.execute(SETTLED, (RACY_NS,)))
        listed = [files.list_files(self.root, folder) for folder in files.FOLDERS]
        present = {row for each in listed for row in each.files}
        self.odd = tuple(name for each in listed for name in each.odd)
        stale = sorted({row[0] for row in present - known})
        every = {path for (path,) in self.index.db.execute("SELECT path FROM customer_files")}
        gone = sorted(every - {row[0] for row in present})
        is_settled = all(self._now_ns - each.mtime_ns > RACY_NS for each in listed)
        seen = " ".join(str(each.mtime_ns) for each in listed) if is_settled else ""
        if stale or gone or self.index.meta("customer-folders") != seen:
            with self.index.transaction():
                self._take(stale, gone, progress)
                self.index.db.execute("INSERT OR REPLACE INTO meta VALUES ('customer-folders', ?)", (seen,))

    def _count(self) -> int:
        ((number,),) = self.index.db.execute("SELECT count(*) FROM customer_files").fetchall()
        return int(number)

    def _prepare(self) -> None:
        """Make the tables anew where another version made them."""
        signature = "\n".join((helpdesk_cli.__version__, *_TABLES))
        if self.index.meta("customers") == signature:
            return
        with self.index.transaction():
            if self.index.meta("customers") == signature:
                return
            self.index.db.execute("DROP VIEW IF EXISTS customer_items")
            self.index.make_tables(_TABLES, drop=_NAMES)
            self.index.db.execute("INSERT OR REPLACE INTO meta VALUES ('customers', ?)", (signature,))
            self._put_traits("", Standing())

    def _take(self, stale: list[str], gone: list[str], progress: Progress) -> None:
        touched = [*stale, *gone]
        before = self._said(touched)
        for path in gone:
            self._forget(path)
        with kept_open():
            for number, path in enumerate(stale, 1):
                self._forget(path)
                self._put(path)
                if progress and (number % AT_ONCE == 0 or number == len(stale)):
                    progress(number, len(stale))
        after = self._said(touched)
        changed = [path for path in touched if before.get(path) != after.get(path)]
        if not changed:
            return
        # Any of them may change whose file it is that speaks of somebody.
        self.index.db.execute("DELETE FROM requesters")
        if any(map(files.is_organisation, changed)):
            changed = [path for (path,) in self.index.db.execute("SELECT path FROM customer_files")]
        self._put_all_traits(changed)

    def _said(self, paths: Sequence[str]) -> dict[str, tuple[str, str]]:
        """What these files say, to see whether they say anything else now."""
        found: dict[str, tuple[str, str]] = {}
        for start in range(0, len(paths), AT_ONCE):
            some = paths[start : start + AT_ONCE]
            query = f"SELECT path, problem, data FROM customer_files WHERE path IN ({marks(some)})"  # noqa: S608 - marks only
            found |= {path: (problem, data) for path, problem, data in self.index.db.execute(query, some)}
        return found

    def _forget(self, path: str) -> None:
        for query in (
            "DELETE FROM customer_files WHERE path = ?",
            "DELETE FROM customer_keys WHERE path = ?",
        ):
            self.index.db.execute(query, (path,))

    def _put(self, path: str) -> None:
        problem, data, keys = "", "", set[tuple[str, str]]()
        try:
            content, status = files.load(self.root, path)
            found = files.read(content, place=path)
            data, keys = pack(found), set(keys_of(found))
        except FileNotFoundError:
            return
        except DeskError as error:
            problem = str(error).encode("utf-8", "backslashreplace").decode()
            status = files.stat_of(self.root, path)
        row = (path, status.inode, status.size, status.mtime_ns, status.ctime_ns, self._now_ns, problem, data)
        self.index.db.execute(f"INSERT OR REPLACE INTO customer_files VALUES ({marks(row)})", row)  # noqa: S608 - marks only
        rows = [(kind, key, path) for kind, key in sorted(keys) if key]
        self.index.db.executemany("INSERT OR REPLACE INTO customer_keys VALUES (?, ?, ?)", rows)

    def _put_all_traits(self, paths: Iterable[str]) -> None:
        book = Loaded(self.index)
        for path in paths:
            file = book.file(path)
            if isinstance(file, Customer):
                standing = Standing(file, book.organisation(organisation_of(file, book)))
            else:
                standing = Standing(None, file)
            self._put_traits(path, standing if file else None)

    def _put_traits(self, who: str, standing: Standing | None) -> None:
        told = folded_items(standing) if standing else {}
        rows = [(who, field, value) for field, values in told.items() for value in values]
        self.index.db.execute("DELETE FROM customer_traits WHERE who = ?", (who,))
        self.index.db.executemany("INSERT OR REPLACE INTO customer_traits VALUES (?, ?, ?)", rows)


def marks(values: Sequence[object]) -> str:
    """`?, ?`: one for each value."""
    return ", ".join("?" * len(values))
