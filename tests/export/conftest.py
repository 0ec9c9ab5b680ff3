"""A desk with a conversation to export, made once."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from care.world import World, write_mail

from helpdesk_cli.desk.actor import Actor
from helpdesk_cli.desk.new import Draft, new
from helpdesk_cli.desk.note import note
from helpdesk_cli.desk.outcome import Options
from helpdesk_cli.tickets.person import Person

if TYPE_CHECKING:
    from pathlib import Path

DANA = Actor("dana", "Dana Davis", "dana@example.com")
BOB = "Bob <bob@customer.example>"
SECRET = "what only agents know"


@pytest.fixture(scope="session")
def spoken_desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three tickets: a conversation with an attachment and a note, one of another person, a call."""
    root = tmp_path_factory.mktemp("spoken") / "desk"
    world = World.make(root).later(hours=1)
    odd = "From the top.\n>From there.\n\nFrom: nobody\n"
    mails = [
        write_mail(1, attachment=b"%PDF \x00 small", text=odd),
        write_mail(2, answers=1),
        write_mail(3, answers=2),
        write_mail(4, sender=BOB),
    ]
    for mail in mails:
        world.take(mail, Options(live=False))
    assert len(world.paths()) == 2
    note(world.desk, ["1"], SECRET, actor=DANA)
    caller = Person("Kim, =1+1", phone="+49301234")
    new(world.desk, Draft(caller, "Please call", "At noon.\n"), actor=DANA)
    return root


@pytest.fixture
def spoken(spoken_desk: Path, tmp_path: Path) -> World:
    """A copy for this test."""
    root = tmp_path / "desk"
    shutil.copytree(spoken_desk, root, symlinks=True)
    return World(root).later(hours=1)
