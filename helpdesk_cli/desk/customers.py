"""Who somebody is to this desk: the customers' files, looked up by address, number, account or name."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from helpdesk_cli.customers.customer import Customer, Organisation, Standing
from helpdesk_cli.customers.fields import extra_of
from helpdesk_cli.customers.finding import Found, org_key
from helpdesk_cli.customers.keys import address_key, phone_key
from helpdesk_cli.desk.clock import filesystem_now_ns
from helpdesk_cli.desk.indexing import open_index
from helpdesk_cli.errors import InvalidFileError, NotFoundError
from helpdesk_cli.storage.customer_files import FOLDER, FOLDERS, id_of, list_files, path_of
from helpdesk_cli.storage.customer_index import Customers
from helpdesk_cli.storage.settings import suggest
from helpdesk_cli.tickets.person import Person
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.storage.index import Index

    Progress = Callable[[int, int], None] | None


@dataclass(frozen=True, slots=True)
class Who:
    """Whom a word means: a person with what they are to the desk, or an organisation (`person` is empty)."""

    person: Person
    standing: Standing

    @property
    def found(self) -> Found:
        """The ids of the files."""
        customer, organisation = self.standing.customer, self.standing.organisation
        return Found(customer.id if customer else "", organisation.id if organisation else "")

    @property
    def label(self) -> str:
        """What to call them."""
        if self.standing.customer:
            return self.standing.customer.label
        organisation = self.standing.organisation
        return organisation.label if organisation and self.is_organisation else self.person.label

    @property
    def is_organisation(self) -> bool:
        """Whether an organisation is meant, with all of its people."""
        return self.standing.customer is None and self.person == Person()


def has_customers(desk: Desk) -> bool:
    """Whether there is a folder of customers; without one nobody needs to look any further."""
    return desk.path(FOLDER).is_dir()


def customers_in(desk: Desk, index: Index, *, full: bool = True, progress: Progress = None) -> Customers:
    """The desk's customers as the files are now, in an index that is open.

    Without `full`, for a look at one person, of very many files only the folders are compared.
    """
    found = Customers(index, desk.layout.root, now_ns=filesystem_now_ns())
    found.refresh(progress, full=full)
    return found


@contextmanager
def open_customers(desk: Desk, *, full: bool = True, progress: Progress = None) -> Iterator[Customers]:
    """As `customers_in`, with an index of its own."""
    index = open_index(desk, full=False)
    try:
        yield customers_in(desk, index, full=full, progress=progress)
    finally:
        index.close()


def standing_of(desk: Desk, person: Person) -> Standing:
    """What a person is to this desk: their file, their organisation's; empty for a stranger."""
    if not has_customers(desk):
        return Standing()
    with open_customers(desk, full=False) as customers:
        return customers.standing(person)


def customer_of(desk: Desk, person: Person) -> Customer | None:
    """The customer that a person is, None where no file speaks of them."""
    return standing_of(desk, person).customer


def extra_in(customers: Customers, person: Person, path: str) -> Mapping[str, object]:
    """What facts of a ticket at `path`, which that person opened, need for the fields of customers.

    For `query.facts.facts_of(…, fields=ALL_FIELDS, extra=…)`. Whether it is the person's first ticket is
    looked up where a row is read that asks it; the ticket need not be in the index yet.
    """
    return extra_of(customers.standing(person), is_new=lambda: customers.first_ticket(person) in {"", path})


def find_who(customers: Customers, word: str) -> Who:
    """Whom a word means: the name of a file, an address, a telephone number, an account, a whole name.

    An address without a file is somebody, too. Raises NotFoundError for nobody and for several,
    InvalidFileError for a file that cannot be read.
    """
    word = word.strip()
    for path in (path_of(word, organisation=False), path_of(word, organisation=True)):
        if problem := dict(customers.problems()).get(path):
            raise InvalidFileError(problem, "", "Mend it first.")
    if customer := customers.customer(word.removesuffix(".md")):
        return _customer(customers, customer)
    if organisation := customers.organisation(word.removesuffix(".md")):
        return Who(Person(), Standing(None, organisation))
    person = Person.read(word)
    if address_key(person.email):
        standing = customers.standing(person)
        return Who(person, standing)
    return _by_other_keys(customers, word)


def _by_other_keys(customers: Customers, word: str) -> Who:
    for kind, key in (("phone", phone_key(word)), ("account", org_key(word)), ("name", org_key(word))):
        names = customers.named(kind, key)
        if len(names) > 1:
            said = f'"{word}" is the {kind} of several customers: {", ".join(names)}'
            raise NotFoundError(said, "", "Name one of them.")
        if names and (customer := customers.customer(names[0])):
            return _customer(customers, customer)
    for kind, key in (
        ("org", org_key(word)),
        ("domain", word.casefold().lstrip("@")),
        ("org-account", org_key(word)),
    ):
        for name in customers.named(kind, key)[:1]:
            return Who(Person(), Standing(None, customers.organisation(name)))
    known = [each.id for each in customers.every() if not (isinstance(each, Customer) and each.erased_at)]
    hint = (
        suggest(word, known)
        if len(known) < _FEW or _is_near(word, known)
        else "`desk customer list` has them."
    )
    raise NotFoundError(
        f'no customer is called "{word}"', "", hint or "Say an address, or a name in customers/."
    )


# So many names can be said in an error.
_FEW = 12


def _is_near(word: str, known: list[str]) -> bool:
    return suggest(word, known).startswith("Did you mean")


def _customer(customers: Customers, customer: Customer) -> Who:
    mail = next(iter(customer.addresses), "")
    phone = "" if mail else next(iter(customer.phones), "")
    return Who(Person(customer.name, mail, phone), customers.standing_of(customer))


def list_standings(customers: Customers) -> list[Standing]:
    """Every customer who was not erased, with the organisation, by file name."""
    return [each for each in customers.standings() if each.customer and not each.customer.erased_at]


def list_organisations(customers: Customers) -> list[Organisation]:
    """Every organisation, by file name."""
    return [each for each in customers.every() if isinstance(each, Organisation)]


def file_names(desk: Desk, begin: str = "") -> list[str]:
    """The names of the files that begin so, without a look into any: for completion."""
    listed = [list_files(desk.layout.root, folder) for folder in FOLDERS]
    names = {id_of(row[0]) for each in listed for row in each.files}
    return sorted(name for name in names if name.startswith(begin))
