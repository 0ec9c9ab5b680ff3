"""Which rule forbids an automatic answer (RELIABILITY A1 to A14, A18): header sets and decisions."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_cli.mail.automatic import Kind, classify
from helpdesk_cli.mail.incoming import read_mail
from helpdesk_cli.mail.own import OwnAddresses
from helpdesk_cli.mail.token import message_id

KEY = b"a key of thirty-two bytes, or so"
OWN = OwnAddresses(frozenset({"support@desk.example", "help@desk.example"}), frozenset({"desk-7f3a"}), KEY)
BASE = """
From: Ada Lovelace <ada@example.org>
To: support@desk.example
Subject: It does not start
Date: Mon, 02 Nov 2026 09:14:00 +0100
Message-ID: <1@example.org>
Content-Type: text/plain; charset=utf-8
""".strip()

# Rule, then what is added to a mail that may be answered; "!" replaces the header of that name.
FORBIDDEN = """
A1|Return-Path: <>
A1|Return-Path: < >
A1|Return-Path:
A2|!Content-Type: multipart/report; report-type=delivery-status; boundary=b
A2|!Content-Type: multipart/report; report-type=disposition-notification; boundary=b
A2|!Content-Type: multipart/report; report-type=feedback-report; boundary=b
A2|!Content-Type: multipart/report; boundary=b
A2|!Content-Type: message/delivery-status
A2|!Content-Type: message/disposition-notification
A2|!Content-Type: message/feedback-report
A2|X-Failed-Recipients: bob@example.org
A3|Auto-Submitted: auto-replied
A3|Auto-Submitted: auto-generated
A3|Auto-Submitted: auto-notified; owner-email="x@y.z"
A3|Auto-Submitted: auto-generated (failure)
A3|Auto-Submitted: yes
A3|Auto-Submitted:
A3|Auto-Submitted: ;no
A3|Auto-Submitted: none
A3|Auto-Submitted: auto-replied; no
A4|X-Desk-Loop: desk-7f3a
A4|X-Desk-Loop: desk-0000, desk-7f3a; hops=2
A4|!From: Support <support@desk.example>
A4|!From: help+x@desk.example
A4|!From: SUPPORT@DESK.EXAMPLE
A4|Sender: support@desk.example
A5|X-Auto-Response-Suppress: All
A5|X-Auto-Response-Suppress: AutoReply
A5|X-Auto-Response-Suppress: OOF, AutoReply
A5|X-Auto-Response-Suppress: DR, RN, NRN, OOF, AutoReply
A6|List-Id: Users <users.lists.example.org>
A6|List-Post: <mailto:users@lists.example.org>
A6|List-Unsubscribe: <https://example.org/u>
A6|List-Help: <mailto:help@lists.example.org>
A6|List-Subscribe: <mailto:join@lists.example.org>
A6|List-Owner: <mailto:o@lists.example.org>
A6|List-Archive: <https://example.org/a>
A6|List-Unsubscribe-Post: List-Unsubscribe=One-Click
A6|Mailing-List: contact users-help@example.org
A6|X-Mailing-List: users@example.org
A6|Feedback-ID: 1:2:3:esp
A7|Precedence: bulk
A7|Precedence: junk
A7|Precedence: list
A7|Precedence: auto_reply
A7|X-Precedence: bulk
A8|X-Autoreply: yes
A8|X-Autorespond: vacation
A8|X-Autoresponder: 1
A8|X-AutoReply-From: ada@example.org
A8|X-Mail-Autoreply: yes
A8|X-FC-MachineGenerated: true
A8|Delivered-To: Autoresponder
A8|X-Loop: ada@example.org
A9|!From: MAILER-DAEMON@example.org
A9|!From: postmaster@example.org
A9|!From: daemon@example.org
A9|!From: root@example.org
A9|!From: nobody@example.org
A9|!From: abuse@example.org
A9|!From: no-reply@example.org
A9|!From: noreply@example.org
A9|!From: no_reply@example.org
A9|!From: noreply-7163@example.org
A9|!From: do-not-reply@example.org
A9|!From: donotreply@example.org
A9|!From: notifications-noreply@example.org
A9|!From: bounce@example.org
A9|!From: bounces+123=desk.example@example.org
A9|!From: owner-users@example.org
A9|!From: users-request@example.org
A9|!From: users-owner@example.org
A9|!From: users-bounces@example.org
A9|!From: users-bounces+support=desk.example@example.org
A9|!From: users-errors@example.org
A9|!From: mail-relay@example.org
A9|!From: prvs=0123abcd=noreply@example.org
A9|!From: SRS0=hash=tt=example.net=postmaster@example.org
A10|!From: ada@example.org, bob@example.org
A10|From: bob@example.org
A10|!From: Ada Lovelace
A10|!From: undisclosed-recipients:;
A10|!From: Ada <ada@exa$mple.org>
A10|!From: Ada <ada..l@example.org>
A10|!From: Ada <.ada@example.org>
A10|!From: Ada <ada@-example.org>
A10|Reply-To: ada@example.org, bob@example.org
A10|Reply-To: help@desk.example
A11|X-Spam-Flag: YES
A11|X-Spam-Status: Yes, score=7.1 required=5.0
A11|Authentication-Results: mx.desk.example; dmarc=fail header.from=example.org
A11|Authentication-Results: mx.desk.example; spf=fail smtp.mailfrom=ada@example.org
A11|Authentication-Results: mx.desk.example; spf=fail; dkim=pass header.d=other.example
A12|!To: somebody@else.example
A12|!To: undisclosed-recipients:;
A13|!Subject: Re: Re: Re: It does not start
A13|!Subject: AW: Re: AW: It does not start
A13|!Subject: Re[4]: It does not start
A13|!Subject: Auto: Auto: Auto: It
A13|!Subject: [TICKET-1] [TICKET-1] [TICKET-1] It
A13|!Subject: Automatic reply: Automatic reply: Automatic reply: It
A13|!Subject: Re: Auto: Re: Auto: Re: It
A13|!Subject: RE: re: Re: It
A13|!Subject: Re[3]: It
A13|!Subject: SV: VS: Antw: It
A13|!Subject: 回复：回复：回复：启动
A13|!Subject: [Desk #1] [Desk #2] [Desk #3] It
A14|!Date: Mon, 26 Oct 2026 09:14:00 +0100
A14|!Date: Thu, 01 Jan 2015 00:00:00 +0000
A14|!Date: Wed, 28 Oct 2026 08:13:00 +0100 (CET)
A18|!From: Ada <ada@elsewhere.example>
A18|!From: Ada <ada@notexample.org>
A18|!From: Ada <ada@example.org.evil.example>
A18|!From: Ada <ada@org>
A18|!From: Ada <ada@müller.example>
A2|!Content-Type: MULTIPART/REPORT; boundary=b
A2|X-Failed-Recipients: bob@example.org, eve@example.org
A2|X-Failed-Recipients:
A3|Auto-Submitted: auto-replied (vacation)
A3|Auto-Submitted: auto-generated; owner-token="no"
A3|Auto-Submitted: "no"
A3|Auto-Submitted: no,auto-replied
A3|Auto-Submitted: x-other
A4|X-Desk-Loop: desk-7f3a; hops=1
A4|X-Desk-Loop: a b c desk-7f3a
A4|!From: "Ada" <support+tag@desk.example>
A4|Sender: Help <help@desk.example>
A5|X-Auto-Response-Suppress: DR;All
A5|X-Auto-Response-Suppress: all
A5|X-Auto-Response-Suppress: RN, AutoReply , OOF
A6|List-Id: x
A6|List-Unsubscribe:
A6|List-Post: NO
A6|Feedback-ID: x
A7|Precedence: auto-reply
A7|X-Precedence: list
A7|X-Precedence: junk
A8|X-Loop: help@elsewhere.example
A8|X-Desk-Loop: desk-0000
A8|X-Desk-Loop: desk-0000; hops=1
A8|X-Autoresponder:
A8|X-Mail-Autoreply: 0
A9|!From: Mailer_Daemon@example.org
A9|!From: mailerdaemon@example.org
A9|!From: no.reply@example.org
A9|!From: do_not_reply@example.org
A9|!From: noreply+123@example.org
A9|!From: billing.noreply@example.org
A9|!From: bounces-7@example.org
A9|!From: owner-x@example.org
A9|!From: "Ada Lovelace" <noreply@example.org>
A10|!From: Ada <ada@example.org>, Ada <ada@example.net>
A10|!From: ada@
A10|!From: @example.org
A10|!From: <>
A10|!From: Ada <ada.@example.org>
A10|!From: Ada <ada@exam_ple..org>
A10|!From: Ada <ada＠evil@example.org>
A10|!From: Ada <adá@example.org>
A10|Reply-To: support+x@desk.example
A11|X-Spam-Flag: True
A11|X-Spam-Status: YES
A11|X-Spam: yes
A11|Authentication-Results: mx.desk.example; spf=softfail smtp.mailfrom=ada@example.org
A11|Authentication-Results: mx.desk.example; dkim=pass header.d=example.org; dmarc=fail
A11|Authentication-Results: mx.desk.example 1; dmarc=fail
A12|!To: Support <support@desk.example.org>
A12|!To: notsupport@desk.example
A12|!To: "support@desk.example" <bob@else.example>
"""

ALLOWED = """
X-Nothing: at all
Return-Path: <ada@example.org>
!Content-Type: multipart/mixed; boundary=b
!Content-Type: multipart/alternative; boundary=b; report-type=delivery-status
Auto-Submitted: no
Auto-Submitted: NO
Auto-Submitted: no; comment
Auto-Submitted: no (by hand)
X-Auto-Response-Suppress: OOF
X-Auto-Response-Suppress: DR, RN, NRN
X-List: users
Precedence: first-class
Precedence: special-delivery
X-FC-MachineGenerated: false
X-MS-Exchange-Inbox-Rules-Loop: ada@example.org
Delivered-To: support@desk.example
!From: postmann@example.org
!From: noreplyson@example.org
!From: rooty@example.org
!From: bouncer@example.org
!From: Ada <ada@mail.example.org>
!From: "no-reply" <ada@example.org>
!From: o'brien@example.org
!From: ada+tag@example.org
Sender: secretary@example.org
Reply-To: ada@home.example
X-Spam-Flag: NO
X-Spam-Status: No, score=-1.1
X-Spam-Level: ***
Authentication-Results: elsewhere.example; dmarc=fail
Authentication-Results: mx.desk.example; spf=pass; dmarc=pass
Authentication-Results: mx.desk.example; spf=fail; dkim=pass header.d=example.org
Authentication-Results: mx.desk.example; spf=fail; dkim=pass header.i=@example.org
!To: Help <help@desk.example>
!To: support+abc@desk.example
!To: SUPPORT@Desk.Example
Cc: bob@example.org
!Subject: Re: It does not start
!Subject: Re: AW: It does not start
!Subject: Out of office feature is broken
!Subject: [TICKET-1] Automatic reply is sent twice
!Date: Sat, 31 Oct 2026 09:14:00 +0100
Received: from a by b; Mon, 02 Nov 2026 09:14:00 +0100
"""


def rows(table: str) -> list[str]:
    """The filled lines of a table."""
    return table.strip().split("\n")


def raw(*changes: str) -> bytes:
    """The mail that may be answered, with headers added or (by "!") replaced."""
    lines = BASE.split("\n")
    for change in changes:
        if change.startswith("!"):
            name = change[1:].partition(":")[0].casefold()
            lines = [line for line in lines if line.partition(":")[0].casefold() != name]
        lines.append(change.removeprefix("!"))
    return "\r\n".join(lines).encode() + b"\r\n\r\nIt does not start, what now?\r\n"


def kind_of(
    data: bytes, *, envelope_sender: str | None = "ada@example.org", recipients: tuple[str, ...] = ()
) -> Kind:
    """The kind of a mail that came in on the second of November."""
    return classify(
        read_mail(data),
        own=OWN,
        envelope_sender=envelope_sender,
        recipients=recipients,
        authservs=frozenset({"mx.desk.example"}),
        now=datetime(2026, 11, 2, 8, 20, tzinfo=UTC),
    )


def as_written(change: str) -> bytes:
    """As it stands."""
    return raw(change)


def in_capitals(change: str) -> bytes:
    """Names of headers in capitals; values too where they are tokens."""
    name, _, value = change.partition(":")
    folds = not name.lower().startswith(("!subject", "x-desk-loop", "!content-type"))
    return raw(f"{name.upper()}:{value.upper() if folds else value}")


def folded(change: str) -> bytes:
    """The value on a line of its own."""
    name, _, value = change.partition(":")
    return raw(f"{name}:\r\n {value.strip()}" if value.strip() else change)


def twice(change: str) -> bytes:
    """The header again, the one that decides being neither first nor last."""
    harmless = {"auto-submitted": "no", "precedence": "first-class", "x-auto-response-suppress": "none"}
    name = change.removeprefix("!").partition(":")[0]
    if name.casefold() not in harmless:
        return raw(change)
    other = f"{name}: {harmless[name.casefold()]}"
    return raw(other, change, other)


def encoded(change: str) -> bytes:
    """The value as an encoded word (RFC 2047), where it is text or a token without structure."""
    name, _, value = change.partition(":")
    if name.casefold() not in ("auto-submitted", "precedence", "x-precedence", "!subject", "x-spam-flag"):
        return raw(change)
    word = base64.b64encode(value.strip().encode()).decode()
    return raw(f"{name}: =?utf-8?b?{word}?=")


def in_eight_bits(change: str) -> bytes:
    """With raw 8-bit bytes elsewhere in the header, as careless programs leave them."""
    return raw("X-Note: Gr\udcfc\udcdfe".encode(errors="surrogateescape").decode("latin-1"), change)


@pytest.mark.parametrize("variant", [as_written, in_capitals, folded, twice, encoded, in_eight_bits])
@pytest.mark.parametrize("row", rows(FORBIDDEN))
def test_a_rule_forbids(row: str, variant: object) -> None:
    """Decision and number, however the header is written."""
    assert callable(variant)
    rule, _, change = row.partition("|")
    kind = kind_of(variant(change))
    assert (kind.may_answer, rule in kind.reasons) == (rule, True)


@pytest.mark.parametrize("variant", [as_written, folded, in_eight_bits])
@pytest.mark.parametrize("change", rows(ALLOWED))
def test_nothing_forbids(change: str, variant: object) -> None:
    """What looks alike and is a person's mail, however it is written."""
    assert callable(variant)
    kind = kind_of(variant(change))
    assert (kind.may_answer, kind.automatic, kind.spam) == ("", None, False)


def test_the_plain_mail_may_be_answered() -> None:
    """Otherwise the other tests would show nothing."""
    assert kind_of(raw()) == Kind()


@pytest.mark.parametrize("sender", ["", "<>", " <> ", None])
def test_no_envelope_sender_forbids(sender: str | None) -> None:
    """Null, or not told by the mail server."""
    assert kind_of(raw(), envelope_sender=sender).may_answer == "A1"


@pytest.mark.parametrize(
    ("sender", "rule"),
    [
        ("support@desk.example", "A4"),
        ("support+caf_=desk=x.example@desk.example", "A4"),
        ("mailer-daemon@example.org", "A9"),
        ("prvs=1234=bounces@example.org", "A9"),
        ("SRS0=ab=cd=example.net=no-reply@relay.example", "A9"),
        ("list-bounces+support=desk.example@example.org", "A9"),
    ],
)
def test_the_envelope_sender_forbids(sender: str, rule: str) -> None:
    """Wherever From points."""
    assert kind_of(raw(), envelope_sender=sender).may_answer == rule


@pytest.mark.parametrize(
    ("sender", "results", "rule"),
    [
        ("ada@example.org", "", ""),
        ("ADA@EXAMPLE.ORG", "", ""),
        ("secretary@example.org", "", ""),
        ("ada@mail.example.org", "", ""),
        ("prvs=0123abcd=ada@example.org", "", ""),
        ("SRS0=ab=cd=example.org=ada@forwarder.example", "", ""),
        ("SRS1=ab=first.example==cd=ef=example.org=ada@second.example", "", ""),
        ("SRS0=ab=cd=evil.example=ada@example.net", "", "A18"),
        ("ada@evil.example", "", "A18"),
        ("ada@org", "", "A18"),
        ("ada@xample.org", "", "A18"),
        ("example.org", "", "A18"),
        ("news@mailer.example", "mx.desk.example; dmarc=pass header.from=example.org", ""),
        ("news@mailer.example", "mx.desk.example; dkim=pass header.d=example.org", ""),
        ("news@mailer.example", "mx.desk.example; dkim=pass header.d=mailer.example", "A18"),
        ("news@mailer.example", "elsewhere.example; dmarc=pass", "A18"),
        ("news@mailer.example", "mx.desk.example; dmarc=none; spf=pass", "A18"),
    ],
)
def test_an_answer_goes_where_the_mail_came_from(sender: str, results: str, rule: str) -> None:
    """Aligned with the envelope, or vouched for by our own mail server; else to nobody."""
    data = raw(f"Authentication-Results: {results}") if results else raw()
    assert kind_of(data, envelope_sender=sender).may_answer == rule


def test_only_the_topmost_results_vouch() -> None:
    """Whoever sends a mail can write as many of them below as they like, in our name too."""
    ours = "Authentication-Results: mx.desk.example; dmarc=pass"
    data = raw("Authentication-Results: mx.desk.example; spf=none", ours)
    assert kind_of(data, envelope_sender="x@evil.example").may_answer == "A18"


def test_there_are_enough_of_them() -> None:
    """Each rule among them; A1 and A12 have tests of the envelope beside."""
    assert len(set(rows(FORBIDDEN)) | set(rows(ALLOWED))) >= 150
    assert {row.partition("|")[0] for row in rows(FORBIDDEN)} == {*(f"A{n}" for n in range(1, 15)), "A18"}


def test_a_message_id_of_our_own_forbids() -> None:
    """Our mail come back by a list or a rule, whoever it says it is from."""
    made = message_id("0123456789abcdef", "n1", key=KEY, domain="desk.example")
    kind = kind_of(raw(f"!Message-ID: <{made}>"))
    assert (kind.may_answer, kind.automatic) == ("A4", "loop")
    forged = made.replace("0123456789abcdef", "1123456789abcdef")
    assert kind_of(raw(f"!Message-ID: <{forged}>")).may_answer == ""


def test_the_envelope_recipient_counts_as_addressed() -> None:
    """Blind copies and aliases."""
    assert kind_of(raw("!To: x@y.example"), recipients=("support@desk.example",)).may_answer == ""


def test_twenty_six_hops_forbid() -> None:
    """And twenty-five do not."""
    hop = "Received: from a by b; Mon, 02 Nov 2026 09:14:00 +0100"
    assert kind_of(raw(*[hop] * 25)).may_answer == ""
    assert kind_of(raw(*[hop] * 26)).may_answer == "A13"


def test_a_late_mail_is_told_by_the_time_it_is_read() -> None:
    """Five days, then a queue was flushed or a mailbox imported."""
    mail = read_mail(raw())
    came = datetime(2026, 11, 2, 8, 14, tzinfo=UTC)
    for days, rule in ((5, ""), (6, "A14")):
        now = came + timedelta(days=days)
        assert classify(mail, own=OWN, envelope_sender="ada@example.org", now=now).may_answer == rule


def test_the_first_rule_decides_and_all_are_named() -> None:
    """Rules are read from the top."""
    kind = kind_of(raw("Auto-Submitted: auto-replied", "Precedence: bulk", "X-Loop: 1"))
    assert kind.may_answer == "A3"
    assert [reason for reason in kind.reasons if reason[:1] == "A" and reason[1:].isdigit()] == [
        "A3",
        "A7",
        "A8",
    ]


FORBIDDING = [row.partition("|")[2] for row in rows(FORBIDDEN)]
ADDED = [change for change in FORBIDDING if not change.startswith("!")]


@given(
    st.lists(st.sampled_from([*FORBIDDING, *rows(ALLOWED)]), max_size=4),
    st.sampled_from(ADDED),
    st.booleans(),
)
def test_what_is_added_never_allows(changes: list[str], added: str, first: bool) -> None:  # noqa: FBT001 - Hypothesis hands it over by position
    """Adding any of these headers, at either end of the header, never turns "no" into "may be answered"."""
    before = raw(*changes)
    after = added.encode() + b"\r\n" + before if first else raw(*changes, added)
    assert kind_of(before).may_answer == "" or kind_of(after).may_answer != ""
    assert kind_of(after).may_answer != ""
