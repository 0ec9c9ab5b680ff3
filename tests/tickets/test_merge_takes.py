"""Clones that take in one mail, or remove one entry, each at its own time: no hand is at work there."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from typing import TYPE_CHECKING

from histories import start
from made_tickets import NOON

from helpdesk_cli.tickets.changes import EntryAdded, apply_all
from helpdesk_cli.tickets.entries import Message, Segment, Tombstone
from helpdesk_cli.tickets.merge import merge
from helpdesk_cli.tickets.person import Person
from helpdesk_cli.values import replace

if TYPE_CHECKING:
    from helpdesk_cli.tickets.entries import Entry
    from helpdesk_cli.tickets.ticket import Ticket

ADA = Person("Ada", "ada@example.org")
BASE = start().ticket


def with_(entry: Entry) -> Ticket:
    return apply_all(BASE, [EntryAdded(entry)])


def mail(minutes: int, text: str = "Hello\n") -> Message:
    at = NOON + timedelta(minutes=minutes)
    return Message("same000000000000", at, ADA, message_id="s@example.org", body=(Segment("text", text),))


def test_three_takes_of_one_mail_meet_in_any_order() -> None:
    takes = [with_(mail(minutes)) for minutes in (1, 2, 3)]
    results = {merge(base, one, other).ticket for base, one, other in permutations(takes)}
    # Whichever of them is "the ancestor": the histories of clones cross.
    assert all(merge(base, one, other).conflicts == () for base, one, other in permutations(takes))
    assert {min(ticket.entries[-1].at for ticket in results)} == {NOON + timedelta(minutes=1)}


def test_three_removals_of_one_entry_meet() -> None:
    first = BASE.entries[0]
    stones = [
        with_(
            Tombstone(
                "stone00000000000", first.at, who, first.id, "redacted", NOON + timedelta(minutes=number)
            )
        )
        for number, who in enumerate(("kim", "lee", "mia"))
    ]
    assert all(merge(base, one, other).conflicts == () for base, one, other in permutations(stones))


def test_a_text_that_hands_changed_on_both_sides_is_still_told() -> None:
    base, one, other = (with_(mail(1, text)) for text in ("Hello\n", "Hello, said she\n", "Hello, said he\n"))
    assert len(merge(base, one, other).conflicts) == 1
    assert merge(base, one, replace(base)).conflicts == ()
