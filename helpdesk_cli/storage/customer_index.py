"""Customers in the index: who has which address, and what queries ask of a ticket's requester.

A row of `customer_files` is believed while the stat of its file is the same, as rows of tickets are; the
other tables follow from it. Whoever asks brings them up to date; who writes a ticket does not know of them.
docs/INDEX.md has them for people.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import helpdesk_cli
from helpdesk_cli.customers.customer import Customer, Organisation, Standing
from helpdesk_cli.customers.fields import NEW, folded_items
from helpdesk_cli.customers.finding import Found, find_files, organisation_of, person_key
from helpdesk_cli.errors import DeskError
from helpdesk_cli.storage import customer_files as files
from helpdesk_cli.storage.customer_rows import (
    Asked,
    Loaded,
    keys_of,
    pack,
    standing_in,
    unpack,
    who_of,
)
from helpdesk_cli.storage.folder import kept_open
from helpdesk_cli.storage.index_file import FAULTS
from helpdesk_cli.storage.index_survey import RACY_NS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from helpdesk_cli.storage.index_file import IndexFile
    from helpdesk_cli.tickets.person import Person

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
_SETTLED = """
SELECT path, inode, size, mtime_ns, ctime_ns FROM customer_files WHERE seen_ns - max(mtime_ns, ctime_ns) > ?
"""
_AT_ONCE = 500
# As many are looked at, file by file, within a hundredth of a second.
_FEW = 1_000


class Customers:
    """The customers of a desk, as the files were at `refresh`."""

    def __init__(self, index: IndexFile, root: Path, *, now_ns: int) -> None:
        """`root` is the desk's; whoever opened the index closes it."""
        self._index = index
        self._root = root
        self._now_ns = now_ns
        self._book = Asked(index)
        self.odd: tuple[str, ...] = ()  # names in the folders that can be no file of a customer

    def refresh(self, progress: Progress = None, *, full: bool = True) -> None:
        """Bring the rows up to date with the files: every file is looked at, those that changed are read.

        Without `full`, of very many only the folders are: files that came and went are seen, and so is what
        `standing` then finds; not an address that was added to another file in place.
        """
        try:
            self._refresh(progress, full=full)
        except FAULTS as error:
            self._index.make_anew(error)
            self._refresh(progress)

    def refresh_requesters(self) -> None:
        """Work out who they are that tickets came from since: what `customer_items` rests on."""
        query = (
            "SELECT DISTINCT requester FROM shown WHERE NOT EXISTS"
            " (SELECT 1 FROM requesters WHERE requesters.requester = shown.requester)"
        )
        fresh = [requester for (requester,) in self._index.ask(query)]
        if fresh:
            book = Loaded(self._index)
            rows = sorted(map(book.requester_row, fresh))
            with self._index.transaction():
                self._index.db.executemany("INSERT OR REPLACE INTO requesters VALUES (?, ?, ?)", rows)

    def found(self, person: Person) -> Found:
        """Whose files speak of this person."""
        return find_files(person, self._book)

    def standing(self, person: Person) -> Standing:
        """What the person is to this desk."""
        standing = standing_in(self._book, self.found(person))
        if self._is_as_read(standing):
            return standing
        self.refresh()
        return standing_in(self._book, self.found(person))

    def _is_as_read(self, standing: Standing) -> bool:
        """Whether the files that were found are still those that were read."""
        for file in (standing.customer, standing.organisation):
            if file is not None:
                path = files.path_of(file.id, organisation=isinstance(file, Organisation))
                now = files.stat_of(self._root, path)
                row = (path, now.inode, now.size, now.mtime_ns, now.ctime_ns)
                if self._index.ask(f"{_SETTLED} AND path = ?", RACY_NS, path) != [row]:
                    return False
        return True

    def standing_of(self, customer: Customer) -> Standing:
        """What a customer is to this desk."""
        return standing_in(self._book, Found(customer.id, organisation_of(customer, self._book)))

    def customer(self, name: str) -> Customer | None:
        """The customer of that file name; None where there is none that can be read."""
        return self._book.customer(name)

    def organisation(self, name: str) -> Organisation | None:
        """The organisation of that file name; None where there is none that can be read."""
        return self._book.organisation(name)

    def named(self, kind: str, key: str) -> list[str]:
        """The ids of the files with that key: `customer_rows.keys_of`."""
        return self._book.named(kind, key)

    def every(self) -> Iterator[Customer | Organisation]:
        """Every file that can be read, by path."""
        query = "SELECT path, data FROM customer_files WHERE problem = '' ORDER BY path"
        return (unpack(path, data) for path, data in self._index.ask(query))

    def standings(self) -> Iterator[Standing]:
        """Every customer, with the organisation; for lists."""
        book = Loaded(self._index)
        for each in self.every():
            if isinstance(each, Customer):
                yield Standing(each, book.organisation(organisation_of(each, book)))

    def problems(self) -> list[tuple[str, str]]:
        """(path, what is wrong) of the files that cannot be read."""
        return self._index.ask("SELECT path, problem FROM customer_files WHERE problem <> '' ORDER BY path")

    def shared_keys(self, kind: str) -> list[tuple[str, list[str]]]:
        """(key, paths) of the keys that stand in more than one file."""
        query = (
            "SELECT key, path FROM customer_keys WHERE kind = ? AND key IN (SELECT key FROM customer_keys"
            " WHERE kind = ? GROUP BY key HAVING count(*) > 1) ORDER BY key, path"
        )
        found: dict[str, list[str]] = {}
        for key, path in self._index.ask(query, kind, kind):
            found.setdefault(key, []).append(path)
        return list(found.items())

    def requesters(self, *, who: Found, person: Person) -> list[str]:
        """The requesters of tickets, as `shown` has them, that are this person; after `refresh_requesters`.

        Of an organisation alone (`who` without a customer, the person empty) all of its people.
        """
        if key := person_key(person, who.customer):
            found = self._index.ask("SELECT requester FROM requesters WHERE person = ?", key)
        else:
            query = (
                "SELECT requester FROM requesters WHERE who = ? OR who IN (SELECT who FROM customer_traits"
                " WHERE field = 'customer:organisation' AND value = ?)"
            )
            found = self._index.ask(query, who_of(who), who.organisation)
        return sorted(requester for (requester,) in found)

    def tickets_of(self, requesters: Sequence[str]) -> list[str]:
        """The paths of the tickets that these requesters opened."""
        found: list[str] = []
        for start in range(0, len(requesters), _AT_ONCE):
            some = requesters[start : start + _AT_ONCE]
            query = f"SELECT path FROM shown WHERE requester IN ({_marks(some)})"  # noqa: S608 - marks only
            found += [path for (path,) in self._index.ask(query, *some)]
        return sorted(found)

    def tickets_with(self, addresses: Sequence[str]) -> list[str]:
        """The paths of the tickets in which these folded addresses, or the same with a plus, are named."""
        found: set[str] = set()
        for address in addresses:
            local, _, domain = address.rpartition("@")
            query = (
                "SELECT path FROM items WHERE field IN ('participant', 'requester') AND (value = ?"
                " OR (value >= ? AND value < ? AND substr(value, ?) = ?))"
            )
            ending = f"@{domain}"
            values = (address, f"{local}+", f"{local},", -len(ending), ending)
            found |= {path for (path,) in self._index.ask(query, *values)}
        return sorted(found)

    def ratings(self, paths: Sequence[str]) -> list[tuple[str, int, str]]:
        """(path, when in ms since 1970, `good ada@example.com`) of each rating in these tickets, in order."""
        found: list[tuple[str, int, str]] = []
        for start in range(0, len(paths), _AT_ONCE):
            some = paths[start : start + _AT_ONCE]
            query = f"SELECT path, at, value FROM event_facts WHERE key = 'csat' AND path IN ({_marks(some)})"  # noqa: S608 - marks only
            found += [(path, at, value) for path, at, value in self._index.ask(query, *some)]
        return sorted(found, key=lambda each: each[1])

    def is_new(self, path: str) -> bool:
        """Whether no earlier ticket than the one at that path is the same person's."""
        self.refresh_requesters()
        query = "SELECT value FROM customer_items WHERE field = ? AND path = ?"
        return self._index.ask(query, NEW, path) != [("false",)]

    def _refresh(self, progress: Progress, *, full: bool = True) -> None:
        self._prepare()
        times = " ".join(str(files.folder_time(self._root, folder)) for folder in files.FOLDERS)
        if not full and self._index.meta("customer-folders") == times and self._count() > _FEW:
            return
        known = set(self._index.db.execute(_SETTLED, (RACY_NS,)))
        listed = [files.list_files(self._root, folder) for folder in files.FOLDERS]
        present = {row for each in listed for row in each.files}
        self.odd = tuple(name for each in listed for name in each.odd)
        stale = sorted({row[0] for row in present - known})
        every = {path for (path,) in self._index.db.execute("SELECT path FROM customer_files")}
        gone = sorted(every - {row[0] for row in present})
        is_settled = all(self._now_ns - each.mtime_ns > RACY_NS for each in listed)
        seen = " ".join(str(each.mtime_ns) for each in listed) if is_settled else ""
        if stale or gone or self._index.meta("customer-folders") != seen:
            with self._index.transaction():
                self._take(stale, gone, progress)
                self._index.db.execute("INSERT OR REPLACE INTO meta VALUES ('customer-folders', ?)", (seen,))

    def _count(self) -> int:
        ((number,),) = self._index.db.execute("SELECT count(*) FROM customer_files").fetchall()
        return int(number)

    def _prepare(self) -> None:
        """Make the tables anew where another version made them."""
        signature = "\n".join((helpdesk_cli.__version__, *_TABLES))
        if self._index.meta("customers") == signature:
            return
        with self._index.transaction():
            if self._index.meta("customers") == signature:
                return
            self._index.db.execute("DROP VIEW IF EXISTS customer_items")
            self._index.make_tables(_TABLES, drop=_NAMES)
            self._index.db.execute("INSERT OR REPLACE INTO meta VALUES ('customers', ?)", (signature,))
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
                if progress and (number % _AT_ONCE == 0 or number == len(stale)):
                    progress(number, len(stale))
        after = self._said(touched)
        changed = [path for path in touched if before.get(path) != after.get(path)]
        if not changed:
            return
        # Any of them may change whose file it is that speaks of somebody.
        self._index.db.execute("DELETE FROM requesters")
        if any(map(files.is_organisation, changed)):
            changed = [path for (path,) in self._index.db.execute("SELECT path FROM customer_files")]
        self._put_all_traits(changed)

    def _said(self, paths: Sequence[str]) -> dict[str, tuple[str, str]]:
        """What these files say, to see whether they say anything else now."""
        found: dict[str, tuple[str, str]] = {}
        for start in range(0, len(paths), _AT_ONCE):
            some = paths[start : start + _AT_ONCE]
            query = f"SELECT path, problem, data FROM customer_files WHERE path IN ({_marks(some)})"  # noqa: S608 - marks only
            found |= {path: (problem, data) for path, problem, data in self._index.db.execute(query, some)}
        return found

    def _forget(self, path: str) -> None:
        for query in (
            "DELETE FROM customer_files WHERE path = ?",
            "DELETE FROM customer_keys WHERE path = ?",
        ):
            self._index.db.execute(query, (path,))

    def _put(self, path: str) -> None:
        problem, data, keys = "", "", set[tuple[str, str]]()
        try:
            content, status = files.load(self._root, path)
            found = files.read(content, place=path)
            data, keys = pack(found), set(keys_of(found))
        except FileNotFoundError:
            return
        except DeskError as error:
            problem = str(error).encode("utf-8", "backslashreplace").decode()
            status = files.stat_of(self._root, path)
        row = (path, status.inode, status.size, status.mtime_ns, status.ctime_ns, self._now_ns, problem, data)
        self._index.db.execute(f"INSERT OR REPLACE INTO customer_files VALUES ({_marks(row)})", row)  # noqa: S608 - marks only
        rows = [(kind, key, path) for kind, key in sorted(keys) if key]
        self._index.db.executemany("INSERT OR REPLACE INTO customer_keys VALUES (?, ?, ?)", rows)

    def _put_all_traits(self, paths: Iterable[str]) -> None:
        book = Loaded(self._index)
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
        self._index.db.execute("DELETE FROM customer_traits WHERE who = ?", (who,))
        self._index.db.executemany("INSERT OR REPLACE INTO customer_traits VALUES (?, ?, ?)", rows)


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))
