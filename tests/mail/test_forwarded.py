"""Who first wrote a mail that somebody forwards to the desk."""

from __future__ import annotations

import pytest

from helpdesk_cli.mail.forwarded import original_sender, read_person
from helpdesk_cli.mail.incoming import read_mail
from helpdesk_cli.tickets.person import Person

ADA = Person("Ada Lovelace", "ada@example.org")


def sender_of(text: str, *, subject: str = "Fwd: It", headers: str = "") -> Person | None:
    """The original sender in a mail of an agent."""
    head = f"From: Kim <kim@desk.example>\nTo: support@desk.example\nSubject: {subject}\n{headers}"
    return original_sender(read_mail(f"{head}\n\n{text}".encode()))


BLOCKS = [
    "---------- Forwarded message ---------\nFrom: Ada Lovelace <ada@example.org>\nDate: 2 Nov\nSubject: It",
    "Begin forwarded message:\n\nFrom: Ada Lovelace <ada@example.org>\nSubject: It\nDate: 2 November 2026",
    "Begin forwarded message:\n\n> From: Ada Lovelace <ada@example.org>\n> Subject: It\n>\n> Words.",
    "> Begin forwarded message:\n>\n> From: Ada Lovelace <ada@example.org>\n> Subject: It\n>\n> Words.",
    "---- Weitergeleitete Nachricht ----\nBetreff: \tIt\nDatum: 2 Nov\nVon: \tAda Lovelace <ada@example.org>",
    "-------- Message transféré --------\nSujet : It\nDate : 2 Nov\nDe : Ada Lovelace <ada@example.org>",
    "---------- 转发的邮件 ----------\n发件人： Ada Lovelace <ada@example.org>\n日期： 2026年\n主题： It",
    "Hi.\n\n*From:* Ada Lovelace <ada@example.org>\n*Sent:* 2 Nov\n*Subject:* It",
    "--Ursprüngliche Nachricht--\nVon: Ada Lovelace [mailto:ada@example.org]\nAn: Kim\nBetreff: It",
    "__________\nFrom: Ada Lovelace <ada@example.org>\nSent: 2 Nov\nTo: Kim\nSubject: It",
]


@pytest.mark.parametrize("block", BLOCKS)
def test_the_sender_in_a_forwarded_header(block: str) -> None:
    """As programs write it in their languages."""
    assert sender_of(f"{block}\n\nIt does not start.") == ADA


@pytest.mark.parametrize("block", BLOCKS[:7])
def test_a_forward_mark_needs_no_subject(block: str) -> None:
    """The mark says it."""
    assert sender_of(block, subject="Customer waits") == ADA


def test_the_first_of_several_forwards_counts() -> None:
    """A forward of a forward: its writer is whom the agent had the mail from."""
    assert (
        sender_of(f"{BLOCKS[0]}\n\nSee this:\n\n{BLOCKS[1].replace('Ada', 'Eve').replace('ada@', 'eve@')}")
        == ADA
    )


@pytest.mark.parametrize(
    "text",
    [
        "Yes.\n\nFrom: Ada Lovelace <ada@example.org>\nSent: 2 Nov\nTo: Kim\nSubject: It\n\nIs it on?",
        "Yes.\n\nAda <ada@example.org> wrote:\n> Begin forwarded message:\n>\n> From: eve@example.org",
        "Yes.\n\nAda <ada@example.org> wrote:\n\nBegin forwarded message:\n\nFrom: eve@example.org",
        "Just words.",
        "",
    ],
)
def test_an_answer_forwards_nobody(text: str) -> None:
    """What it quotes, and what that forwards, is history."""
    assert sender_of(text, subject="Re: It") is None


def test_an_attached_mail_comes_first() -> None:
    """As "forward as attachment" sends it."""
    inner = "From: Ada Lovelace <ada@example.org>\nSubject: It\n\nIt does not start."
    text = (
        f"--b\nContent-Type: text/plain\n\n{BLOCKS[0].replace('ada@', 'eve@')}\n"
        f"--b\nContent-Type: message/rfc822\n\n{inner}\n--b--\n"
    )
    assert sender_of(text, headers="Content-Type: multipart/mixed; boundary=b") == ADA


def test_a_returned_mail_is_not_forwarded() -> None:
    """What a bounce brings back is our own."""
    text = "--b\n\nSorry.\n--b\nContent-Type: message/rfc822\n\nFrom: support@desk.example\n\nx\n--b--\n"
    assert (
        sender_of(text, headers="Content-Type: multipart/report; report-type=delivery-status; boundary=b")
        is None
    )


@pytest.mark.parametrize(
    ("text", "person"),
    [
        ("Ada Lovelace <ada@example.org>", ADA),
        ('"Ada Lovelace" <ada@example.org>', ADA),
        ("Ada Lovelace [mailto:ada@example.org]", ADA),
        ("Ada Lovelace<mailto:ada@example.org>", ADA),
        ("Ada Lovelace (ada@example.org)", ADA),
        ("[Ada Lovelace](mailto:ada@example.org)", ADA),
        ("'Ada Lovelace' <ada@example.org>", ADA),
        ("ada@example.org", Person("", "ada@example.org")),
        ("ada@example.org<mailto:ada@example.org>", Person("", "ada@example.org")),
        ("<ada@example.org>", Person("", "ada@example.org")),
        ("Ada Lovelace", None),
        ("", None),
    ],
)
def test_a_person_as_programs_write_one(text: str, person: Person | None) -> None:
    """Without an address there is nobody to answer."""
    assert read_person(text) == person
