"""Queries by who the requester is: in SQL as in memory, and never of yesterday's files."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

import pytest
from care.world import World, write_mail
from customers.conftest import fill, write

from helpdesk_cli.desk.asking import context_of
from helpdesk_cli.desk.clock import filesystem_now_ns
from helpdesk_cli.desk.customers import customer_of, extra_in, open_customers, standing_of
from helpdesk_cli.desk.indexing import open_index
from helpdesk_cli.desk.listing import list_tickets
from helpdesk_cli.desk.query_fields import ALL_FIELDS
from helpdesk_cli.errors import InvalidFileError
from helpdesk_cli.query.errors import QueryError
from helpdesk_cli.query.facts import facts_of
from helpdesk_cli.query.match import matches
from helpdesk_cli.query.parse import parse
from helpdesk_cli.storage.customer_index import Customers
from helpdesk_cli.tickets.person import Person

QUERIES = {
    "customer.tier:gold": {1, 4},
    "customer.tier:gold,silver": {1, 2, 3, 4},
    "customer.tier:none": set(),
    "-customer.tier:gold": {2, 3},
    "customer.vip:true": {1, 4},
    "customer.vip:false": {2, 3},
    "is:vip": {1, 4},
    "not:is:vip": {2, 3},
    "customer.new:true": {1, 2, 3},
    "customer.new:false": {4},
    "is:first customer.tier:gold": {1},
    "org:acme": {2, 3},
    'org:"ACME  ltd"': {2, 3},
    "org:acme.example": {2, 3},
    "org:none": {1, 4},
    "organisation:acme": {2, 3},
    "customer:lovelace": {1, 4},
    "customer:bob": {2},
    "customer:none": {3},
    "customer:any": {1, 2, 4},
    "customer.tag:early": {1, 4},
    "customer.tag:b2b": {2, 3},
    "customer.tags:early OR org:acme": {1, 2, 3, 4},
    "customer.account:k-17": {1, 4},
    "customer.account:none": {2, 3},
    "org:/^ac/": {2, 3},
    "from:eve customer.tier:silver": {3},
}


def found(world: World, query: str) -> set[int]:
    return {row.number for row in list_tickets(world.desk, query).rows}


@pytest.mark.parametrize(("query", "numbers"), QUERIES.items())
def test_sql_and_memory_say_the_same(world: World, query: str, numbers: set[int]) -> None:
    fill(world)
    assert found(world, query) == numbers
    desk = world.desk
    parsed = parse(query, context_of(desk))
    seen = set()
    with open_customers(desk) as customers:
        for path in world.paths():
            ticket = world.ticket(Path(path).stem)
            extra = extra_in(customers, ticket.requester, path)
            if matches(parsed, facts_of(ticket, path, fields=ALL_FIELDS, extra=extra)):
                seen.add(ticket.number)
    assert seen == numbers


def test_a_first_ticket_needs_no_facts_in_the_index(world: World) -> None:
    """As for rules, which run behind a mail, before anybody has asked for anything."""
    world.take(write_mail(5, sender="Nobody <>"))
    with open_customers(world.desk) as customers:
        first = customers.first_ticket
        assert first(Person(email="ada+x@customer.example")).endswith("/TICKET-1.md")
        assert first(Person(email="stranger@x.example")) == first(Person()) == ""
    fill(world)
    world.take(write_mail(6, sender="Ada <ada@home.example>"))
    with open_customers(world.desk) as customers:
        assert customers.first_ticket(Person(email="ada@home.example")).endswith("/TICKET-1.md")
        later = next(path for path in world.paths() if path.endswith("TICKET-6.md"))
        assert extra_in(customers, Person(email="ada@home.example"), later)["customer-is-new"]() is False


def test_a_desk_without_customers_answers_too(world: World) -> None:
    assert found(world, "customer.vip:false") == {1, 2, 3, 4}
    assert found(world, "customer:any") == set()
    assert found(world, "customer.new:false") == {4}
    assert standing_of(world.desk, Person(email="ada@customer.example")).tier == ""


def test_files_that_change_are_seen_though_no_ticket_did(world: World) -> None:
    fill(world)
    assert found(world, "customer.tier:gold") == {1, 4}
    ada = world.root / "customers/ada.md"
    ada.write_text(ada.read_text().replace("gold", "free"))
    assert found(world, "customer.tier:gold") == set()
    assert found(world, "customer.tier:free") == {1, 4}
    acme = world.root / "customers/organisations/acme.md"
    acme.write_text(acme.read_text().replace("acme.example", "customer.example"))
    assert found(world, "org:acme") == {1, 4}
    ada.unlink()
    assert found(world, "customer:any") == {2}
    assert found(world, "customer.tier:silver") == {1, 4}


def test_tickets_that_come_are_seen_though_no_file_did(world: World) -> None:
    fill(world)
    assert found(world, "customer.tier:gold") == {1, 4}
    world.take(write_mail(5, sender="A. L. <ADA@home.example>"))
    assert found(world, "customer.tier:gold") == {1, 4, 5}
    assert found(world, "customer.new:false") == {4, 5}


def test_two_addresses_of_one_person_are_one_first_ticket(world: World) -> None:
    world.take(write_mail(5, sender="Bob <bob@other.example>"))
    assert found(world, "customer.new:false") == {4}
    write(world, "customers/bob.md", "---\naddresses: [bob@acme.example, bob@other.example]\n---\n")
    assert found(world, "customer.new:false") == {4, 5}


def test_a_broken_file_costs_itself_only(world: World) -> None:
    fill(world)
    write(world, "customers/ada.md", "---\nvip: perhaps\n---\n")
    assert found(world, "customer.tier:gold") == set()
    assert found(world, "customer.tier:silver") == {2, 3}


def test_an_unknown_tier_is_no_empty_list(world: World) -> None:
    with pytest.raises(QueryError, match='Did you mean "gold"'):
        found(world, "customer.tier:glod")


def test_the_index_may_be_gone_or_damaged(world: World) -> None:
    fill(world)
    assert found(world, "is:vip") == {1, 4}
    (world.state / "index.db").unlink()
    assert found(world, "is:vip") == {1, 4}
    (world.state / "index.db").write_bytes(b"SQLite format 3\0" + os.urandom(5000))
    assert found(world, "is:vip") == {1, 4}
    assert customer_of(world.desk, Person(email="ada@customer.example"))


def test_a_link_is_no_folder_of_customers(world: World) -> None:
    (world.root / "elsewhere").mkdir()
    (world.root / "customers").symlink_to(world.root / "elsewhere")
    with pytest.raises(InvalidFileError, match="desk follows no links"):
        found(world, "is:vip")


def test_without_a_look_at_every_file_the_one_that_counts_is_looked_at(world: World) -> None:
    fill(world)
    for number in range(1_001):
        write(world, f"customers/p{number}.md", f"---\naddresses: [p{number}@x.example]\n---\n")
    ada, desk = Person(email="ada@customer.example"), world.desk
    with closing(open_index(desk, full=False)) as index:

        def light(minutes: int) -> Customers:
            """As a call does that looks at one person, so many minutes from now."""
            now_ns = filesystem_now_ns() + minutes * 60_000_000_000
            customers = Customers(index, desk.layout.root, now_ns=now_ns)
            customers.refresh(full=False)
            return customers

        assert light(1).standing(ada).tier == "gold"
        # In place, so that the folder does not tell.
        file = world.root / "customers/ada.md"
        file.write_text(file.read_text().replace("gold", "free"))
        assert light(2).standing(ada).tier == "free"
        p7 = world.root / "customers/p7.md"
        p7.write_text(p7.read_text().replace("p7@x.example", "p7@x.example, late@x.example"))
        late = Person(email="late@x.example")
        assert light(3).standing(late).customer is None, "else it is not what is tested"
        seen = light(4)
        seen.refresh()
        assert seen.standing(late).name == "" != seen.standing(late).customer
        # What comes or goes the folder tells.
        write(world, "customers/new.md", "---\naddresses: [new@x.example]\ntier: gold\n---\n")
        assert light(5).standing(Person(email="new@x.example")).tier == "gold"
        file.unlink()
        assert light(6).standing(ada).customer is None
