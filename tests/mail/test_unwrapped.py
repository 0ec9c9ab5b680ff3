"""In whatever wrapping words come in mail, they are found; whatever the bytes are, there is an end."""

from __future__ import annotations

import base64
import json
import quopri
from email.header import Header
from email.message import EmailMessage
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_cli.mail.unwrapped import unwrapped

NAME = "Änne Groß"
CYRILLIC = "Юлия Щукина"
LONG = "a line that goes before it " * 4


def part(encoding: str, charset: str, body: bytes) -> bytes:
    head = f"Content-Type: text/plain; charset={charset}\nContent-Transfer-Encoding: {encoding}\n\n"
    return b"From: x@example.org\n" + head.encode() + body


def encoded(text: str, charset: str) -> bytes:
    return part("base64", charset, base64.encodebytes(f"{LONG}{text}\n".encode(charset)))


def quoted(text: str, charset: str) -> bytes:
    return part("quoted-printable", charset, quopri.encodestring(f"{LONG}{text}\n".encode(charset)))


def header(text: str, charset: str, length: int = 76) -> bytes:
    return f"To: {Header(text, charset, maxlinelen=length).encode()} <a@example.org>\n\n".encode()


def attached(name: str) -> bytes:
    mail = EmailMessage()
    mail.set_content("See there.\n")
    mail.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename=f"{name}.pdf")
    return mail.as_bytes()


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (f"Dear {NAME},\n".encode(), NAME),
        (f"Dear {NAME},\n".encode("latin-1"), NAME),
        (part("8bit", "koi8-r", CYRILLIC.encode("koi8-r")), CYRILLIC),
        (encoded(NAME, "utf-8"), NAME),
        (encoded(NAME, "latin-1"), NAME),
        (encoded(NAME, "utf-16"), NAME),
        (encoded("Ada Lovelace", "ascii"), "Ada Lovelace"),
        (encoded(CYRILLIC, "koi8-r").replace(b"\n", b"\r\n"), CYRILLIC),
        (part("base64", "utf-8", base64.b64encode(NAME.encode())), NAME),
        (quoted(NAME, "utf-8"), NAME),
        (quoted(NAME, "cp1252"), NAME),
        (quoted(CYRILLIC, "windows-1251"), CYRILLIC),
        (header(NAME, "utf-8"), NAME),
        (header(NAME, "iso-8859-1"), NAME),
        (header(f"{LONG}{CYRILLIC}", "koi8-r", 40), CYRILLIC),
        (b"To: =?utf-8?Q?=C3=84nne?= =?utf-8?B?IEdyb8Of?= <a@example.org>\n\n", NAME),
        (b"To: Anna =?iso-8859-1?Q?Gro=DF?= <a@example.org>\n\n", "Anna Groß"),
        (attached(NAME), NAME),
        (b"<p>Dear &Auml;nne&nbsp;Gro&#223;,</p>", "Änne\xa0Groß"),
        (b'<a href="mailto:ada%40example.org">', "ada@example.org"),
        (json.dumps({"to": NAME, "by": "😀 " + CYRILLIC}).encode(), "😀 " + CYRILLIC),
    ],
)
def test_words_are_found_in_every_wrapping(data: bytes, name: str) -> None:
    assert any(name in normalize("NFC", text) for text in unwrapped(data))
    assert not any("Grete Klein" in text for text in unwrapped(data))


@given(st.binary(max_size=200) | st.text("=?&#%\\u;utf-8qB64+ \n", max_size=200).map(str.encode))
def test_any_bytes_have_texts(data: bytes) -> None:
    assert next(unwrapped(data)) is not None
    assert len(list(unwrapped(data))) >= 1


@pytest.mark.parametrize(
    "piece",
    [
        b"=?a?q?",
        b"=?a?q?x?= ",
        b"%C3",
        b"=C3=84",
        b"&#1;",
        b"AAAA",
        b"AAAA\n",
        b"\\u00c4",
        b"charset=cp1251 ",
    ],
)
def test_a_mail_made_to_be_slow_is_not(piece: bytes) -> None:
    """Linear in its length: a megabyte that took the square of it would not come to an end."""
    for start in (b"", b"Content-Transfer-Encoding: base64\n\n"):
        assert sum(map(len, unwrapped(start + piece * (1_000_000 // len(piece)))))
