"""winmail.dat opened."""

from __future__ import annotations

import base64
from email import message_from_bytes

import pytest
from corpus.score import CORPUS
from small_mail import mail, multipart, part

from helpdesk_cli.mail.incoming import read_mail

MAILS = CORPUS / "MimeKit" / "mails"


def winmail(name: str) -> bytes:
    """The winmail.dat of a mail of the corpus."""
    message = message_from_bytes((MAILS / name).read_bytes())
    payload = next(each for each in message.walk() if "tnef" in each.get_content_type()).get_payload(
        decode=True
    )
    assert isinstance(payload, bytes)
    return payload


def sent(content: bytes, kind: str = "application/ms-tnef; name=winmail.dat", text: bytes = b"") -> bytes:
    """A mail with it."""
    one = part(f"Content-Type: {kind}", "Content-Transfer-Encoding: base64", body=base64.encodebytes(content))
    return multipart("mixed", part(body=text), one)


def test_its_files_are_attachments_and_it_is_gone() -> None:
    found = read_mail((MAILS / "tnef-two-files.eml").read_bytes())
    assert [(each.filename, len(each.content)) for each in found.parts] == [("AUTHORS", 244), ("README", 893)]
    assert found.text == "See the attached TNEF."
    assert found.problems == ()


def test_its_files_are_whole() -> None:
    """A compound file is 512 bytes a piece; tnefparse 1.4 gives 61534 and 29034."""
    found = read_mail((MAILS / "tnef-MAPI_ATTACH_DATA_OBJ.eml").read_bytes()).parts[0]
    assert (found.filename, len(found.content), found.content[:4]) == (
        "VIA_Nytt_1402.doc",
        61952,
        b"\xd0\xcf\x11\xe0",
    )
    found = read_mail((MAILS / "tnef-winmail.eml").read_bytes()).parts[0]
    assert (len(found.content), found.content[:4]) == (57 * 512, b"\xd0\xcf\x11\xe0")


def test_its_text_is_the_text_when_the_mail_has_none() -> None:
    found = read_mail(sent(winmail("tnef-unicode-mapi-attr.eml")))
    assert found.text.strip("\u200b ") == "hello world"
    assert [each.filename for each in found.parts] == ["example.dat", "body.html"]


def test_its_text_is_read_in_its_own_charset() -> None:
    assert read_mail(sent(winmail("tnef-ukr.eml"))).text.startswith("шостий")


@pytest.mark.parametrize(
    "kind",
    [
        "application/vnd.ms-tnef",
        "application/octet-stream; name=winmail.dat",
        "application/x-y; name=ATT1.DAT",
    ],
)
def test_it_is_known_by_its_first_bytes(kind: str) -> None:
    assert [each.filename for each in read_mail(sent(winmail("tnef-one-file.eml"), kind)).parts] == [
        "AUTHORS"
    ]


def test_one_that_cannot_be_read_is_kept() -> None:
    whole = winmail("tnef-two-files.eml")
    for broken in (whole[:5] + b"\xff" * 40, whole[: len(whole) // 2]):
        found = read_mail(sent(broken))
        assert "winmail.dat" in [each.filename for each in found.parts]
        assert "tnef-unread" in found.problems
        kept = next(each for each in found.parts if each.filename == "winmail.dat")
        assert kept.content == broken


def test_what_only_has_its_name_is_an_attachment_as_any() -> None:
    found = read_mail(sent(b"not tnef"))
    assert [(each.filename, each.content) for each in found.parts] == [("winmail.dat", b"not tnef")]
    assert found.problems == ()


def test_damage_of_any_kind_is_survived() -> None:
    whole = winmail("tnef-attachments.eml")[:3000]
    for at in range(0, len(whole), 37):
        found = read_mail(sent(whole[:at] + b"\xff\x00\xff" + whole[at + 3 :]))
        assert found.parts
    assert read_mail(mail("Content-Type: application/ms-tnef", body=b"\x78\x9f\x3e\x22")).parts
