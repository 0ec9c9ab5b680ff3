"""Messages that become a ticket of their own; links that both tickets name; pairs that may be one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from care.world import World, write_mail
from moved import BOB, DANA, PDF, answer, furnish, is_well, texts

from helpdesk_cli.desk.dupes import find_dupes
from helpdesk_cli.desk.linking import link, unlink
from helpdesk_cli.desk.merging import merge
from helpdesk_cli.desk.record import open_door
from helpdesk_cli.desk.reply_plan import plan_reply
from helpdesk_cli.desk.show import attachment_content
from helpdesk_cli.desk.splitting import split, unsplit
from helpdesk_cli.desk.status import close
from helpdesk_cli.errors import NotFoundError, UsageError
from helpdesk_cli.tickets.entries import Tombstone
from helpdesk_cli.tickets.links import INVERSE, Link, inverse, read_link

if TYPE_CHECKING:
    from pathlib import Path

    from helpdesk_cli.tickets.ticket import Ticket


@pytest.fixture
def world(tmp_path: Path) -> World:
    return furnish(World.make(tmp_path / "desk"))


def alike(world: World) -> None:
    """TICKET-4: Ada asks again."""
    world.take(write_mail(4).replace(b"Subject: Request 4", b"Subject: Fwd: [x] request 1!"))


def off(world: World, *words: str) -> Ticket:
    """What is split off, as a ticket."""
    outcome = split(world.desk, words, actor=DANA)
    is_well(world, outcome)
    return world.ticket(outcome.recorded[0].id)


def test_both_tickets_name_each_other_and_a_stub_stays(world: World) -> None:
    world.take(write_mail(7, sender=BOB, answers=2, text="By the way: the VPN is down, too.\n"))
    new = off(world, "2.3")
    assert (new.id, new.requester.email, new.status, new.links) == (
        "TICKET-4",
        "bob@customer.example",
        "open",
        ("TICKET-2",),
    )
    assert texts(world, "TICKET-4") == ["By the way: the VPN is down, too."]
    old = world.ticket("TICKET-2")
    assert old.links == ("TICKET-4",)
    stub = dict(old.numbered)[3]
    assert isinstance(stub, Tombstone)
    assert (stub.reason, stub.message_id) == ("split off to TICKET-4", "m7@customer.example")


def test_attachments_go_along_and_fields_are_kept(world: World) -> None:
    new = off(world, "2.1")
    assert (new.assignee, new.priority, new.subject) == ("dana", "medium", "Request 2")
    assert attachment_content(world.desk, "4", 1)[1] == PDF
    assert texts(world, "TICKET-2") == ["Bob called.", "Mended."]


def test_answers_to_what_was_split_off_follow_and_others_do_not(world: World) -> None:
    world.take(write_mail(7, sender=BOB, answers=2))
    plan = plan_reply(world.desk, "2.3", actor=DANA)
    assert plan.answered is not None
    ours = answer(world.later(minutes=1), "2.3", "On the VPN.").message
    off(world, "2.3", "2.4")
    later = world.later(hours=1)
    assert later.take(write_mail(8, sender=BOB, answers=7)).ticket == "TICKET-4"
    to_ours = (("In-Reply-To", f"<{ours.message_id}>"),)
    assert later.take(write_mail(9, sender="Carl <carl@x.example>", headers=to_ours)).ticket == "TICKET-4"
    assert later.take(write_mail(10, sender=BOB, answers=2)).ticket == "TICKET-2"
    assert later.take(write_mail(7, sender=BOB, answers=2)).outcome == "duplicate"
    is_well(world)


def test_split_twice_is_split_once(world: World) -> None:
    world.take(write_mail(7, sender=BOB, answers=2))
    first = off(world, "2.3")
    with pytest.raises(NotFoundError, match="message 3 was removed"):
        split(world.desk, ["2.3"], actor=DANA)
    assert world.ticket("TICKET-4") == first


def test_what_was_split_off_goes_back_and_mail_to_it_too(world: World) -> None:
    world.take(write_mail(7, sender=BOB, answers=2))
    before = texts(world, "TICKET-2")
    off(world, "2.3")
    with open_door(world.desk, DANA) as door:
        unsplit(door, door.hold("4"), door.hold("2"))
    assert texts(world, "TICKET-2") == before
    assert (world.ticket("TICKET-4").merged_into, world.ticket("TICKET-2").links) == ("TICKET-2", ())
    assert world.later(hours=1).take(write_mail(8, sender=BOB, answers=7)).ticket == "TICKET-2"
    assert [number for number, _ in world.ticket("TICKET-2").numbered] == [1, 2, 3, 4]
    is_well(world)


@pytest.mark.parametrize(
    ("words", "fact"),
    [
        (["2"], "names no message"),
        (["2.9"], "message 9 is not there"),
        (["2.1", "1.1"], "are of TICKET-2 and TICKET-1"),
        (["1.1"], "every message of it"),
        (["2.x"], "names no message"),
    ],
)
def test_what_cannot_be_split(world: World, words: list[str], fact: str) -> None:
    with pytest.raises((UsageError, NotFoundError), match=fact):
        split(world.desk, words, actor=DANA)


@pytest.mark.parametrize("kind", sorted(INVERSE))
def test_a_link_stands_in_both_each_in_its_own_words(world: World, kind: str) -> None:
    is_well(world, link(world.desk, ["1", "2"], kind, actor=DANA))
    (one,), (other,) = world.ticket("TICKET-1").links, world.ticket("TICKET-2").links
    assert read_link(one) == Link(kind, "TICKET-2")
    assert read_link(other) == inverse(kind, "TICKET-1") == Link(INVERSE[kind], "TICKET-1")
    assert link(world.desk, ["1", "2"], kind, actor=DANA).unchanged == ["TICKET-1 and TICKET-2"]
    is_well(world, unlink(world.desk, ["2", "1"], actor=DANA))
    assert world.ticket("TICKET-1").links == world.ticket("TICKET-2").links == ()


def test_another_link_replaces_the_one_that_was(world: World) -> None:
    link(world.desk, ["1", "2", "3"], "related", actor=DANA)
    link(world.desk, ["1", "2"], "blocks", actor=DANA)
    assert world.ticket("TICKET-1").links == ("TICKET-3", "blocks TICKET-2")
    assert world.ticket("TICKET-2").links == ("blocked-by TICKET-1",)


def test_who_closes_a_ticket_whose_parts_are_open_is_told(world: World) -> None:
    link(world.desk, ["1", "2", "3"], "child", actor=DANA)
    close(world.desk, ["3"], actor=DANA)
    outcome = close(world.desk, ["1"], actor=DANA)
    assert outcome.remarks == ["TICKET-1 is done, and TICKET-2, a part of it, is not yet."]
    assert world.ticket("TICKET-1").status == "closed"


def test_no_kind_of_link_and_no_ticket(world: World) -> None:
    with pytest.raises(UsageError, match=r"Did you mean|Known"):
        link(world.desk, ["1", "2"], "block", actor=DANA)
    with pytest.raises(NotFoundError):
        link(world.desk, ["1", "99"], "blocks", actor=DANA)
    with pytest.raises(UsageError, match="two tickets"):
        link(world.desk, ["1", "1"], "blocks", actor=DANA)


def pairs(world: World, query: str = "") -> dict[str, list[str]]:
    return {pair.command: pair.reasons for pair in find_dupes(world.desk, query)}


def test_pairs_that_may_be_one_with_the_reasons(world: World) -> None:
    alike(world)
    named = (("In-Reply-To", "<m1@customer.example>"),)
    world.take(write_mail(8, sender="Eve <eve@other.example>", headers=named))
    world.take(write_mail(9, sender="Carl <carl@other.example>", attachment=PDF))
    found = pairs(world)
    assert found["desk merge 1 5"] == [
        "a mail of one answers a mail of the other",
        "a mail named the other ticket",
    ]
    assert found["desk merge 2 6"] == ["the same file: invoice.pdf"]
    assert found["desk merge 1 4"] == ["the same sender and subject within days"]
    assert set(pairs(world, "id:6")) == {"desk merge 2 6"}


def test_what_is_merged_linked_or_was_split_is_proposed_no_more(world: World) -> None:
    alike(world)
    assert "desk merge 1 4" in pairs(world)
    link(world.desk, ["4", "1"], "related", actor=DANA)
    assert "desk merge 1 4" not in pairs(world)
    world.take(write_mail(7, sender=BOB, answers=2))
    split(world.desk, ["2.3"], actor=DANA)
    merge(world.desk, ["1", "2"], actor=DANA)
    assert [command for command in pairs(world) if "2" in command.split()] == []


def test_subjects_of_different_people_or_weeks_apart_tell_nothing(world: World) -> None:
    world.take(write_mail(1, sender=BOB).replace(b"<m1@", b"<other@"))
    late = write_mail(3).replace(b"<m3@", b"<late@")
    world.later(days=30).take(late)
    assert not {"desk merge 1 4", "desk merge 3 5"} & set(pairs(world))
