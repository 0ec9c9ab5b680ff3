"""A change that could not be written is told as an error, and never among what was done."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from care.world import World, write_mail

from helpdesk_cli.desk.actor import Actor
from helpdesk_cli.desk.assign import assign
from helpdesk_cli.desk.linking import link
from helpdesk_cli.desk.record import Door
from helpdesk_cli.errors import ConflictError

if TYPE_CHECKING:
    from pathlib import Path

    from helpdesk_cli.desk.record import Held
    from helpdesk_cli.storage.folder import Stat

DANA = Actor("dana", "Dana Davis", "dana@example.com")


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """Three tickets; somebody saves the second whenever it is to be written."""
    made = World.make(tmp_path / "desk")
    for number in (1, 2, 3):
        made.take(write_mail(number))
    real = Door._put_file  # noqa: SLF001 - where an editor comes first

    def put(self: Door, held: Held) -> Stat:
        if held.ticket.id == "TICKET-2":
            raise ConflictError("the file has changed meanwhile", held.path)
        return real(self, held)

    monkeypatch.setattr(Door, "_put_file", put)
    return made


def test_what_an_editor_kept_from_being_written_is_not_told_as_done(world: World) -> None:
    done = assign(world.desk, ["1", "2", "3"], "dana", actor=DANA)
    assert [each.id for each in done.recorded] == ["TICKET-1", "TICKET-3"]
    assert [name for name, _ in done.errors] == ["2"]
    assert world.ticket("TICKET-2").assignee == ""


def test_nor_is_a_link_of_which_one_side_could_not_be_written(world: World) -> None:
    done = link(world.desk, ["1", "2", "3"], "related", actor=DANA)
    assert [each.id for each in done.recorded] == ["TICKET-1", "TICKET-1", "TICKET-3"]
    assert [name for name, _ in done.errors] == ["TICKET-2"]
    assert world.ticket("TICKET-2").links == ()
