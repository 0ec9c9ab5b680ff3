"""`desk sync`: clones that work without a connection meet over a shared repository."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from care.world import write_mail
from clones.fleet import meet

from helpdesk_cli.customers.customer import Customer
from helpdesk_cli.desk.merging import merge
from helpdesk_cli.errors import ConflictError, InvalidFileError
from helpdesk_cli.storage.customer_files import read

if TYPE_CHECKING:
    from clones.fleet import Fleet

BOB = "Bob <bob@customer.example>"
TICKET = "tickets/2026/11/TICKET-1.md"


def agree(fleet: Fleet) -> None:
    """All sync until nothing moves: the same files everywhere, all committed, nothing wrong."""
    for clone in (*fleet.clones, *fleet.clones):
        meet(clone)
    for clone in fleet.clones:
        assert clone.files() == fleet.kim.files()
        assert clone.world.status() == ""
        assert clone.findings() == []
        assert clone.world.git("rev-parse", "HEAD").strip() == fleet.hub("rev-parse", "main").strip()
        assert clone.world.git("for-each-ref", "refs/desk").strip() == ""


def test_what_each_did_comes_to_all(fleet: Fleet) -> None:
    kim, lee, mia = fleet.clones
    kim.take(write_mail(2, answers=1))
    kim.tag("1", "vip")
    lee.later(minutes=1).note("1", "Which invoice?")
    mia.later(minutes=2).status("1", "pending")
    for clone in (kim, lee, mia):
        meet(clone)
    agree(fleet)
    ticket = kim.world.ticket("TICKET-1")
    assert (len(ticket.messages), ticket.tags, ticket.status) == (2, ("vip",), "pending")
    assert [entry.text for entry in ticket.entries if entry.kind == "note"] == ["Which invoice?\n"]


def test_the_same_number_given_out_twice(fleet: Fleet) -> None:
    kim, lee, _ = fleet.clones
    assert kim.later(minutes=3).take(write_mail(5, attachment=b"%PDF five")) == "TICKET-2"
    assert lee.take(write_mail(6, attachment=b"%PDF six")) == "TICKET-2"
    meet(kim)
    done = meet(lee)
    assert [each.code for each in done.healed] == ["number-clash"]
    agree(fleet)
    older, younger = kim.world.ticket("TICKET-2"), kim.world.ticket("TICKET-3")
    assert [older.subject, younger.subject] == ["Request 6", "Request 5"]
    assert younger.formerly == ("TICKET-2",)
    for ticket, content in ((older, b"%PDF six"), (younger, b"%PDF five")):
        (file,) = ticket.messages[0].attachments
        assert kim.files()[f"2026/11/{file.path}"] == content
    assert not [name for name in kim.files() if "clash" in name]


def test_the_same_number_and_the_same_attachment(fleet: Fleet) -> None:
    """Two tickets have one file in one folder; the one that stays keeps it."""
    kim, lee, _ = fleet.clones
    kim.later(minutes=3).take(write_mail(5, attachment=b"%PDF the same"))
    lee.take(write_mail(6, attachment=b"%PDF the same"))
    meet(kim)
    meet(lee)
    agree(fleet)
    for name in ("TICKET-2", "TICKET-3"):
        (file,) = kim.world.ticket(name).messages[0].attachments
        assert kim.files()[f"2026/11/{file.path}"] == b"%PDF the same"


def test_a_ticket_that_moved_while_somebody_went_on_with_it(fleet: Fleet) -> None:
    kim, lee, mia = fleet.clones
    kim.take(write_mail(5))
    meet(kim)
    meet(mia)
    lee.later(minutes=-10).take(write_mail(6))
    meet(lee)
    assert lee.world.ticket("TICKET-3").subject == "Request 5"
    mia = mia.later(minutes=5)
    mia.take(write_mail(8, answers=5, attachment=b"%PDF eight"))
    assert len(mia.world.ticket("TICKET-2").messages) == 2
    meet(mia)
    assert [ticket.subject for ticket in mia.world.tickets()] == ["Request 1", "Request 6", "Request 5"]
    (file,) = mia.world.ticket("TICKET-3").messages[1].attachments
    assert mia.files()[f"2026/11/{file.path}"] == b"%PDF eight"
    assert file.path.startswith("TICKET-3/")
    agree(replace(fleet, mia=mia))


def test_one_mail_in_two_tickets_is_folded(fleet: Fleet) -> None:
    kim, lee, _ = fleet.clones
    assert kim.take(write_mail(5)) == "TICKET-2"
    lee = lee.later(minutes=2)
    lee.take(write_mail(6))
    assert lee.take(write_mail(5)) == "TICKET-3"
    lee.note("3", "from Lee")
    meet(kim)
    meet(lee)
    agree(fleet)
    assert sorted(ticket.subject for ticket in kim.world.tickets()) == ["Request 1", "Request 5", "Request 6"]


def test_an_edit_that_is_not_committed_takes_in_what_comes(fleet: Fleet) -> None:
    kim, lee, _ = fleet.clones
    path = lee.world.root / TICKET
    path.write_text(path.read_text().replace("---\n\n", "tier: gold\n---\n\n", 1))
    kim.tag("1", "vip")
    meet(kim)
    meet(lee)
    text = path.read_text()
    assert "tier: gold\n" in text
    assert "- vip\n" in text
    assert lee.world.status() == f" M {TICKET}\n"
    assert "+tier: gold" in lee.world.git("diff")
    assert "vip" not in lee.world.git("diff").replace(" - vip", "")
    assert "tier" not in fleet.hub("show", f"main:{TICKET}")


def test_what_is_staged_stays_staged_and_what_is_untracked_stays(fleet: Fleet) -> None:
    kim, lee, _ = fleet.clones
    for name in ("staged.txt", "untracked.txt"):
        (lee.world.root / name).write_text(name)
    lee.world.git("add", "staged.txt")
    kim.tag("1", "vip")
    lee.note("1", "mine")
    meet(kim)
    meet(lee)
    assert lee.world.status() == "A  staged.txt\n?? untracked.txt\n"


@pytest.mark.parametrize("how", ["staged", "edited", "removed"])
def test_what_only_a_person_can_settle_is_told_and_nothing_touched(fleet: Fleet, how: str) -> None:
    kim, lee, _ = fleet.clones
    for clone, word in ((kim, "Bread"), (lee, "Milk")):
        path = clone.world.root / TICKET
        path.write_text(f"{path.read_text()}\n{word}.\n")
    kim.world.git("commit", "-qam", "Bread")
    kim.take(write_mail(5))
    meet(kim)
    path = lee.world.root / TICKET
    if how == "staged":
        lee.world.git("add", TICKET)
    if how == "removed":
        path.unlink()
    before, status, head = lee.files(), lee.world.status(), lee.world.git("rev-parse", "HEAD")
    with pytest.raises(ConflictError, match=r"TICKET-1\.md.*Nothing was touched"):
        meet(lee)
    assert (lee.files(), lee.world.status(), lee.world.git("rev-parse", "HEAD")) == (before, status, head)


def test_a_conflict_that_git_merge_settles(fleet: Fleet) -> None:
    kim, lee, _ = fleet.clones
    for clone, word in ((kim, "Bread"), (lee, "Milk")):
        path = clone.world.root / TICKET
        path.write_text(f"{path.read_text()}\n{word}.\n")
        clone.world.git("commit", "-qam", word)
    meet(kim)
    with pytest.raises(ConflictError, match="git merge origin/main"):
        meet(lee)
    assert lee.world.status() == ""
    lee.world.git("merge", "-q", "origin/main", check=False)
    with pytest.raises(ConflictError, match="a merge is going on"):
        meet(lee)
    path = lee.world.root / TICKET
    lines = [line for line in path.read_text().split("\n") if not line.startswith(("<<<", "===", ">>>"))]
    path.write_text("\n".join(lines))
    lee.world.git("commit", "-qam", "Both")
    meet(lee)
    agree(fleet)


def test_other_files_are_merged_by_line_or_left_to_a_person(fleet: Fleet) -> None:
    kim, lee, _ = fleet.clones
    path = kim.world.root / "templates/notes.md"
    path.write_text("one\ntwo\nthree\nfour\nfive\n")
    (kim.world.root / "run.sh").write_text("#!/bin/sh\n")
    (kim.world.root / "run.sh").chmod(0o755)
    kim.world.git("add", "templates/notes.md", "run.sh")
    kim.world.git("commit", "-qm", "notes")
    meet(kim)
    meet(lee)
    assert (lee.world.root / "run.sh").stat().st_mode & 0o111
    for clone, old, new in ((kim, "one", "ONE"), (lee, "five", "FIVE")):
        file = clone.world.root / "templates/notes.md"
        file.write_text(file.read_text().replace(old, new))
        clone.world.git("commit", "-qam", new)
    meet(kim)
    meet(lee)
    assert (lee.world.root / "templates/notes.md").read_text() == "ONE\ntwo\nthree\nfour\nFIVE\n"
    agree(fleet)
    for clone in (kim, lee):
        file = clone.world.root / "templates/notes.md"
        file.write_text(file.read_text().replace("three", clone.name))
        clone.world.git("commit", "-qam", clone.name)
    meet(kim)
    with pytest.raises(ConflictError, match=r"templates/notes\.md: changed on both sides"):
        meet(lee)


def test_settings_that_cannot_be_read_do_not_come(fleet: Fleet) -> None:
    kim, lee, _ = fleet.clones
    path = kim.world.root / "desk.yaml"
    path.write_text(path.read_text() + "\nagnets: {}\n")
    kim.world.git("commit", "-qam", "oops")
    kim.world.git("push", "-q", "origin", "main")
    with pytest.raises(InvalidFileError, match="would stop this desk"):
        meet(lee)
    assert lee.world.status() == ""


def test_what_is_said_in_a_ticket_that_was_merged_elsewhere_comes_to_where_it_is(fleet: Fleet) -> None:
    kim, lee, _ = fleet.clones
    kim.take(write_mail(2, sender=BOB))
    meet(kim)
    meet(lee)
    assert merge(kim.world.desk, ["1", "2"], actor=kim.actor).errors == []
    lee.later(minutes=1).take(write_mail(3, sender=BOB, answers=2))
    meet(kim)
    done = meet(lee)
    assert {each.code for each in done.healed} == {"unmoved"}
    agree(fleet)
    ids = [message.message_id for message in kim.world.ticket("TICKET-1").messages]
    assert ids == [f"m{number}@customer.example" for number in (1, 2, 3)]
    assert kim.world.ticket("TICKET-2").messages == []


def test_customers_that_two_clones_changed_come_together(fleet: Fleet) -> None:
    """By meaning, as a customer's file has it: what both added to a list is in it."""
    kim, lee, _ = fleet.clones
    place = kim.world.root / "customers" / "ada.md"
    head = "name: Ada\naddresses:\n- ada@customer.example\n"
    for clone, more in (
        (kim, ""),
        (kim, "- ada@one.example\ntier: gold\n"),
        (lee, "- ada@two.example\nvip: yes\n"),
    ):
        file = clone.world.root / "customers" / "ada.md"
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"---\n{head}{more}---\n")
        clone.world.git("add", "customers")
        clone.world.git("commit", "-q", "-m", "A customer")
        if not more:
            meet(kim)
            meet(lee)
    meet(kim)
    meet(lee)
    agree(fleet)
    found = read(place.read_bytes(), place="customers/ada.md")
    assert isinstance(found, Customer)
    assert set(found.addresses) == {f"ada@{name}.example" for name in ("customer", "one", "two")}
    assert (found.tier, found.vip) == ("gold", True)
