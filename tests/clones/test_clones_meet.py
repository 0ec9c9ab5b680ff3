"""Two people work without a connection on the same tickets; `git pull` brings it all together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from care.world import write_mail

from helpdesk_cli.storage.setup import MERGE_DRIVER
from helpdesk_cli.tickets.entries import Tombstone

if TYPE_CHECKING:
    from clones.meeting import Clone

Clones = tuple["Clone", "Clone"]


def meet(kim: Clone, lee: Clone) -> None:
    """Kim pulls, then Lee: both have the same files, all is committed, and nothing is wrong."""
    assert kim.pull(lee)
    agree(kim, lee)


def agree(kim: Clone, lee: Clone) -> None:
    assert lee.pull(kim)
    assert lee.files() == kim.files()
    for clone in (kim, lee):
        assert clone.world.status() == ""
        assert clone.findings() == []


def test_messages_tags_statuses_notes_and_a_redaction_meet(clones: Clones) -> None:
    kim, lee = clones
    (first,) = kim.world.ticket("TICKET-1").messages
    kim.take(write_mail(2, answers=1))
    kim.tag("1", "vip", "billing")
    kim.status("1", "pending")
    kim.note("1", "Asked accounting.")
    lee = lee.later(minutes=30)
    lee.take(write_mail(3, answers=1))
    lee.tag("1", "urgent", "billing")
    lee.status("1", "resolved")
    lee.redact("1", first.id)
    meet(kim, lee)
    ticket = lee.world.ticket("TICKET-1")
    assert [message.message_id for message in ticket.messages] == [
        "m2@customer.example",
        "m3@customer.example",
    ]
    assert (ticket.status, ticket.tags) == ("resolved", ("billing", "urgent", "vip"))
    assert [entry.covers for entry in ticket.entries if isinstance(entry, Tombstone)] == [first.id]
    assert "This is what mail 1 says" not in lee.files()["2026/11/TICKET-1.md"].decode()


def test_a_mail_that_both_took_in_is_one_message(clones: Clones) -> None:
    kim, lee = clones
    for clone in (kim, lee.later(minutes=7)):
        clone.take(write_mail(2, answers=1))
        assert clone.take(write_mail(5)) == "TICKET-2"
    lee.later(minutes=9).tag("2", "vip")
    meet(kim, lee)
    assert len(kim.world.ticket("TICKET-1").messages) == 2
    ticket = kim.world.ticket("TICKET-2")
    assert (len(ticket.messages), ticket.tags) == (1, ("vip",))


def test_hand_edits_and_commands_meet(clones: Clones) -> None:
    kim, lee = clones
    path = kim.world.root / "tickets/2026/11/TICKET-1.md"
    path.write_text(
        path.read_text().replace("---\n\n", "tier: gold # since May\n---\n\n", 1) + "\nRemember.\n"
    )
    kim.world.git("commit", "-qam", "By hand")
    lee.tag("1", "vip")
    lee.note("1", "Called.")
    meet(kim, lee)
    text = kim.files()["2026/11/TICKET-1.md"].decode()
    assert "tier: gold # since May\n" in text
    assert "- vip\n" in text
    assert text.index("Remember.") < text.index("Called.")


def test_all_orders_of_pulls_give_the_same_bytes(clones: Clones) -> None:
    kim, lee = clones
    for clone, minutes in ((kim, 1), (lee, 2)):
        clone.later(minutes=minutes).status("1", "open" if minutes == 1 else "pending")
        clone.later(minutes=minutes).note("1", clone.name)
    kim_before, lee_before = (clone.world.git("rev-parse", "HEAD").strip() for clone in (kim, lee))
    assert kim.pull(lee)
    first = kim.files()
    kim.world.git("reset", "-q", "--hard", kim_before)
    assert lee.pull(kim)
    assert lee.files() == first
    assert lee_before != kim_before


def test_two_tickets_under_one_number_both_live(clones: Clones) -> None:
    kim, lee = clones
    assert kim.later(minutes=3).take(write_mail(5, attachment=b"%PDF five")) == "TICKET-2"
    assert lee.take(write_mail(6, attachment=b"%PDF six")) == "TICKET-2"
    assert not kim.pull(lee)
    healing = kim.heal()
    assert (healing.left, healing.is_merging) == ((), True)
    assert [done.code for done in healing.done] == ["conflict", "conflict", "number-clash"]
    kim.world.git("commit", "-q", "--no-edit")
    # Lee's was there three minutes earlier and keeps the number.
    older, younger = kim.world.ticket("TICKET-2"), kim.world.ticket("TICKET-3")
    assert [older.subject, younger.subject] == ["Request 6", "Request 5"]
    assert (older.formerly, younger.formerly) == ((), ("TICKET-2",))
    files = kim.files()
    for ticket, content in ((older, b"%PDF six"), (younger, b"%PDF five")):
        (name,) = (file.path for file in ticket.messages[0].attachments)
        assert name.startswith(f"{ticket.id}/")
        assert files[f"2026/11/{name}"] == content
    assert len([name for name in files if name.endswith(".pdf")]) == 3
    agree(kim, lee)
    assert kim.later(hours=1).take(write_mail(7)) == "TICKET-4"


def test_the_younger_goes_on_elsewhere_while_it_moves(clones: Clones) -> None:
    kim, lee = clones
    kim.take(write_mail(5))
    lee = lee.later(minutes=1)
    lee.take(write_mail(6))
    assert not kim.pull(lee)
    kim.heal()
    kim.world.git("commit", "-q", "--no-edit")
    assert kim.world.ticket("TICKET-3").subject == "Request 6"
    # Lee knows nothing of it and writes on.
    lee.later(minutes=5).take(write_mail(8, answers=6))
    assert not lee.pull(kim)
    assert lee.heal().left == ()
    lee.world.git("commit", "-q", "--no-edit")
    assert [ticket.subject for ticket in lee.world.tickets()] == ["Request 1", "Request 5", "Request 6"]
    assert len(lee.world.ticket("TICKET-3").messages) == 2
    agree(lee, kim)


def test_clones_that_heal_by_themselves_agree(clones: Clones) -> None:
    kim, lee = clones
    kim.take(write_mail(5))
    lee.later(minutes=1).take(write_mail(6))
    tips = [clone.world.git("rev-parse", "HEAD").strip() for clone in (kim, lee)]
    for clone, other, tip in ((kim, lee, tips[1]), (lee, kim, tips[0])):
        clone.world.git("fetch", "-q", str(other.world.root), tip)
        clone.world.git("merge", "-q", "--no-edit", tip, check=False)
        clone.heal()
        clone.world.git("commit", "-q", "--no-edit")
    assert kim.files() == lee.files()
    meet(kim, lee)


def test_one_ticket_under_two_numbers_is_folded(clones: Clones) -> None:
    kim, lee = clones
    assert kim.take(write_mail(5, attachment=b"%PDF five")) == "TICKET-2"
    kim.later(minutes=1).note("2", "from Kim")
    lee = lee.later(minutes=2)
    lee.take(write_mail(6))
    assert lee.take(write_mail(5, attachment=b"%PDF five")) == "TICKET-3"
    lee.note("3", "from Lee")
    assert not kim.pull(lee)
    assert kim.heal().left == ()
    kim.world.git("commit", "-q", "--no-edit")
    subjects = {ticket.id: ticket.subject for ticket in kim.world.tickets()}
    assert subjects == {"TICKET-1": "Request 1", "TICKET-2": "Request 5", "TICKET-4": "Request 6"}
    folded = kim.world.ticket("TICKET-2")
    assert folded.formerly == ("TICKET-3",)
    assert sorted(entry.text for entry in folded.entries if entry.kind == "note") == [
        "from Kim\n",
        "from Lee\n",
    ]
    assert [name for name in kim.files() if name.endswith(".pdf") and "TICKET-1/" not in name] == [
        f"2026/11/{folded.messages[0].attachments[0].path}"
    ]
    # Lee knows nothing of it and writes on; git takes the file that went for another that came.
    lee.later(minutes=5).note("3", "from Lee, later")
    assert not lee.pull(kim)
    assert lee.heal().left == ()
    lee.world.git("commit", "-q", "--no-edit")
    assert [entry.text for entry in lee.world.ticket("TICKET-2").entries if entry.kind == "note"] == [
        "from Kim\n",
        "from Lee\n",
        "from Lee, later\n",
    ]
    assert {ticket.id: ticket.subject for ticket in lee.world.tickets()} == subjects
    agree(lee, kim)


def test_a_clash_in_different_months_which_git_does_not_see(clones: Clones) -> None:
    kim, lee = clones
    kim.later(minutes=1).take(write_mail(5))
    lee = lee.later(days=30)
    lee.take(write_mail(6, attachment=b"%PDF six"))
    assert kim.pull(lee)
    kim, lee = kim.later(days=31), lee.later(days=1)
    assert [finding.split()[0] for finding in kim.findings()] == ["number-clash"]
    assert kim.heal().left == ()
    assert kim.world.ticket("TICKET-3").subject == "Request 6"
    assert "2026/12/TICKET-3.md" in kim.files()
    assert "TICKET-3: healed" in kim.world.subjects()[-1]
    assert kim.heal().done == ()
    agree(kim, lee)


@pytest.mark.parametrize("driver", ["no-such-program %O %A %B %P", "kill -9 $$; #", ""])
def test_without_the_driver_healing_rebuilds_from_what_git_kept(clones: Clones, driver: str) -> None:
    kim, lee = clones
    if driver:
        kim.configure(driver)
    else:
        kim.world.git("config", "--remove-section", "merge.desk")
    kim.take(write_mail(2, answers=1))
    kim.tag("1", "vip")
    lee = lee.later(minutes=5)
    lee.take(write_mail(3, answers=1))
    lee.status("1", "pending")
    assert not kim.pull(lee)
    healing = kim.heal()
    assert (healing.left, healing.is_merging) == ((), True)
    kim.world.git("commit", "-q", "--no-edit")
    ticket = kim.world.ticket("TICKET-1")
    assert (len(ticket.messages), ticket.status, ticket.tags) == (3, "pending", ("vip",))
    agree(kim, lee)


def test_markers_that_somebody_committed_are_undone_from_the_parents(clones: Clones) -> None:
    kim, lee = clones
    kim.world.git("config", "--remove-section", "merge.desk")
    kim.take(write_mail(2, answers=1))
    lee.later(minutes=5).take(write_mail(3, answers=1))
    assert not kim.pull(lee)
    kim.world.git("commit", "-qam", "Whatever")
    assert "<<<<<<<" in kim.files()["2026/11/TICKET-1.md"].decode()
    assert kim.heal().left == ()
    assert "<<<<<<<" not in kim.files()["2026/11/TICKET-1.md"].decode()
    assert len(kim.world.ticket("TICKET-1").messages) == 3
    agree(kim, lee)


def test_two_tickets_in_one_committed_file_are_taken_apart(clones: Clones) -> None:
    kim, lee = clones
    kim.take(write_mail(5))
    lee.later(minutes=1).take(write_mail(6))
    assert not kim.pull(lee)
    kim.world.git("commit", "-qam", "Whatever")
    assert kim.heal().left == ()
    assert [ticket.subject for ticket in kim.world.tickets()] == ["Request 1", "Request 5", "Request 6"]
    agree(kim, lee)


def test_a_driver_that_fails_leaves_gits_markers(clones: Clones) -> None:
    kim, lee = clones
    kim.configure(MERGE_DRIVER.replace("desk ", "no-such-program ", 1))
    kim.tag("1", "vip")
    lee.later(minutes=5).tag("1", "urgent")
    assert not kim.pull(lee)
    assert "<<<<<<< ours\n" in kim.files()["2026/11/TICKET-1.md"].decode()


def test_what_hands_wrote_differently_is_left_to_a_person(clones: Clones) -> None:
    kim, lee = clones
    for clone, text in ((kim, "Bread"), (lee, "Milk")):
        path = clone.world.root / "tickets/2026/11/TICKET-1.md"
        path.write_text(f"{path.read_text()}\n{text}.\n")
        clone.world.git("commit", "-qam", text)
    assert not kim.pull(lee)
    assert kim.world.ticket("TICKET-1").subject == "Request 1"
    assert [(left.code, left.path) for left in kim.heal().left] == [
        ("conflict", "tickets/2026/11/TICKET-1.md")
    ]
    path = kim.world.root / "tickets/2026/11/TICKET-1.md"
    lines = [line for line in path.read_text().split("\n") if not line.startswith(("<<<", "===", ">>>"))]
    path.write_text("\n".join(lines))
    healing = kim.heal()
    assert (healing.left, healing.is_merging) == ((), True)
    kim.world.git("commit", "-q", "--no-edit")
    assert "Bread.\nMilk.\n" in path.read_text()
    agree(kim, lee)


def test_links_follow_the_ticket_that_they_mean(clones: Clones) -> None:
    kim, lee = clones
    kim.take(write_mail(5))
    lee = lee.later(minutes=1)
    lee.take(write_mail(6))
    for one, other in (("1", "2"), ("2", "1")):
        lee.link(one, other)
    assert not kim.pull(lee)
    assert kim.heal().left == ()
    kim.world.git("commit", "-q", "--no-edit")
    assert kim.world.ticket("TICKET-1").links == ("TICKET-3",)
    assert kim.world.ticket("TICKET-3").links == ("TICKET-1",)
    assert kim.world.ticket("TICKET-2").links == ()
    agree(kim, lee)
