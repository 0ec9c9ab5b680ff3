"""A desk with mail of three people, and a way to write customers' files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from care.world import World, write_mail

from helpdesk_cli.desk.actor import Actor

if TYPE_CHECKING:
    from pathlib import Path

DANA = Actor("dana", "Dana Davis", "dana@example.com")


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Ada wrote 1 and 4, Bob 2 with a plus in his address, Eve 3."""
    world = World.make(tmp_path / "desk")
    world.take(write_mail(1))
    world.take(write_mail(2, sender="Bob <bob+shop@acme.example>"))
    world.take(write_mail(3, sender="Eve <eve@mail.acme.example>"))
    world.take(write_mail(4))
    return world


def write(world: World, path: str, text: str) -> Path:
    """A file of the desk, by hand."""
    place = world.root / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text)
    return place


def fill(world: World) -> None:
    """Ada is gold and a VIP, Bob has a file, Acme is silver."""
    write(
        world,
        "customers/ada.md",
        "---\nname: Ada Lovelace\naddresses: [ada@customer.example, Ada@Home.example]\ntier: gold\nvip: yes\n"
        "tags: [early]\naccount: K-17\n---\nLikes tea.\n",
    )
    write(world, "customers/bob.md", "---\naddresses:\n- Bob@acme.example\n---\n")
    write(
        world,
        "customers/organisations/acme.md",
        "---\nname: Acme Ltd\ndomains: [acme.example]\ntier: silver\ntags: [b2b]\n---\n",
    )
