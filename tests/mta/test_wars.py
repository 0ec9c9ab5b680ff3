"""Wars of robots that do not happen: real exchanges over SMTP on loopback, at most two automatic mails each.

A desk writes to its outbox and transmits; what arrives at the server is delivered to another desk's ingest,
or answered by a robot over SMTP again; and so on, a minute or an hour a round, until nobody says any more.
"""

from __future__ import annotations

import email
import os
import smtplib
from email.message import EmailMessage
from itertools import count
from typing import TYPE_CHECKING

import pytest
import smtp_sink
from automatic_world import SETTINGS, Automatic
from care.world import AT, World

from helpdesk_cli.desk.outbox import send_due
from helpdesk_cli.desk.outcome import Options
from helpdesk_cli.mail.received import Envelope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from smtp_sink import Kept, Sink

    Robot = Callable[[Kept, int], EmailMessage | None]

ROUNDS = 12
WORDS = (
    "alpha",
    "bravo",
    "charlie",
    "delta",
    "echo",
    "foxtrot",
    "golf",
    "hotel",
    "india",
    "juliet",
    "kilo",
    "lima",
)


@pytest.fixture(scope="module")
def fresh_desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk as `desk init` leaves it."""
    root = tmp_path_factory.mktemp("fresh") / "desk"
    World.make(root)
    return root


@pytest.fixture
def server() -> Iterator[Sink]:
    """Takes every mail."""
    with smtp_sink.running() as sink:
        yield sink


class Field:
    """Who takes part: desks by their domain, robots by their address; and the server between them."""

    def __init__(self, server: Sink, fresh: Path, folder: Path) -> None:
        """Nobody yet."""
        self.server, self.fresh, self.folder = server, fresh, folder
        self.desks: dict[str, Automatic] = {}
        self.robots: dict[str, Robot] = {}
        self.strips: tuple[str, ...] = ()  # headers that a gateway takes off
        self.subject = ""  # what it writes in place of every subject
        self.minutes = 0

    def add_desk(self, domain: str) -> Automatic:
        """A desk that acknowledges everything it may."""
        settings = SETTINGS.replace("example.org", domain).replace("sending: on\n", self.server.settings)
        self.desks[domain] = Automatic.settle(self.fresh, self.folder / domain, settings)
        # A copy has the key of what it was copied from, and would know the other's mail for its own.
        (self.desks[domain].state / "key").write_bytes(os.urandom(32))
        return self.desks[domain]

    def fight(self, first: EmailMessage, *, minutes: int = 1) -> int:
        """Let the first mail come and everything follow from it; how many rounds there was something."""
        self.transmit(first, first["From"])
        done = 0
        for number in range(ROUNDS):
            self.minutes += minutes
            fresh = self.server.kept[done:]
            done += len(fresh)
            for kept in fresh:
                self.deliver(kept, number)
            for domain, world in self.desks.items():
                now = self.at(domain)
                assert now.tick() == [], domain
                assert all(mail.state == "sent" for mail in send_due(now.desk))
                assert world.root == now.root
            if len(self.server.kept) == done:
                return number
        return ROUNDS

    def at(self, domain: str) -> Automatic:
        """The desk at the present moment."""
        return self.desks[domain].later(minutes=self.minutes)  # type: ignore[return-value] # replace keeps the class

    def deliver(self, kept: Kept, number: int) -> None:
        """Hand a mail to whoever it is for."""
        for recipient in kept.recipients:
            if robot := self.robots.get(recipient):
                if answer := robot(kept, number):
                    self.transmit(answer, answer["X-Envelope"] or answer["From"])
                continue
            desk = self.at(recipient.partition("@")[2])
            sender, data = kept.sender, kept.data
            if self.strips:
                mail = email.message_from_bytes(data)
                for name in self.strips:
                    del mail[name]
                if self.subject:
                    mail.replace_header("Subject", self.subject)
                data, sender = mail.as_bytes(), email.utils.parseaddr(mail["From"])[1]
            desk.take(data, Options(Envelope(sender, (recipient,)), live=True))

    def transmit(self, mail: EmailMessage, sender: str) -> None:
        """Send a mail over SMTP, as a robot does."""
        del mail["X-Envelope"]
        address = "" if sender == "<>" else email.utils.parseaddr(sender)[1]
        with smtplib.SMTP("127.0.0.1", self.server.port, timeout=10) as client:
            client.sendmail(address, [email.utils.parseaddr(mail["To"])[1]], mail.as_bytes())

    def automatic(self, domain: str) -> int:
        """How many automatic mails that desk has sent."""
        sent = [email.message_from_bytes(kept.data) for kept in self.server.kept]
        return sum(domain in mail["From"] and "X-Desk-Loop" in mail for mail in sent)


@pytest.fixture
def field(server: Sink, fresh_desk: Path, tmp_path: Path) -> Field:
    return Field(server, fresh_desk, tmp_path)


_ids = count(1)


def written(sender: str, to: str, subject: str = "A question", **headers: str) -> EmailMessage:
    """A mail without any mark."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, to, subject
    mail["Message-ID"] = f"<{next(_ids)}.{WORDS[0]}@{sender.partition('@')[2]}>"
    mail["Date"] = AT
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content("Thank you for your message. It is important to us.\n")
    return mail


MARKS = ("Auto-Submitted", "X-Auto-Response-Suppress", "X-Desk-Loop")


@pytest.mark.parametrize(
    ("strips", "subject", "answers"),
    [((), "", 0), (MARKS, "", 1), (MARKS, "Word", 1), ((*MARKS, "In-Reply-To", "References"), "Word", 1)],
)
def test_a_desk_and_a_desk(field: Field, strips: tuple[str, ...], subject: str, answers: int) -> None:
    """Also where a gateway takes off every mark, the null sender, the subject, and what names other mails."""
    field.add_desk("a.example")
    field.add_desk("b.example")
    field.strips, field.subject = strips, subject
    assert field.fight(written("support@b.example", "support@a.example")) < ROUNDS
    assert field.automatic("a.example") == 1
    assert field.automatic("b.example") == answers
    # And nothing was lost on the way.
    assert all(world.paths() for world in field.desks.values())


def test_a_desk_and_a_vacation_responder(field: Field) -> None:
    """It marks what it sends (RFC 3834); the desk files it and says nothing."""
    field.add_desk("a.example")
    field.robots["eve@v.example"] = lambda kept, _: written(
        "eve@v.example",
        "support@a.example",
        "Out of office",
        Auto_Submitted="auto-replied",
        In_Reply_To=email.message_from_bytes(kept.data)["Message-ID"],
        X_Envelope="<>",
    )
    assert field.fight(written("eve@v.example", "support@a.example")) < ROUNDS
    assert field.automatic("a.example") == 1
    ticket = field.desks["a.example"].ticket("TICKET-1")
    assert [message.automatic for message in ticket.messages] == ["", "acknowledgement", "auto-reply"]


SUBJECTS: dict[str, Callable[[str, int], str]] = {
    "the same": lambda _, __: "We received your message",
    "numbered": lambda _, number: f"[#{1000 + number}] We received your message",
    "in reply": lambda subject, _: f"Re: {subject}",
    "forwarded": lambda subject, _: f"Fwd: {subject}",
    "ever another": lambda _, number: f"About {WORDS[number % len(WORDS)]}",
    "none": lambda _, __: "",
}


@pytest.mark.parametrize("minutes", [1, 60])
@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_desk_and_a_robot_without_marks(field: Field, subject: str, minutes: int) -> None:
    """It answers everything, under a new Message-ID, in its own envelope, and names no mail of ours."""
    field.add_desk("a.example")

    def robot(kept: Kept, number: int) -> EmailMessage:
        said = str(email.message_from_bytes(kept.data)["Subject"])
        return written("bot@r.example", "support@a.example", SUBJECTS[subject](said, number))

    field.robots["bot@r.example"] = robot
    assert field.fight(written("bot@r.example", "support@a.example"), minutes=minutes) < ROUNDS
    assert 1 <= field.automatic("a.example") <= 2


@pytest.mark.parametrize("is_marked", [True, False])
def test_a_desk_and_a_mailer_daemon(field: Field, is_marked: bool) -> None:  # noqa: FBT001 - pytest hands it over
    """Every mail comes back: as RFC 3464 says it, or as an old mail server does."""
    field.add_desk("a.example")

    def daemon(kept: Kept, _: int) -> EmailMessage:
        mail = written("MAILER-DAEMON@d.example", "support@a.example", "Undelivered Mail Returned to Sender")
        if is_marked:
            mail.replace_header("From", "MAILER-DAEMON@d.example")
            mail["Auto-Submitted"], mail["X-Envelope"] = "auto-replied", "<>"
            mail.set_content(f"Final-Recipient: rfc822; gone@d.example\n\n{kept.data.decode()[:500]}")
        return mail

    field.robots["gone@d.example"] = field.robots["mailer-daemon@d.example"] = daemon
    field.robots["MAILER-DAEMON@d.example"] = daemon
    assert field.fight(written("gone@d.example", "support@a.example")) < ROUNDS
    assert field.automatic("a.example") == 1


def test_a_person_is_still_answered_afterwards(field: Field) -> None:
    """What ends a war keeps nobody else waiting."""
    field.add_desk("a.example")
    field.robots["bot@r.example"] = lambda _, number: written(
        "bot@r.example", "support@a.example", f"About {WORDS[number % len(WORDS)]}"
    )
    field.robots["ada@p.example"] = lambda _, __: None
    field.fight(written("bot@r.example", "support@a.example"))
    before = field.automatic("a.example")
    field.fight(written("ada@p.example", "support@a.example", "My printer"))
    assert field.automatic("a.example") == before + 1
