"""SPF, DKIM and DMARC as they are told: by headers, pasted headers, webmail and robots."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_cli.mail.auth_results import METHODS, Verdict, is_aligned, judge, read_verdicts

GMAIL = """\
Delivered-To: ada@gmail.example
Received: by 2002:a05:6402:1d4c:b0:6a1 with SMTP id dz12csp1234; Fri, 20 Nov 2026 01:12:41 -0800 (PST)
ARC-Authentication-Results: i=1; mx.google.com;
       dkim=pass header.i=@example.com header.s=mail header.b=Ax3;
       spf=pass (google.com: domain of support@example.com designates 192.0.2.7 as permitted sender)
        smtp.mailfrom=support@example.com;
       dmarc=pass (p=NONE sp=NONE dis=NONE) header.from=example.com
Return-Path: <support@example.com>
Received-SPF: pass (google.com: domain of support@example.com designates 192.0.2.7 as permitted sender) \
client-ip=192.0.2.7;
Authentication-Results: mx.google.com;
       dkim=pass header.i=@example.com header.s=mail header.b=Ax3;
       spf=pass smtp.mailfrom=support@example.com;
       dmarc=pass (p=NONE sp=NONE dis=NONE) header.from=example.com
DKIM-Signature: v=1; a=rsa-sha256; d=example.com; dkim=fail
"""
OUTLOOK = """\
Authentication-Results: spf=softfail (sender IP is 192.0.2.7)
 smtp.mailfrom=example.com; dkim=none (message not signed)
 header.d=none;dmarc=fail action=quarantine
 header.from=example.com;compauth=fail reason=000
Received-SPF: SoftFail (protection.outlook.com: domain of transitioning
 example.com discourages use of 192.0.2.7 as permitted sender)
"""
PORT25 = """\
This message is an automatic response from Port25's authentication verifier.

==========================================================
Summary of Results
==========================================================

SPF check:          pass
"iprev" check:      pass
DKIM check:         fail
DMARC check:        pass

==========================================================
Details:
==========================================================

HELO hostname:  mail.example.com
SPF check details:
----------------------------------------------------------
Result:         pass
ID(s) verified: smtp.mailfrom=support@example.com
"""
SHOW_ORIGINAL = """\
Message ID\t<desk.abc@example.com>
SPF:\tPASS with IP 192.0.2.7 Learn more
DKIM:\t'PASS' with domain example.com Learn more
DMARC:\t'FAIL' Learn more
"""


def told(text: str) -> list[tuple[str, str, str, str]]:
    return [(one.method, one.result, one.domain, one.by) for one in read_verdicts(text)]


TABLE: list[tuple[str, str, list[tuple[str, str, str, str]]]] = [
    (
        "gmail",
        GMAIL,
        [
            ("dkim", "pass", "example.com", "mx.google.com"),
            ("spf", "pass", "example.com", "mx.google.com"),
            ("dmarc", "pass", "example.com", "mx.google.com"),
            ("spf", "pass", "example.com", ""),
        ],
    ),
    (
        "outlook",
        OUTLOOK,
        [
            ("spf", "softfail", "example.com", ""),
            ("dkim", "none", "none", ""),
            ("dmarc", "fail", "example.com", ""),
        ],
    ),
    ("port25", PORT25, [("spf", "pass", "", ""), ("dkim", "fail", "", ""), ("dmarc", "pass", "", "")]),
    (
        "show original",
        SHOW_ORIGINAL,
        [("spf", "pass", "", ""), ("dkim", "pass", "example.com", ""), ("dmarc", "fail", "", "")],
    ),
    (
        "quoted, its indentation lost, wrapped",
        "> > Authentication-Results: mx.example.org;\n>> dkim=pass\n> header.d=example.com\n>; spf=neutral\n",
        [("dkim", "pass", "example.com", "mx.example.org"), ("spf", "neutral", "", "mx.example.org")],
    ),
    (
        "comments hold what they want",
        "Authentication-Results: mx.example.org; arc=pass (i=1 spf=fail dkim=fail (x) dmarc=fail); spf=pass",
        [("spf", "pass", "", "mx.example.org")],
    ),
    (
        "versions, quotes, capitals",
        'AUTHENTICATION-RESULTS: Mx.Example.Org 1; DKIM/1 = "PASS" header.i="@Example.COM"; SPF=HardFail',
        [("dkim", "pass", "example.com", "mx.example.org"), ("spf", "fail", "", "mx.example.org")],
    ),
    (
        "two signatures",
        "Authentication-Results: a.example; dkim=pass header.d=relay.example; dkim=fail header.d=example.com",
        [("dkim", "pass", "relay.example", "a.example"), ("dkim", "fail", "example.com", "a.example")],
    ),
    ("none at all", "Authentication-Results: mx.example.org; none", []),
    ("other methods", "Authentication-Results: x; x-spf=pass; spf2=pass; dkim-adsp=pass; auth=pass", []),
    (
        "received-spf of RFC 7208",
        (
            "Received-SPF: pass (mybox.example.org: domain of\n me@example.com designates 192.0.2.1)\n"
            ' receiver=mybox.example.org; client-ip=192.0.2.1;\n envelope-from="me@example.com"'
        ),
        [("spf", "pass", "example.com", "mybox.example.org")],
    ),
    (
        "another header ends it",
        "Authentication-Results: mx.example.org; spf=pass\nX-Other: dkim=fail\n dmarc=fail\n",
        [("spf", "pass", "", "mx.example.org")],
    ),
    (
        "a table in Markdown or one cell below the other",
        "| SPF | pass |\n| DKIM | fail |\n\nDMARC:\nPASS\n",
        [("spf", "pass", "", ""), ("dkim", "fail", "", ""), ("dmarc", "pass", "", "")],
    ),
    (
        "people write of it",
        "The SPF record is fine, DKIM should pass. DMARC: see the page.\nSPF\nand so on",
        [],
    ),
    ("bold", "**SPF:** pass\n*DKIM*: *fail*", [("spf", "pass", "", ""), ("dkim", "fail", "", "")]),
    ("of Microsoft's renamed header", "X-MS-Exchange-Authentication-Results: spf=pass", []),
    (
        "as forwarded by Exchange",
        "Authentication-Results-Original: mx.example.org; dmarc=temperror header.from=example.com",
        [("dmarc", "temperror", "example.com", "mx.example.org")],
    ),
]


@pytest.mark.parametrize(("text", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_what_is_told(text: str, expected: list[tuple[str, str, str, str]]) -> None:
    assert told(text) == expected
    assert told(text.replace("\n", "\r\n")) == expected


@pytest.mark.parametrize(
    ("text", "spf", "dkim", "dmarc"),
    [
        (GMAIL, "pass", "pass", "pass"),
        (OUTLOOK, "softfail", "none", "fail"),
        (PORT25, "pass", "fail", "pass"),
        ("", "", "", ""),
        (
            "Authentication-Results: a; dkim=pass header.d=relay.net; dkim=fail header.d=example.com",
            "",
            "unaligned",
            "",
        ),
        (
            "Authentication-Results: a; dkim=fail header.d=x.net; dkim=pass header.d=mail.example.com",
            "",
            "pass",
            "",
        ),
        (
            "Authentication-Results: a; spf=pass smtp.mailfrom=bounces.relay.net; dmarc=pass",
            "unaligned",
            "",
            "pass",
        ),
        ("Authentication-Results: a; spf=none; spf=fail; spf=neutral", "fail", "", ""),
    ],
)
def test_which_counts(text: str, spf: str, dkim: str, dmarc: str) -> None:
    judged = judge(read_verdicts(text), domain="example.com")
    assert [judged[method].result for method in METHODS] == [spf, dkim, dmarc]
    assert [judged[method].method for method in METHODS] == list(METHODS)


def test_alignment() -> None:
    assert is_aligned("Example.com.", "example.COM")
    assert is_aligned("mail.example.com", "example.com")
    assert is_aligned("example.com", "mail.example.com")
    assert not is_aligned("badexample.com", "example.com")
    assert not is_aligned("", "example.com")


@given(st.text(alphabet=st.sampled_from("AuthenticoRsl-:;=()spfdkmrca> \n\r\t'\"@.")))
def test_any_text(text: str) -> None:
    for verdict in read_verdicts(f"Authentication-Results: {text}"):
        assert isinstance(verdict, Verdict)
        assert verdict.result


@pytest.mark.parametrize(
    "text",
    [
        "Authentication-Results: " + "(" * 200_000,
        "Authentication-Results: " + "spf=pass header.d=" * 20_000,
        "> " * 200_000,
        "Authentication-Results:\n" * 20_000,
        "SPF" + " " * 200_000 + "x",
        "SPF:" + "'" * 200_000 + "pass",
        "Received-SPF: pass (" + "domain of " * 30_000,
        "spf\n" * 100_000,
        "a" * 400_000 + "=",
    ],
)
def test_hostile_texts_take_no_time(text: str) -> None:
    """A quadratic one would take minutes."""
    assert len(read_verdicts(text)) <= 200
