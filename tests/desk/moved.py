"""A desk with three tickets of two people, for tests of what moves from one ticket to another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from care.world import ADA, write_mail

from helpdesk_cli.desk.actor import Actor
from helpdesk_cli.desk.fsck import fsck
from helpdesk_cli.desk.note import note
from helpdesk_cli.desk.reply import all_seen, send_reply
from helpdesk_cli.desk.reply_plan import plan_reply
from helpdesk_cli.desk.reply_words import first_answer
from helpdesk_cli.tickets.entries import Message, Note

if TYPE_CHECKING:
    from care.world import World

    from helpdesk_cli.desk.changing import Outcome
    from helpdesk_cli.desk.posting import Posted

DANA = Actor("dana", "Dana Davis", "dana@example.org")
BOB = "Bob <bob@customer.example>"
PDF = b"%PDF " + b"x" * 5000
SETTINGS = """\
inboxes:
  support: support@example.org
agents:
  dana: {name: Dana Davis, email: dana@example.org}
  lee: {name: Lee Larsen, email: lee@example.org}
"""


def furnish(world: World) -> World:
    """TICKET-1 by Ada; TICKET-2 by Bob with a file, a note and an answer that waits; TICKET-3 by Ada."""
    (world.root / "desk.yaml").write_text(SETTINGS)
    world.git("commit", "-q", "-a", "-m", "Settle")
    world.git("config", "desk.role", "server")
    world.take(write_mail(1))
    world.later(minutes=5).take(write_mail(2, sender=BOB, attachment=PDF))
    world.later(minutes=6).take(write_mail(3))
    later = world.later(minutes=10)
    note(later.desk, ["2"], "Bob called.", actor=DANA)
    answer(later, "2")
    return world.later(minutes=20)


def answer(world: World, word: str, text: str = "Mended.") -> Posted:
    """Answer without further ado."""
    plan = plan_reply(world.desk, word, actor=DANA)
    given = first_answer(world.desk, plan, actor=DANA, text=text)
    return send_reply(world.desk, plan, given, actor=DANA, seen=all_seen(plan.ticket))[0]


def texts(world: World, ticket: str) -> list[str]:
    """What was said in a ticket, in order."""
    return [
        entry.text.strip() for entry in world.ticket(ticket).entries if isinstance(entry, (Message, Note))
    ]


def is_well(world: World, outcome: Outcome | None = None) -> None:
    """Nothing went wrong, all is committed, and fsck finds nothing."""
    assert outcome is None or outcome.errors == [], outcome.errors
    found = fsck(world.desk, full=True)
    assert found == [], found
    assert world.status() == ""


__all__ = ["ADA", "BOB", "DANA", "PDF", "answer", "furnish", "is_well", "texts"]
