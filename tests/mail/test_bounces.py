"""Reports that mail did not arrive: standard and free, and what only looks like one."""

from __future__ import annotations

import time

import pytest

from helpdesk_cli.mail.bounces import Bounce, read_bounce
from helpdesk_cli.mail.incoming import read_mail
from helpdesk_cli.mail.model import Incoming
from helpdesk_cli.tickets.person import Person


def bounce_of(headers: str, text: str, *, sender: str | None = "") -> Bounce | None:
    """What a mail of these headers and this text reports."""
    return read_bounce(read_mail(f"{headers}\n\n{text}".encode()), envelope_sender=sender)


def report(*blocks: str, returned: str = "", kind: str = "message/rfc822") -> str:
    """A multipart/report with these recipient blocks."""
    status = "Reporting-MTA: dns; mx.example.org\n\n" + "\n\n".join(blocks)
    parts = [
        "Content-Type: text/plain\n\nSorry, it did not work.",
        f"Content-Type: message/delivery-status\n\n{status}",
        f"Content-Type: {kind}\n\n{returned}",
    ]
    return "".join(f"--b\n{part}\n" for part in parts) + "--b--\n"


UNDELIVERED = "Undelivered Mail Returned to Sender"
DAEMON = f"From: MAILER-DAEMON@mx.example.org\nTo: support@desk.example\nSubject: {UNDELIVERED}"
IN_FORM = f"{DAEMON}\nContent-Type: multipart/report; report-type=delivery-status; boundary=b"
FAILED = "Final-Recipient: rfc822; bob@example.org\nAction: failed\nStatus: 5.1.1"


@pytest.mark.parametrize(
    ("blocks", "expected"),
    [
        ([FAILED], Bounce(("bob@example.org",))),
        ([FAILED, FAILED.replace("bob", "eve")], Bounce(("bob@example.org", "eve@example.org"))),
        ([FAILED.replace("failed", "delayed")], Bounce(("bob@example.org",), temporary=True)),
        ([FAILED, FAILED.replace("bob", "eve").replace("failed", "delayed")], Bounce(("bob@example.org",))),
        ([FAILED.replace("failed", "FAILED (smtp)")], Bounce(("bob@example.org",))),
        ([FAILED.replace("failed", "error")], Bounce(("bob@example.org",))),
        (
            [FAILED.replace("rfc822; bob@example.org", "RFC822;<bob@example.org>")],
            Bounce(("bob@example.org",)),
        ),
        ([FAILED.replace("rfc822; ", "")], Bounce(("bob@example.org",))),
        ([f"Original-Recipient: rfc822; team@example.org\n{FAILED}"], Bounce(("team@example.org",))),
        (["Final-Recipient: rfc822;\n bob@example.org\nAction: failed"], Bounce(("bob@example.org",))),
        (["Final-Recipient: rfc822; bob@example.org\nStatus: 5.5.0"], Bounce(("bob@example.org",))),
        (
            ["Final-Recipient: rfc822; bob@example.org\nStatus: 4.4.1"],
            Bounce(("bob@example.org",), temporary=True),
        ),
        ([FAILED.replace("bob", "jürgen")], Bounce(("jürgen@example.org",))),
        ([FAILED + "\n" + FAILED.replace("bob", "eve")], Bounce(("bob@example.org", "eve@example.org"))),
        (["\n\n" + FAILED], Bounce(("bob@example.org",))),
        ([FAILED.replace("failed", "delivered")], None),
        ([FAILED.replace("failed", "relayed")], None),
        ([FAILED.replace("failed", "expanded")], None),
        ([FAILED, FAILED.replace("bob", "eve").replace("failed", "delivered")], Bounce(("bob@example.org",))),
        (["Final-Recipient: nothing that can be read"], Bounce()),
    ],
)
def test_the_standard_form(blocks: list[str], expected: Bounce | None) -> None:
    """RFC 3464, with what mail servers make of it."""
    assert bounce_of(IN_FORM, report(*blocks)) == expected


@pytest.mark.parametrize("kind", ["message/rfc822", "text/rfc822-headers"])
def test_the_ids_of_what_came_back(kind: str) -> None:
    """From the returned mail or its headers; folded too."""
    returned = (
        "From: us@desk.example\nMessage-ID:\n <desk.1@desk.example>\nSubject: It\n\nMessage-ID: <no@this>"
    )
    found = bounce_of(IN_FORM, report(FAILED, returned=returned, kind=kind))
    assert found is not None
    assert found.original_message_ids == ("desk.1@desk.example",)


def test_the_id_in_headers_copied_into_the_text() -> None:
    """As qmail and Exim return a mail."""
    text = (
        "Hi. This is the qmail-send program at x.\nI'm afraid I wasn't able to deliver.\n\n"
        "<bob@example.org>:\nNo mailbox here.\n\n--- Below this line is a copy of the message.\n\n"
        "Received: from x\nMessage-ID: <desk.1@desk.example>\nSubject: It\n\nHello\n"
    )
    assert bounce_of(DAEMON.replace(UNDELIVERED, "failure notice"), text) == Bounce(
        ("bob@example.org",), original_message_ids=("desk.1@desk.example",)
    )


def test_the_recipients_in_a_header() -> None:
    """Exim and Gmail name them there."""
    headers = f"{DAEMON}\nX-Failed-Recipients: bob@example.org,\n eve@example.org"
    assert bounce_of(headers, "Something failed.") == Bounce(("bob@example.org", "eve@example.org"))


def test_a_report_in_words_nobody_knows() -> None:
    """An address on a line with the refusal of a mail server; never the address we wrote from."""
    text = "Ni mukanda ya nzila\n\n  <bob@example.org>: 550 5.1.1 ko\n  support@desk.example 550 5.1.1 ko\n"
    assert bounce_of(DAEMON, text) == Bounce(("bob@example.org",))


@pytest.mark.parametrize(
    "subject",
    [
        "Undeliverable: It",
        "Returned mail: see transcript for details",
        "Mail delivery failed: returning message to sender",
        "Delivery Status Notification (Failure)",
        "failure notice",
        "Unzustellbar: It",
        "Non remis : It",
        "No se puede entregar: It",
        "Non recapitabile: It",
        "Não é possível entregar: It",
        "Onbestelbaar: It",
        "Недоставленное сообщение",
        "配信不能: It",
        "系统退信",
        "[Postmaster] Email Delivery Failure",
    ],
)
def test_a_mail_server_that_names_nobody_bounces_all_the_same(subject: str) -> None:
    """Its name and its subject are enough; whom it means, a person must read."""
    headers = f"From: Mail Delivery System <MAILER-DAEMON@x.example>\nSubject: {subject}"
    assert bounce_of(headers, "Sorry.") == Bounce()


PERSON = "From: Ada Lovelace <ada@example.org>\nTo: support@desk.example"
QUOTED = (
    "Hello,\n\nI get this when I write to you:\n\n"
    "This is the mail system at host mx.\n\n<support@desk.example>: 550 5.1.1 user unknown\n\n"
    "The following addresses had permanent fatal errors:\n<support@desk.example>\n"
    "Final-Recipient: rfc822; support@desk.example\nAction: failed\n\nWhat now?\nAda\n"
)


@pytest.mark.parametrize(
    "subject",
    [
        "Error when I write to you",
        "Re: Undeliverable: It",
        "Fwd: failure notice",
        "Your mail server",
        "Delivery failure",
        "Delivery of order 12",
    ],
)
def test_a_person_who_quotes_an_error_is_a_person(subject: str) -> None:
    """However much of the report they paste."""
    assert bounce_of(f"{PERSON}\nSubject: {subject}", QUOTED, sender="ada@example.org") is None


def test_a_person_who_attaches_a_report_is_a_person() -> None:
    """The report inside an attached mail is not this mail's."""
    attached = f"{IN_FORM.replace('boundary=b', 'boundary=c')}\n\n" + report(FAILED).replace("--b", "--c")
    text = f"--b\n\nSee this.\n--b\nContent-Type: message/rfc822\n\n{attached}\n--b--\n"
    headers = f"{PERSON}\nSubject: Fwd: Undelivered Mail\nContent-Type: multipart/mixed; boundary=b"
    assert bounce_of(headers, text, sender="ada@example.org") is None


def test_a_reply_with_the_subject_of_a_report_is_a_reply() -> None:
    """It says what it answers."""
    headers = f"{PERSON}\nSubject: Delivery failure\nIn-Reply-To: <1@desk.example>"
    assert bounce_of(headers, QUOTED, sender="ada@example.org") is None


@pytest.mark.parametrize("kind", ["feedback-report", "disposition-notification"])
def test_a_report_of_another_kind_is_no_bounce(kind: str) -> None:
    """A complaint or a receipt, whatever addresses stand in its words."""
    headers = f"From: abuse@x.example\nContent-Type: multipart/report; report-type={kind}; boundary=b"
    text = f"--b\n\nSeen, by bob@example.org, today.\n--b\nContent-Type: message/{kind}\n\nx: y\n\n--b--\n"
    assert bounce_of(headers, text) is None


@pytest.mark.parametrize("envelope", ["", "<>"])
def test_the_null_sender_alone_makes_no_bounce(envelope: str) -> None:
    """Out-of-office notes come by it as well."""
    headers = f"{PERSON}\nSubject: Automatic reply: It"
    assert (
        bounce_of(headers, "I am away until Monday. In urgent cases: eve@example.org", sender=envelope)
        is None
    )


@pytest.mark.parametrize(
    "text",
    [
        "a" * 300_000,
        "@" * 300_000,
        "The following addresses had permanent fatal errors\n" + ("a" * 255 + "\n") * 1000,
        "Your message could not be delivered\n" + ("<" * 255 + "\n") * 1000,
        "Message-ID: " * 50_000,
        "550 a@b " * 60_000,
    ],
    ids=["letters", "ats", "after-tag", "brackets", "ids", "refusals"],
)
def test_a_hostile_report_costs_little(text: str) -> None:
    """Patterns see a bounded piece, in bounded lines."""
    mail = Incoming(
        subject="Undeliverable",
        from_=(Person(email="mailer-daemon@example.org"),),
        text=text,
        message_id="1@x",
    )
    start = time.process_time()
    assert read_bounce(mail) is not None
    assert time.process_time() - start < 5


def test_nothing_of_the_mail_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    """The library behind logs what it stumbles over; a mail server would send that to strangers (F2)."""
    bounce_of(
        DAEMON + "\nX-Mailer: Nov\nContent-Type: multipart/mixed; boundary=b",
        "--b\n\n5.1.1 \xff\ud7ff\n--b--",
    )
    assert capfd.readouterr() == ("", "")
