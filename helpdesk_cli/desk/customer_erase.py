"""`desk customer erase`: a person is gone from the desk, a stub stays, and what still holds them is named.

First every ticket file is without them, durable; then this host's copies go, then the customer's file becomes
a stub; git's history is rewritten by a person only, with the commands that are given. Done again after it was
ended in the middle, it goes on.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from helpdesk_cli.customers.erasure import ERASED, erase_in, erase_own, names_of, names_person
from helpdesk_cli.customers.keys import address_key, base_key, phone_key
from helpdesk_cli.desk.customer_history import addresses_of
from helpdesk_cli.desk.customer_traces import Gone, what_is_left
from helpdesk_cli.desk.customers import customers_in, find_who
from helpdesk_cli.desk.finding import open_facts
from helpdesk_cli.desk.forgetting import check_not_leaving, forget_copies, forget_index
from helpdesk_cli.desk.moving import files_of
from helpdesk_cli.desk.record import LARGEST_TICKET, commit_pending, open_door
from helpdesk_cli.desk.side_files import SideFile, write_side_files
from helpdesk_cli.errors import DeskError, NotFoundError, UsageError
from helpdesk_cli.storage import customer_files as files
from helpdesk_cli.storage.folder import read_file
from helpdesk_cli.storage.ticket_file import read_ticket_file
from helpdesk_cli.tickets.entries import Tombstone, origin_of
from helpdesk_cli.tickets.moves import identify
from helpdesk_cli.tickets.redaction import Redaction, is_redaction
from helpdesk_cli.tickets.times import write_time
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable

    from helpdesk_cli.customers.customer import Customer
    from helpdesk_cli.desk.actor import Actor
    from helpdesk_cli.desk.customers import Who
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.record import Door
    from helpdesk_cli.desk.redacting import Redacted
    from helpdesk_cli.storage.customer_index import Customers
    from helpdesk_cli.storage.folder import Stat
    from helpdesk_cli.tickets.person import Person

    Progress = Callable[[int, int], None] | None

_WHY = "the person was erased"


@dataclass(frozen=True, slots=True)
class Plan:
    """What would go: the tickets that the person opened, and those of others with something they wrote."""

    who: Who
    own: tuple[str, ...]
    others: tuple[str, ...]

    @property
    def customer(self) -> Customer | None:
        """The file that becomes a stub."""
        return self.who.standing.customer


@dataclass(frozen=True, slots=True)
class Erasure:
    """What was done and what is left. `named` are messages of others that still name the person."""

    tickets: int
    entries: int
    stub: str
    named: tuple[str, ...]
    redacted: Redacted


def plan_erasure(desk: Desk, word: str, *, progress: Progress = None) -> Plan:
    """Whom `word` means and where they are. Raises NotFoundError, UsageError for an organisation."""
    with closing(open_facts(desk, progress=progress)) as index:
        customers = customers_in(desk, index)
        who = find_who(customers, word)
        if who.is_organisation:
            raise UsageError(
                f"{who.label} is an organisation; people are erased", "", "Name one of its people."
            )
        customers.refresh_requesters()
        own = customers.tickets_of(customers.requesters(who=who.found, person=who.person))
        others = set(customers.tickets_with(addresses_of(who))) - set(own)
        if not (own or others or who.standing.customer):
            raise NotFoundError(
                f"the desk holds nothing of {who.label}", "", "`desk customer list` has names."
            )
        return Plan(who, tuple(own), tuple(sorted(others)))


def erase(desk: Desk, plan: Plan, *, actor: Actor, progress: Progress = None) -> Erasure:
    """Erase the person, and look for what still holds them. It cannot be undone.

    Raises ConflictError while one of their messages is being sent.
    """
    is_theirs = same_person(desk, plan)
    stones: list[Tombstone] = []
    done = _go_on(desk, _begun(desk))
    named: list[str] = []
    names: set[str] = set()
    entries = changed = 0
    for number, path in enumerate((*plan.own, *plan.others), 1):
        with open_door(desk, actor, drains=False) as door:
            names |= names_of(door.read(path).ticket, is_theirs)
            gone, still = _erase_in(door, path, is_theirs, is_own=path in plan.own)
        named += still
        entries += len(gone)
        changed += bool(gone)
        stones += gone
        done += forget_copies(desk, gone) if gone else []
        if progress:
            progress(number, len(plan.own) + len(plan.others))
    forget_index(desk)
    stub = _leave_stub(desk, plan, actor)
    commit_pending(desk)
    gone_from = Gone(plan.own, tuple(_begun(desk)), tuple(stones), frozenset(names))
    left = what_is_left(desk, plan.who, gone_from, done=list(dict.fromkeys(done)), progress=progress)
    return Erasure(changed, entries, stub, tuple(named), left)


def _erase_in(
    door: Door, path: str, is_theirs: Callable[[Person], bool], *, is_own: bool
) -> tuple[list[Tombstone], list[str]]:
    """(the tombstones of what went, the messages that still name the person) of one ticket."""
    held = door.read(path)
    redaction = Redaction(door.actor.key, door.next_at(held.ticket), _WHY)
    remove = erase_own if is_own else erase_in
    said = remove(held.ticket, is_theirs, redaction).entries
    check_not_leaving(door.desk, {name for entry in said for name in (entry.id, origin_of(entry))})
    gone = files_of(door, held, said)
    after = door.alter(
        held,
        lambda now: remove(now, is_theirs, redaction).ticket,
        summary=f"{held.ticket.id}: a person erased",
        gone=gone,
    )
    covered = {entry.id for entry in said}
    stones = [
        entry
        for entry in after.ticket.entries
        if isinstance(entry, Tombstone) and is_redaction(entry) and entry.covers in covered
    ]
    left = set(names_person(after.ticket, is_theirs))
    numbers = [f"{after.ticket.id}.{number}" for number, entry in after.ticket.numbered if entry.id in left]
    return stones, numbers


def _begun(desk: Desk) -> list[str]:
    """The tickets from which somebody was erased before: perhaps by a call that was ended."""
    with closing(open_facts(desk)) as index:
        return [path for (path,) in index.ask("SELECT DISTINCT path FROM events WHERE what = ?", ERASED)]


def _go_on(desk: Desk, paths: list[str]) -> list[str]:
    """Carry out on this host what was redacted in these tickets; twice is once."""
    stones: list[Tombstone] = []
    for path in paths:
        try:
            data, _ = read_file(desk.path(path), within=desk.layout.root, limit=LARGEST_TICKET)
            entries = read_ticket_file(data, place=path).ticket.entries
        except (DeskError, OSError):
            continue
        stones += [entry for entry in entries if isinstance(entry, Tombstone) and is_redaction(entry)]
    return forget_copies(desk, stones) if stones else []


def same_person(desk: Desk, plan: Plan) -> Callable[[Person], bool]:
    """Whether somebody is the person: decided now, for the files are about to go."""
    addresses = plan.customer.addresses if plan.customer else (plan.who.person.email,)
    exact = {address_key(address) for address in addresses if address}
    bases = {base_key(address) for address in exact}
    phones = {
        phone_key(number) for number in (plan.customer.phones if plan.customer else (plan.who.person.phone,))
    }
    with closing(open_facts(desk)) as index:
        others = _others(customers_in(desk, index), plan, bases)

    def is_theirs(person: Person) -> bool:
        if not person.email:
            return bool(person.phone) and phone_key(person.phone) in phones
        key = address_key(person.email)
        return key in exact or (base_key(key) in bases and key not in others)

    return is_theirs


def _others(customers: Customers, plan: Plan, bases: set[str]) -> set[str]:
    """Addresses that differ from the person's by a plus only, and stand in somebody else's file."""
    own = plan.customer.id if plan.customer else ""
    names = {name for base in bases for name in customers.named("base", base) if name != own}
    found = [each for name in names if (each := customers.customer(name))]
    return {address_key(address) for each in found for address in each.addresses}


def _leave_stub(desk: Desk, plan: Plan, actor: Actor) -> str:
    """The path of the stub, "" where there was no file. Its name says nothing of the person."""
    customer = plan.customer
    if customer is None:
        return ""
    old = files.path_of(customer.id, organisation=False)
    uid = customer.uid or identify("erased", customer.id)
    path = files.path_of(f"erased-{uid}", organisation=False)
    data = files.write({"uid": uid, "erased": write_time(desk.now), "by": actor.key}, organisation=False)
    with open_door(desk, actor, drains=False) as door:
        stub = SideFile(path, data, _stat_of(desk, path))
        write_side_files(
            door, [stub, SideFile(old, None, None)], summary=f"customer {uid}: erased by {actor.key}"
        )
    return path


def _stat_of(desk: Desk, path: str) -> Stat | None:
    """Of the stub that a call left that was ended then."""
    try:
        return files.load(desk.layout.root, path)[1]
    except FileNotFoundError:
        return None
