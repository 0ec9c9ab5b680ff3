"""A customer and an agent write to and fro, three times: one ticket, whatever program the customer has.

The customer's mail comes in by the real `desk ingest`, the answer leaves by the real `desk reply` to a mail
server on loopback, and what that server got is what the customer's program answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from channels.posts import Post, running
from corpus_door.front import Front
from mta.answers import STYLES, Arrived

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FIRST = b"""\
From: Ada Lovelace <ada@customer.example>\r
To: Support <support@example.com>\r
Subject: Rechnung f\xc3\xbcr M\xc3\xa4rz\r
Message-ID: <first@customer.example>\r
Date: Sat, 21 Nov 2026 09:05:00 +0100\r
Content-Type: text/plain; charset=utf-8\r
\r
Wo bleibt die Rechnung?\r
"""
ANSWER = (
    "we look into it, and into everything else that belongs to it, and write again as soon as we know more."
)


@pytest.fixture(params=[False, True], ids=["plain", "plus"])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Front, Post, bool]]:
    """A desk that sends to a mail server, with and without plus-addresses."""
    with running(Post()) as post:
        front = Front.make(tmp_path)
        settings = front.root / "desk.yaml"
        text = settings.read_text("utf-8")
        for old, new in (
            ("\nsending: hold\n", "\nsending: on\n"),
            (
                "\n  via: sendmail\n",
                f"\n  via: smtp\n  smtp: {{host: 127.0.0.1, port: {post.port}, security: none}}\n",
            ),
            ("\n  plus-addresses: no\n", f"\n  plus-addresses: {'yes' if request.param else 'no'}\n"),
        ):
            assert old in text
            text = text.replace(old, new)
        settings.write_text(text, "utf-8")
        yield front, post, request.param


def take(front: Front, data: bytes, *, recipient: str = "support@example.com") -> None:
    """Take in a mail, as a mail server hands it over."""
    done = front.desk("ingest", "--sender=ada@customer.example", f"--recipient={recipient}", stdin=data)
    assert done.code == 0, done.err


def messages(front: Front) -> list[dict[str, Any]]:
    """Those of the one ticket there is."""
    assert [path.name for path in front.root.glob("tickets/*/*/*.md")] == ["TICKET-1.md"]
    (shown,) = front.desk("show", "1", "--json").documents()
    return [entry for entry in shown["ticket"]["timeline"] if entry["kind"] == "message"]


@pytest.mark.parametrize("style", STYLES)
def test_three_round_trips_are_one_ticket(desk: tuple[Front, Post, bool], style: str) -> None:
    front, post, plus = desk
    take(front, FIRST)
    for number in range(3):
        done = front.desk("--as", "dana", "reply", "1", "-m", f"Hi Ada,\n\nanswer {number}: {ANSWER}\n")
        assert done.code == 0, done.err
        assert len(post.taken) == number + 1, done.err
        sent = post.taken[-1]
        arrived = Arrived.read(sent.data)
        assert sent.recipients == ("ada@customer.example",)
        assert ("+" in sent.sender) is plus
        assert (arrived.reply_to != "support@example.com") is plus
        assert arrived.subject == "Re: [TICKET-1] Rechnung für März"
        answer = STYLES[style](arrived, f"Thanks, this is number {number} of mine.", number)
        take(front, answer.as_bytes(), recipient=str(answer["To"]))

    found = messages(front)
    assert [each["direction"] for each in found] == ["in", "out"] * 3 + ["in"]
    threaded = [each["threaded_by"] for each in found if each["direction"] == "in"]
    # Where nothing else is left, the tag in the subject, from one who takes part in the ticket.
    by_tag = style == "deaf-helpdesk" or (style == "helpdesk" and not plus)
    assert threaded == ["new", *(["subject" if by_tag else "token"] * 3)]
    for number, each in enumerate(found[2::2]):
        assert each["new_text"] == f"Thanks, this is number {number} of mine."
    assert [each["delivery"] for each in found[1::2]] == ["sent"] * 3
