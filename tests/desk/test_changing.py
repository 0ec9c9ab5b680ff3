"""Many tickets are changed at once, and mail comes in between."""

from __future__ import annotations

import time
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from care.world import World, write_mail

from helpdesk_cli.desk import changing
from helpdesk_cli.desk.actor import Actor
from helpdesk_cli.desk.changing import Decided, change_each
from helpdesk_cli.desk.new import Draft, new
from helpdesk_cli.storage import lock
from helpdesk_cli.tickets.changes import ListChanged

if TYPE_CHECKING:
    from pathlib import Path

    from helpdesk_cli.desk.record import Door
    from helpdesk_cli.tickets.ticket import Ticket

DANA = Actor("dana", "Dana", "dana@example.org")


def test_a_mail_that_waits_gets_in_behind_the_chunk_at_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not when all are changed: the lock is given back, and left to whoever waits for it."""
    world = World.make(tmp_path / "desk")
    made = [new(world.desk, Draft(text=f"Call {number}"), actor=DANA).id for number in range(24)]
    monkeypatch.setattr(changing, "_CHUNK", 6)
    # However slow this machine is: what ends a chunk, and a turn, is not the time.
    monkeypatch.setattr(changing, "_CHUNK_SECONDS", 60.0)
    mail = write_mail(1)
    came: list[str] = []
    mails = Thread(target=lambda: came.append(str(world.take(mail).ticket)))
    order: list[str] = []

    def decide(_: Door, ticket: Ticket) -> Decided:
        if not order:
            mails.start()
            while not lock.is_awaited(world.desk.layout.lock):
                time.sleep(0.001)
        order.extend(["TICKET-25"] * bool(world.paths()[24:] and "TICKET-25" not in order))
        order.append(ticket.id)
        return Decided([ListChanged("tags", ("x",))], "tags +x")

    outcome = change_each(world.desk, made, decide, actor=DANA)
    mails.join()
    assert came == ["TICKET-25"]
    assert order == [*made[:6], "TICKET-25", *made[6:]]
    assert (outcome.errors, len(outcome.recorded)) == ([], 24)
    assert world.status() == ""


@pytest.mark.parametrize(("seconds", "fits"), [(0.0, 200), (1.0, 200), (4.0, 50), (100.0, 10)])
def test_a_chunk_that_held_the_lock_for_long_makes_the_next_one_smaller(seconds: float, fits: int) -> None:
    assert changing.fitting(200, seconds) == fits
