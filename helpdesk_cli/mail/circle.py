"""Who gets an answer: the requester and whom the desk wrote to before; all others are offered (DECISIONS 24).

An inbound Cc, Reply-To or further sender is anybody's word, and an answer shows them the conversation (T30,
T34): an agent takes them in knowingly, or nobody does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from helpdesk_cli.errors import UsageError
from helpdesk_cli.mail.recipients import check_address
from helpdesk_cli.tickets.changes import ListChanged
from helpdesk_cli.tickets.moves import is_from_elsewhere
from helpdesk_cli.tickets.person import Person
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from helpdesk_cli.mail.own import OwnAddresses
    from helpdesk_cli.tickets.entries import Message
    from helpdesk_cli.tickets.ticket import Ticket

Why = Literal["reply-to", "wrote", "copied"]
FORWARD = "forward"
# More than anybody picks from; what a hostile Cc of thousands names is in the message all the same.
_MOST_OFFERED = 12


@dataclass(frozen=True, slots=True)
class Offer:
    """Somebody who is not written to unless an agent says so, and how they came into the ticket."""

    person: Person
    why: Why


@dataclass(frozen=True, slots=True)
class Circle:
    """The people around a ticket: who is answered, in To and in Cc; who is offered; whom the desk knows.

    `known` are case-folded addresses: the requester, whom the desk wrote to, whom an agent added.
    """

    to: tuple[Person, ...] = ()
    cc: tuple[Person, ...] = ()
    offered: tuple[Offer, ...] = ()
    known: frozenset[str] = frozenset()


def circle_of(
    ticket: Ticket, answered: Message | None, *, own: OwnAddresses, agents: Collection[str]
) -> Circle:
    """The people around the ticket; `answered` is the message that is answered, `agents` their addresses.

    Nobody at one of the desk's own addresses is ever in it, and agents only as requester or where the desk
    wrote to them.
    """
    requester = ticket.requester
    # What is no address is nobody's: `a@x.example, eve@y.example` in a ticket file is not two of them.
    to = [requester] if is_fit(requester.email) and not own.has(requester.email) else []
    written: dict[str, Person] = {}
    for person in _written_to(ticket, agents):
        if is_fit(person.email) and person.key != requester.key and not own.has(person.email):
            written[person.key] = person if person.name else written.get(person.key, person)
    known = frozenset({*(person.key for person in to), *written})
    offered: dict[str, Offer] = {}
    for offer in _offers(ticket, answered):
        key = offer.person.key
        if key in known or key in agents or key in offered or own.has(key) or not is_fit(key):
            continue
        offered[key] = offer
    return Circle(tuple(to), tuple(written.values()), tuple(list(offered.values())[:_MOST_OFFERED]), known)


def is_forward(message: Message) -> bool:
    """Whether the message of ours went to a third party: they are not part of the conversation."""
    return any(key == FORWARD for key, _ in message.other)


def is_fit(address: str) -> bool:
    """Whether mail can be sent to the address as it stands."""
    try:
        check_address(address)
    except UsageError:
        return False
    return True


def _written_to(ticket: Ticket, agents: Collection[str]) -> Iterator[Person]:
    """Whom a person at the desk chose to write to, or added; whom automatic mail went to is no choice.

    Nor is whom somebody wrote to in another ticket, whose messages are here since a merge or a split.
    """
    for message in ticket.messages:
        is_answer = message.direction == "out" and not message.automatic and not is_forward(message)
        if is_answer and not is_from_elsewhere(message, ticket):
            yield from (*message.to, *message.cc)
    added: dict[str, Person] = {}
    for event in ticket.events:
        if event.what == "opened" or event.all_facts("merged"):
            continue  # it lists the Cc of the mail that opened the ticket, or the people of another
        for change in event.changes:
            if isinstance(change, ListChanged) and change.field == "cc":
                added |= {person.key: person for person in map(Person.read, change.added)}
    present = {person.key for person in ticket.cc}
    yield from (person for key, person in added.items() if key in present and key not in agents)


def _offers(ticket: Ticket, answered: Message | None) -> Iterator[Offer]:
    if answered is not None:
        yield from _as(answered.reply_to, "reply-to")
    for message in reversed(ticket.messages):
        if message.direction == "in" and not message.automatic and not message.spam:
            yield from _as([message.from_], "wrote")
            yield from _as([*message.to, *message.cc], "copied")
        elif message.direction == "out" and is_from_elsewhere(message, ticket) and not is_forward(message):
            yield from _as([*message.to, *message.cc], "copied")
    yield from _as(ticket.cc, "copied")


def _as(people: Iterable[Person], why: Why) -> Iterator[Offer]:
    yield from (Offer(Person(person.name, person.email), why) for person in people if person.email)
