"""A desk with two agents who are told by mail, and the mail programs they answer with."""

from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage
from typing import TYPE_CHECKING

from care.world import World, write_mail

from helpdesk_cli.desk.actor import Actor
from helpdesk_cli.desk.assign import assign
from helpdesk_cli.desk.cron import Ran, cron
from helpdesk_cli.desk.news import begin
from helpdesk_cli.desk.outcome import Ingested, Options
from helpdesk_cli.mail.received import Envelope
from helpdesk_cli.storage.outbox import Outbox, OutMail

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SETTINGS = """\
name: Example support
inboxes:
  support: support@example.org
agents:
  dana: {name: Dana Davis, email: dana@example.com, teams: [billing]}
  lee: {name: Lee Larsen, email: lee@example.com}
teams:
  billing: {lead: lee}
mail:
  authserv-id: mx.example.org
"""
DANA = Actor("dana", "Dana Davis", "dana@example.com")
LEE = Actor("lee", "Lee Larsen", "lee@example.com")
PROOF = "mx.example.org; dmarc=pass header.from=example.com"
LIVE = Options(Envelope("dana@example.com", ("support@example.org",)), live=True)


def settle(root: Path, more: str = "") -> World:
    """A desk with these agents and further settings, whose news begins now."""
    world = World.make(root)
    (root / "desk.yaml").write_text(SETTINGS + more)
    world.git("commit", "-q", "-a", "-m", "Settle")
    begin(world.desk)
    return world


def run(world: World) -> Ran:
    """One run of `desk cron`; nothing may be wrong."""
    ran = cron(world.root, now=world.now, says_all=True)
    assert ran.problems == []
    return ran


def mails(world: World, kind: str = "notification") -> list[OutMail]:
    """The mails of that kind that were ever put into the outbox and are not sent."""
    found = [mail for _, mail in Outbox(world.desk.layout).items() if isinstance(mail, OutMail)]
    return sorted((mail for mail in found if mail.kind == kind), key=lambda mail: (mail.queued_at, mail.name))


def letter(world: World, mail: OutMail) -> EmailMessage:
    """The mail as its recipient gets it."""
    data = Outbox(world.desk.layout).data(mail.name)
    found = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(found, EmailMessage)
    return found


def text_of(message: EmailMessage) -> str:
    """What the recipient reads: the first text part, with LF line ends."""
    part = message.get_body(("plain",))
    assert part is not None
    text: str = part.get_content()
    return text.replace("\r\n", "\n")


def told(world: World) -> EmailMessage:
    """The one notice that dana got of Ada's mail, which lee gave her."""
    world.take(write_mail(1, text="My invoice is wrong.\n"))
    assign(world.desk, ["1"], "dana", actor=LEE)
    run(world)
    (mail,) = mails(world)
    return letter(world, mail)


def answer(
    notice: EmailMessage,
    text: str,
    *,
    sender: str = "Dana Davis <dana@example.com>",
    proof: str = PROOF,
    headers: Sequence[tuple[str, str]] = (),
    without: Sequence[str] = (),
    quotes: bool = True,
    number: int = 1,
) -> EmailMessage:
    """What a mail program makes of a reply to the notice: the text above the quoted notice."""
    reply = EmailMessage()
    # The topmost is our own server's.
    if proof:
        reply["Authentication-Results"] = proof
    reply["From"] = sender
    reply["To"] = notice["Reply-To"] or notice["From"]
    reply["Subject"] = f"Re: {notice['Subject']}"
    reply["Message-ID"] = f"<a{number}@laptop.example.com>"
    reply["Date"] = notice["Date"]
    if "In-Reply-To" not in without:
        reply["In-Reply-To"] = notice["Message-ID"]
        reply["References"] = f"{notice['References']} {notice['Message-ID']}"
    for name, value in headers:
        reply[name] = value
    quoted = "\n".join(f"> {line}".rstrip() for line in text_of(notice).rstrip().split("\n"))
    below = f"\n\nOn Fri, Nov 20, 2026 at 09:00:00AM +0000, Example support wrote:\n{quoted}\n"
    reply.set_content(text + (below if quotes else "\n"))
    return reply


def take(world: World, mail: EmailMessage, options: Options = LIVE) -> Ingested:
    """The mail comes in by the front door."""
    return world.take(mail.as_bytes(), options)
