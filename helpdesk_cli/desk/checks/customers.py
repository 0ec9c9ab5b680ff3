"""Files of customers: what cannot be read, who stands in two of them, what nobody declared."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from helpdesk_cli.customers.customer import Customer
from helpdesk_cli.customers.finding import org_key
from helpdesk_cli.desk.checks.finding import Finding
from helpdesk_cli.desk.customers import has_customers, open_customers
from helpdesk_cli.storage.customer_files import CUSTOMER_KEYS, ORGANISATION_KEYS, path_of
from helpdesk_cli.storage.settings import suggest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpdesk_cli.customers.customer import Organisation
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.storage.customer_index import Customers

_SHARED = {
    "address": "One address, one person: take it out of the others.",
    "domain": "Take it out of the others.",
    "uid": "One is a copy of the other: take the uid out of the younger.",
}


def check_customers(desk: Desk) -> Iterator[Finding]:
    """What is wrong with the files in `customers/`; nothing where there are none."""
    if not has_customers(desk):
        return
    with open_customers(desk) as customers:
        for path, problem in customers.problems():
            place, said = _placed(path, problem)
            yield Finding("customer-broken", place, said, "Until it is mended nobody is found by this file.")
        for path in customers.odd:
            said = "neither a customer's file nor an organisation's: it is not read"
            yield Finding(
                "customer-astray", path, said, "Small letters, digits, `.`, `_`, `-`, and no folders."
            )
        yield from _check_shared(customers)
        for file in customers.every():
            yield from _check_file(desk, customers, file)


def _placed(path: str, problem: str) -> tuple[str, str]:
    """The place with its line, and what is wrong there."""
    if not problem.startswith(path):
        return path, problem
    place, _, said = problem.partition(": ")
    return place, said


def _check_shared(customers: Customers) -> Iterator[Finding]:
    for kind, remedy in _SHARED.items():
        for key, paths in customers.shared_keys(kind):
            others = ", ".join(paths[1:])
            said = f"the {kind} {key} stands in {len(paths)} files: here and in {others}; this one counts"
            if kind == "domain":
                yield Finding("organisation-twice", paths[0], said, remedy)
            else:
                yield Finding("customer-twice", paths[0], said, remedy)


def _check_file(desk: Desk, customers: Customers, file: Customer | Organisation) -> Iterator[Finding]:
    path = path_of(file.id, organisation=not isinstance(file, Customer))
    known = CUSTOMER_KEYS if isinstance(file, Customer) else ORGANISATION_KEYS
    for key, _ in file.other:
        # A key of one's own is welcome; one that is nearly ours was meant to be ours.
        close = importlib.import_module("difflib").get_close_matches(key.casefold(), known, n=1, cutoff=0.8)
        if close:
            yield Finding("customer-key", path, f'unknown key "{key}"', f'Did you mean "{close[0]}"?')
    words = desk.settings.words("customer.tier") or ()
    if file.tier and not any(file.tier.casefold() in _spellings(word.name, word.aliases) for word in words):
        said = f'the tier "{file.tier}" is not declared in desk.yaml'
        hint = suggest(file.tier, [word.name for word in words]) or "Declare it under `tiers:`."
        yield Finding("customer-tier", path, said, hint)
    if isinstance(file, Customer) and file.organisation:
        key = org_key(file.organisation)
        if not customers.named("org", key):
            said = f'no organisation is called "{file.organisation}"'
            known_ones = [each.id for each in customers.every() if not isinstance(each, Customer)]
            hint = suggest(file.organisation, known_ones)
            yield Finding(
                "customer-organisation", path, said, hint or "Make its file: customers/organisations/."
            )


def _spellings(name: str, aliases: tuple[str, ...]) -> set[str]:
    return {name.casefold(), *map(str.casefold, aliases)}
