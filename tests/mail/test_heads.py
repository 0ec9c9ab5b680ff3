"""Mails that do not begin, or do not separate, as they should."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from small_mail import mail

from helpdesk_cli.mail.incoming import read_mail
from helpdesk_cli.mail.salvage import salvage

PLAIN = mail("To: bob@example.com", "Message-ID: <1@example.org>", body="Hello\n")


@pytest.mark.parametrize(
    "before",
    [
        b"From ada@example.org Mon Nov  2 10:00:00 2026\n",
        b">From ada@example.org Mon Nov  2 10:00:00 2026\n",
        b"From ???@??? Mon Nov  2 10:00:00 2026\n",
        b"----\n",
        b"\n\n",
        b"\r\n",
        b"\xef\xbb\xbf",
        b" \n",
        b"some junk without a colon\n",
        b"\xef\xbb\xbf\nFrom a Mon Nov 2\n",
    ],
)
def test_what_stands_before_the_headers_costs_none_of_them(before: bytes) -> None:
    found = read_mail(before + PLAIN)
    assert (found.subject, found.from_[0].email, found.text) == (
        "Printer on fire",
        "ada@example.org",
        "Hello",
    )
    assert found.message_id == "1@example.org"


@pytest.mark.parametrize("eol", [b"\r\n", b"\r", b"\n"])
def test_any_line_end_will_do(eol: bytes) -> None:
    found = read_mail(PLAIN.replace(b"\n", eol))
    assert (found.subject, found.text, found.problems) == ("Printer on fire", "Hello", ())


def test_a_missing_blank_line() -> None:
    found = read_mail(b"From: a@example.org\nSubject: x\nThis is the text: all of it.\nMore of it.\n")
    assert found.subject == "x"
    assert found.text == "This is the text: all of it.\nMore of it."
    assert "headers-mended" in found.problems


def test_a_missing_blank_line_before_a_quoted_header() -> None:
    found = read_mail(
        b"From: a@example.org\nSubject: x\nI got this from you\nand cannot read it\nnor can she\n"
        b"nor he\nFrom: b@example.org\n\nOld text\n"
    )
    assert [person.email for person in found.from_] == ["a@example.org"]
    assert found.text.startswith("I got this")
    assert found.text.endswith("Old text")


def test_a_junk_line_among_the_headers() -> None:
    found = read_mail(
        b"From: a@example.org\nSubject: long\nsubject without its fold\nTo: b@example.org\nDate: x\n\nText\n"
    )
    assert found.subject == "long subject without its fold"
    assert found.to[0].email == "b@example.org"
    assert found.text == "Text"


def test_spaces_before_the_colon() -> None:
    found = read_mail(b"From : a@example.org\nSubject  : x\n\nText\n")
    assert (found.from_[0].email, found.subject, found.text) == ("a@example.org", "x", "Text")


def test_no_headers_at_all() -> None:
    found = read_mail(b"Just a line of text\nand another\n")
    assert (found.text, found.subject, found.from_) == ("Just a line of text\nand another", "", ())
    assert found.problems == ("no-headers",)


def test_headers_only() -> None:
    for raw in (b"From: a@example.org\nSubject: x\n", b"From: a@example.org\nSubject: x", b"Subject: x\n\n"):
        found = read_mail(raw)
        assert (found.subject, found.text, found.parts) == ("x", "", ())


def test_a_well_formed_mail_has_no_problems() -> None:
    assert read_mail(PLAIN).problems == ()


def test_body_text_that_looks_like_a_header_stays_text() -> None:
    found = read_mail(mail(body="Subject: not mine\n\nFrom the desk of\n>From x\n"))
    assert found.subject == "Printer on fire"
    assert found.text == "Subject: not mine\n\nFrom the desk of\n>From x"


def test_nuls_in_a_header_end_nothing() -> None:
    assert read_mail(b"From: a@example.org\nX-\0Odd: x\nSubject: a\0b\n\ny").subject in {"a b", "ab"}


def test_salvage_decodes_names_subject_and_date() -> None:
    found = salvage(
        mail(
            "From: =?utf-8?q?J=C3=B6rg?= <j@example.org>",
            "Subject: =?utf-8?b?R3LDvMOfZQ==?=",
            "Date: 2 Nov 2026 10:00 GMT",
        )
    )
    assert (found.subject, found.from_[0].name, found.from_[0].email) == ("Grüße", "Jörg", "j@example.org")
    assert found.date == datetime(2026, 11, 2, 10, tzinfo=UTC)


def test_salvage_reads_what_is_plain() -> None:
    found = salvage(
        mail(
            "To: Bob <bob@example.com>, c@example.com",
            "Message-ID: <1@x>",
            "In-Reply-To: <0@x>",
            "References: <a@x>\n <b@x>",
            "Auto-Submitted: auto-replied",
            "Content-Type: multipart/report; boundary=x",
            body="Grüße\n" * 10_000,
        )
    )
    assert found.subject == "Printer on fire"
    assert [person.email for person in found.to] == ["bob@example.com", "c@example.com"]
    assert found.to[0].name == "Bob"
    assert (found.message_id, found.in_reply_to, found.references) == ("1@x", "0@x", ("a@x", "b@x"))
    assert found.header("auto-submitted") == "auto-replied"
    assert found.content_type == "multipart/report"
    assert found.text.startswith("Grüße\nGrüße")
    assert 10_000 < len(found.text) < 20_000
    assert found.problems == ("unparsed",)
