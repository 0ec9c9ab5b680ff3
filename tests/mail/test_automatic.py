"""Who wrote it, a person or a machine, and how it travelled: two facts, told apart."""

from __future__ import annotations

import pytest

from helpdesk_cli.mail.automatic import Kind, classify
from helpdesk_cli.mail.incoming import read_mail
from helpdesk_cli.mail.own import OwnAddresses

OWN = OwnAddresses(frozenset({"support@desk.example"}), frozenset({"desk-7f3a"}))
HEAD = {
    "From": "Ada Lovelace <ada@example.org>",
    "To": "support@desk.example",
    "Subject": "It does not start",
    "Message-ID": "<1@example.org>",
}


def kind_of(headers: dict[str, str], *, sender: str | None = "ada@example.org", text: str = "Words.") -> Kind:
    """The kind of a mail with these headers over the usual ones."""
    lines = [f"{name}: {value}" for name, value in (HEAD | headers).items()]
    raw = "\r\n".join(lines).encode() + b"\r\n\r\n" + text.encode()
    return classify(read_mail(raw), own=OWN, envelope_sender=sender)


ANSWERED = {"Subject": "Re: It does not start", "In-Reply-To": "<0@desk.example>"}


@pytest.mark.parametrize(
    ("headers", "automatic", "bulk"),
    [
        ({}, None, None),
        ({"Auto-Submitted": "auto-replied"}, "auto-reply", None),
        ({"Auto-Submitted": "auto-replied (vacation)"}, "auto-reply", None),
        ({"Auto-Submitted": "auto-generated"}, "other", None),
        (ANSWERED | {"Auto-Submitted": "auto-generated"}, "auto-reply", None),
        ({"Auto-Submitted": "no"}, None, None),
        ({"X-Autoreply": "yes"}, "auto-reply", None),
        ({"X-Apple-Action": "VACATION"}, "auto-reply", None),
        ({"Precedence": "auto_reply"}, "auto-reply", None),
        ({"X-Mailer": "vacation 1.2"}, "auto-reply", None),
        ({"Subject": "Automatic reply: It does not start"}, "auto-reply", None),
        ({"Subject": "Automatische Antwort: Es startet nicht"}, "auto-reply", None),
        ({"Subject": "Abwesenheitsnotiz: Es startet nicht"}, "auto-reply", None),
        ({"Subject": "Réponse automatique : Ça ne marche pas"}, "auto-reply", None),
        ({"Subject": "Respuesta automática: No arranca"}, "auto-reply", None),
        ({"Subject": "Automatisch antwoord: Het start niet"}, "auto-reply", None),
        ({"Subject": "自动回复: 无法启动"}, "auto-reply", None),
        ({"Subject": "Out of Office AutoReply: It does not start"}, "auto-reply", None),
        ({"Subject": "Re: [desk] Out of office AutoReply: Back next week"}, "auto-reply", None),
        # A person answers such a reply: their program says what it answers.
        (ANSWERED | {"Subject": "Re: Automatic reply: It does not start"}, None, None),
        ({"Subject": "Out of office is not sent"}, None, None),
        ({"Subject": "Automatic reply is sent twice"}, None, None),
        # Exchange puts this on people's mail too.
        ({"X-Auto-Response-Suppress": "DR, OOF, AutoReply"}, None, None),
        ({"X-MS-Exchange-Inbox-Rules-Loop": "ada@example.org"}, None, None),
        ({"X-Loop": "users@example.org"}, None, None),
        ({"List-Id": "<users.example.org>", "List-Post": "<mailto:users@example.org>"}, None, "list"),
        ({"List-Id": "<users.example.org>"}, None, "list"),
        ({"Mailing-List": "contact users-help@example.org"}, None, "list"),
        ({"X-Mailing-List": "users@example.org"}, None, "list"),
        ({"Precedence": "list"}, None, "list"),
        (ANSWERED | {"Precedence": "bulk", "X-BeenThere": "users@example.org"}, None, "list"),
        (ANSWERED | {"Precedence": "bulk", "Sender": "owner-users@example.org"}, None, "newsletter"),
        ({"Precedence": "bulk"}, None, "newsletter"),
        ({"List-Unsubscribe": "<https://example.org/u>"}, None, "newsletter"),
        ({"List-Id": "<news>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}, None, "newsletter"),
        ({"List-Id": "<news>", "List-Post": "NO", "Precedence": "bulk"}, None, "newsletter"),
        ({"Feedback-ID": "1:2:3:esp"}, None, "newsletter"),
        # vacation(1) answers like this.
        (ANSWERED | {"Precedence": "bulk"}, "auto-reply", "newsletter"),
        (ANSWERED | {"Precedence": "junk"}, "auto-reply", "newsletter"),
        ({"Auto-Submitted": "auto-generated", "List-Id": "<ci.example.org>"}, "other", "list"),
        # Senders' names forbid answers; they do not say who wrote.
        ({"From": "noreply@example.org", "Reply-To": "ada@example.org"}, None, None),
    ],
)
def test_two_facts(headers: dict[str, str], automatic: str | None, bulk: str | None) -> None:
    """Each told by its own signs."""
    kind = kind_of(headers)
    assert (kind.automatic, kind.bulk) == (automatic, bulk)


def test_the_null_sender_is_a_machine() -> None:
    """A reply by it answers something, anything else is a notice of some kind."""
    assert kind_of({}, sender="").automatic == "other"
    assert kind_of(ANSWERED, sender="<>").automatic == "auto-reply"
    assert kind_of({"Return-Path": "<>"}, sender=None).automatic == "other"
    assert kind_of({"Return-Path": "<ada@example.org>"}, sender=None).automatic is None


@pytest.mark.parametrize(
    ("headers", "sender", "automatic"),
    [
        ({"From": "Support <support@desk.example>"}, "support@desk.example", "loop"),
        ({"X-Desk-Loop": "desk-7f3a"}, "ada@example.org", "loop"),
        ({"X-Desk-Loop": "desk-other"}, "ada@example.org", None),
        # A contact form, and a group that rewrites From (DMARC): somebody else stands in Reply-To.
        ({"From": "support@desk.example", "Reply-To": "ada@example.org"}, "www@desk.example", None),
        # A mail host that forwards puts our address into the envelope.
        ({}, "support+caf_=desk=in.example@desk.example", None),
    ],
)
def test_a_loop_is_our_own_mail_come_back(
    headers: dict[str, str], sender: str, automatic: str | None
) -> None:
    """Not what merely passed through our addresses."""
    assert kind_of(headers, sender=sender).automatic == automatic


def test_a_machine_is_never_answered() -> None:
    """Even where no rule of the table has its sign."""
    kind = kind_of({"Subject": "Automatic reply: It does not start"})
    assert (kind.automatic, kind.may_answer) == ("auto-reply", "A8")


@pytest.mark.parametrize(
    ("headers", "spam"),
    [
        ({"X-Spam-Flag": "YES"}, True),
        ({"X-Spam-Status": "Yes, score=9.1"}, True),
        ({"X-Spam-Status": "No, score=0.1"}, False),
        ({"X-Spam-Flag": "yesterday"}, False),
        ({"X-Spam-Level": "*****"}, False),
        ({}, False),
    ],
)
def test_the_filter_before_us_is_believed(headers: dict[str, str], *, spam: bool) -> None:
    """Only if it is said that there is one."""
    assert kind_of(headers).spam == spam
    raw = "\r\n".join(f"{name}: {value}" for name, value in (HEAD | headers).items()).encode() + b"\r\n\r\nx"
    assert not classify(read_mail(raw), own=OWN, envelope_sender="a@b.c", trust_spam_headers=False).spam


REPORTS = {
    "feedback-report": "message/feedback-report",
    "disposition-notification": "message/disposition-notification",
}


@pytest.mark.parametrize("report", REPORTS)
def test_reports_about_mail_that_arrived(report: str) -> None:
    """Complaints and receipts are a machine's, and no bounce."""
    text = (
        "--b\r\nContent-Type: text/plain\r\n\r\nA report.\r\n"
        f"--b\r\nContent-Type: {REPORTS[report]}\r\n\r\nFeedback-Type: abuse\r\n\r\n--b--\r\n"
    )
    kind = kind_of({"Content-Type": f"multipart/report; report-type={report}; boundary=b"}, text=text)
    assert (kind.automatic, kind.bounce, kind.may_answer) == ("other", None, "A2")
