"""A desk that answers by itself, for tests of what it sends, to whom, and when it keeps quiet."""

from __future__ import annotations

import email
import re
import shutil
from email.message import EmailMessage
from typing import TYPE_CHECKING
from urllib.parse import unquote

from care.world import ADA, AT, World, write_mail

from helpdesk_cli.desk.acknowledge import acknowledge
from helpdesk_cli.desk.actor import find_actor
from helpdesk_cli.desk.chance import draw_id
from helpdesk_cli.desk.csat import ask_how_it_went
from helpdesk_cli.desk.letters import compose, ties_of
from helpdesk_cli.desk.news import begin, read_news
from helpdesk_cli.desk.outcome import Options
from helpdesk_cli.desk.posting import post
from helpdesk_cli.desk.record import open_door
from helpdesk_cli.desk.status import status
from helpdesk_cli.mail.received import Envelope
from helpdesk_cli.storage.outbox import Outbox, OutMail

if TYPE_CHECKING:
    from pathlib import Path

    from helpdesk_cli.desk.outcome import Ingested

SETTINGS = """\
name: Example support
inboxes:
  support: support@example.org
agents:
  dana: {name: Dana Davis, email: dana@example.org, teams: [billing]}
  lee: {name: Lee Larsen, email: lee@example.org}
teams:
  billing: {lead: lee}
forms:
  website: {sender: form@www.example.org}
mail:
  authserv-id: mx.example.org
sending: on
acknowledge:
  when: always
csat:
  ask: on
  internal-domains: [inside.example]
"""


class Automatic(World):
    """The desk with such settings."""

    @classmethod
    def settle(cls, fresh: Path, root: Path, settings: str = SETTINGS) -> Automatic:
        """A copy of a fresh desk, with settings of its own, on which news begins."""
        shutil.copytree(fresh, root, symlinks=True)
        world = cls(root)
        world.set(settings)
        begin(world.desk)
        return world

    def set(self, settings: str) -> None:
        """Write desk.yaml, as a person does."""
        (self.root / "desk.yaml").write_text(settings)
        self.git("commit", "-q", "-a", "-m", "Settle")

    def change(self, old: str, new: str) -> None:
        """Change a line of desk.yaml."""
        text = (self.root / "desk.yaml").read_text()
        assert old in text
        self.set(text.replace(old, new))

    def comes(self, mail: bytes, *, sender: str = "", recipient: str = "support@example.org") -> Ingested:
        """A live mail comes, by default in the envelope of who wrote it."""
        author = sender or email.message_from_bytes(mail)["From"]
        author = re.sub(r".*<|>.*", "", author)
        return self.take(mail, Options(Envelope(author, (recipient,)), live=True))

    def tick(self) -> list[str]:
        """What `desk cron` does of it: acknowledgements, then questions; the problems."""
        news = read_news(self.desk)
        problems = [*acknowledge(self.desk, news), *ask_how_it_went(self.desk)]
        news.settle()
        return problems

    @property
    def outbox(self) -> Outbox:
        """The mails to go out."""
        return Outbox(self.desk.layout)

    def posted(self, kind: str = "") -> list[OutMail]:
        """The mails in the outbox, of that kind."""
        mails = [mail for _, mail in self.outbox.items() if isinstance(mail, OutMail)]
        return [mail for mail in mails if mail.kind == kind or (not kind and mail.kind != "reply")]

    def letter(self, kind: str) -> EmailMessage:
        """The one mail of that kind, parsed by the standard library."""
        (mail,) = self.posted(kind)
        parsed = email.message_from_bytes(self.outbox.data(mail.name), policy=email.policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed

    def reply(self, word: str, text: str = "Done.\n", *, by: str = "dana") -> None:
        """An agent answers the requester."""
        desk = self.desk
        actor = find_actor(desk, said=by)
        assert actor is not None
        with open_door(desk, actor) as door:
            held = door.hold(word)
            entry = draw_id()
            ties = ties_of(desk, held.ticket, entry)
            letter = compose(
                desk,
                held.ticket,
                ties,
                from_name="Dana Davis",
                to=[held.ticket.requester],
                text=text,
                answers=held.ticket.messages[0],
            )
            post(
                door,
                held,
                letter,
                ties,
                entry_id=entry,
                kind="reply",
                summary=f"{word}: reply by {by}",
                by=by,
            )

    def bring(self, word: str, to: str, *, by: str = "dana") -> None:
        """An agent changes the status."""
        actor = find_actor(self.desk, said=by)
        assert actor is not None
        assert not status(self.desk, [word], to, actor=actor).errors

    def solved(self, number: int = 1, *, sender: str = ADA) -> Automatic:
        """A mail came, was answered and resolved by an agent; the same desk two hours later."""
        done = self.comes(write_mail(number, sender=sender))
        self.reply(done.ticket)
        self.bring(done.ticket, "resolved")
        return self.later(hours=2)  # type: ignore[return-value] # dataclasses.replace keeps the class

    def links(self) -> dict[str, str]:
        """Rating -> the subject of the mail that its link begins."""
        text = self.letter("csat").get_content()
        subjects = [unquote(each) for each in re.findall(r"mailto:support@example\.org\?subject=(\S+)", text)]
        return {subject.split()[0]: subject for subject in subjects}


def rating(subject: str, text: str = "", *, number: int = 90, sender: str = ADA, extra: str = "") -> bytes:
    """A mail that a link in the question began."""
    return (
        f"From: {sender}\r\nTo: support@example.org\r\nSubject: {subject}\r\n"
        f"Message-ID: <r{number}@customer.example>\r\nDate: {AT:%a, %d %b %Y %H:%M:%S} +0000\r\n{extra}"
        f"Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
    ).encode()


def facts(world: World, word: str, key: str = "csat") -> list[str]:
    """The facts of that key in a ticket."""
    return [fact for event in world.ticket(word).events for fact in event.all_facts(key)]
