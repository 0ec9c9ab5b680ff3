"""RELIABILITY G4, G23: many at once; nothing lost, doubled, torn apart or mixed up, one commit a change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from care.world import World, write_mail
from faults.crowd import Post, deliver, write_post

from helpdesk_cli.desk.fsck import Ages, fsck

if TYPE_CHECKING:
    from pathlib import Path


def judge(world: World, post: Post) -> None:
    """What must hold however they raced."""
    tickets = world.tickets()
    found = [frozenset(message.message_id for message in ticket.messages) for ticket in tickets]
    assert sum(len(ticket.messages) for ticket in tickets) == sum(map(len, post.conversations)), (
        "doubled or lost"
    )
    assert frozenset(found) == post.conversations, "torn apart or mixed up"
    assert (
        len({ticket.number for ticket in tickets}) == len({ticket.uid for ticket in tickets}) == len(tickets)
    )
    assert fsck(world.desk, full=True, ages=Ages(0, 0, 0)) == []
    assert world.status() == ""
    subjects = world.subjects()
    by_mail = [subject for subject in subjects if subject.startswith("TICKET-") and ": tag" not in subject]
    assert len(by_mail) == sum(map(len, post.conversations)), "one commit a mail"
    assert sum(subject.startswith("By hand") for subject in subjects) == 10
    tagged = sum(len(ticket.tags) for ticket in tickets)
    assert sum(": tag" in subject for subject in subjects) == tagged
    assert world.git("fsck", "--strict", "--no-dangling") == ""


@pytest.fixture
def empty(tmp_path: Path) -> World:
    """A desk without a ticket."""
    return World.make(tmp_path / "desk")


def test_sixty_four_at_once(empty: World) -> None:
    """With 50 mails each in `make sweep`."""
    post = write_post(64, 12, seed=4)
    deliver(empty, post)
    judge(empty, post)


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 3, 1), (3, 1, 2), (2, 1, 3), (1, 3, 2)])
def test_answers_that_come_before_what_they_answer(empty: World, order: tuple[int, ...]) -> None:
    """DECISIONS 21, rule 3: a chain of three in any order is one ticket."""
    chain = {1: write_mail(1), 2: write_mail(2, answers=1), 3: write_mail(3, answers=2)}
    chain[3] = chain[3].replace(b"References: <m2@", b"References: <m1@customer.example>\n <m2@")
    for number in order:
        empty.take(chain[number])
    (ticket,) = empty.tickets()
    assert {message.message_id for message in ticket.messages} == {f"m{n}@customer.example" for n in order}
