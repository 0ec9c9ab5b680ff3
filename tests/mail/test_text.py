"""Plain text as it was meant."""

from __future__ import annotations

import binascii

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_mail import mail, multipart, part

from helpdesk_cli.mail.incoming import read_mail
from helpdesk_cli.mail.text import unenriched, unflowed


@pytest.mark.parametrize(
    ("flowed", "text"),
    [
        ("one \ntwo\nthree", "one two\nthree"),
        ("one \ntwo \nthree", "one two three"),
        (" >not a quote\n From me", ">not a quote\nFrom me"),
        ("> quoted \n> text\nmine", "> quoted text\nmine"),
        (">> deep \n>> er\n> less", "> > deep er\n> less"),
        ("> a \nb", "> a \nb"),
        (">>> x", "> > > x"),
        (">", ">"),
        ("-- \nAda", "-- \nAda"),
        ("text \n-- \nAda", "text \n-- \nAda"),
        ("> -- \n> Ada", "> -- \n> Ada"),
        ("a\n\nb", "a\n\nb"),
        ("last ", "last "),
        ("", ""),
    ],
)
def test_format_flowed(flowed: str, text: str) -> None:
    assert unflowed(flowed) == text


def test_delsp_joins_without_the_space() -> None:
    assert unflowed("日本 \n語\nx", delete_space=True) == "日本語\nx"
    raw = mail("Content-Type: text/plain; charset=utf-8; format=Flowed; DelSp=Yes", body="日本 \n語\n")
    assert read_mail(raw).text == "日本語"
    raw = mail("Content-Type: text/plain; charset=utf-8; format=flowed", body="one \ntwo\n")
    assert read_mail(raw).text == "one two"
    assert read_mail(mail(body="one \ntwo\n")).text == "one \ntwo"


@given(st.text(alphabet=st.sampled_from(">ab -\n"), max_size=60))
def test_no_word_is_lost_in_flowing(flowed: str) -> None:
    marks = str.maketrans("", "", "> \n")
    assert unflowed(flowed).translate(marks) == flowed.translate(marks)


def test_line_ends_are_one() -> None:
    assert (
        read_mail(mail("Content-Transfer-Encoding: quoted-printable", body="a=0D=0Ab=0Dc=0Ad\n")).text
        == "a\nb\nc\nd"
    )


def test_blank_lines_around_are_left_out_and_inside_kept() -> None:
    assert read_mail(mail(body="\n \n\n  indented\n\n\nend  \n \n\n")).text == "  indented\n\n\nend"


def test_enriched_text() -> None:
    assert unenriched("<bold>Now</bold> is\nthe\n\ntime <<x") == "Now is the\ntime <x"
    assert unenriched("<color><param>red</param>x</color>") == "x"


def uuencoded(name: str, content: bytes) -> str:
    """A file as old mailers spell it out in the text."""
    lines = [
        binascii.b2a_uu(content[at : at + 45], backtick=True).decode() for at in range(0, len(content), 45)
    ]
    return f"begin 644 {name}\n{''.join(lines)}`\nend\n"


def test_a_uuencoded_file_in_the_text_is_an_attachment() -> None:
    content = bytes(range(256)) * 3
    found = read_mail(
        mail(
            body=f"See this:\n{uuencoded('pic ture.gif', content)}and that:\n{uuencoded('a.txt', b'hi')}Bye\n"
        )
    )
    assert found.text == "See this:\n[attachment: pic ture.gif]\nand that:\n[attachment: a.txt]\nBye"
    assert [(p.filename, p.content_type, p.content) for p in found.parts] == [
        ("pic ture.gif", "image/gif", content),
        ("a.txt", "text/plain", b"hi"),
    ]


def test_what_only_begins_like_uuencode_is_text() -> None:
    body = "begin 644 times\nwith words that are none\nend"
    assert read_mail(mail(body=body)).text == body
    body = "=ybegin line=128 size=3 name=a.bin\n\x8b\x8c\x8d\n=yend size=3"
    assert "=ybegin" in read_mail(mail(body=body)).text


@pytest.mark.parametrize(
    ("encoding", "body", "text"),
    [
        ("base64", "SGVsbG8=", "Hello"),
        ("BASE64 ", "SGVs\nbG8", "Hello"),
        ("base64; x", "SGVs bG8=\n", "Hello"),
        ("base64", "SGVs*bG8=", "Hello"),
        ("base64", "SGVs=\nbG8=", "Hello"),
        ("base64", "SGVsbG8=\n\n-- \nA list at example.org\n", "Hello\n-- \nA list at example.org"),
        ("base64", "SGVsbG8=\n--wrong-boundary--\n", "Hello"),
        ("base64", "S", ""),
        ("quoted-printable", "H=65llo=\n World =\n!=C3=A4=ZZ=", "Hello World !ä=ZZ"),
        ("quoted-printable", "a=20\nb =\nc", "a \nb c"),
        ("7bit", "Grüße", "Grüße"),
        ("x-unheard-of", "Hello", "Hello"),
        ("", "Hello", "Hello"),
        ("x-uuencode", uuencoded("x", b"Hello"), "Hello"),
    ],
)
def test_transfer_encodings(encoding: str, body: str, text: str) -> None:
    raw = mail("Content-Type: text/plain; charset=utf-8", f"Content-Transfer-Encoding: {encoding}", body=body)
    assert read_mail(raw).text == text


def test_bytes_of_an_attachment_are_exact() -> None:
    content = bytes(range(256)) * 40
    for encoding, sent in (
        ("base64", binascii.b2a_base64(content)),
        ("quoted-printable", binascii.b2a_qp(content, istext=False)),
    ):
        one = part("Content-Type: image/png", f"Content-Transfer-Encoding: {encoding}", body=sent)
        assert read_mail(multipart("mixed", part(), one)).parts[0].content == content
    eight = part(
        "Content-Type: image/png", "Content-Transfer-Encoding: binary", body=content.replace(b"\r", b"")
    )
    assert read_mail(multipart("mixed", part(), eight)).parts[0].content == content.replace(b"\r", b"")


def test_images_that_the_text_names_by_id_are_named_by_file() -> None:
    text = part("Content-Type: text/plain", body="before [cid:one@x] after [cid:two@x]\n")
    image = part('Content-Type: image/png; name="plan.png"', "Content-ID: <one@x>", body="x")
    assert read_mail(multipart("related", text, image)).text == "before [image: plan.png] after [cid:two@x]"
