"""What was taken back counts no more, whoever asks: reviews, escalations, reports."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from helpdesk_cli.reports.figures.undone import undone_pairs
from helpdesk_cli.tickets.entries import UNDOES, Event, undone
from helpdesk_cli.tickets.escalations import escalations, write_fact
from helpdesk_cli.tickets.scorecards import standing
from helpdesk_cli.tickets.ticket import Ticket

AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@st.composite
def histories(draw: st.DrawFn) -> list[list[int]]:
    """For each event the earlier ones that it undoes: several at once, and undone again."""
    count = draw(st.integers(1, 7))
    earlier = [
        st.lists(st.integers(0, number - 1), max_size=3) if number else st.just([]) for number in range(count)
    ]
    return [draw(each) for each in earlier]


def stands(history: list[list[int]], number: int) -> bool:
    """As it is said: no later event that stands undoes it."""
    later = range(number + 1, len(history))
    return not any(number in history[each] and stands(history, each) for each in later)


@given(histories())
def test_everybody_agrees_what_still_counts(history: list[list[int]]) -> None:
    events = [
        Event(
            f"e{number}",
            AT + timedelta(minutes=number),
            "dana",
            facts=(write_fact(number + 1, "lee", ""), *((UNDOES, f"e{each}") for each in undoes)),
        )
        for number, undoes in enumerate(history)
    ]
    ticket = Ticket(
        uid="4vq7m3x9k2wd8h5n",
        id="TICKET-1",
        subject="A",
        status="open",
        created_at=AT,
        entries=tuple(events),
    )
    left = [number for number in range(len(history)) if stands(history, number)]
    assert undone(events).keys() == {f"e{number}" for number in range(len(history))} - {
        f"e{number}" for number in left
    }
    assert [event.id for event in standing(ticket)] == [f"e{number}" for number in left]
    assert [each.step - 1 for each in escalations(ticket, lambda _: False)] == left
    facts = [
        (UNDOES, number, f"e{number}", f"e{each}", "dana")
        for number, some in enumerate(history)
        for each in some
    ]
    assert undone_pairs(facts) == undone(events)
