"""Header values as a person reads them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from small_mail import mail

from helpdesk_cli.mail.headers import bounded, date_of, header_text, message_ids, parameters
from helpdesk_cli.mail.incoming import read_mail


def raw(octets: bytes) -> str:
    """A value as compat32 keeps it."""
    return octets.decode("ascii", "surrogateescape")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("Plain  words", "Plain words"),
        ("folded\r\n over\n\tlines", "folded over lines"),
        ("=?utf-8?q?J=C3=B6rg_M=C3=BCller?=", "Jörg Müller"),
        ("=?utf-8?B?SsO2cmc=?=", "Jörg"),
        ("a =?utf-8?q?b?= c", "a b c"),
        ("=?utf-8?q?a?= =?utf-8?q?b?=", "ab"),
        ("=?utf-8?q?a?=\r\n =?iso-8859-1?q?=E9?=", "aé"),
        ("✔\r\n (1)", "✔ (1)"),
        ("=?UTF-8?Q?=E2=9C=94?=\r\n (1)", "✔ (1)"),
        ("(=?utf-8?q?=C3=84?=)", "(Ä)"),
        # A letter cut in two by its words (RFC 2047 section 5 forbids it, many do it).
        ("=?utf-8?b?w60=?=", "í"),
        ("=?utf-8?b?ww==?= =?utf-8?b?rQ==?=", "í"),
        ("=?utf-8?q?=C3?= =?utf-8?q?=AD?=", "í"),
        # What does not keep to the letter of it.
        ("=?utf-8?q?two words?=", "two words"),
        ("=?utf-8?q?What??=", "What?"),
        ("=?utf-8?b?SsO2cmc?=", "Jörg"),
        ("=?utf-8?b?SsO2=cmc=?=", "Jörg"),
        ("=?utf-8*en?q?J=C3=B6rg?=", "Jörg"),
        ("=?NONE?B?VEVTVA=?=", "TEST"),
        ("=?utf-8?q?Je=20l=E9sais?=", "Je lésais"),
        ("=?gb2312?b?xOO6ww==?=", "你好"),
        ("=?iso-2022-jp?b?GyRCRnxLXDhsGyhC?=", "日本語"),
        ("=?ks_c_5601-1987?b?vsiz5w==?=", "안녕"),
        ("=?shift_jis?b?k/qWe4zq?=", "日本語"),
        ("=?koi8-r?b?8NLJ18XU?=", "Привет"),
        ("=?utf-8?x?abc?=", "=?utf-8?x?abc?="),
        ("=?utf-8?q?abc", "=?utf-8?q?abc"),
        ("= ?utf-8?q?abc?=", "= ?utf-8?q?abc?="),
        # Raw 8-bit.
        (raw("Säying".encode()), "Säying"),
        (raw("Formação".encode("latin-1")), "Formação"),
        (raw("it\x92s".encode("latin-1")), "it’s"),
        (raw("=?utf-8?q?Jörg?=".encode()), "Jörg"),
        (raw("Юникод запрещен\xf1".encode()[:-2] + b"\xd1"), "Юникод запрещен\ufffd"),
        ("a\x00b\x1fc", "a b c"),
    ],
)
def test_a_value_is_read(value: str, text: str) -> None:
    assert header_text(value) == text


@pytest.mark.parametrize(
    ("codec", "text"),
    [
        ("gb2312", "代开各地增值税发票"),
        ("shift_jis", "日本語のメール"),
        ("euc_kr", "한국말로 하는 것"),
        ("big5", "重要訊息"),
        ("koi8-r", "Привет"),
        ("iso8859_2", "Příliš žluťoučký"),
    ],
)
def test_a_raw_subject_is_read_in_the_charset_of_its_mail(codec: str, text: str) -> None:
    octets = text.encode(codec)
    sent = (
        b"From: a@example.org\nSubject: "
        + octets
        + b"\nContent-Type: text/plain; charset="
        + codec.encode()
        + b"\n\n"
    )
    assert read_mail(sent + octets).subject == text


def test_continued_and_encoded_parameters() -> None:
    value = "attachment; filename*0*=utf-8''%C3%A4-; filename*1=b%20; filename*2*=%C3%B6.pdf"
    value += r'; x="y;z\""; size = 3'
    assert parameters(value) == [("filename", "ä-b%20ö.pdf"), ("x", 'y;z"'), ("size", "3")]


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("attachment; filename=This is a test.txt", "This is a test.txt"),
        ("attachment; filename=a.txt; filename*=utf-8''b.txt", "b.txt"),
        ("attachment; filename*=iso-8859-1'de'%E4.txt", "ä.txt"),
        ("attachment; filename*=''plain.txt", "plain.txt"),
        ("attachment; filename*=nothing-quoted%20.txt", "nothing-quoted .txt"),
        ("attachment; filename*1=b; filename*0=a", "ab"),
        ("attachment; filename*0=a; filename*2=c", "ac"),
        ('attachment; filename="unclosed.txt', "unclosed.txt"),
        ("attachment;filename=a.txt;", "a.txt"),
        ('attachment ; FileName = "a.txt" ; x', "a.txt"),
    ],
)
def test_a_file_name_is_found(value: str, name: str) -> None:
    assert dict(reversed(parameters(value)))["filename"] == name


@pytest.mark.parametrize(
    ("value", "ids"),
    [
        ("<a@b>", ("a@b",)),
        ("<a@b> <c@d>\r\n <a@b>", ("a@b", "c@d")),
        ("<a@b><c@d>", ("a@b", "c@d")),
        ("<long\r\n id@example.org>", ("longid@example.org",)),
        ('Your message of "Mon" <a@b>', ("a@b",)),
        ("a@b", ("a@b",)),
        ("a@b, c@d", ("a@b", "c@d")),
        ("<no-at-sign>", ("no-at-sign",)),
        ("no brackets, no at sign", ()),
        ("<[a]b/c%d=e@EX.example>", ("[a]b/c%d=e@EX.example",)),
        ("<a@", ()),
        ("<>", ()),
        ("<a\x00b@c>", ("ab@c",)),
        ("<" + "x" * 251 + ">", ()),
        ("<" + "ä" * 126 + ">", ()),
        ("", ()),
    ],
)
def test_message_ids(value: str, ids: tuple[str, ...]) -> None:
    assert message_ids(value) == ids


def test_references_keep_the_first_and_the_last() -> None:
    many = tuple(f"{n}@x" for n in range(1000))
    assert bounded(many) == ("0@x", *many[-100:])
    assert bounded(many[:101]) == many[:101]
    found = read_mail(mail("References: " + " ".join(f"<{n}>" for n in many), "In-Reply-To: <p@x> <q@x>"))
    assert found.references == ("0@x", *many[-99:], "q@x")
    assert found.in_reply_to == "p@x"


@pytest.mark.parametrize(
    ("value", "date"),
    [
        ("Mon, 2 Nov 2026 10:00:00 +0100", datetime(2026, 11, 2, 9, tzinfo=UTC)),
        ("2 Nov 2026 10:00 GMT", datetime(2026, 11, 2, 10, tzinfo=UTC)),
        ("Mon, 02 Nov 26 10:00:00 EST", datetime(2026, 11, 2, 15, tzinfo=UTC)),
        ("Mon, 2 Nov 2026 10:00:00 +0000 (UTC)", datetime(2026, 11, 2, 10, tzinfo=UTC)),
        ("Mon, 2 Nov 2026 10:00:00", datetime(2026, 11, 2, 10, tzinfo=UTC)),
        ("01 Jan 2001 00:01+0000", datetime(2001, 1, 1, 0, 1, tzinfo=UTC)),
        ("Tue, 12 Oct 2010 16:21:05 H0500", datetime(2010, 10, 12, 16, 21, 5, tzinfo=UTC)),
        ("Fri, 31 Dec 2100 23:59:59 +0000", None),
        ("Sun, 31 Dec 2099 23:59:59 +0000", datetime(2099, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_dates(value: str, date: datetime | None) -> None:
    assert date_of(value) == date


def test_every_header_is_kept_in_order() -> None:
    found = read_mail(
        mail("Received: by b", "Received: by a", "X-Spam-Flag: YES", "X-Odd: =?utf-8?q?=C3=A4?=")
    )
    assert found.all_headers("received") == ["by b", "by a"]
    assert found.header("x-spam-flag") == "YES"
    assert found.header("x-odd") == "ä"
    assert found.header("x-none") == ""
