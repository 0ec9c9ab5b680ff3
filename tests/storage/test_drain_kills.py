"""Kills anywhere between a queued change and its commit: each is in history once, and git is whole."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from needs import needs
from small_desk import SmallDesk

from helpdesk_cli.storage import drain, lock, refs, stale

if TYPE_CHECKING:
    from collections.abc import Iterator

SCRIPT = Path(__file__).parents[1] / "small_desk.py"
# The system calls that change what a later process finds; fsync and openat change nothing it could see,
# but a kill there lies between two that do.
CALLS = ("pwrite64", "ftruncate", "rename", "renameat", "link", "linkat", "unlink", "unlinkat", "fsync")


def recover(desk: SmallDesk) -> None:
    """What `desk fsck --repair` does after a crash, with no patience for old locks."""
    where = desk.layout
    # Free only when the last git of the killed desk is gone too.
    with lock.hold(where.commit_lock, timeout=20, modes=where.modes):
        pass
    stale.recover_locks(where, older_than=-1)
    assert not list(stale.git_locks(where))


def check(desk: SmallDesk, changes: set[str]) -> None:
    """Every change that is in the working tree is committed once; git is whole and its status clean."""
    recover(desk)
    result = desk.drain()
    assert result.left == 0, result
    subjects = desk.subjects()
    assert len(subjects) == len(set(subjects))
    assert changes <= set(subjects)
    assert desk.status() == ""
    assert desk.is_sound()
    desk.change("tickets/after.md", b"work goes on\n")
    assert desk.status() == ""


def kill_session(session: int) -> None:
    """Kill a process and its gits at once, as a power cut or an ended container does."""
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if int((process / "stat").read_text().rpartition(")")[2].split()[3]) == session:
                os.kill(int(process.name), signal.SIGKILL)


def wait_for_a_commit(desk: SmallDesk) -> None:
    """Until the branch has moved."""
    before, end = refs.head(desk.layout), time.monotonic() + 20
    while refs.head(desk.layout) == before and time.monotonic() < end:
        time.sleep(0.002)


def test_killed_at_any_moment_with_its_gits(desk: SmallDesk) -> None:
    """RELIABILITY F7, F8: desk and its gits die, at 25 moments; then all goes on."""
    chance = random.Random(11)  # noqa: S311 (repeatable moments, no secrets)
    for run in range(25):
        worker = subprocess.Popen(
            [sys.executable, SCRIPT, desk.root, f"run{run}", "1000"], start_new_session=True
        )
        wait_for_a_commit(desk)
        time.sleep(chance.random() * 0.04)
        kill_session(worker.pid)
        worker.wait()
        recover(desk)
        # A file written in the moment before its change was queued is `desk fsck --repair`'s to commit.
        desk.drain()
        desk.git("add", "-A", "tickets")
        desk.git("commit", "-q", "-m", f"repair {run}", check=False)
    check(desk, set())
    assert len(desk.subjects()) > 25


@needs("strace")
@pytest.mark.parametrize("call", CALLS)
def test_killed_at_each_call_that_changes_something(tmp_path: Path, call: str) -> None:
    """RELIABILITY G5: desk itself dies at its k-th call, for each k until it gets through."""
    made = SmallDesk.make(tmp_path / "desk")
    made.change("tickets/first.md", b"1\n")
    reached = [fired for fired in kill_at_each(made, call, tmp_path) if fired]
    assert reached or call in {"rename", "link", "unlink"}, "no kill fired: these three have an ...at"


def kill_at_each(made: SmallDesk, call: str, tmp_path: Path) -> Iterator[bool]:
    """Kill at the first, second … such call until none is left; True for each kill that fired."""
    for number in range(1, 40):
        desk = SmallDesk(tmp_path / f"{call}{number}")
        shutil.copytree(made.root, desk.root, symlinks=True)
        desk.git("update-index", "-q", "--refresh")
        inject = f"inject={call}:signal=SIGKILL:when={number}"
        strace = ["strace", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", inject]
        done = subprocess.run([*strace, sys.executable, "-B", SCRIPT, desk.root, "k", "2"], check=False)
        fired = done.returncode != 0
        recover(desk)
        queued = set(desk.git("ls-files", "-o", "tickets").split())
        desk.drain()
        # Only a file whose change was not yet queued may be left; `desk fsck --repair` commits those.
        left = set(desk.git("ls-files", "-o", "-m", "tickets").split())
        assert len(left) <= 1
        assert left <= queued | {"tickets/shared.md"}
        if left:
            desk.git("add", "tickets")
            desk.git("commit", "-q", "-m", "repair")
        check(desk, set() if fired else {"k.0", "k.1"})
        shutil.rmtree(desk.root)
        yield fired
        if not fired:
            return


def test_noted_late_what_landed_is_not_committed_again(desk: SmallDesk) -> None:
    """Killed between git's last step and our note of it: the queue knows it from the branch."""
    desk.queue("tickets/1.md", b"1\n", "one")
    desk.queue("tickets/1.md", b"1\n2\n", "two")
    pending = desk.layout.pending
    records, numbers = (pending / "records").read_bytes(), (pending / "records.lock").read_bytes()
    reached = pending.parent / "reached"
    assert desk.drain().committed == 2
    (pending / "records").write_bytes(records)
    (pending / "records.lock").write_bytes(numbers)
    reached.unlink()
    assert desk.drain() == drain.DrainResult(0, 0, "")
    assert desk.subjects() == ["Begin", "one", "two"]


def test_noted_early_what_was_not_dropped_is_not_committed_again(desk: SmallDesk) -> None:
    """Killed between our note and dropping the queue; after it somebody changed the file by hand."""
    desk.queue("tickets/1.md", b"1\n", "one")
    pending = desk.layout.pending
    records, numbers = (pending / "records").read_bytes(), (pending / "records.lock").read_bytes()
    assert desk.drain().committed == 1
    (pending / "records").write_bytes(records)
    (pending / "records.lock").write_bytes(numbers)
    (desk.root / "tickets/1.md").write_text("by hand\n")
    desk.git("commit", "-q", "-a", "-m", "by hand")
    assert desk.drain() == drain.DrainResult(0, 0, "")
    desk.change("tickets/1.md", b"2\n", "two")
    assert desk.subjects() == ["Begin", "one", "by hand", "two"]


def test_numbers_lost_in_a_power_cut_are_never_taken_for_done(desk: SmallDesk) -> None:
    """The counter is not flushed: behind what is noted as done, a new change must not vanish."""
    for number in range(3):
        desk.change(f"tickets/{number}.md", b"x")
    (desk.layout.pending / "records.lock").write_bytes(b"")
    desk.change("tickets/late.md", b"x", "late")
    (desk.layout.pending / "records.lock").write_bytes(b"%020d %020d %020d\n" % (1, 0, 0))
    desk.change("tickets/later.md", b"x", "later")
    assert desk.subjects()[-2:] == ["late", "later"]


def test_a_record_cut_off_by_a_kill_leaves_the_others_whole(desk: SmallDesk) -> None:
    """The end of the queue is torn; what comes after is neither lost nor mixed into it."""
    desk.queue("tickets/1.md", b"1\n", "one")
    with (desk.layout.pending / "records").open("ab") as file:
        file.write(b"desk-record 0000000000000002 000000000500 " + b"a" * 64 + b"\n{half a rec")
    desk.queue("tickets/2.md", b"2\n", "two")
    assert desk.drain() == drain.DrainResult(2, 0, "")
    assert desk.subjects() == ["Begin", "one", "two"]


def test_interrupted_by_a_person_git_finishes_and_keeps_others_out(desk: SmallDesk) -> None:
    """Ctrl-C reaches the whole foreground group; nobody drains before git has ended."""
    for run in range(5):
        worker = subprocess.Popen(
            [sys.executable, SCRIPT, desk.root, f"run{run}", "1000"],
            start_new_session=True,
            stderr=subprocess.DEVNULL,
        )
        wait_for_a_commit(desk)
        time.sleep(run * 0.006)
        os.killpg(worker.pid, signal.SIGINT)
        worker.wait()
        # On a busy machine git, which was let go on, may still be at it, and holds the lock until it ends.
        with lock.hold(desk.layout.commit_lock, timeout=60, modes=desk.layout.modes):
            pass
        assert desk.drain().left == 0
        assert not list(stale.git_locks(desk.layout))
        desk.git("add", "-A", "tickets")
        desk.git("commit", "-q", "-m", f"repair {run}", check=False)
    check(desk, set())
