"""Clones that merge, split and redact without knowing of each other lose nothing, and agree in the end."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from care.world import write_mail

from helpdesk_cli.desk.cron import cron
from helpdesk_cli.desk.linking import link
from helpdesk_cli.desk.merge_settle import settle_merges
from helpdesk_cli.desk.merging import merge, unmerge_each
from helpdesk_cli.desk.news import begin
from helpdesk_cli.desk.redacting import Wish, redact
from helpdesk_cli.desk.splitting import split
from helpdesk_cli.tickets.entries import Message

if TYPE_CHECKING:
    from clones.meeting import Clone

Clones = tuple["Clone", "Clone"]
BOB = "Bob <bob@customer.example>"


def furnished(clones: Clones) -> Clones:
    """Both have three tickets; one has a file."""
    kim, lee = clones
    kim.take(write_mail(2, sender=BOB, attachment=b"x" * 5000))
    kim.take(write_mail(3, sender="Carl <carl@customer.example>"))
    assert lee.pull(kim)
    return kim, lee.later(minutes=30)


def agree(kim: Clone, lee: Clone) -> None:
    """They pull until nothing is left to do: both have the same files, and fsck is content."""
    for _ in range(3):
        for one, other in ((kim, lee), (lee, kim)):
            assert one.pull(other)
            assert settle_merges(one.world.desk, actor=one.actor).errors == []
    assert kim.pull(lee)
    assert lee.pull(kim)
    assert lee.files() == kim.files()
    for clone in (kim, lee):
        assert settle_merges(clone.world.desk, actor=clone.actor).recorded == []
        assert clone.world.status() == ""
        assert clone.findings() == []


def said(clone: Clone) -> list[str]:
    """The Message-IDs of all messages, each as often as it is there."""
    messages = chain.from_iterable(ticket.messages for ticket in clone.world.tickets())
    return sorted(message.message_id for message in messages)


def merged(clone: Clone, *words: str) -> None:
    assert merge(clone.world.desk, words, actor=clone.actor).errors == []


ALL = ["m1@customer.example", "m2@customer.example", "m3@customer.example"]


def test_both_merge_the_same(clones: Clones) -> None:
    kim, lee = furnished(clones)
    merged(kim, "1", "2")
    merged(lee, "1", "2", "3")
    agree(kim, lee)
    assert said(kim) == ALL
    assert len(kim.world.ticket("TICKET-1").messages) == 3


def test_mail_that_came_to_a_ticket_while_it_was_merged_elsewhere_follows(clones: Clones) -> None:
    kim, lee = furnished(clones)
    merged(kim, "1", "2")
    lee.take(write_mail(5, sender=BOB, answers=2, attachment=b"y" * 5000))
    lee.note("2", "Looked at it.")
    agree(kim, lee)
    assert said(lee) == [*ALL, "m5@customer.example"]
    ticket = lee.world.ticket("TICKET-1")
    assert [message.message_id for message in ticket.messages] == [
        "m1@customer.example",
        "m2@customer.example",
        "m5@customer.example",
    ]
    assert lee.world.ticket("TICKET-2").merged_into == "TICKET-1"
    assert len([file for file in lee.files() if file.startswith("2026/11/TICKET-1/")]) == 3


def test_each_merges_the_other_s_way_round(clones: Clones) -> None:
    kim, lee = furnished(clones)
    merged(kim, "1", "2")
    merged(lee, "2", "1")
    agree(kim, lee)
    assert said(kim) == ALL
    first, second = kim.world.ticket("TICKET-1"), kim.world.ticket("TICKET-2")
    assert (first.merged_into, second.merged_into) == ("", "TICKET-1")
    assert first.status == "new"
    assert len(first.messages) == 2


def test_each_merges_it_into_another_ticket(clones: Clones) -> None:
    """It belongs to where it was merged last; the first has it as well, and nothing is lost."""
    kim, lee = furnished(clones)
    merged(kim, "1", "2")
    merged(lee, "3", "2")
    agree(kim, lee)
    assert kim.world.ticket("TICKET-2").merged_into == "TICKET-3"
    assert set(said(kim)) == set(ALL)
    assert "m2@customer.example" in [each.message_id for each in kim.world.ticket("TICKET-3").messages]


def test_one_takes_apart_while_the_other_answers(clones: Clones) -> None:
    kim, lee = furnished(clones)
    merged(kim, "1", "2")
    assert lee.pull(kim)
    assert unmerge_each(kim.world.desk, ["2"], actor=kim.actor).errors == []
    lee.take(write_mail(5, sender=BOB, answers=2))
    agree(kim, lee)
    assert said(kim) == [*ALL, "m5@customer.example"]
    assert kim.world.ticket("TICKET-2").merged_into == ""


def test_both_split_the_same_message_off(clones: Clones) -> None:
    kim, lee = furnished(clones)
    kim.take(write_mail(5, sender=BOB, answers=2))
    assert lee.pull(kim)
    for clone in (kim, lee):
        assert split(clone.world.desk, ["2.2"], actor=clone.actor).errors == []
    assert kim.pull(lee)
    kim.heal()
    agree(kim, lee)
    assert said(kim) == [*ALL, "m5@customer.example"]
    assert [ticket.id for ticket in kim.world.tickets()] == ["TICKET-1", "TICKET-2", "TICKET-3", "TICKET-4"]


def test_one_redacts_what_the_other_moves(clones: Clones) -> None:
    """The redaction is of the message where it was; what was moved before that is known is told by nobody."""
    kim, lee = furnished(clones)
    redact(kim.world.desk, Wish("2.1"), actor=kim.actor)
    lee.take(write_mail(5, sender=BOB, answers=2))
    agree(kim, lee)
    assert said(lee) == ["m1@customer.example", "m3@customer.example", "m5@customer.example"]
    assert lee.world.take(write_mail(2, sender=BOB, attachment=b"x" * 5000)).outcome == "duplicate"
    merged(lee, "1", "2")
    agree(kim, lee)
    assert "m2@customer.example" not in said(kim)


def test_what_was_redacted_while_it_was_moved_is_redacted_there(clones: Clones) -> None:
    """By the server, where the two meet."""
    kim, lee = furnished(clones)
    kim.world.git("config", "desk.role", "server")
    begin(kim.world.desk)
    merged(lee, "1", "2")
    redact(kim.world.desk, Wish("2.1"), actor=kim.actor)
    agree(kim, lee)
    assert "m2@customer.example" in said(kim)
    later = kim.later(hours=1)
    assert cron(later.world.root, now=later.world.now).problems == []
    assert "This is what mail 2 says" not in "".join(
        path.read_text() for path in later.world.root.rglob("TICKET*.md")
    )
    agree(later, lee)
    assert "m2@customer.example" not in said(lee)
    assert b"x" * 5000 not in lee.files().values()


def test_links_meet_and_mean_who_was_meant(clones: Clones) -> None:
    kim, lee = furnished(clones)
    kim.take(write_mail(6, sender=BOB))
    lee.take(write_mail(7, sender="Eve <eve@customer.example>"))
    link(kim.world.desk, ["1", "4"], "blocks", actor=kim.actor)
    link(lee.world.desk, ["4", "3"], "child", actor=lee.actor)
    lee.pull(kim)
    lee.heal()
    lee.world.git("commit", "--quiet", "--no-edit", check=False)
    agree(kim, lee)
    by_mail = {ticket.messages[0].message_id: ticket for ticket in kim.world.tickets()}
    mine, theirs = by_mail["m6@customer.example"], by_mail["m7@customer.example"]
    assert {mine.id, theirs.id} == {"TICKET-4", "TICKET-5"}
    assert by_mail["m1@customer.example"].links == (f"blocks {mine.id}",)
    assert by_mail["m3@customer.example"].links == (f"parent {theirs.id}",)
    assert (mine.links, theirs.links) == (("blocked-by TICKET-1",), ("child TICKET-3",))
    assert isinstance(mine.entries[0], Message)
