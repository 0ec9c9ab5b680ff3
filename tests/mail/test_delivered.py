"""The envelope that local delivery writes above a piped mail, and what a sender could write there."""

from __future__ import annotations

import pytest

from helpdesk_cli.mail.delivered import sender_above

RECEIVED = b"Received: from a by b; Fri, 20 Nov 2026 09:12:41 +0000\n"
REST = b"From: Ada <ada@example.org>\nSubject: x\n\nReturn-Path: <late@example.org>\n"


@pytest.mark.parametrize(
    ("above", "sender"),
    [
        (b"From ada@example.org  Sat Nov 21 23:19:18 2026\n", "ada@example.org"),
        (b"From MAILER-DAEMON  Sat Nov 21 23:19:18 2026\n", ""),
        (
            b"From ada@example.org  Sat Nov 21 23:19:18 2026\nReturn-Path: <b@example.org>\n",
            "ada@example.org",
        ),
        (b"Return-Path: <ada@example.org>\n", "ada@example.org"),
        (b"Return-path: ada@example.org\r\n", "ada@example.org"),
        (b"Delivered-To: support@example.com\nReturn-Path: <ada@example.org>\n", "ada@example.org"),
        (b"Return-Path: <>\n", ""),
        (b"Return-Path:\n", None),
        (b"Return-Path: <a b@example.org>\n", None),
        (b"Return-Path: <ada>\n", None),
        (b"Return-Path: <" + b"a" * 400 + b"@example.org>\n", None),
        ("Return-Path: <ä@example.org>\n".encode(), None),
        (b"From \n", None),
        (b"", None),
    ],
)
def test_what_stands_above_the_first_received(above: bytes, sender: str | None) -> None:
    assert sender_above(above + RECEIVED + REST) == sender


@pytest.mark.parametrize(
    "line", [b"Return-Path: <boss@example.com>\n", b"From boss@example.com  Sat Nov 21\n"]
)
def test_what_stands_below_it_is_the_sender_s_own_word(line: bytes) -> None:
    assert sender_above(RECEIVED + line + REST) is None


def test_a_body_says_nothing() -> None:
    assert sender_above(b"Subject: x\n\nReturn-Path: <ada@example.org>\n") is None
