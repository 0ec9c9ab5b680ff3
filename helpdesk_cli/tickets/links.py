"""How tickets are linked: `TICKET-9` (related), `blocks TICKET-9`, `parent TICKET-9`, as `links` has them.

A link stands in both tickets, in each as seen from there. So each item of the two lists merges by itself, and
who was meant can be told when a number was given out twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from helpdesk_cli.tickets.ticket import Ticket

# A kind, and what the other ticket says of this one. What the other ticket is to this one: `child TICKET-9`
# says that 9 is a child of this.
INVERSE = {
    "related": "related",
    "blocks": "blocked-by",
    "blocked-by": "blocks",
    "child": "parent",
    "parent": "child",
    "duplicate": "duplicate",
}
RELATED = "related"


@dataclass(frozen=True, slots=True)
class Link:
    """A link to the ticket of that id; of a kind that nobody knows it is kept as it is."""

    kind: str
    ticket: str

    def __str__(self) -> str:
        """As the front matter writes it."""
        return self.ticket if self.kind == RELATED else f"{self.kind} {self.ticket}"


def read_link(text: str) -> Link:
    """The link that an item of `links` says."""
    kind, _, ticket = text.strip().rpartition(" ")
    return Link(kind.strip() or RELATED, ticket)


def links_of(ticket: Ticket) -> list[Link]:
    """The ticket's links, in order."""
    return [read_link(text) for text in ticket.links]


def linked_ids(ticket: Ticket) -> frozenset[str]:
    """The ids of the tickets it is linked to."""
    return frozenset(link.ticket for link in links_of(ticket))


def inverse(kind: str, ticket_id: str) -> Link:
    """What the other ticket says of `ticket_id`, which names it as `kind`."""
    return Link(INVERSE.get(kind, RELATED), ticket_id)


def rename(links: Iterable[str], renamed: Mapping[str, str]) -> dict[str, str]:
    """The items of `links` that name a renamed ticket, each with what it is now."""
    found = {text: read_link(text) for text in links}
    return {
        text: str(Link(link.kind, renamed[link.ticket]))
        for text, link in found.items()
        if link.ticket in renamed
    }
