"""What a killed git leaves is removed when it is certainly dead, and never else."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from helpdesk_cli.storage import lock, stale

if TYPE_CHECKING:
    from pathlib import Path

    from small_desk import SmallDesk

NAMES = ["index.lock", "HEAD.lock", "packed-refs.lock", "next-index-77.lock", "refs/heads/a/b.lock"]


def leave(desk: SmallDesk, *names: str, seconds: float) -> list[Path]:
    """Lock files that were left so long ago."""
    paths = [desk.layout.git_dir / name for name in names]
    for path in paths:
        path.parent.mkdir(exist_ok=True)
        path.touch()
        past = path.stat().st_mtime - seconds
        os.utime(path, (past, past))
    return paths


def test_old_locks_that_nobody_holds_are_removed(desk: SmallDesk) -> None:
    """RELIABILITY F7: 87 of 300 killed gits left one."""
    paths = leave(desk, *NAMES, seconds=61)
    assert sorted(stale.recover_locks(desk.layout)) == sorted(paths)
    assert list(stale.git_locks(desk.layout)) == []
    assert stale.recover_locks(desk.layout) == ()
    desk.change("tickets/1.md", b"1\n")


def test_young_locks_stay(desk: SmallDesk) -> None:
    """Somebody may just be at it."""
    leave(desk, *NAMES, seconds=50)
    assert stale.recover_locks(desk.layout) == ()
    assert len(list(stale.git_locks(desk.layout))) == len(NAMES)


def test_nothing_is_removed_while_a_desk_command_commits(desk: SmallDesk) -> None:
    """Its git may hold the lock."""
    leave(desk, "index.lock", seconds=1000)
    where = desk.layout
    with lock.hold(where.commit_lock, timeout=1, modes=where.modes):
        assert stale.recover_locks(where) == ()


@pytest.mark.parametrize("told", ["cwd", "argument", "environment"])
def test_nothing_is_removed_while_a_git_runs_here(desk: SmallDesk, told: str, tmp_path: Path) -> None:
    """`git commit -a` with an open editor holds the index without having the file open."""
    leave(desk, "index.lock", seconds=1000)
    run = ["git", "-c", "alias.wait=!sleep 30", "wait"]
    where: dict[str, object] = {"cwd": tmp_path}
    if told == "cwd":
        where = {"cwd": desk.root}
    elif told == "argument":
        run[1:1] = ["--git-dir", str(desk.layout.git_dir)]
    else:
        where["env"] = os.environ | {"GIT_DIR": str(desk.layout.git_dir)}
    with subprocess.Popen(run, **where) as running:  # type: ignore[call-overload]
        time.sleep(0.1)
        assert stale.recover_locks(desk.layout) == ()
        running.kill()
    assert len(stale.recover_locks(desk.layout)) == 1


def test_nothing_is_removed_that_a_process_has_open(desk: SmallDesk) -> None:
    """Other programs than git write git's index: editors, libgit2."""
    [path] = leave(desk, "index.lock", seconds=1000)
    script = "import sys; file = open(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", script, path]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert stale.recover_locks(desk.layout) == ()
        process.kill()
    assert stale.recover_locks(desk.layout) == (path,)


def test_old_temporary_files_are_swept(desk: SmallDesk) -> None:
    """RELIABILITY G16: older than 36 hours, and ours."""
    tmp = desk.layout.tmp
    names = (".desk-1-aa.tmp", ".desk-2-bb.tmp", "somebody's")
    for name in names:
        (tmp / name).touch()
    past = (tmp / names[0]).stat().st_mtime - 37 * 3600
    for name in (names[0], names[2]):
        os.utime(tmp / name, (past, past))
    assert stale.sweep_tmp(desk.layout) == (tmp / names[0],)
    assert sorted(path.name for path in tmp.iterdir()) == sorted(names[1:])
