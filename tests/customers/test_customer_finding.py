"""Several addresses, one person: whose file speaks of whom."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_cli.customers.customer import Customer, Organisation, Standing
from helpdesk_cli.customers.finding import Found, find_files, org_key, person_key
from helpdesk_cli.customers.keys import address_key, base_key, domains_of, phone_key
from helpdesk_cli.storage.customer_rows import keys_of
from helpdesk_cli.tickets.person import NOBODY, Person


class Files:
    """A book of these files."""

    def __init__(self, *files: Customer | Organisation) -> None:
        """In order of their ids, as the index has them."""
        self.files = sorted(files, key=lambda file: file.id)

    def named(self, kind: str, key: str) -> list[str]:
        """As customers/finding has it."""
        return [file.id for file in self.files if (kind, key) in set(keys_of(file))]

    def customer(self, name: str) -> Customer | None:
        """As customers/finding has it."""
        return next((file for file in self.files if isinstance(file, Customer) and file.id == name), None)


ADA = Customer("ada", "Ada", ("ada@example.org", "Countess@Lovelace.example"), ("+49 (0)30 123456",))
BOB = Customer("bob", "Bob", ("bob+work@acme.example",))
ACME = Organisation("acme", "Acme Ltd", ("acme.example",))
BOOK = Files(ADA, BOB, ACME)


@pytest.mark.parametrize(
    ("person", "found"),
    [
        (Person(email="ada@example.org"), Found("ada")),
        (Person(email="ADA@Example.ORG"), Found("ada")),
        (Person(email="ada+anything@example.org"), Found("ada")),
        (Person(email="countess@lovelace.example"), Found("ada")),
        (Person(email="adax@example.org"), Found()),
        (Person(email="ada@example.org.evil.example"), Found()),
        (Person(email="bob+work@acme.example"), Found("bob", "acme")),
        (Person(email="bob@acme.example"), Found("bob", "acme")),
        (Person(email="carol@sales.acme.example"), Found("", "acme")),
        (Person(email="carol@notacme.example"), Found()),
        (Person(phone="0049 30 123456"), Found("ada")),
        (Person(phone="+4930123456"), Found("ada")),
        (Person(phone="123"), Found()),
        # What a mail says of a telephone proves nothing.
        (Person(email="mallory@evil.example", phone="+49 30 123456"), Found()),
        (Person(name="ada@example.org"), Found()),
        (NOBODY, Found()),
    ],
)
def test_whose_file_speaks_of_whom(person: Person, found: Found) -> None:
    assert find_files(person, BOOK) == found


def test_an_address_as_it_stands_comes_before_one_without_the_plus() -> None:
    shared = Files(Customer("a", "A", ("team@x.example",)), Customer("b", "B", ("team+b@x.example",)))
    assert find_files(Person(email="team+b@x.example"), shared) == Found("b")
    assert find_files(Person(email="team+c@x.example"), shared) == Found("a")
    assert find_files(Person(email="team@x.example"), shared) == Found("a")


def test_of_two_files_with_pluses_alone_nobody_knows_which() -> None:
    two = Files(Customer("a", "A", ("team+a@x.example",)), Customer("b", "B", ("team+b@x.example",)))
    assert find_files(Person(email="team@x.example"), two) == Found()


def test_the_organisation_of_the_file_comes_before_that_of_the_domain() -> None:
    other = Organisation("other", "The Other One", ("other.example",))
    named = Customer("eve", "Eve", ("eve@acme.example",), organisation="the other  ONE")
    assert find_files(Person(email="eve@acme.example"), Files(named, other, ACME)) == Found("eve", "other")
    gone = Customer("eve", "Eve", ("eve@acme.example",), organisation="nobody knows")
    assert find_files(Person(email="eve@acme.example"), Files(gone, ACME)) == Found("eve")


def test_the_longest_domain_counts() -> None:
    lab = Organisation("lab", "Lab", ("lab.acme.example",))
    assert find_files(Person(email="x@lab.acme.example"), Files(ACME, lab)).organisation == "lab"
    assert domains_of("x@a.b.example") == ("a.b.example", "b.example")


def test_what_a_customer_lacks_the_organisation_has() -> None:
    gold = Organisation("acme", "Acme", tier="gold", vip=True, tags=("b2b",), account="A1")
    assert Standing(Customer("x", tags=("early",)), gold).tier == "gold"
    assert Standing(Customer("x", tags=("early",)), gold).tags == ("b2b", "early")
    assert Standing(Customer("x"), gold).vip
    assert not Standing(Customer("x", vip=False), gold).vip
    assert Standing(Customer("x", tier="free", account="B2"), gold).tier == "free"
    assert Standing(Customer("x", account="B2"), gold).account == "B2"
    assert Standing() == Standing(None, None)
    assert not Standing().vip


@given(st.text(max_size=40))
def test_keys_are_stable(text: str) -> None:
    for key in (address_key, base_key, phone_key, org_key):
        once = key(text)
        assert key(once) == once


def test_an_erased_customer_is_found_by_nothing() -> None:
    stub = Customer("erased-x", "Ada", ("ada@example.org",), uid="x", erased_at="2026-11-20T09:00:00Z")
    assert find_files(Person(email="ada@example.org"), Files(stub)) == Found()


def test_one_person_is_one_whoever_writes_the_address() -> None:
    assert person_key(Person("A", "Ada+x@Example.org")) == person_key(Person("B", "ada@example.org"))
    assert person_key(Person(email="a@x.example"), "ada") == "file:ada"
    assert person_key(NOBODY) == ""
