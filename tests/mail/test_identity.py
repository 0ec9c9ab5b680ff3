"""The same mail is the same entry on every machine and after every way it may take."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from helpdesk_cli.mail.identity import content_hash, entry_id, synthetic_message_id, ticket_uid
from helpdesk_cli.mail.incoming import read_mail
from helpdesk_cli.mail.model import Incoming, Part
from helpdesk_cli.tickets.ids import is_id
from helpdesk_cli.tickets.person import Person

ADA = Person("Ada", "ada@example.org")
MAIL = Incoming(
    message_id="1@example.org",
    from_=(ADA,),
    subject="It does not start",
    date=datetime(2026, 11, 2, 8, 14, tzinfo=UTC),
    text="Words.\n\nMore.\n",
    parts=(Part("a.txt", "a.txt", "text/plain", b"abc"),),
)


def test_the_recipe_does_not_change() -> None:
    """Entries in every desk bear these ids: another recipe would take in every old mail anew."""
    content = content_hash(MAIL)
    assert content == "e4da02107460eaf91622f223ffb1378406381e05d817724bc3d777a3e1e59c62"
    assert entry_id("1@example.org", content) == "cmvkznegd16pnfy4"
    assert ticket_uid("cmvkznegd16pnfy4") == "63f93333wp0yr18b"


@pytest.mark.parametrize(
    "other",
    [
        replace(MAIL, headers=(("received", "from a by b"), ("x-spam-flag", "NO"))),
        replace(MAIL, to=(ADA,), cc=(ADA,), references=("x@y",)),
        replace(MAIL, message_id="2@example.org"),
        replace(MAIL, from_=(Person("A. Lovelace", "ADA@example.org"),)),
        replace(MAIL, text="Words. \n\nMore.\n\n\n"),
        replace(MAIL, subject="It  does not\tstart "),
        replace(MAIL, problems=("bad-date",)),
    ],
)
def test_what_changes_on_the_way_is_no_content(other: Incoming) -> None:
    """Traces, white space, the writing of a name."""
    assert content_hash(other) == content_hash(MAIL)


@pytest.mark.parametrize(
    "other",
    [
        replace(MAIL, text="Words.\n\nMore"),
        replace(MAIL, text=""),
        replace(MAIL, subject=""),
        replace(MAIL, date=None),
        replace(MAIL, from_=()),
        replace(MAIL, parts=()),
        replace(MAIL, parts=(Part("a.txt", "a.txt", "text/plain", b"abd"),)),
        replace(MAIL, parts=(Part("b.txt", "b.txt", "text/plain", b"abc"),)),
        replace(MAIL, parts=MAIL.parts * 2),
        replace(MAIL, subject="", text="It does not start\nWords.\n\nMore.\n"),
    ],
)
def test_what_the_sender_made_is_content(other: Incoming) -> None:
    """Every piece of it, and where one ends."""
    assert content_hash(other) != content_hash(MAIL)


def test_a_redelivery_is_the_same_mail() -> None:
    """As bytes: other Received lines, another Return-Path, a list's headers."""
    body = b"From: ada@example.org\r\nDate: Mon, 02 Nov 2026 09:14:00 +0100\r\nSubject: It\r\n\r\nWords.\r\n"
    first = b"Received: from a by b; Mon, 02 Nov 2026 09:14:00 +0100\r\n" + body
    again = (
        b"Return-Path: <x@y.z>\r\nX-Spam: NO\r\nReceived: from c by d; Tue, 03 Nov 2026 00:00:00 +0000\r\n"
        + body
    )
    assert content_hash(read_mail(first)) == content_hash(read_mail(again))
    truncated = body[:-8]
    assert content_hash(read_mail(truncated)) != content_hash(read_mail(body))


def test_ids_have_their_form_and_differ() -> None:
    """An entry by id and content, a ticket by its first entry; neither tells the other."""
    content = content_hash(MAIL)
    entry = entry_id("1@example.org", content)
    assert is_id(entry)
    assert is_id(ticket_uid(entry))
    assert ticket_uid(entry) != entry
    assert entry_id("2@example.org", content) != entry
    assert entry_id("1@example.org", content_hash(replace(MAIL, text=""))) != entry


def test_a_mail_without_an_id_gets_one_from_its_content() -> None:
    """Fit to be named in a header, and nobody's."""
    made = synthetic_message_id(content_hash(MAIL))
    assert made == synthetic_message_id(content_hash(MAIL))
    assert made.endswith("@missing.invalid")
    assert read_mail(f"In-Reply-To: <{made}>\r\n\r\n".encode()).in_reply_to == made
