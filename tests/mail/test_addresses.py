"""Who a mail is from and to."""

from __future__ import annotations

import pytest
from small_mail import mail

from helpdesk_cli.mail.addresses import people
from helpdesk_cli.mail.incoming import read_mail
from helpdesk_cli.tickets.person import Person


def read(value: str) -> list[tuple[str, str]]:
    """(name, address) of each."""
    return [(person.name, person.email) for person in people(value, most=100)]


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("ada@example.org", [("", "ada@example.org")]),
        ("Ada Lovelace <ada@example.org>", [("Ada Lovelace", "ada@example.org")]),
        (
            '"Lovelace, Ada" <ada@example.org>, bob@example.com',
            [("Lovelace, Ada", "ada@example.org"), ("", "bob@example.com")],
        ),
        ("ada@example.org (Ada)", [("Ada", "ada@example.org")]),
        ('"ada@example.org" <ada@example.org>', [("", "ada@example.org")]),
        ("=?utf-8?q?Doe=2C_John?= <j@example.org>", [("Doe, John", "j@example.org")]),
        ("=?utf-8?q?Doe,_John?= <j@example.org>", [("Doe, John", "j@example.org")]),
        ('"=?utf-8?q?J=C3=B6rg?=" <j@example.org>', [("Jörg", "j@example.org")]),
        ("=?utf-8?b?SsO2?= =?utf-8?b?cmc=?= <j@example.org>", [("Jörg", "j@example.org")]),
        ("Team: a@example.org, B <b@example.org>;", [("", "a@example.org"), ("B", "b@example.org")]),
        ("undisclosed-recipients:;", []),
        ("a@example.org; B <b@example.org>", [("", "a@example.org"), ("B", "b@example.org")]),
        ('"Doe; John" <j@example.org>', [("Doe; John", "j@example.org")]),
        ("A\r\n <a@example.org>", [("A", "a@example.org")]),
        # Not by the rules.
        ("Big Bug bb@bug.example", [("Big Bug", "bb@bug.example")]),
        ("a@example.org b@example.org", [("", "a@example.org"), ("", "b@example.org")]),
        ("<ada@example.org", [("", "ada@example.org")]),
        ("ada@example.org>", [("", "ada@example.org")]),
        ("Ada", [("Ada", "")]),
        ("MAILER-DAEMON", [("MAILER-DAEMON", "")]),
        ("Postmaster <>", [("Postmaster", "")]),
        ("", []),
        ("   ", []),
        ("a@example.org,,, ,b@example.org", [("", "a@example.org"), ("", "b@example.org")]),
        ("ada@example.org, oops <, bob@example.org", [("", "ada@example.org"), ("oops", "bob@example.org")]),
        # Nobody passes for somebody else (RELIABILITY T15, T16).
        ("alice@ok.example)evil@x.example", [("", "alice@ok.example"), ("", "evil@x.example")]),
        ("Bob <a@example.org> <b@example.org>", [("", "a@example.org"), ("", "b@example.org")]),
        ('"ceo@corp.example" <x@evil.example>', [("ceo@corp.example", "x@evil.example")]),
        ("victim\uff20corp.example", [("victim\uff20corp.example", "")]),
        ("Victim <victim\uff20corp.example>", [("Victim victim\uff20corp.example", "")]),
        ('"a@b.example" x', [("a@b.example", "")]),
        (
            "=?utf-8?q?a=40b=2Eexample_=3Ca=40b=2Eexample=3E=2C?= <x@evil.example>",
            [("a@b.example <a@b.example>", "x@evil.example")],
        ),
        ("jdöe@mächine.example", [("", "jdöe@mächine.example")]),
        ('"a b"@example.org', [("", '"a b"@example.org')]),
        ("a@[192.0.2.1]", [("", "a@[192.0.2.1]")]),
    ],
)
def test_an_address_header(value: str, found: list[tuple[str, str]]) -> None:
    assert read(value) == found


def test_names_and_addresses_hold_no_control_characters_and_have_an_end() -> None:
    (person,) = people("=?utf-8?q?A=0D=0AB=00C?= <a@example.org>", most=10)
    assert person == Person("A B C", "a@example.org")
    (person,) = people('"' + "x" * 1000 + '" <' + "y" * 60 + "@example.org>", most=10)
    assert person.name == "x" * 200
    assert len(people(", ".join(f"{n}@example.org" for n in range(50)), most=10)) == 10


def test_two_senders_are_two() -> None:
    for raw in (
        mail("From: a@x.example", "From: b@y.example"),
        mail("From: a@x.example, b@y.example"),
        mail("From: a@x.example b@y.example"),
    ):
        found = read_mail(raw)
        assert [person.email for person in found.from_] == ["a@x.example", "b@y.example"]
        assert "several-from" in found.problems


def test_one_sender_said_twice_is_one() -> None:
    found = read_mail(mail("From: A <a@x.example>", "From: A <a@x.example>"))
    assert found.from_ == (Person("A", "a@x.example"),)
    assert found.problems == ()


def test_who_else_is_named() -> None:
    found = read_mail(
        mail(
            "Sender: s@example.org",
            "Reply-To: r@example.org",
            "To: t@example.org",
            "To: u@example.org",
            "Cc: C <c@example.org>",
        )
    )
    assert found.sender == Person("", "s@example.org")
    assert found.reply_to == (Person("", "r@example.org"),)
    assert found.to == (Person("", "t@example.org"), Person("", "u@example.org"))
    assert found.cc == (Person("C", "c@example.org"),)


def test_raw_names_are_read_in_the_charset_of_the_mail() -> None:
    raw = b"From: \xd5\xc5\xcf\xc8\xc9\xfa <z@example.org>\nContent-Type: text/plain; charset=gb2312\n\nx"
    assert read_mail(raw).from_ == (Person("张先生", "z@example.org"),)
