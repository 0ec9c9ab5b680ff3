"""A ticket on a terminal: readable, folded, and not to be imitated by what is in it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_cli.cli.output import render
from helpdesk_cli.cli.ticket_view import INDENT, columns, view, wrap
from helpdesk_cli.tickets.changes import FieldSet, ListChanged
from helpdesk_cli.tickets.entries import Attachment, Event, Message, Note, Segment, Tombstone
from helpdesk_cli.tickets.person import Person
from helpdesk_cli.tickets.ticket import Ticket

AT = datetime(2026, 11, 20, 9, 12, 41, tzinfo=UTC)
ADA = Person("Ada Lovelace", "ada@example.org")


def ticket(text: str, *, subject: str = "Wrong VAT number") -> Ticket:
    """A ticket with one message of each kind of part, an event, a note and a tombstone."""
    message = Message(
        "m1",
        AT,
        ADA,
        to=(Person(email="support@example.com"),),
        automatic="auto-reply",
        body=(
            Segment("text", text),
            Segment("quote", "> one\n> two\n"),
            Segment("signature", "-- \nAda\n"),
        ),
        attachments=(Attachment("invoice.pdf", "application/pdf", 49152, "ab"),),
    )
    event = Event(
        "e1",
        AT + timedelta(seconds=1),
        "dana",
        changes=(FieldSet("status", "new", "open"), ListChanged("tags", ("vat",), ("x",))),
    )
    note = Note("n1", AT + timedelta(minutes=2), "dana", (Segment("text", "Look at May.\n"),))
    gone = Tombstone("t1", AT + timedelta(minutes=3), "lee", "m2", "a password", message_id="x@y")
    return Ticket(
        "TICKET-42",
        "4vq7m3x9k2wd8h5n",
        AT,
        subject=subject,
        status="open",
        priority="high",
        team="billing",
        requester=ADA,
        channel="email",
        inbox="support",
        tags=("invoice", "vat"),
        entries=(message, event, note, gone),
    )


def shown(it: Ticket, *, full: bool = False, width: int | None = 80) -> list[str]:
    """The ticket's lines without colour."""
    return [render(line, colored=False) for line in view(it, full=full, width=width)]


def test_a_ticket_reads_from_top_to_bottom() -> None:
    """State, people, conversation; quotes and signature folded."""
    assert shown(ticket("Hello,\n\nplease correct it.\n")) == [
        "TICKET-42  Wrong VAT number",
        "open · high · team billing · nobody's",
        "From:    Ada Lovelace <ada@example.org>",
        "Opened:  Fri 20 Nov 2026, 09:12 UTC, by email to support",
        "Tags:    invoice, vat",
        "",
        "42.1  Ada Lovelace <ada@example.org> · Fri 20 Nov 2026, 09:12 UTC",
        "    To: support@example.com",
        "    automatic: auto-reply",
        "",
        "    Hello,",
        "",
        "    please correct it.",
        "    [2 quoted lines; --full shows them]",
        "    [2 signature lines; --full shows them]",
        "    [1] invoice.pdf (application/pdf, 49 KB)",
        "",
        "-- Fri 20 Nov 2026, 09:12 UTC · dana: status new → open, tags +vat -x",
        "",
        "Note by dana · Fri 20 Nov 2026, 09:14 UTC",
        "",
        "    Look at May.",
        "",
        "",
        "42.2  A message stood here: a password · lee",
    ]


def test_full_shows_what_was_folded() -> None:
    """Nothing of a mail is out of reach."""
    lines = shown(ticket("Hello\n"), full=True)
    assert "    > one" in lines
    assert "    Ada" in lines
    assert not any("--full" in line for line in lines)


@given(
    st.lists(
        st.sampled_from(["42.2  dana · Fri", "-- x", "TICKET-1", " ", "\t", "\r", "长", "é", "a" * 30, "\n"])
    )
    | st.text(st.characters(exclude_categories=())),
    st.integers(30, 90),
)
def test_no_body_can_pass_for_a_heading(parts: list[str] | str, width: int) -> None:
    """However a mail fills its lines, each row of the terminal that is its own begins with the indent."""
    lines = shown(ticket("".join(parts)), full=True, width=width)
    start = lines.index("    automatic: auto-reply") + 2
    end = lines.index("    [1] invoice.pdf (application/pdf, 49 KB)")
    for line in lines[start:end]:
        assert line.startswith(INDENT) or line == ""
        assert columns(line) <= max(width, 16 + len(INDENT))
        assert not re.search("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2028\u2029]", line)


@given(st.text(st.characters(exclude_categories=()), max_size=300))
def test_no_subject_can_pass_for_anything(subject: str) -> None:
    """One line, whatever is in it."""
    lines = shown(ticket("x", subject=subject))
    assert lines[1] == "open · high · team billing · nobody's"


@pytest.mark.parametrize("text", ["one two three four five six", "a" * 50, "长" * 20, "x " + "y" * 40, ""])
def test_wrapping_loses_nothing_but_blanks(text: str) -> None:
    """At a blank where there is one, else anywhere."""
    pieces = list(wrap(text, 16))
    assert all(columns(piece) <= 16 for piece in pieces)
    assert "".join(pieces).replace(" ", "") == text.replace(" ", "")
