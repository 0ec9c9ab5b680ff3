"""Bytes to text: what mail says of its character set, and what is true."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_mail import mail

from helpdesk_cli.mail.charsets import codec_named, decode, guess
from helpdesk_cli.mail.incoming import read_mail

RUSSIAN = "Здравствуйте, не могу войти в систему. Помогите, пожалуйста."
CHINESE = "你好，我的打印机不能工作了，请问你们可以帮我看一下这个问题吗？"
TAIWANESE = "你好，我的印表機不能用了，請問你們可以幫我看一下這個問題嗎？"
JAPANESE = "こんにちは。プリンターが動きません。確認をお願いします。"
KOREAN = "안녕하세요. 프린터가 작동하지 않습니다. 확인해 주시기 바랍니다."


@pytest.mark.parametrize(
    ("label", "codec"),
    [
        ("UTF-8", "utf-8"),
        ('"utf-8"', "utf-8"),
        ("utf8mb4", "utf-8"),
        ("ISO-8859-1", "cp1252"),
        ("iso 8859-1", "cp1252"),
        ("Windows-1252", "cp1252"),
        ("us-ascii", "ascii"),
        ("GB2312", "gb18030"),
        ("ks_c_5601-1987", "cp949"),
        ("x-sjis", "cp932"),
        ("iso-8859-8-i", "iso8859_8"),
        ("utf-8*en", "utf-8"),
        *(
            (none, "")
            for none in (
                "",
                "hex",
                "idna",
                "undefined",
                "unicode_escape",
                "rot13",
                "zlib",
                "x" * 100,
                "ut\0f",
            )
        ),
    ],
)
def test_labels(label: str, codec: str) -> None:
    assert codec_named(label) == codec


@pytest.mark.parametrize(
    ("octets", "label", "text", "problem"),
    [
        (b"plain", "", "plain", ""),
        (b"plain", "us-ascii", "plain", ""),
        ("ä€".encode(), "utf-8", "ä€", ""),
        (b"\xef\xbb\xbf\xc3\xa4", "iso-8859-1", "ä", ""),
        ("ä".encode("utf-16"), "us-ascii", "ä", ""),
        ("äö".encode("utf-16-le"), "utf-16-le", "äö", ""),
        (b"\xe4\x80", "iso-8859-1", "ä€", ""),
        (b"\xe4", "", "ä", ""),
        (b"\xe4", "us-ascii", "ä", "charset-repaired"),
        (b"\xe4 ol\xe9", "utf-8", "ä olé", "charset-repaired"),
        ("é".encode(), "iso-8859-1", "é", "charset-repaired"),
        ("é".encode(), "", "é", ""),
        ("Grüße aus Köln".encode(), "gb2312", "Grüße aus Köln", "charset-repaired"),
        (RUSSIAN.encode(), "koi8-r", RUSSIAN, "charset-repaired"),
        (RUSSIAN[:-2].encode() + b"\xd0", "utf-8", RUSSIAN[:-2] + "\ufffd", "undecodable"),
        (b"caf\xe9", "x-unknown", "café", "unknown-charset"),
        (b"\x1b$BF|K\\8l\x1b(B", "", "日本語", ""),
        (b"\x1b$BF|K\\8l\x1b(B", "us-ascii", "日本語", ""),
        (b"~{VPND~}", "hz-gb-2312", "中文", ""),
        (b"+2AA-", "utf-7", "\ufffd", ""),
        (b"\x81\x8d", "", "\x81\x8d", "undecodable"),
    ],
)
def test_what_is_said_and_what_is_true(octets: bytes, label: str, text: str, problem: str) -> None:
    assert decode(octets, label) == (text, problem)


@pytest.mark.parametrize(
    ("codec", "text"),
    [
        ("cp1251", RUSSIAN),
        ("koi8_r", RUSSIAN),
        ("gb18030", CHINESE),
        ("big5hkscs", TAIWANESE),
        ("cp932", JAPANESE),
        ("euc_jp", JAPANESE),
        ("cp949", KOREAN),
    ],
)
def test_undeclared_text_is_read_when_its_letters_prove_the_set(codec: str, text: str) -> None:
    assert guess(text.encode(codec)) == codec
    found = read_mail(b"From: a@example.org\nSubject: x\n\n" + text.encode(codec))
    assert found.text == text


@pytest.mark.parametrize(
    "text",
    [
        "Você não pode acessar a configuração de impressão, às vezes só após três ações.",
        "Grüße aus Köln, das Gerät läuft über Nacht, möglich wäre ein Rückruf für Größe XL.",
        "Très bien reçu, où êtes-vous déjà allés cet été ? Ça ira, même à Noël.",
        "Señor Núñez pidió más información según añadió.",
        "Þórður æðir á sjóinn og fær sér öl",
    ],
)
def test_western_text_is_taken_for_no_other(text: str) -> None:
    assert guess(text.encode("cp1252")) == ""
    assert decode(text.encode("cp1252"))[0] == text
    assert decode(text.encode("cp1252"), "utf-8")[0] == text


def test_one_part_tells_of_another() -> None:
    raw = "Příliš žluťoučký kůň".encode("iso8859_2")
    assert read_mail(
        b"Subject: " + raw + b"\nContent-Type: text/plain; charset=iso-8859-2\n\n" + raw
    ).subject == ("Příliš žluťoučký kůň")


@given(
    st.binary(max_size=100),
    st.sampled_from(["", "utf-8", "utf-7", "utf-16", "hz", "iso-2022-kr", "big5", "hex"]),
)
def test_whatever_comes_is_text(octets: bytes, label: str) -> None:
    decode(octets, label)[0].encode("utf-8")


@given(st.text(max_size=100))
def test_utf8_is_never_harmed(text: str) -> None:
    octets = text.encode()
    if not octets.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        assert decode(octets, "utf-8") == (text, "") or "\x1b$" in text


def test_a_whole_mail_in_utf16_is_read() -> None:
    for codec in ("utf-16", "utf-16-le", "utf-16-be"):
        found = read_mail(mail(body="Grüße\n").decode().encode(codec))
        assert (found.subject, found.text) == ("Printer on fire", "Grüße")
        assert found.problems == ("utf-16",)
