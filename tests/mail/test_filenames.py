"""Names of attachments: safe to make, good to read, each once."""

from __future__ import annotations

import base64
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_mail import mail, multipart, part

from helpdesk_cli.mail.filenames import Names, derived_name, kind_of, safe_name
from helpdesk_cli.mail.incoming import read_mail


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("report.pdf", "report.pdf"),
        ("Größe 2.pdf", "Größe 2.pdf"),
        ("Gro\u0308ße.pdf", "Größe.pdf"),
        ("日本語.txt", "日本語.txt"),
        ("../../.git/hooks/post-commit", "post-commit"),
        ("/u/nsb/RFC-MIME.ps", "RFC-MIME.ps"),
        ("C:\\Users\\x\\a.doc", "a.doc"),
        ("..", "attachment-7.pdf"),
        (".", "attachment-7.pdf"),
        ("/", "attachment-7.pdf"),
        ("", "attachment-7.pdf"),
        ("   ", "attachment-7.pdf"),
        ("???", "attachment-7.pdf"),
        ("\u202e\u200b", "attachment-7.pdf"),
        (".htaccess", "htaccess"),
        ("\u200b.htaccess", "htaccess"),
        (".g\u200cit/x", "x"),
        (".g\u200cit", "git"),
        ("-rf.txt", "rf.txt"),
        ("a\0b\nc.txt", "abc.txt"),
        ("a\x1b[2J.txt", "a[2J.txt"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("CON", "_CON"),
        ("con.txt", "_con.txt"),
        ("NUL.tar.gz", "_NUL.tar.gz"),
        ("COM1.txt", "_COM1.txt"),
        ("console.txt", "console.txt"),
        ("trailing. . .", "trailing"),
        ('a<b>:"|?*c.txt', "a_b_c.txt"),
        ("two  spaces.txt", "two spaces.txt"),
        ("Fwd: hello.eml", "Fwd_ hello.eml"),
    ],
)
def test_a_safe_name(name: str, safe: str) -> None:
    assert safe_name(name, "application/pdf", 7) == safe


@pytest.mark.parametrize(
    "name", ["x" * 10_000 + ".pdf", "ä" * 500 + ".pdf", "𐍈" * 90 + ".pdf", "a." + "b" * 300, "." * 500]
)
def test_a_long_name_is_cut_and_keeps_its_extension(name: str) -> None:
    safe = safe_name(name, "application/pdf", 1)
    assert len(safe.encode()) <= 100
    assert safe.endswith(".pdf") or not name.endswith(".pdf")
    assert safe_name("x" * 200 + ".tar.gz", "application/gzip", 1).endswith("x.tar.gz")


@given(st.text(max_size=60))
def test_any_name_becomes_safe(name: str) -> None:
    safe = safe_name(name, "image/png", 1)
    assert 0 < len(safe.encode()) <= 100
    assert safe.isprintable()
    assert not set('/\\<>:"|?*') & set(safe)
    assert safe[0] not in ".- ~"
    assert safe[-1] not in ". "
    assert safe_name(safe, "image/png", 1) == safe


def test_names_are_handed_out_once() -> None:
    names = Names()
    given_out = [names.unique(name) for name in ["a.txt", "a.txt", "A.TXT", "a-2.txt", "b", "b", "a.txt"]]
    assert given_out == ["a.txt", "a-2.txt", "A-3.TXT", "a-2-2.txt", "b", "b-2", "a-4.txt"]
    long = "x" * 96 + ".pdf"
    assert [len(names.unique(long)) for _ in range(3)] == [100, 100, 100]


def test_many_equal_names_take_no_time() -> None:
    names = Names()
    assert len({names.unique("a.txt").casefold() for _ in range(5000)}) == 5000


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("application/pdf", "attachment-2.pdf"),
        ("message/rfc822", "message-2.eml"),
        ("image/png", "image-2.png"),
        ("text/calendar", "invite.ics"),
        ("application/pgp-signature", "signature.asc"),
        ("application/pkcs7-signature", "smime.p7s"),
        ("message/delivery-status", "delivery-status.txt"),
        ("text/rfc822-headers", "headers.txt"),
        ("application/x-unheard-of", "attachment-2.bin"),
        ("text/x-unheard-of", "attachment-2.txt"),
    ],
)
def test_a_part_without_a_name_gets_one(kind: str, name: str) -> None:
    assert derived_name(kind, 2) == name


def test_types_of_files_that_came_without_one() -> None:
    assert kind_of("a.PDF") == "application/pdf"
    assert kind_of("notes.txt") == "text/plain"
    assert kind_of("x") == "application/octet-stream"
    assert kind_of("pdf") == "application/pdf"


def encoded(name: str) -> str:
    """A name as an encoded word."""
    return f"=?utf-8?b?{base64.b64encode(name.encode()).decode()}?="


@pytest.mark.parametrize(
    "field",
    [
        "attachment; filename*=utf-8''..%2F..%2F.git%2Fhooks%2Fpost-commit",
        f'attachment; filename="{encoded("../../.git/hooks/post-commit")}"',
        'attachment; filename="../../.git/hooks/post-commit"',
        'attachment; filename="..\\\\..\\\\.git\\\\hooks\\\\post-commit"',
    ],
)
def test_a_path_in_a_mail_is_a_name(field: str) -> None:
    (found,) = read_mail(
        mail(f"Content-Disposition: {field}", "Content-Type: application/octet-stream")
    ).parts
    assert found.filename == "post-commit"
    assert ".git" in found.original_name


def test_names_are_unique_in_a_mail() -> None:
    same = part('Content-Disposition: attachment; filename="a.txt"')
    named = part('Content-Disposition: attachment; filename="A.txt"')
    found = read_mail(multipart("mixed", same, same, named)).parts
    assert [each.filename for each in found] == ["a.txt", "a-2.txt", "A-3.txt"]
    assert [each.original_name for each in found] == ["a.txt", "a.txt", "A.txt"]


def test_plain_names_are_left_alone() -> None:
    for char in string.ascii_letters + string.digits + "_+=,@#%&()[]{}!'$":
        assert safe_name(f"a{char}b.txt", "text/plain", 1) == f"a{char}b.txt"
