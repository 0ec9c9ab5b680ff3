"""A mail or a pushed file of one character over and over takes no longer than any other of its size."""

from __future__ import annotations

import time

import pytest
from made_tickets import ID, NOON, UID

from helpdesk_cli.storage.line_merge import read_both, show_both
from helpdesk_cli.storage.ticket_file import new_ticket_file, read_ticket_file
from helpdesk_cli.tickets.entries import Message, Segment
from helpdesk_cli.tickets.person import Person
from helpdesk_cli.tickets.ticket import Ticket

# A quadratic pattern takes minutes for this many; a linear one well under a second on any machine.
COUNT = 120_000
SECONDS = 5.0
PIECES = (
    *("\\", "\\u{", "`", "```\n", "\n", " ", "@", "a@", "<", ">", '"', "\\<", "=", "-->", "|", "\x1b"),
    *("\u200c", "<!-- desk:note ", "<!-- ", "\\\x1b", "\r", "--", "#", "é", ". ", "www."),
)


@pytest.fixture(autouse=True)
def bounded() -> object:
    begin = time.process_time()
    yield
    assert time.process_time() - begin < SECONDS


@pytest.mark.parametrize("piece", PIECES)
def test_a_text_of_many(piece: str) -> None:
    text = piece * (COUNT // len(piece))
    body = (Segment("text", f"{text}\n"), Segment("quote", text))
    ticket = Ticket(ID, UID, NOON, entries=(Message("m1", NOON, Person(), body=body),))
    assert read_ticket_file(new_ticket_file(ticket).to_bytes(), place=ID).ticket == ticket


@pytest.mark.parametrize("around", ["{} x", "<{}>"])
@pytest.mark.parametrize("piece", PIECES)
def test_a_name_of_many(piece: str, around: str) -> None:
    text = around.format(piece * (COUNT // 4 // len(piece)))
    person = Person(text, text, text, text)
    message = Message("m1", NOON, person, subject=text, message_id=text, headers=(("X", text),))
    ticket = Ticket(ID, UID, NOON, entries=(message,))
    assert read_ticket_file(new_ticket_file(ticket).to_bytes(), place=ID).ticket == ticket
    assert Person.read(text) is not None


@pytest.mark.parametrize("piece", ["=======\n", "=", "<", "<<<<<<< ours\n", ">>>>>>> theirs\n"])
def test_two_tickets_of_many(piece: str) -> None:
    ours, theirs = piece * (COUNT // len(piece)), "theirs\n"
    ended = ours if ours.endswith("\n") else f"{ours}\n"
    assert read_both(show_both(ours, theirs)) == (ended, theirs)
    assert read_both(show_both(theirs, ours)) == (theirs, ended)
    assert read_both(ours) is None
