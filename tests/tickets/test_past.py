"""A ticket as it was: whatever was done since is taken back, and what was written at that moment stays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from helpdesk_cli.tickets.changes import EntryAdded, apply_all, change_list, set_field
from helpdesk_cli.tickets.entries import Event, Message, Note
from helpdesk_cli.tickets.past import moments
from helpdesk_cli.tickets.person import Person
from helpdesk_cli.tickets.ticket import Ticket
from helpdesk_cli.values import replace

AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
WORDS = ("", "billing", "technical", "vip")
STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(("team", "priority", "status")), st.sampled_from(WORDS)),
        st.tuples(st.just("tags"), st.frozensets(st.sampled_from(WORDS[1:]))),
        st.tuples(st.just("requester"), st.sampled_from(("Ada <ada@example.com>", "bob@example.com"))),
        st.just(("message", "")),
    ),
    max_size=12,
)


def step(ticket: Ticket, number: int, what: str, value: str | frozenset[str]) -> Ticket:
    """One thing more, an hour later."""
    at = AT + timedelta(hours=number)
    if what == "message":
        return apply_all(ticket, [EntryAdded(Message(f"m{number:02}", at, Person(email="ada@example.com")))])
    if isinstance(value, frozenset):
        have = set(ticket.tags)
        changes = change_list(ticket, "tags", added=tuple(value - have), removed=tuple(have - value))
    else:
        changes = set_field(ticket, what, value)
    return apply_all(
        ticket, [*changes, EntryAdded(Event(f"e{number:02}", at, "dana", changes=tuple(changes)))]
    )


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_every_moment_comes_back_as_it_was(steps: list[tuple[str, str | frozenset[str]]]) -> None:
    ticket = Ticket("TICKET-1", "u", AT)
    was = {}
    for number, (what, value) in enumerate(steps):
        ticket = step(ticket, number, what, value)
        if what == "message":
            was[f"m{number:02}"] = ticket
    found = {entry.id: then for entry, then in moments(ticket, is_message, later=never)}
    assert found == was


def is_message(entry: object) -> bool:
    return isinstance(entry, Message)


def never(_: Event) -> bool:
    return False


def test_what_was_written_together_stays_and_what_a_rule_did_does_not() -> None:
    message = Message("m", AT, Person(email="ada@example.com"))
    tick = timedelta(milliseconds=1)
    reopened = Event("e1", AT + tick, "mail", changes=tuple(set_field(Ticket("", "", AT), "status", "open")))
    by_rule = Event("e2", AT + 2 * tick, "rule x", changes=tuple(set_field(Ticket("", "", AT), "team", "t")))
    note = Note("n", AT + 3 * tick, "rule x")
    ticket = Ticket("TICKET-1", "u", AT, status="open", team="t", entries=(message, reopened, by_rule, note))
    ((entry, then),) = moments(ticket, is_message, later=lambda event: event.by == "rule x")
    assert entry == message
    assert (then.status, then.team, then.entries) == ("open", "", (message, reopened))


def test_a_field_of_which_no_event_speaks_is_as_it_is_today() -> None:
    message = Message("m", AT, Person(email="ada@example.com"))
    ticket = Ticket("TICKET-1", "u", AT, priority="high", entries=(message,))
    ((_, then),) = moments(ticket, is_message, later=never)
    assert then == ticket


def test_what_a_later_version_wrote_of_a_field_is_passed_over() -> None:
    message = Message("m", AT, Person(email="ada@example.com"))
    (change,) = set_field(Ticket("", "", AT), "team", "x")
    strange = Event("e", AT + timedelta(hours=1), "dana", changes=(replace(change, field="mood"),))
    ticket = Ticket("TICKET-1", "u", AT, entries=(message, strange))
    ((_, then),) = moments(ticket, is_message, later=never)
    assert then.entries == (message,)
