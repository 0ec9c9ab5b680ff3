"""A desk with resolved tickets that agents answered, made once."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from care.world import World, write_mail

from helpdesk_cli.desk.actor import Actor
from helpdesk_cli.desk.changing import Decided, change_each
from helpdesk_cli.desk.outcome import Options
from helpdesk_cli.desk.spam import spam
from helpdesk_cli.desk.status import resolve
from helpdesk_cli.tickets.changes import EntryAdded
from helpdesk_cli.tickets.entries import Message, Segment
from helpdesk_cli.tickets.person import Person

if TYPE_CHECKING:
    from pathlib import Path

    from helpdesk_cli.desk.record import Door
    from helpdesk_cli.tickets.ticket import Ticket

DANA = Actor("dana", "Dana Davis", "dana@example.com")
LEE = Actor("lee", "Lee Larsen", "lee@example.com")


def answer(world: World, number: int, actor: Actor) -> None:
    """An answer by an agent, as a ticket says it."""

    def decide(door: Door, ticket: Ticket) -> Decided:
        message = Message(
            f"a{number:03}{len(ticket.messages):012}",
            door.next_at(ticket),
            Person(actor.name, "support@example.com"),
            direction="out",
            by=actor.key,
            to=(ticket.requester,),
            subject=ticket.subject,
            body=(Segment("text", "It is corrected.\n"),),
        )
        return Decided([EntryAdded(message)], "answered")

    assert change_each(world.desk, [str(number)], decide, actor=actor).exit_code == 0


@pytest.fixture(scope="session")
def answered_desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tickets 1 to 12 answered and resolved (even ones by Lee), 13 not answered, 14 and 16 open, 15 spam."""
    world = World.make(tmp_path_factory.mktemp("answered") / "desk")
    mails = [write_mail(number) for number in range(1, 17)]
    for mail in mails:
        world.take(mail, Options())
    for number in (*range(1, 13), 14, 15):
        answer(world, number, DANA if number % 2 else LEE)
    done = [str(number) for number in range(1, 14)]
    assert resolve(world.desk, done, actor=DANA).exit_code == 0
    assert spam(world.desk, ["15"], actor=DANA).exit_code == 0
    return world.root


@pytest.fixture
def answered(answered_desk: Path, tmp_path: Path) -> World:
    """A copy for this test."""
    root = tmp_path / "desk"
    shutil.copytree(answered_desk, root, symlinks=True)
    return World(root).later(hours=2)
