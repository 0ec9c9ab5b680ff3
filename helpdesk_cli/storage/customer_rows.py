"""A customer's file as rows of the index and back, and the two books that rest on them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from helpdesk_cli.customers.customer import Customer, Organisation, Standing
from helpdesk_cli.customers.finding import Found, find_files, org_key, person_key
from helpdesk_cli.customers.keys import address_key, base_key, phone_key
from helpdesk_cli.storage import customer_files as files
from helpdesk_cli.tickets.person import Person

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from helpdesk_cli.storage.customer_files import File
    from helpdesk_cli.storage.index_file import IndexFile

_BY_PATH = "SELECT data FROM customer_files WHERE path = ? AND problem = ''"


def pack(file: File) -> str:
    """The file as one text."""
    slots = type(file).__slots__
    return json.dumps({name: getattr(file, name) for name in slots})


def unpack(path: str, text: str) -> File:
    """The inverse of `pack` for the file at that path."""
    values: dict[str, Any] = {name: _hashable(value) for name, value in json.loads(text).items()}
    return Organisation(**values) if files.is_organisation(path) else Customer(**values)


def _hashable(value: Any) -> Any:  # noqa: ANN401 - whatever JSON can hold
    return tuple(map(_hashable, value)) if isinstance(value, list) else value


def keys_of(file: File) -> Iterator[tuple[str, str]]:
    """(kind, key) by which the file is found."""
    yield "uid", file.uid
    if isinstance(file, Customer):
        if file.erased_at:
            return
        for address in file.addresses:
            yield "address", address_key(address)
            yield "base", base_key(address)
        yield from (("phone", phone_key(number)) for number in file.phones)
        yield "account", org_key(file.account)
        yield "name", org_key(file.name)
        return
    yield from (("domain", domain.rstrip(".")) for domain in file.domains)
    yield "org", org_key(file.id)
    yield "org", org_key(file.name)
    yield "org-account", org_key(file.account)


def who_of(found: Found) -> str:
    """Under which name the traits of somebody stand: "" for strangers."""
    if found.customer:
        return files.path_of(found.customer, organisation=False)
    return files.path_of(found.organisation, organisation=True) if found.organisation else ""


class Asked:
    """A book that asks the index at every question: for few people."""

    def __init__(self, index: IndexFile) -> None:
        """The index must be up to date."""
        self._index = index

    def named(self, kind: str, key: str) -> list[str]:
        """As customers/finding has it."""
        query = "SELECT path FROM customer_keys WHERE kind = ? AND key = ? ORDER BY path"
        return [files.id_of(path) for (path,) in self._index.ask(query, kind, key)] if key else []

    def customer(self, name: str) -> Customer | None:
        """As customers/finding has it."""
        found = self._file(files.path_of(name, organisation=False))
        return found if isinstance(found, Customer) else None

    def organisation(self, name: str) -> Organisation | None:
        """The organisation of that id."""
        found = self._file(files.path_of(name, organisation=True))
        return found if isinstance(found, Organisation) else None

    def _file(self, path: str) -> File | None:
        return next((unpack(path, data) for (data,) in self._index.ask(_BY_PATH, path)), None)


class Loaded:
    """A book that holds all: for very many people."""

    def __init__(self, index: IndexFile) -> None:
        """The index must be up to date."""
        self._index = index
        self._keys: dict[tuple[str, str], list[str]] = {}
        for kind, key, path in index.db.execute("SELECT kind, key, path FROM customer_keys ORDER BY path"):
            self._keys.setdefault((kind, key), []).append(files.id_of(path))
        self._files: dict[str, File | None] = {}

    def named(self, kind: str, key: str) -> Sequence[str]:
        """As customers/finding has it."""
        return self._keys.get((kind, key), ())

    def customer(self, name: str) -> Customer | None:
        """As customers/finding has it."""
        found = self.file(files.path_of(name, organisation=False))
        return found if isinstance(found, Customer) else None

    def organisation(self, name: str) -> Organisation | None:
        """The organisation of that id."""
        found = self.file(files.path_of(name, organisation=True)) if name else None
        return found if isinstance(found, Organisation) else None

    def file(self, path: str) -> File | None:
        """The file at that path, unpacked once; None where it cannot be read."""
        if path not in self._files:
            found = self._index.db.execute(_BY_PATH, (path,)).fetchall()
            self._files[path] = next((unpack(path, data) for (data,) in found), None)
        return self._files[path]

    def requester_row(self, requester: str) -> tuple[str, str, str]:
        """(requester, who, person) of a requester as tickets write them."""
        person = Person.read(requester)
        found = find_files(person, self)
        return requester, who_of(found), person_key(person, found.customer)


def standing_in(book: Asked | Loaded, found: Found) -> Standing:
    """What these files make somebody to the desk."""
    customer = book.customer(found.customer) if found.customer else None
    organisation = book.organisation(found.organisation) if found.organisation else None
    return Standing(customer, organisation)
