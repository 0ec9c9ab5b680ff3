"""`desk customer show`: who somebody is, all that they asked in one timeline, and how they found it."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

from helpdesk_cli.customers.customer import Customer, Organisation
from helpdesk_cli.desk.asking import done_words
from helpdesk_cli.desk.customers import customers_in, find_who
from helpdesk_cli.desk.finding import lines_of, open_facts
from helpdesk_cli.desk.listing import line_json, moment
from helpdesk_cli.query.folding import fold
from helpdesk_cli.storage.customer_files import path_of
from helpdesk_cli.tickets.as_json import SCHEMA
from helpdesk_cli.tickets.person import NOBODY, Person
from helpdesk_cli.tickets.times import write_time
from helpdesk_cli.values import dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from helpdesk_cli.customers.customer import Standing
    from helpdesk_cli.desk.customers import Who
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.finding import Line
    from helpdesk_cli.storage.customer_index import Customers

RATINGS = ("good", "ok", "bad")


@dataclass(frozen=True, slots=True)
class Rating:
    """What somebody said of how a ticket went: the last word on it."""

    ticket: str
    at: datetime
    rating: str


@dataclass(frozen=True, slots=True)
class History:
    """Somebody and what they asked: open tickets first, then the others, each part the latest first.

    `named_in` counts tickets of others with this person in From, To or Cc. `people` are those of an
    organisation, when that is asked for.
    """

    who: Who
    open: tuple[Line, ...]
    done: tuple[Line, ...]
    ratings: tuple[Rating, ...]
    named_in: int = 0
    people: tuple[Customer, ...] = ()


def history_of(desk: Desk, word: str, *, progress: Callable[[int, int], None] | None = None) -> History:
    """The history of whom `word` means. Raises NotFoundError, InvalidFileError."""
    with closing(open_facts(desk, progress=progress)) as index:
        customers = customers_in(desk, index)
        who = find_who(customers, word)
        customers.refresh_requesters()
        paths = customers.tickets_of(customers.requesters(who=who.found, person=who.person))
        lines = sorted(
            lines_of(index, paths), key=lambda line: (line.row.last_at, line.row.number), reverse=True
        )
        done = done_words(desk.settings)
        ratings = _ratings(customers, {line.row.path: line.row.id for line in lines})
        others = set(customers.tickets_with(addresses_of(who))) - set(paths)
        if who.person.email and not (who.standing.customer or who.person.name) and lines:
            who = replace(who, person=replace(who.person, name=Person.read(lines[0].row.requester).name))
        return History(
            who,
            tuple(line for line in lines if fold(line.row.status) not in done),
            tuple(line for line in lines if fold(line.row.status) in done),
            ratings,
            len(others),
            tuple(_people(customers, who)),
        )


def addresses_of(who: Who) -> list[str]:
    """The folded addresses of a person; none of an organisation."""
    customer = who.standing.customer
    said = customer.addresses if customer else (who.person.email,)
    return [fold(address) for address in said if address]


def _people(customers: Customers, who: Who) -> list[Customer]:
    if not who.is_organisation:
        return []
    own = who.standing.organisation
    return [each.customer for each in customers.standings() if each.customer and each.organisation == own]


def _ratings(customers: Customers, tickets: dict[str, str]) -> tuple[Rating, ...]:
    last: dict[tuple[str, str], Rating] = {}
    for path, at, value in customers.ratings(list(tickets)):
        rating, _, address = value.partition(" ")
        if rating in RATINGS and (when := moment(at)):
            last[path, address] = Rating(tickets[path], when, rating)
    return tuple(sorted(last.values(), key=lambda each: each.at, reverse=True))


def history_json(history: History) -> dict[str, Any]:
    """The stable JSON of `desk customer show --json`."""
    who = history.who
    ratings = history.ratings
    return {
        "schema": SCHEMA,
        "kind": "customer",
        "customer": standing_json(who.standing, who.person),
        "people": [each.id for each in history.people],
        "open": len(history.open),
        "done": len(history.done),
        "named_in": history.named_in,
        "ratings": [
            {"ticket": each.ticket, "at": write_time(each.at), "rating": each.rating} for each in ratings
        ],
        "tickets": [line_json(line) for line in (*history.open, *history.done)],
    }


def standing_json(standing: Standing, person: Person = NOBODY) -> dict[str, Any]:
    """Somebody in `--json`: a customer, `person` without a file, or the organisation itself."""
    file: Customer | Organisation | None = standing.customer
    if file is None and person == NOBODY:
        file = standing.organisation
    customer = standing.customer or Customer("", person.name, tuple(filter(None, (person.email,))))
    is_organisation = isinstance(file, Organisation)
    return {
        "id": file.id if file else None,
        "kind": "organisation" if is_organisation else "customer",
        "name": (file.name if file else person.name) or None,
        "addresses": [] if is_organisation else list(customer.addresses),
        "domains": list(file.domains) if isinstance(file, Organisation) else [],
        "phone": list(file.phones) if file else list(filter(None, (person.phone,))),
        "account": standing.account or None,
        "organisation": organisation_json(standing),
        "tier": standing.tier or None,
        "vip": standing.vip,
        "tags": list(standing.tags),
        "notes": (file.notes if file else "") or None,
        "other": [{"key": key, "value": _as_list(value)} for key, value in file.other] if file else [],
        "path": path_of(file.id, organisation=is_organisation) if file else None,
    }


def organisation_json(standing: Standing) -> dict[str, Any] | None:
    """The organisation; where it has no file, by the word in the customer's."""
    if standing.organisation:
        return {"id": standing.organisation.id, "name": standing.organisation.name or None}
    return {"id": None, "name": standing.organisation_name} if standing.organisation_name else None


def _as_list(value: str | tuple[str, ...]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)
