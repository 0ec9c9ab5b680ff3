"""Which parts of a mail are its text and which its attachments."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest
from small_mail import joined, mail, multipart, part

from helpdesk_cli.mail.incoming import read_mail

if TYPE_CHECKING:
    from helpdesk_cli.mail.model import Incoming

TEXT = part("Content-Type: text/plain; charset=utf-8", body="Plain text\n")
HTML = part("Content-Type: text/html; charset=utf-8", body="<p>Plain <b>text</b></p>\n")
PDF = part('Content-Type: application/pdf; name="a.pdf"', "Content-Disposition: attachment", body="%PDF")
IMAGE = part(
    'Content-Type: image/png; name="i.png"', "Content-ID: <i@x>", "Content-Disposition: inline", body="x"
)
CALENDAR = part("Content-Type: text/calendar; method=REQUEST", body="BEGIN:VCALENDAR\n")
ATTACHED = part("Content-Type: message/rfc822", body=mail(body="Inner text\n"))


def nested(kind: str, *parts: bytes, boundary: str) -> bytes:
    """A multipart as a part."""
    return part(f'Content-Type: multipart/{kind}; boundary="{boundary}"', body=joined(boundary, *parts))


def names(found: Incoming) -> list[str]:
    """The file names of the attachments."""
    return [each.filename for each in found.parts]


@pytest.mark.parametrize(
    ("raw", "text", "attached"),
    [
        (multipart("mixed", TEXT, PDF), "Plain text", ["a.pdf"]),
        (multipart("alternative", TEXT, HTML), "Plain text", []),
        (multipart("alternative", HTML, TEXT), "Plain text", []),
        (multipart("alternative", part(body="\n \n"), HTML), "Plain text", []),
        (multipart("alternative", HTML), "Plain text", []),
        (multipart("alternative", TEXT, HTML, CALENDAR), "Plain text", ["invite.ics"]),
        (
            multipart("alternative", TEXT, part("Content-Type: text/x-amp-html", body="x"), HTML),
            "Plain text",
            [],
        ),
        (
            multipart("alternative", TEXT, nested("related", HTML, IMAGE, boundary="r")),
            "Plain text",
            ["i.png"],
        ),
        (
            multipart("related", nested("alternative", TEXT, HTML, boundary="a"), IMAGE),
            "Plain text",
            ["i.png"],
        ),
        (
            multipart("mixed", nested("alternative", TEXT, HTML, boundary="a"), PDF, PDF),
            "Plain text",
            ["a.pdf", "a-2.pdf"],
        ),
        (multipart("alternative", TEXT, nested("mixed", HTML, PDF, boundary="m")), "Plain text", ["a.pdf"]),
        (
            multipart("signed", TEXT, part("Content-Type: application/pgp-signature", body="x")),
            "Plain text",
            ["signature.asc"],
        ),
        (
            multipart(
                "signed",
                nested("mixed", TEXT, PDF, boundary="m"),
                part("Content-Type: application/pgp-signature", body="x"),
            ),
            "Plain text",
            ["a.pdf", "signature.asc"],
        ),
        (multipart("mixed", TEXT, ATTACHED), "Plain text", ["message-1.eml"]),
        (multipart("digest", part(body=mail()), part(body=mail())), "", ["message-1.eml", "message-2.eml"]),
        (
            multipart("mixed", TEXT, part('Content-Type: text/plain; name="log.txt"', body="log")),
            "Plain text",
            ["log.txt"],
        ),
        (
            multipart(
                "mixed", TEXT, part("Content-Type: text/plain", "Content-Disposition: attachment", body="log")
            ),
            "Plain text",
            ["attachment-1.txt"],
        ),
        (
            multipart("mixed", TEXT, part("Content-Type: text/csv", body="a,b")),
            "Plain text",
            ["attachment-1.csv"],
        ),
        (
            multipart(
                "mixed",
                TEXT,
                part(
                    "Content-Type: text/html", "Content-Disposition: attachment; filename=a.html", body="<p>x"
                ),
            ),
            "Plain text",
            ["a.html"],
        ),
        (
            multipart("mixed", TEXT, part("Content-Type: text/plain", body="-- \nA list\n")),
            "Plain text\n\n-- \nA list",
            [],
        ),
        (multipart("mixed", TEXT, HTML), "Plain text", []),
        (
            multipart("mixed", TEXT, part("Content-Type: text/html", body="<p>Something else")),
            "Plain text\n\nSomething else",
            [],
        ),
        (
            multipart(
                "mixed",
                part('Content-Type: image/png; name="1.png"', "Content-Disposition: inline", body="x"),
                TEXT,
            ),
            "Plain text",
            ["1.png"],
        ),
        (
            multipart(
                "mixed",
                TEXT,
                part('Content-Type: image/png; name="1.png"', "Content-Disposition: inline", body="x"),
                part(body="After\n"),
            ),
            "Plain text\n\n[image: 1.png]\n\nAfter",
            ["1.png"],
        ),
        (
            multipart(
                "mixed",
                part("Content-Type: text/plain; name=body.txt", "Content-Disposition: inline", body="Body\n"),
            ),
            "Body",
            ["body.txt"],
        ),
        (
            multipart(
                "mixed",
                TEXT,
                part(
                    'Content-Type: multipart/mixed; boundary="q"',
                    "Content-Disposition: attachment",
                    body=joined("q", HTML),
                ),
            ),
            "Plain text",
            ["attachment-1.html"],
        ),
        (mail("Content-Type: application/pdf; name=a.pdf"), "", ["a.pdf"]),
        (mail("Content-Type: text/plain; name=a.txt", "Content-Disposition: attachment"), "", ["a.txt"]),
        (mail("Content-Type: text/plain; name=a.txt"), "Hello", []),
        (mail("Content-Type: text/html", body="<p>Hi"), "Hi", []),
        (mail("Content-Type: text/calendar", body="BEGIN:VCALENDAR"), "", ["invite.ics"]),
        (mail("Content-Type: message/rfc822", body=mail()), "", ["message-1.eml"]),
        (mail("Content-Type: message/delivery-status", body="Action: failed\n"), "", ["delivery-status.txt"]),
        (mail("Content-Type: image/png", body="x"), "", ["image-1.png"]),
        (mail("Content-Type: text", body="x"), "x", []),
        (mail("Content-Type: ", body="x"), "x", []),
        (mail("Content-Type: TEXT/Plain", body="x"), "x", []),
        (mail(body="<!DOCTYPE html>\n<html><body><p>Hi</p></body></html>"), "Hi", []),
    ],
)
def test_text_and_attachments(raw: bytes, text: str, attached: list[str]) -> None:
    found = read_mail(raw)
    assert (found.text, names(found)) == (text, attached)


def test_alternatives_that_say_different_things() -> None:
    stub = part("Content-Type: text/plain", body="This message needs a viewer that shows HTML.\n")
    rich = part(
        "Content-Type: text/html",
        body="<style>p {color: red}</style><p>Dear colleague, the last invoice was paid twice.",
    )
    both = read_mail(multipart("alternative", stub, rich)).text
    assert both == (
        "This message needs a viewer that shows HTML.\n\nDear colleague, the last invoice was paid twice."
    )
    more = part("Content-Type: text/plain", body="Dear colleague,\n")
    assert read_mail(multipart("alternative", more, rich)).text == (
        "Dear colleague, the last invoice was paid twice."
    )


def test_a_report_keeps_its_text_and_attaches_what_is_for_programs() -> None:
    status = part("Content-Type: message/delivery-status", body="Reporting-MTA: dns; x\n\nAction: failed\n")
    returned = part("Content-Type: text/rfc822-headers", body="Subject: x\n")
    raw = multipart("report; report-type=Delivery-Status", TEXT, status, returned)
    raw = raw.replace(
        b'report; report-type=Delivery-Status; boundary="b"',
        b'report; report-type=Delivery-Status; boundary="b"',
    )
    found = read_mail(raw)
    assert found.text == "Plain text"
    assert names(found) == ["delivery-status.txt", "headers.txt"]
    assert found.parts[0].content == b"Reporting-MTA: dns; x\n\nAction: failed\n"
    assert (found.content_type, found.report_type) == ("multipart/report", "delivery-status")
    plain = multipart("report", TEXT, part(body="the returned text\n"))
    assert (read_mail(plain).text, names(read_mail(plain))) == ("Plain text", ["attachment-1.txt"])


def test_an_attached_mail_is_its_bytes() -> None:
    inner = b"Received: by x\r\nSubject: =?utf-8?q?x?=\r\n folded\r\n\r\nbody\xff\r\n"
    found = read_mail(multipart("mixed", TEXT, part("Content-Type: message/rfc822", body=inner)))
    assert found.parts[0].content == inner
    coded = part(
        "Content-Type: message/rfc822", "Content-Transfer-Encoding: base64", body=base64.encodebytes(inner)
    )
    assert read_mail(multipart("mixed", TEXT, coded)).parts[0].content == inner


def test_what_is_known_of_an_attachment() -> None:
    found = read_mail(multipart("related", HTML, IMAGE)).parts[0]
    assert (found.content_type, found.content, found.content_id, found.inline, found.original_name) == (
        "image/png",
        b"x",
        "i@x",
        True,
        "i.png",
    )
    assert not read_mail(multipart("mixed", TEXT, PDF)).parts[0].inline


def test_images_stand_where_they_stood() -> None:
    page = part(
        "Content-Type: text/html", body='<p>Look: <img src="cid:i@x"> and <img alt="logo" src="http://x/y">.'
    )
    assert read_mail(multipart("related", page, IMAGE)).text == "Look: [image: i.png] and [image: logo]."


@pytest.mark.parametrize(
    ("raw", "text", "attached"),
    [
        # No boundary said, a wrong one, one without its end, one closed too early.
        (mail("Content-Type: multipart/mixed", body=joined("x", TEXT, PDF)), "Plain text", ["a.pdf"]),
        (
            mail("Content-Type: multipart/mixed; boundary=y", body=joined("x", TEXT, PDF)),
            "Plain text",
            ["a.pdf"],
        ),
        (mail("MIME-Version: 1.0", body=joined("x", TEXT, PDF)), "Plain text", ["a.pdf"]),
        (
            mail("Content-Type: multipart/mixed; boundary=x", body=joined("x", TEXT, PDF)[:-6]),
            "Plain text",
            ["a.pdf"],
        ),
        (
            mail("Content-Type: multipart/mixed; boundary=x", body="Only text, no parts\n"),
            "Only text, no parts",
            [],
        ),
        (mail("Content-Type: multipart/mixed; boundary=x", body="--x--\n"), "", []),
        (
            mail("Content-Type: multipart/alternative; boundary=x", body="Before\n--x\n\n--x--\nAfter\n"),
            "Before\nAfter",
            [],
        ),
        (
            mail(
                "Content-Type: multipart/mixed; boundary=x",
                "Content-Transfer-Encoding: base64",
                body=base64.encodebytes(joined("x", TEXT, PDF)),
            ),
            "Plain text",
            ["a.pdf"],
        ),
        (
            multipart(
                "mixed",
                part(
                    "Content-Type: multipart/alternative; boundary=in",
                    body="--in\n" + TEXT.decode() + "\n--b\n" + PDF.decode(),
                ),
            ),
            "Plain text",
            ["a.pdf"],
        ),
        # A header of a part folded without a space.
        (
            multipart(
                "mixed",
                TEXT,
                part(
                    "Content-Type: application/zip;",
                    'name="z.zip"',
                    "Content-Transfer-Encoding: base64",
                    body="eA==",
                ),
            ),
            "Plain text",
            ["z.zip"],
        ),
    ],
)
def test_broken_multiparts(raw: bytes, text: str, attached: list[str]) -> None:
    found = read_mail(raw)
    assert (found.text, names(found)) == (text, attached)


def test_text_with_a_ruler_of_dashes_is_one_text() -> None:
    body = "Hello\n\n--something--\nContent of it: none\n\n-- \nAda\n"
    assert read_mail(multipart("mixed", part(body=body), PDF)).text == body.strip()
    assert read_mail(mail(body=body)).text == body.strip()
