"""What is asked of a desk's customers: who somebody is, which tickets are theirs, what stands where twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.customers.customer import Customer, Organisation, Standing
from helpdesk_cli.customers.finding import Found, find_files, organisation_of, person_key
from helpdesk_cli.storage import customer_files as files
from helpdesk_cli.storage.customer_rows import Asked, Loaded, standing_in, unpack, who_of
from helpdesk_cli.storage.customer_tables import AT_ONCE, SETTLED, CustomerTables, marks
from helpdesk_cli.storage.index_survey import RACY_NS
from helpdesk_cli.tickets.person import NOBODY
from helpdesk_cli.tickets.times import read_time

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from helpdesk_cli.storage.index_file import IndexFile
    from helpdesk_cli.tickets.person import Person


class Customers(CustomerTables):
    """The customers of a desk, as the files were at `refresh`."""

    def __init__(self, index: IndexFile, root: Path, *, now_ns: int) -> None:
        """As the tables."""
        super().__init__(index, root, now_ns=now_ns)
        self._book = Asked(index)

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
                now = files.stat_of(self.root, path)
                row = (path, now.inode, now.size, now.mtime_ns, now.ctime_ns)
                if self.index.ask(f"{SETTLED} AND path = ?", RACY_NS, path) != [row]:
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
        return (unpack(path, data) for path, data in self.index.ask(query))

    def standings(self) -> Iterator[Standing]:
        """Every customer, with the organisation; for lists."""
        book = Loaded(self.index)
        for each in self.every():
            if isinstance(each, Customer):
                yield Standing(each, book.organisation(organisation_of(each, book)))

    def problems(self) -> list[tuple[str, str]]:
        """(path, what is wrong) of the files that cannot be read."""
        return self.index.ask("SELECT path, problem FROM customer_files WHERE problem <> '' ORDER BY path")

    def shared_keys(self, kind: str) -> list[tuple[str, list[str]]]:
        """(key, paths) of the keys that stand in more than one file."""
        query = (
            "SELECT key, path FROM customer_keys WHERE kind = ? AND key IN (SELECT key FROM customer_keys"
            " WHERE kind = ? GROUP BY key HAVING count(*) > 1) ORDER BY key, path"
        )
        found: dict[str, list[str]] = {}
        for key, path in self.index.ask(query, kind, kind):
            found.setdefault(key, []).append(path)
        return list(found.items())

    def requesters(self, *, who: Found, person: Person) -> list[str]:
        """The requesters of tickets, as `shown` has them, that are this person; after `refresh_requesters`.

        Of an organisation alone (`who` without a customer, the person empty) all of its people.
        """
        if key := person_key(person, who.customer):
            found = self.index.ask("SELECT requester FROM requesters WHERE person = ?", key)
        else:
            query = (
                "SELECT requester FROM requesters WHERE who = ? OR who IN (SELECT who FROM customer_traits"
                " WHERE field = 'customer:organisation' AND value = ?)"
            )
            found = self.index.ask(query, who_of(who), who.organisation)
        return sorted(requester for (requester,) in found)

    def tickets_of(self, requesters: Sequence[str]) -> list[str]:
        """The paths of the tickets that these requesters opened."""
        found: list[str] = []
        for start in range(0, len(requesters), AT_ONCE):
            some = requesters[start : start + AT_ONCE]
            query = f"SELECT path FROM shown WHERE requester IN ({marks(some)})"  # noqa: S608 - marks only
            found += [path for (path,) in self.index.ask(query, *some)]
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
            found |= {path for (path,) in self.index.ask(query, *values)}
        return sorted(found)

    def ratings(self, paths: Sequence[str]) -> list[tuple[str, int, str]]:
        """(path, when in ms since 1970, `good ada@example.com`) of each rating in these tickets, in order."""
        found: list[tuple[str, int, str]] = []
        for start in range(0, len(paths), AT_ONCE):
            some = paths[start : start + AT_ONCE]
            query = f"SELECT path, at, value FROM event_facts WHERE key = 'csat' AND path IN ({marks(some)})"  # noqa: S608 - marks only
            found += [(path, at, value) for path, at, value in self.index.ask(query, *some)]
        return sorted(found, key=lambda each: each[1])

    def first_ticket(self, person: Person) -> str:
        """The path of the first ticket that is this person's; "" for none, and for nobody."""
        self.refresh_requesters()
        requesters = self.requesters(who=self.found(person), person=person) if person != NOBODY else []
        first: tuple[datetime, int, str] | None = None
        for start in range(0, len(requesters), AT_ONCE):
            some = requesters[start : start + AT_ONCE]
            query = f"SELECT created_at, number, path FROM shown WHERE requester IN ({marks(some)})"  # noqa: S608 - marks only
            for created_at, number, path in self.index.ask(query, *some):
                each = (read_time(created_at), number, path)
                first = min(first, each) if first else each
        return first[2] if first else ""
