"""A conversation without end: its ticket stays one that can be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from care.world import World

from helpdesk_cli.desk.fsck import fsck
from helpdesk_cli.desk.show import show

if TYPE_CHECKING:
    from pathlib import Path


def mail(number: int) -> bytes:
    answers = f"In-Reply-To: <m{number - 1}@example.org>\n" if number else ""
    head = f"From: ada@example.org\nSubject: Log\nMessage-ID: <m{number}@example.org>\n{answers}\n"
    return f"{head}Text {number}\n".encode()


def test_a_full_ticket_is_followed_by_another(tmp_path: Path) -> None:
    world = World.make(tmp_path / "desk")
    assert [world.take(mail(number)).ticket for number in (0, 1)] == ["TICKET-1", "TICKET-1"]
    (path,) = world.paths()
    # What sixteen mails of the most text there may be in one would bring, in no time.
    with (world.root / path).open("a") as file:
        file.write("A line of text, and there are many of them.\n" * 400_000)
    tickets = [world.later(minutes=number).take(mail(number)).ticket for number in (2, 3)]
    assert tickets == ["TICKET-2", "TICKET-2"]
    follower = show(world.desk, "2").ticket.messages[0]
    assert "possible parent TICKET-1" in follower.flags
    assert [finding.code for finding in fsck(world.desk, full=True)] == ["uncommitted"]
