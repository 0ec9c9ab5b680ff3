"""Each fault is made, found, and (where no person is needed) repaired; repaired twice is repaired once."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from care.world import write_mail

from helpdesk_cli.desk.actor import Actor
from helpdesk_cli.desk.asking import done_words
from helpdesk_cli.desk.fsck import Ages, fsck
from helpdesk_cli.desk.indexing import open_index
from helpdesk_cli.desk.repair import repair
from helpdesk_cli.desk.tag import tag
from helpdesk_cli.desk.undo import plan_undo, undo
from helpdesk_cli.storage import lock, pending, raw, records

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from care.world import World

AT_ONCE = Ages(0, 0, 0)
DANA = Actor("dana", "Dana", "dana@example.org")


def codes(world: World, *, full: bool = True, ages: Ages = AT_ONCE) -> list[str]:
    """What fsck finds, by code."""
    return [finding.code for finding in fsck(world.desk, full=full, ages=ages)]


def content(world: World) -> dict[str, bytes]:
    """Every file of the desk and its durable state, the disposable ones left out."""
    passing = {"index.db", "index.db-wal", "index.db-shm", "settings.copy", "clock", "copies"}
    return {
        str(path.relative_to(world.root)): path.read_bytes()
        for folder in (world.root / "tickets", world.state)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink() and path.name not in passing
    }


def ticket_file(world: World, number: int = 1) -> Path:
    (path,) = world.root.glob(f"tickets/*/*/TICKET-{number}.md")
    return path


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def test_a_used_desk_is_clean(used: World) -> None:
    assert fsck(used.desk, full=True, ages=AT_ONCE) == []


def test_a_further_copy_of_a_mail_is_no_orphan(used: World) -> None:
    assert used.take(b"Received: from elsewhere\n" + write_mail(1)).outcome == "duplicate"
    assert codes(used) == []
    (used.state / "copies").unlink()
    assert codes(used) == []


def test_a_fresh_clone_that_is_no_server_lacks_only_the_driver(used: World, tmp_path: Path) -> None:
    subprocess.run(["git", "clone", "-q", used.root, tmp_path / "clone"], check=True)
    clone = replace(used, root=tmp_path / "clone")
    assert codes(clone) == ["driver-missing"]
    assert [done.code for done in repair(clone.desk, ages=AT_ONCE).done] == ["driver-missing"]
    assert codes(clone) == []


# Faults that a person mends -----------------------------------------------------------------------


def test_a_broken_file_is_named_with_its_line(used: World) -> None:
    change(ticket_file(used), "subject:", "subject: [:")
    (finding,) = fsck(used.desk, ages=AT_ONCE)
    assert finding.code == "ticket-broken"
    assert finding.path.startswith("tickets/2026/11/TICKET-1.md:")
    assert finding.path.rpartition(":")[2].isdecimal()
    assert not finding.repairable


def spoil_name(world: World) -> None:
    path = ticket_file(world, 3)
    path.rename(path.with_name("TICKET-9.md"))
    repair(world.desk, ages=AT_ONCE)


def spoil_word(world: World) -> None:
    change(ticket_file(world), "status: new", "status: opne")
    repair(world.desk, ages=AT_ONCE)


def dangle(world: World) -> None:
    change(ticket_file(world), "created:", "merged-into: TICKET-77\ncreated:")
    repair(world.desk, ages=AT_ONCE)


def lose_attachment(world: World) -> None:
    next(world.root.glob("tickets/*/*/TICKET-2/*")).unlink()


def alter_attachment(world: World) -> None:
    path = next(world.root.glob("tickets/*/*/TICKET-2/*"))
    path.write_bytes(b"%PDF smail")
    world.git("commit", "-q", "-a", "-m", "Alter")


def lose_original(world: World) -> None:
    raw.path_of(world.state, next(raw.digests(world.state))).unlink()


def alter_original(world: World) -> None:
    path = raw.path_of(world.state, next(raw.digests(world.state)))
    path.write_bytes(b"x" + path.read_bytes()[1:])


def remove_ticket(world: World) -> None:
    ticket_file(world).unlink()


def link(world: World) -> None:
    (world.root / "tickets/2026/11/TICKET-8.md").symlink_to("/etc/passwd")


def pipe(world: World) -> None:
    os.mkfifo(world.root / "tickets/2026/11/TICKET-8.md")


def hide(world: World) -> None:
    (world.root / "tickets/2026/.gitattributes").write_text("*.md filter=evil\n")


def order(world: World) -> None:
    (world.root / ".gitmodules").write_text('[submodule "x"]\n')


def filter_files(world: World) -> None:
    with (world.root / ".gitattributes").open("a") as file:
        file.write("*.md filter=evil\n")


def lose_attributes(world: World) -> None:
    (world.root / ".gitattributes").write_text("")


def lose_key(world: World) -> None:
    (world.state / "key").unlink()


def stray(world: World) -> None:
    (world.root / "tickets/2026/11/TICKET-1").mkdir()
    (world.root / "tickets/2026/11/TICKET-1/by-hand.txt").write_text("x")


def detach(world: World) -> None:
    world.git("checkout", "-q", "--detach")


def write_entry_twice(world: World) -> None:
    entry = world.ticket("TICKET-1").messages[0].id
    other = world.ticket("TICKET-3").messages[0].id
    text = ticket_file(world, 3).read_text("utf-8").replace(other, entry)
    ticket_file(world, 3).write_text(text, "utf-8")
    world.git("commit", "-q", "-a", "-m", "Double")


@pytest.mark.parametrize(
    ("spoil", "found"),
    [
        (spoil_name, {"name-differs", "ticket-gone"}),
        (spoil_word, {"unknown-word"}),
        (dangle, {"dangling"}),
        (lose_attachment, {"attachment-missing"}),
        (alter_attachment, {"attachment-differs"}),
        (lose_original, {"original-missing"}),
        (alter_original, {"original-damaged"}),
        (remove_ticket, {"ticket-gone"}),
        (link, {"not-a-file"}),
        (pipe, {"not-a-file"}),
        (hide, {"dotfile", "stray"}),
        (order, {"dotfile"}),
        (filter_files, {"dotfile"}),
        (lose_attributes, {"attributes-missing"}),
        (lose_key, {"key-missing"}),
        (stray, {"stray"}),
        (detach, {"other-branch"}),
        (write_entry_twice, {"entry-twice"}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_needs_a_person_is_found_and_left_alone(
    used: World, spoil: Callable[[World], None], found: set[str]
) -> None:
    spoil(used)
    assert found <= set(codes(used)) <= found | {"ticket-gone"}


def test_a_time_to_come_is_found(used: World) -> None:
    later = used.later(days=400)
    later.take(write_mail(9))
    assert codes(used) == ["time-to-come"]
    assert codes(later) == []


def test_every_ticket_but_the_broken_one_is_checked(used: World) -> None:
    change(ticket_file(used, 1), "subject:", "subject: [:")
    lose_attachment(used)
    assert codes(used) == ["ticket-broken", "attachment-missing"]


# Faults that are repaired -------------------------------------------------------------------------


def orphan(world: World) -> None:
    raw.keep(world.state, write_mail(11, answers=1))


def set_mail_aside(world: World) -> None:
    records.set_aside(world.desk.layout).put(raw.keep(world.state, write_mail(12)), {"why": "a fault"})


def wait_for_mended(world: World) -> None:
    text = ticket_file(world).read_text("utf-8")
    change(ticket_file(world), "subject:", "subject: [:")
    world.take(write_mail(13, answers=1))
    ticket_file(world).write_text(text, "utf-8")


def leave_tmp(world: World) -> None:
    for folder in (world.state / "tmp", world.state, world.root / "tickets/2026/11"):
        (folder / ".desk-1-abc.tmp").write_bytes(b"half")


def edit_status(world: World) -> None:
    change(ticket_file(world), "status: new", "status: pending")


def edit_text(world: World) -> None:
    with ticket_file(world).open("a") as file:
        file.write("\nA remark by hand.\n")


def rot_index(world: World, statement: str = "UPDATE tickets SET status = 'closed' WHERE number = 3") -> None:
    """As bit rot or another program does, in a desk at rest: a file of just now is read again anyway."""
    for path in world.root.glob("tickets/*/*/*.md"):
        long_ago = path.stat().st_mtime - 1000
        os.utime(path, (long_ago, long_ago))
    open_index(world.desk, full=True, done=done_words(world.desk.settings)).close()
    database = sqlite3.connect(world.state / "index.db")
    database.execute(statement)
    database.commit()
    database.close()


def forget_driver(world: World) -> None:
    world.git("config", "--unset", "merge.desk.driver")


def leave_lock(world: World) -> None:
    (world.root / ".git/index.lock").write_bytes(b"")
    long_ago = (world.root / ".git/HEAD").stat().st_mtime - 1000
    os.utime(world.root / ".git/index.lock", (long_ago, long_ago))


def leave_pending(world: World) -> None:
    with lock.hold(world.desk.layout.commit_lock, timeout=5, modes=world.desk.layout.modes):
        world.take(write_mail(14))


def leave_attachment(world: World) -> None:
    """As a kill between attachment and ticket file does; the mail came again and has the next number."""
    taken = world.take(write_mail(15, attachment=b"%PDF other"))
    named = next(world.root.glob(f"tickets/*/*/{taken.ticket}/*"))
    folder = named.parent.with_name("TICKET-99")
    folder.mkdir()
    (folder / named.name).write_bytes(named.read_bytes())


REPAIRS = [
    (orphan, "original-orphaned"),
    (set_mail_aside, "set-aside"),
    (wait_for_mended, "waiting"),
    (leave_tmp, "tmp-old"),
    (edit_status, "hand-edit"),
    (edit_text, "uncommitted"),
    (rot_index, "index-damaged"),
    (forget_driver, "driver-missing"),
    (leave_lock, "stale-lock"),
    (leave_pending, "pending"),
    (leave_attachment, "stray"),
]


@pytest.mark.parametrize(("spoil", "code"), REPAIRS, ids=[code for _, code in REPAIRS])
def test_what_needs_no_person_is_found_repaired_and_stays_repaired(
    used: World, spoil: Callable[[World], None], code: str
) -> None:
    spoil(used)
    assert any(finding.code == code and finding.repairable for finding in fsck(used.desk, ages=AT_ONCE))
    repaired = repair(used.desk, full=True, ages=AT_ONCE)
    assert code in [done.code for done in repaired.done]
    assert repaired.left == ()
    assert used.status() == ""
    before, commits = content(used), used.subjects()
    again = repair(used.later(hours=1).desk, full=True, ages=AT_ONCE)
    assert (again.done, again.left) == ((), ())
    assert (content(used), used.subjects()) == (before, commits)


def test_looking_changes_nothing(used: World) -> None:
    spoils = [
        leave_attachment,
        leave_pending,
        orphan,
        set_mail_aside,
        leave_tmp,
        edit_status,
        rot_index,
        forget_driver,
    ]
    for spoil in spoils:
        spoil(used)
    before, commits, status = content(used), used.subjects(), used.status()
    assert len(set(codes(used))) >= len(spoils)
    assert (content(used), used.subjects(), used.status()) == (before, commits, status)


def test_all_faults_together_are_repaired(used: World) -> None:
    for spoil, _ in REPAIRS:
        spoil(used)
    repair(used.desk, ages=AT_ONCE)
    assert codes(used) == []


def test_a_hand_edit_is_told_as_the_hand_of_who_committed_it(used: World) -> None:
    edit_status(used)
    used.git("commit", "-q", "-a", "-m", "Wait for Ada")
    repair(used.later(days=1).desk, ages=AT_ONCE)
    event = used.ticket("TICKET-1").events[-1]
    assert (event.what, event.by) == ("by hand", "Person")


def test_new_originals_and_locks_are_left_to_those_who_work_with_them(used: World) -> None:
    orphan(used)
    (used.root / ".git/index.lock").write_bytes(b"")
    leave_tmp(used)
    assert codes(used, ages=Ages()) == []


def test_on_another_branch_no_mail_is_taken_for_lost(used: World) -> None:
    first = used.git("rev-list", "--max-parents=0", "HEAD").strip()
    used.git("checkout", "-q", "-b", "old", first)
    assert codes(used) == ["other-branch"]
    assert repair(used.desk, ages=AT_ONCE).done == ()


def test_a_ticket_that_somebody_removed_does_not_come_back(used: World) -> None:
    ticket_file(used, 3).unlink()
    used.git("commit", "-q", "-a", "-m", "Away with it")
    remove_ticket(used)
    assert codes(used) == ["ticket-gone"]
    assert repair(used.desk, ages=AT_ONCE).done == ()


def test_a_message_that_somebody_took_out_does_not_come_back(used: World) -> None:
    path = ticket_file(used)
    entry = used.ticket("TICKET-1").messages[1].id
    text = path.read_text("utf-8")
    start, end = text.index(f"<!-- desk:message {entry}"), text.index(f"<!-- /desk:message {entry} -->")
    path.write_text(text[:start] + text[end:].partition("\n")[2], "utf-8")
    for _ in range(2):
        assert "original-orphaned" not in codes(used)
        repair(used.desk, ages=AT_ONCE)
        assert [message.message_id for message in used.ticket("TICKET-1").messages] == ["m1@customer.example"]


def hide_month(world: World) -> None:
    (world.root / "tickets/2026/11").rename(world.root / "elsewhere")
    (world.root / "tickets/2026/11").symlink_to(world.root / "elsewhere")


def hide_year(world: World) -> None:
    (world.root / "tickets/2026").rename(world.root / "elsewhere")
    (world.root / "tickets/2026").symlink_to(world.root / "elsewhere")


def hide_one(world: World) -> None:
    path = ticket_file(world)
    path.rename(world.root / "elsewhere.md")
    path.symlink_to(world.root / "elsewhere.md")


def swell(world: World) -> None:
    with ticket_file(world).open("ab") as file:
        file.truncate(100_000_000)


@pytest.mark.parametrize("hide", [hide_month, hide_year, hide_one, swell])
def test_a_mail_in_a_ticket_that_cannot_be_read_is_not_filed_again(
    used: World, hide: Callable[[World], None]
) -> None:
    hide(used)
    used.git("add", "-A")
    used.git("commit", "-q", "-m", "Somewhere else")
    assert "original-orphaned" not in codes(used)
    repair(used.desk, ages=AT_ONCE)
    assert used.subjects()[-1] == "Somewhere else"


def test_what_another_program_does_to_the_index_is_seen(used: World) -> None:
    (used.state / "index.db").write_bytes(b"SQLite format 3\0" + os.urandom(8192))
    assert codes(used) == []
    rot_index(used, "DELETE FROM names WHERE role = 'message'")
    assert codes(used) == ["index-damaged"]
    for statement in (
        "UPDATE shown SET status = 'closed' WHERE number = 3",
        "INSERT INTO items (path, field, value) VALUES ('tickets/2026/11/TICKET-1.md', 'tag', 'vip')",
        "UPDATE texts SET body = 'something else' WHERE id = 1",
        "UPDATE events SET new = 'dana'",
        "DELETE FROM entries",
    ):
        (used.state / "index.db").unlink()
        rot_index(used, statement)
        assert codes(used) == ["index-damaged"], statement


def test_what_was_cut_off_before_its_commit_can_be_undone(used: World) -> None:
    """Killed between the ticket file and the queue: the change is there, and an operation of its own."""
    child = os.fork()
    if child == 0:
        pending.Queue.put = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[method-assign] # in this process alone, which ends there
        tag(used.desk, ["1"], added=("cut",), actor=DANA)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    assert "uncommitted" in codes(used)
    assert repair(used.desk, ages=AT_ONCE).left == ()
    assert used.subjects()[-1] == "TICKET-1: cut off before its commit"
    assert codes(used) == []
    op = used.git("log", "-1", "--format=%(trailers:key=Desk-Op,valueonly)").strip()
    assert undo(used.desk, plan_undo(used.desk, op, actor=DANA), actor=DANA).errors == []
    assert "cut" not in used.ticket("TICKET-1").tags
