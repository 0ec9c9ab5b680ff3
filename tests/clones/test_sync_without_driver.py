"""Merges that were made without desk: by a forge's button, by another git, carelessly. Found, and mended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from care.world import World, write_mail
from clones.fleet import meet
from clones.meeting import DRIVER

if TYPE_CHECKING:
    from clones.fleet import Fleet
    from clones.meeting import Clone

TICKET = "tickets/2026/11/TICKET-1.md"


def diverge(fleet: Fleet) -> tuple[Clone, Clone]:
    """Kim's and Lee's work on one ticket; both are branches of the hub."""
    kim, lee, _ = fleet.clones
    kim.take(write_mail(2, answers=1))
    kim.tag("1", "vip")
    lee.later(minutes=5).take(write_mail(3, answers=1))
    lee.later(minutes=6).status("1", "pending")
    kim.world.git("push", "-q", "origin", "main:kim")
    lee.world.git("push", "-q", "origin", "main:lee")
    return kim, lee


def forge(fleet: Fleet, option: str) -> None:
    """A forge merges Lee's branch into Kim's: it knows nothing of desk and of settings in the repository."""
    place = fleet.root / "forge"
    fleet.kim.world.git("clone", "-q", "-b", "kim", str(fleet.root / "hub"), str(place))
    git = World(place).git
    git("merge", "-q", "--no-edit", option, "origin/lee", check=False)
    git("add", "-A")
    git("commit", "-q", "-m", "Merge branch 'lee'", check=False)
    assert len(git("log", "-1", "--format=%P").split()) == 2
    git("push", "-q", "origin", "HEAD:main")


def whole(clone: Clone) -> None:
    """All three mails, the tag and the status are there, as merging by meaning has them."""
    ticket = clone.world.ticket("TICKET-1")
    assert len(ticket.messages) == 3
    assert (ticket.tags, ticket.status) == (("vip",), "pending")
    assert clone.findings() == []
    assert clone.world.status() == ""


def check(fleet: Fleet) -> None:
    """Whoever syncs first mends it; the others take it, and nobody mends it again."""
    meet(fleet.mia)
    whole(fleet.mia)
    tip = fleet.hub("rev-parse", "main")
    for clone in fleet.clones:
        meet(clone)
        whole(clone)
        assert clone.files() == fleet.mia.files()
    assert len(fleet.hub("rev-list", "--no-merges", f"{tip.strip()}..main").split()) == 0


def test_a_forge_that_took_one_side(fleet: Fleet) -> None:
    diverge(fleet)
    forge(fleet, "-Xours")
    check(fleet)


def test_a_forge_that_took_one_side_of_the_whole_tree(fleet: Fleet) -> None:
    diverge(fleet)
    forge(fleet, "-sours")
    check(fleet)


def test_markers_that_somebody_committed(fleet: Fleet) -> None:
    diverge(fleet)
    forge(fleet, "-Xignore-space-at-eol")
    assert "<<<<<<<" in fleet.hub("show", f"main:{TICKET}")
    check(fleet)


def test_somebody_went_on_after_it(fleet: Fleet) -> None:
    diverge(fleet)
    forge(fleet, "-Xours")
    mia = fleet.mia.later(minutes=30)
    mia.world.git("pull", "-q", "--ff-only")
    mia.note("1", "I saw nothing.")
    meet(mia)
    whole(mia)
    assert [entry.text for entry in mia.world.ticket("TICKET-1").entries if entry.kind == "note"] == [
        "I saw nothing.\n"
    ]


def test_what_a_person_made_of_a_conflict_stays(fleet: Fleet) -> None:
    """All entries are there, and a line that a hand added while settling it: it was meant so."""
    kim, lee = diverge(fleet)
    kim.configure(DRIVER)
    kim.world.git("fetch", "-q", "origin")
    kim.world.git("merge", "-q", "--no-commit", "origin/lee", check=False)
    path = kim.world.root / TICKET
    path.write_text(f"{path.read_text()}\nRemember the bread.\n")
    kim.world.git("commit", "-qam", "Merge by hand")
    kim.world.git("push", "-q", "origin", "main")
    meet(lee)
    assert "Remember the bread." in (lee.world.root / TICKET).read_text()
    assert lee.world.git("rev-parse", "HEAD") == kim.world.git("rev-parse", "HEAD")
