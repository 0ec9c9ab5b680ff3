"""Whatever a mail says, saying what it means never fails and never takes long."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from helpdesk_cli.mail.automatic import classify
from helpdesk_cli.mail.forwarded import original_sender
from helpdesk_cli.mail.identity import content_hash, entry_id
from helpdesk_cli.mail.model import Incoming, Part
from helpdesk_cli.mail.own import OwnAddresses
from helpdesk_cli.mail.quoting import new_text, split
from helpdesk_cli.mail.thanks import only_thanks
from helpdesk_cli.mail.threading import Candidate, decide
from helpdesk_cli.tickets.person import Person

OWN = OwnAddresses(
    frozenset({"support@desk.example"}), frozenset({"desk-7f3a"}), b"a key of thirty-two bytes, or so"
)
TEXTS = st.text(max_size=60)
KNOWN = ["", "@", "a@", "@b", "ada@example.org", "support@desk.example", "mailer-daemon"]
ADDRESSES = st.one_of(TEXTS, st.sampled_from(KNOWN))
PEOPLE = st.builds(Person, TEXTS, ADDRESSES)
NAMES = st.sampled_from(
    [
        "auto-submitted",
        "precedence",
        "x-auto-response-suppress",
        "authentication-results",
        "list-post",
        "received",
        "return-path",
        "x-failed-recipients",
        "x-spam-status",
        "x-desk-loop",
        "delivered-to",
        "resent-to",
        "x-mailer",
    ]
)
TYPES = st.sampled_from(
    [
        "text/plain",
        "multipart/report",
        "multipart/mixed",
        "message/delivery-status",
        "message/rfc822",
        "text/html",
        "",
    ]
)
STATUS = st.lists(
    st.sampled_from(["Final-Recipient: rfc822; a@b", "Action: failed", "", "Status: 4", ":", ";", " x", "\r"])
)
CONTENTS = st.one_of(st.binary(max_size=80), STATUS.map(lambda lines: "\n".join(lines).encode()))
MAILS = st.builds(
    Incoming,
    message_id=TEXTS,
    in_reply_to=TEXTS,
    references=st.lists(TEXTS, max_size=3).map(tuple),
    subject=st.one_of(
        TEXTS, st.sampled_from(["Undeliverable: x", "Fwd: x", "Re: [TICKET-1] x", "Automatic reply: x"])
    ),
    from_=st.lists(PEOPLE, max_size=2).map(tuple),
    sender=st.none() | PEOPLE,
    reply_to=st.lists(PEOPLE, max_size=2).map(tuple),
    to=st.lists(PEOPLE, max_size=2).map(tuple),
    date=st.none() | st.just(datetime(2026, 11, 2, tzinfo=UTC)),
    text=st.text(max_size=300),
    parts=st.lists(st.builds(Part, TEXTS, TEXTS, TYPES, CONTENTS), max_size=2).map(tuple),
    headers=st.lists(st.tuples(NAMES, TEXTS), max_size=4).map(tuple),
    content_type=TYPES,
    report_type=st.sampled_from(["", "delivery-status", "feedback-report"]),
)


class Everything:
    """A desk with one ticket that every name leads to."""

    ticket = Candidate("1111111111111111", 1, frozenset({"ada@example.org", ""}), frozenset({"", "x"}))

    def by_token(self, _uid: str, _entry: str = "") -> Candidate | None:
        """Always."""
        return self.ticket

    def by_message_id(self, _message_id: str) -> list[Candidate]:
        """Always."""
        return [self.ticket]

    def by_reference(self, _message_id: str) -> list[Candidate]:
        """Always."""
        return [self.ticket]

    def by_number(self, _number: int) -> list[Candidate]:
        """Always."""
        return [self.ticket]


@given(MAILS, st.none() | ADDRESSES)
def test_every_mail_means_something(mail: Incoming, sender: str | None) -> None:
    """And the answers hold together."""
    kind = classify(
        mail, own=OWN, envelope_sender=sender, recipients=[sender or ""], authservs=frozenset({"mx"})
    )
    assert kind.automatic is None or kind.may_answer
    assert (kind.automatic == "bounce") <= (kind.bounce is not None)
    assert sender or kind.may_answer
    segments = split(mail.text, subject=mail.subject)
    assert "".join(segment.text for segment in segments) == mail.text
    only_thanks(new_text(segments))
    original_sender(mail)
    assert len(entry_id(mail.message_id, content_hash(mail))) == 16
    decision = decide(mail, Everything(), own=OWN, recipients=[sender or ""])
    assert decision.join is None or (decision.threaded_by != "new" and len(mail.from_) <= 1)


def test_long_values_cost_little() -> None:
    """At the bounds that the reader sets for a header, and over them."""
    long = (
        "a" * 200_000,
        "@" * 200_000,
        "a-" * 100_000,
        "dkim=pass " * 20_000,
        "[ " * 100_000,
        "re: " * 50_000,
    )
    start = time.process_time()
    for value in long:
        names = (
            "resent-to",
            "authentication-results",
            "x-failed-recipients",
            "auto-submitted",
            "x-desk-loop",
        )
        mail = Incoming(
            subject=value,
            from_=(Person(value, f"{value}@example.org"),),
            reply_to=(Person("", value),),
            text=f"http://{value}\n{'_' * 40}\n{value.replace('a', 'http://')}",
            headers=tuple((name, f"mx; {value}") for name in names),
        )
        classify(mail, own=OWN, envelope_sender=value, authservs=frozenset({"mx"}))
        decide(mail, Everything(), own=OWN)
        split(mail.text, subject=mail.subject)
        original_sender(mail)
    assert time.process_time() - start < 8
