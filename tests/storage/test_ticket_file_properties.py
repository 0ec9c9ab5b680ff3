"""Whatever a mail or a person writes, a ticket file gives it back, and nothing in it becomes structure."""

from __future__ import annotations

import made_tickets as made
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from helpdesk_cli.errors import InvalidFileError
from helpdesk_cli.storage.ticket_file import change_ticket_file, new_ticket_file, read_ticket_file
from helpdesk_cli.tickets.entries import Attachment, Message, Note, Segment
from helpdesk_cli.tickets.person import Person
from helpdesk_cli.tickets.ticket import Ticket

NEW = Ticket(made.ID, made.UID, made.NOON, status="new")


def read(data: bytes) -> Ticket:
    return read_ticket_file(data, place="TICKET-42.md").ticket


@given(made.tickets())
@settings(max_examples=300)
def test_a_ticket_is_read_as_it_was_written(ticket: Ticket) -> None:
    assert read(new_ticket_file(ticket).to_bytes()) == ticket


@given(made.tickets())
def test_a_file_is_written_as_it_was_read(ticket: Ticket) -> None:
    file = new_ticket_file(ticket)
    again = read_ticket_file(file.to_bytes(), place="TICKET-42.md")
    assert again == file
    assert again.to_bytes() == file.to_bytes()


@pytest.mark.parametrize("attack", made.ATTACKS)
@pytest.mark.parametrize("around", ["{}", "before {} behind", "a\n{}\nb\n", "{}\n"])
def test_known_attacks_come_back_from_every_place(attack: str, around: str) -> None:
    text = around.format(attack)
    message = Message(
        "m" * 16,
        made.NOON,
        Person(text, text, text, text),
        subject=text,
        message_id=text,
        headers=(("Subject", text),),
        body=(Segment("text", f"{text}\n"), Segment("quote", f"{text}\n"), Segment("signature", text)),
        attachments=(Attachment(text, text, 1, "ab", f"{made.ID}/x", text * 2),),
    )
    ticket = Ticket(
        made.ID,
        made.UID,
        made.NOON,
        subject=text,
        status=text,
        tags=(text,),
        requester=message.from_,
        entries=(message, Note("n" * 16, made.NOON, text, (Segment("text", text),))),
    )
    data = new_ticket_file(ticket).to_bytes()
    assert read(data) == ticket
    assert set(data) & {*range(9), *range(11, 32), 127} == set()


@given(st.lists(made.entries, min_size=1, max_size=5, unique_by=lambda entry: entry.id), st.data())
def test_entries_written_in_any_order_give_the_same_bytes(found: list, data: st.DataObject) -> None:
    ticket, file = NEW, new_ticket_file(NEW)
    for entry in data.draw(st.permutations(found)):
        ordered = sorted([*ticket.entries, entry], key=made.sort_key)
        ticket = Ticket(made.ID, made.UID, made.NOON, status="new", entries=tuple(ordered))
        file = change_ticket_file(file, ticket)
    assert file.to_bytes() == new_ticket_file(ticket).to_bytes()


@given(made.tickets(), made.tickets())
@settings(max_examples=200)
def test_a_file_the_desk_changed_is_the_file_it_would_have_written(before: Ticket, after: Ticket) -> None:
    file = change_ticket_file(new_ticket_file(before), after)
    assert file.to_bytes() == new_ticket_file(after).to_bytes()
    assert read(file.to_bytes()) == after


pieces = st.sampled_from(
    [
        *(attack.encode("utf-8", "surrogatepass") for attack in made.ATTACKS),
        b"---\n",
        b"id: TICKET-42\n",
        b"uid: 4vq7m3x9k2wd8h5n\n",
        b"created: 2026-11-20T12:00:00Z\n",
        b"tags: [a, b]\n",
        b"tags:\n- a\n- b\n",
        b"x: {a: {b: {c: {d: e}}}}\n",
        b"<!-- desk:message m1\nat: 2026-11-20T12:00:00Z\n-->\n",
        b"<!-- desk:event e1\nat: 9999-12-31T23:59:59-14:00\nset: status | a\nlist: tags\n-->\n",
        b"<!-- /desk:message m1 -->\n",
        b"<!-- /desk:event e1 -->\n",
        b"```text\n",
        b"attachment: a\n",
        b"\xff\xfe",
        b"\r\n",
        b"[" * 9000,
    ]
)


@given(st.lists(pieces | st.binary(max_size=20), max_size=12).map(b"".join))
@example(b"")
@example(b"---")
@example(b"---\n---")
@example(b"\xef\xbb\xbf---\r\n---\r\n")
@example(b"---\nid: TICKET-42\nuid: 4vq7m3x9k2wd8h5n\ncreated: 2026-11-20T12:00:00Z\n...\n---\n")
@example(b"---\n" + b"[" * 70_000 + b"\n---\n")
@example(b"---\n" + b"a: {" * 10_000 + b"\n---\n")
@example(b"---\nx: &a [*a]\n---\n")
@example(b"---\n? [a]\n: b\n---\n")
@example(b'---\n"a\\\n  b": c\n---\n')
@example(b"---\ncreated: 9999-12-31T23:59:59-14:00\n---\n")
@example(b"---\ncreated: 0001-01-01T00:00:00+14:00\n---\n")
@settings(max_examples=400)
def test_reading_raises_nothing_but_invalid_file(data: bytes) -> None:
    problem = None
    try:
        assert read_ticket_file(data, place="TICKET-42.md").to_bytes() == data
    except InvalidFileError as error:
        problem = error
    assert problem is None or (problem.place.startswith("TICKET-42.md") and problem.message)
