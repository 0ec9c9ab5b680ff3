"""What threading and verbs ask the index: which file has this name, this number, this uid."""

from __future__ import annotations

import importlib
import sqlite3
from typing import TYPE_CHECKING, Any

from helpdesk_cli.storage.index_file import FAULTS, IndexFile
from helpdesk_cli.storage.index_tables import COLUMNS, SHOWN, Row, number_of, row_of, table_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from helpdesk_cli.tickets.ticket import Ticket

_AT_ONCE = 500


class Lookups(IndexFile):
    """The questions; each answers from the rows as they are."""

    def paths_named(self, name: str, role: str) -> list[tuple[str, str]]:
        """(path, entry id) of what has this name in this role.

        A role is message, reference, entry, raw, tombstone or uid; queued and unknown are the roles of mail
        that the outbox of this name has still to answer for.
        """
        found = self.ask(
            "SELECT path, entry FROM names WHERE name = ? AND role = ? ORDER BY path", name, role
        )
        return [(path, entry) for path, entry in found]

    def paths_numbered(self, number: int) -> list[str]:
        """The files of the ticket that has this number now (more than one after a clash)."""
        found = self.ask("SELECT path FROM shown WHERE number = ? ORDER BY path", number)
        return [path for (path,) in found]

    def paths_of_id(self, ticket_id: str) -> list[str]:
        """The files of the ticket that says it has this id, whatever prefix the desk gives today."""
        found = self.ask("SELECT path FROM shown WHERE id = ? COLLATE NOCASE ORDER BY path", ticket_id)
        return [path for (path,) in found]

    def paths_formerly(self, number: int) -> list[str]:
        """The files of the tickets that once had this number."""
        found = self.ask("SELECT path FROM formerly WHERE number = ? ORDER BY path", number)
        return [path for (path,) in found]

    def paths_of_uid(self, uid: str) -> list[str]:
        """The files of the ticket with this uid; a prefix of at least four characters will do."""
        top = uid + "~"
        found = self.ask("SELECT path FROM shown WHERE uid >= ? AND uid < ? ORDER BY path", uid, top)
        return [path for (path,) in found]

    def highest_number(self) -> int:
        """The highest number that a ticket has or had; 0 for an empty desk."""
        ((now,),) = self.ask("SELECT max(number) FROM shown")
        ((once,),) = self.ask("SELECT max(number) FROM formerly")
        broken = [number_of(path) for path, _ in self.problems()]
        return max(now or 0, once or 0, *broken, 0)

    def numbers(self) -> set[int]:
        """Every number that a ticket has or had."""
        found = self.ask("SELECT number FROM shown UNION SELECT number FROM formerly")
        return {number for (number,) in found} | {number_of(path) for path, _ in self.problems()}

    def problems(self) -> list[tuple[str, str]]:
        """(path, what is wrong) of the ticket files that cannot be read."""
        found = self.ask("SELECT folder || '/' || name, problem FROM files WHERE problem <> '' ORDER BY 1")
        return [(path, problem) for path, problem in found]

    def problem_of(self, path: str) -> str:
        """What is wrong with that file, "" when nothing is."""
        folder, _, name = path.rpartition("/")
        found = self.ask("SELECT problem FROM files WHERE folder = ? AND name = ?", folder, name)
        return next((problem for (problem,) in found), "")

    def rows(self) -> Iterator[Row]:
        """Every readable ticket, by number."""
        self.check_count()
        return map(row_of, self.ask(f"{SHOWN} ORDER BY number, path"))

    def check_count(self) -> None:
        """Make the index anew where it has more or fewer tickets than readable files."""
        ((files,),) = self.ask(
            "SELECT count(*) - (SELECT count(*) FROM files WHERE problem <> '') FROM files"
        )
        if self.count() != files:
            self.make_anew(sqlite3.DatabaseError("malformed"))

    def rows_of(self, paths: Sequence[str]) -> Iterator[Row]:
        """The rows of these files, in the order of the paths."""
        for start in range(0, len(paths), _AT_ONCE):
            some = paths[start : start + _AT_ONCE]
            marks = ", ".join("?" * len(some))
            found = {values[0]: values for values in self.ask(f"{SHOWN} WHERE path IN ({marks})", *some)}
            yield from (row_of(found[path]) for path in some if path in found)

    def says(self, path: str, ticket: Ticket, *, done: frozenset[str] | None = None) -> bool:
        """Whether the rows of that file are those of this ticket: nothing else can be wrong with them.

        With `done`, as `refresh` has it, what queries ask is looked at, too, where it is up to date.
        """
        wanted = table_rows(path, ticket)
        try:
            found = {
                table: set(self.db.execute(f"SELECT * FROM {table} WHERE path = ?", (path,)))  # noqa: S608 - fixed names
                for table in wanted
            }
            behind = self.db.execute("SELECT 1 FROM behind WHERE path = ?", (path,)).fetchall()
            return found == wanted and (done is None or bool(behind) or self._says_facts(path, ticket, done))
        except FAULTS:
            return False

    def _says_facts(self, path: str, ticket: Ticket, done: frozenset[str]) -> bool:
        # Its modules are needed by those who ask, not by a mail.
        facts = importlib.import_module("helpdesk_cli.storage.index_facts")
        if not self.meta("facts"):
            return True
        wanted = {name: sorted(rows, key=repr) for name, rows in facts.fact_rows(path, ticket, done).items()}
        found: dict[str, list[tuple[Any, ...]]] = facts.stored(self.db, path)
        return found == wanted

    def paths(self) -> list[str]:
        """The files of the readable tickets."""
        return [path for (path,) in self.ask("SELECT path FROM shown ORDER BY path")]

    def count(self) -> int:
        """How many readable tickets there are."""
        ((number,),) = self.ask("SELECT count(number) FROM shown")
        return int(number)

    def ids_beginning(self, begin: str, *, without: Sequence[str], most: int) -> list[str]:
        """The ids that begin so in any case, by number, or numbers where `begin` is one.

        `without`: statuses that are left out.
        """
        what = "CAST(number AS TEXT)" if begin.isdecimal() else "id"
        marks = ", ".join("?" * len(without))
        fitting = f"substr({what}, 1, ?) = ? COLLATE NOCASE AND status NOT IN ({marks})"
        text = f"SELECT {what} FROM shown WHERE {fitting} ORDER BY number LIMIT ?"  # noqa: S608 - names of this module
        return [word for (word,) in self.ask(text, len(begin), begin, *without, most)]

    def values(self, column: str) -> list[str]:
        """What tickets have in that column of `shown`, each once; of tags each."""
        if column not in COLUMNS:
            raise KeyError(column)
        found = self.ask(f"SELECT DISTINCT {column} FROM shown WHERE {column} <> ''")  # noqa: S608 - one of COLUMNS
        return sorted({text for (value,) in found for text in str(value).split("\n")})
