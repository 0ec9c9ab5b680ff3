"""Where a desk can lie: in a folder of a larger repository, in a linked working tree, beside an editor."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from care.world import ENVIRONMENT, World, write_mail
from clones.fleet import meet
from clones.meeting import Clone

from helpdesk_cli.desk.init import init
from helpdesk_cli.errors import ConflictError, TryAgainError
from helpdesk_cli.storage import durable, merge_landing

if TYPE_CHECKING:
    from clones.fleet import Fleet

SAMPLE = Path(__file__).parents[2] / "desk.yaml"
TICKET = "tickets/2026/11/TICKET-1.md"
# Nothing of the desk's, whatever it is called.
PAGE = "website/customers/acme.md"


def in_a_larger_repository(root: Path) -> tuple[Clone, Clone]:
    """Two clones of a repository with a desk in a folder of it, and other things beside."""
    top = World(root / "kim")
    top.root.mkdir(parents=True)
    top.git("init", "-q", "-b", "main")
    (top.root / "code.py").write_text("print(1)\n")
    page = top.root / PAGE
    page.parent.mkdir(parents=True)
    page.write_text("---\nname: Acme\nvip: perhaps\n---\n\nFirst.\n\nMiddle.\n\nLast.\n")
    top.git("add", "code.py", PAGE)
    top.git("commit", "-qm", "code")
    world = World(root / "kim/help desk")
    world.root.mkdir()
    shutil.copy(SAMPLE, world.root)
    init(world.root, now=world.now, environment=ENVIRONMENT)
    top.git("add", "-A")
    top.git("commit", "-qm", "a desk")
    world.take(write_mail(1, attachment=b"%PDF one"))
    top.git("clone", "-q", "--bare", str(top.root), str(root / "hub"))
    top.git("remote", "add", "origin", str(root / "hub"))
    top.git("clone", "-q", str(root / "hub"), str(root / "lee"))
    other = World(root / "lee/help desk")
    init(other.root, now=world.now, environment=ENVIRONMENT)
    return Clone(world, "kim").later(hours=1), Clone(other, "lee").later(hours=1)


def test_a_desk_in_a_larger_repository(tmp_path: Path) -> None:
    kim, lee = in_a_larger_repository(tmp_path)
    kim.later(minutes=3).take(write_mail(5, attachment=b"%PDF five"))
    lee.take(write_mail(6, attachment=b"%PDF six"))
    for clone, name in ((kim, "one.py"), (lee, "two.py")):
        (clone.world.root.parent / name).write_text("print(2)\n")
        clone.world.git("add", f"../{name}")
        page = clone.world.root.parent / PAGE
        words = {"kim": "First.", "lee": "Last."}[clone.name]
        page.write_text(page.read_text().replace(words, f"{words} And more."))
        clone.world.git("commit", "-qam", name)
        clone.tag("1", clone.name)
    for clone in (kim, lee, kim):
        meet(clone)
    assert kim.files() == lee.files()
    assert kim.world.ticket("TICKET-1").tags == ("kim", "lee")
    assert sorted(path.name for path in kim.world.root.parent.glob("*.py")) == ["code.py", "one.py", "two.py"]
    assert (lee.world.root.parent / PAGE).read_text().count("And more.") == 2
    assert {ticket.subject for ticket in lee.world.tickets()} == {"Request 1", "Request 5", "Request 6"}
    for clone in (kim, lee):
        assert clone.world.status() == ""
        assert clone.findings() == []
    assert meet(lee).came.files == ()


def test_a_linked_working_tree(fleet: Fleet) -> None:
    kim, lee, _ = fleet.clones
    kim.tag("1", "vip")
    meet(kim)
    place = fleet.root / "linked"
    lee.world.git("worktree", "add", "-q", "-b", "side", str(place))
    side = Clone(World(place, lee.world.now), "lee")
    side.world.git("branch", "--set-upstream-to=origin/main")
    side.note("1", "from the side")
    meet(side)
    assert side.world.ticket("TICKET-1").tags == ("vip",)
    assert side.world.status() == ""
    assert lee.world.status() == ""
    meet(lee)
    assert lee.files() == side.files()


def test_an_editor_that_saves_meanwhile_is_merged(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    kim, lee, _ = fleet.clones
    kim.tag("1", "vip")
    kim.take(write_mail(5))
    meet(kim)
    path = lee.world.root / TICKET
    replace, saved = durable.replace, []

    def just_after_a_save(target: Path, *args: object, **options: object) -> object:
        if target == path and not saved:
            saved.append(target)
            path.write_text(f"{path.read_text()}\nRemember the bread.\n")
        return replace(target, *args, **options)  # type: ignore[arg-type] # handed on

    monkeypatch.setattr(durable, "replace", just_after_a_save)
    meet(lee)
    assert saved
    text = path.read_text()
    assert "Remember the bread." in text
    assert "- vip" in text
    assert lee.world.status() == f" M {TICKET}\n"
    assert lee.world.git("for-each-ref", "refs/desk") == ""


def test_a_persons_git_that_holds_the_index(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is begun while it does; where it comes in between, the next sync completes it."""
    kim, lee, _ = fleet.clones
    kim.tag("1", "vip")
    meet(kim)
    monkeypatch.setattr(merge_landing, "_INDEX_PATIENCE", 0.1)
    lock = lee.world.root / ".git/index.lock"
    before = lee.files()
    lock.write_bytes(b"")
    with pytest.raises(TryAgainError, match="another git is at work"):
        meet(lee)
    assert lee.files() == before
    monkeypatch.setattr(merge_landing, "_wait_for_index", lambda _: None)
    with pytest.raises(TryAgainError, match="another git is at work"):
        meet(lee)
    assert lee.files() != before
    lock.unlink()
    kim.note("1", "and more")
    meet(kim)
    meet(lee)
    assert lee.files() == kim.files()
    assert lee.world.status() == ""
    assert lee.world.git("for-each-ref", "refs/desk") == ""


def test_a_persons_work_on_a_half_landed_merge_is_not_lost(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed after the files; then somebody edits, and what comes next conflicts with that: told as it is."""
    kim, lee, _ = fleet.clones
    path = kim.world.root / "templates/notes.md"
    path.write_text("one\n")
    kim.world.git("add", "templates/notes.md")
    kim.world.git("commit", "-qm", "notes")
    meet(kim)
    (lee.world.root / ".git/index.lock").write_bytes(b"")
    monkeypatch.setattr(merge_landing, "_wait_for_index", lambda _: None)
    with pytest.raises(TryAgainError):
        meet(lee)
    (lee.world.root / ".git/index.lock").unlink()
    (lee.world.root / "templates/notes.md").write_text("two\n")
    with pytest.raises(ConflictError, match=r"a file of yours stands.*`desk sync` completes it"):
        meet(lee)
    assert (lee.world.root / "templates/notes.md").read_text() == "two\n"
    (lee.world.root / "templates/notes.md").unlink()
    meet(lee)
    assert (lee.world.root / "templates/notes.md").read_text() == "one\n"


def test_an_edit_stays_unstaged_when_a_sync_is_completed(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    kim, lee, _ = fleet.clones
    path = lee.world.root / TICKET
    path.write_text(f"{path.read_text()}\nRemember the bread.\n")
    kim.tag("1", "vip")
    meet(kim)
    lock = lee.world.root / ".git/index.lock"
    lock.write_bytes(b"")
    with monkeypatch.context() as patched:
        patched.setattr(merge_landing, "_wait_for_index", lambda _: None)
        with pytest.raises(TryAgainError):
            meet(lee)
    lock.unlink()
    assert "- vip" in path.read_text()
    meet(lee)
    assert lee.world.status() == f" M {TICKET}\n"
    assert "Remember the bread." in path.read_text()
