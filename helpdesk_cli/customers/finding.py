"""Whose file speaks of a person: by address, by number; and the organisation, by the file or the address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from helpdesk_cli.customers.keys import address_key, base_key, domains_of, phone_key
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from helpdesk_cli.customers.customer import Customer
    from helpdesk_cli.tickets.person import Person


class Book(Protocol):
    """Which files have a key."""

    def named(self, kind: str, key: str) -> Sequence[str]:
        """The ids of the files with it, in order; of several the first counts.

        Of customers `address`, `base` (of an address) and `phone`; of organisations `domain` and `org` (id or
        name, folded).
        """

    def customer(self, name: str) -> Customer | None:
        """The customer of that id."""


@dataclass(frozen=True, slots=True)
class Found:
    """The ids of a person's file and of the organisation's, "" for none."""

    customer: str = ""
    organisation: str = ""


def find_files(person: Person, book: Book) -> Found:
    """Whose files speak of this person.

    An address as it stands in a file comes before the same without `+anything`. Somebody without an address
    is found by telephone; somebody with one never, for a mail may say any number.
    """
    name = _customer(person, book)
    customer = book.customer(name) if name else None
    if customer is None:
        return Found("", _by_domain((person.email,), book))
    return Found(name, organisation_of(customer, book))


def organisation_of(customer: Customer, book: Book) -> str:
    """The id of the organisation that the customer's file names, else by the addresses there; "" for none."""
    if customer.organisation:
        return next(iter(book.named("org", org_key(customer.organisation))), "")
    return _by_domain(customer.addresses, book)


def org_key(name: str) -> str:
    """An organisation's id or name for comparison."""
    return " ".join(name.casefold().split())


def person_key(person: Person, customer: str = "") -> str:
    """What is equal for the same person: their file, else address, number, handle, name; "" for nobody."""
    if customer:
        return f"file:{customer}"
    key = base_key(person.email) or phone_key(person.phone)
    return key or person.handle.casefold() or person.name.casefold()


def _customer(person: Person, book: Book) -> str:
    if not person.email:
        key = phone_key(person.phone)
        return next(iter(book.named("phone", key)), "") if key else ""
    exact, base = address_key(person.email), base_key(person.email)
    if not exact:
        return ""
    for key in dict.fromkeys((exact, base)):
        if found := book.named("address", key):
            return found[0]
    # ada@ where the file has ada+shop@ alone; of two files with such addresses nobody knows which.
    alike = book.named("base", base)
    return alike[0] if len(alike) == 1 else ""


def _by_domain(addresses: Sequence[str], book: Book) -> str:
    for address in addresses:
        for domain in domains_of(address):
            if found := book.named("domain", domain):
                return found[0]
    return ""
