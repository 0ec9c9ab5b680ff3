"""Who gets an answer (DECISIONS 24, T30, T34)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from helpdesk_cli.mail.circle import circle_of
from helpdesk_cli.mail.own import OwnAddresses
from helpdesk_cli.tickets.changes import ListChanged
from helpdesk_cli.tickets.entries import Event, Message
from helpdesk_cli.tickets.person import NOBODY, Person
from helpdesk_cli.tickets.ticket import Ticket

AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
ADA = Person("Ada Lovelace", "ada@customer.example")
BOB = Person("Bob", "Bob@customer.example")
EVE = Person("Eve", "eve@evil.example")
DESK = Person("Support", "support@example.org")
DANA = Person("Dana Davis", "dana@example.org")
OWN = OwnAddresses(frozenset({"support@example.org"}))
AGENTS = frozenset({"dana@example.org"})


def ticket(*entries: Message | Event, cc: tuple[Person, ...] = (), requester: Person = ADA) -> Ticket:
    return Ticket("TICKET-1", "u" * 16, AT, requester=requester, cc=cc, entries=entries)


def mail(number: int, sender: Person = ADA, **parts: object) -> Message:
    return Message(f"in{number}", AT + timedelta(minutes=number), sender, **parts)  # type: ignore[arg-type]


def ours(number: int, *to: Person, **parts: object) -> Message:
    return Message(
        f"out{number}",
        AT + timedelta(minutes=number),
        DESK,
        direction="out",
        by="dana",
        to=to,
        **parts,  # type: ignore[arg-type]
    )


def people(*entries: Message | Event, **parts: object) -> tuple[list[str], list[str], list[tuple[str, str]]]:
    """(To, Cc, offered with why) of the answer to the first entry."""
    first = entries[0] if isinstance(entries[0], Message) else None
    found = circle_of(ticket(*entries, **parts), first, own=OWN, agents=AGENTS)  # type: ignore[arg-type]
    return (
        [each.email for each in found.to],
        [each.email for each in found.cc],
        [(offer.person.email, offer.why) for offer in found.offered],
    )


def test_an_inbound_cc_is_offered_and_not_taken() -> None:
    assert people(mail(1, to=(DESK,), cc=(BOB,))) == (
        ["ada@customer.example"],
        [],
        [("Bob@customer.example", "copied")],
    )


def test_a_spoofed_mail_adds_nobody() -> None:
    """The Zendesk replay: somebody writes as Ada with a Cc to themselves and asks how things stand."""
    to, cc, offered = people(mail(1), ours(2, ADA), mail(3, ADA, cc=(EVE,)), cc=(EVE,))
    assert (to, cc, offered) == (["ada@customer.example"], [], [("eve@evil.example", "copied")])


def test_whom_the_desk_wrote_to_stays_in() -> None:
    to, cc, offered = people(mail(1, cc=(BOB,)), ours(2, ADA, BOB), mail(3, BOB))
    assert (to, cc, offered) == (["ada@customer.example"], ["Bob@customer.example"], [])


@pytest.mark.parametrize(
    "message",
    [ours(2, EVE, automatic="acknowledgement"), ours(2, EVE, other=(("forward", "in1"),))],
    ids=["acknowledged", "forwarded to"],
)
def test_who_was_only_acknowledged_or_a_third_party_does_not(message: Message) -> None:
    assert people(mail(1), message)[:2] == (["ada@customer.example"], [])


def test_whom_an_agent_added_is_in_it_and_whom_a_mail_named_is_not() -> None:
    added = Event("e1", AT + timedelta(hours=1), "dana", changes=(ListChanged("cc", (str(BOB),)),))
    opened = Event("e0", AT, "mail", "opened", (ListChanged("cc", (str(EVE),)),))
    to, cc, _ = people(mail(1, cc=(EVE,)), opened, added, cc=(BOB, EVE))
    assert (to, cc) == (["ada@customer.example"], ["Bob@customer.example"])
    # Taken out again by whoever.
    assert people(mail(1), added, cc=())[1] == []


def test_another_address_for_answers_is_offered_first() -> None:
    offered = people(mail(1, reply_to=(EVE,), cc=(BOB,)))[2]
    assert offered == [("eve@evil.example", "reply-to"), ("Bob@customer.example", "copied")]


def test_our_own_addresses_and_agents_are_never_offered() -> None:
    plus = Person("", "Support+x@Example.org")
    assert people(mail(1, to=(DESK, plus), cc=(DANA,), reply_to=(plus,)))[2] == []


def test_what_is_no_address_is_never_offered() -> None:
    bad = [
        Person("", text)
        for text in ("-oQ/tmp@x.example", "a b@x.example", "a@b@c.example", "victim＠x.example")
    ]
    assert people(mail(1, cc=tuple(bad)))[2] == []


def test_spam_and_machines_name_nobody() -> None:
    assert people(mail(1, cc=(BOB,), spam=True), mail(2, cc=(EVE,), automatic="auto-reply"))[2] == []


def test_a_caller_without_address_is_answered_by_nobody() -> None:
    assert (
        people(mail(1, Person("Ada", phone="+49301234")), requester=Person("Ada", phone="+49301234"))[0] == []
    )
    assert people(mail(1, NOBODY), requester=NOBODY)[0] == []


def test_a_requester_at_our_own_address_is_not_written_to() -> None:
    """A loop: a mail from the desk that opened a ticket at the desk."""
    assert people(mail(1, DESK), requester=DESK)[0] == []


def test_thousands_in_cc_are_offered_as_a_few() -> None:
    crowd = tuple(Person("", f"p{number}@crowd.example") for number in range(3000))
    assert len(people(mail(1, cc=crowd))[2]) == 12
