"""One writer at a time, and no lock outlives its holder."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from helpdesk_cli.errors import TryAgainError
from helpdesk_cli.storage import lock
from helpdesk_cli.storage.durable import PRIVATE, SHARED

if TYPE_CHECKING:
    from pathlib import Path

COUNT = """
import sys
from pathlib import Path
from helpdesk_cli.storage import lock
from helpdesk_cli.storage.durable import PRIVATE
where = Path(sys.argv[1])
for _ in range(50):
    with lock.hold(where / "lock", timeout=60, modes=PRIVATE):
        value = int((where / "value").read_text())
        (where / "value").write_text(str(value + 1))
"""
HOLD = """
import sys, time
from pathlib import Path
from helpdesk_cli.storage import lock
from helpdesk_cli.storage.durable import PRIVATE
with lock.hold(Path(sys.argv[1]), timeout=60, modes=PRIVATE):
    print("held", flush=True)
    time.sleep(60)
"""


def test_sixteen_processes_count_without_losing_one(tmp_path: Path) -> None:
    """The lock file itself is made by the first of them."""
    (tmp_path / "value").write_text("0")
    workers = [subprocess.Popen([sys.executable, "-c", COUNT, tmp_path]) for _ in range(16)]
    assert [worker.wait() for worker in workers] == [0] * 16
    assert (tmp_path / "value").read_text() == "800"


def test_a_busy_lock_is_told_after_the_wait_and_free_when_its_holder_is_killed(tmp_path: Path) -> None:
    """RELIABILITY G14: the kernel lets go."""
    path = tmp_path / "lock"
    with subprocess.Popen([sys.executable, "-c", HOLD, path], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        begin = time.monotonic()
        with pytest.raises(TryAgainError, match="busy"), lock.hold(path, timeout=0.2, modes=PRIVATE):
            pass
        assert 0.2 <= time.monotonic() - begin < 5
        assert lock.try_hold(path, modes=PRIVATE) is None
        holder.kill()
    with lock.hold(path, timeout=5, modes=PRIVATE):
        assert lock.try_hold(path, modes=PRIVATE) is None
    assert lock.try_hold(path, modes=PRIVATE) is not None


def test_a_waiting_process_gets_the_lock_soon_after_it_is_free(tmp_path: Path) -> None:
    """Not after a second's nap."""
    path = tmp_path / "lock"
    script = HOLD.replace("time.sleep(60)", "print(time.monotonic(), flush=True)")
    with lock.hold(path, timeout=1, modes=PRIVATE):
        waiter = subprocess.Popen([sys.executable, "-c", script, path], stdout=subprocess.PIPE)
        time.sleep(0.4)
    free = time.monotonic()
    out, _ = waiter.communicate()
    assert float(out.split()[1]) - free < 0.3


def test_a_child_does_not_keep_the_lock(tmp_path: Path) -> None:
    """Neither one that is started nor one that is forked."""
    path = tmp_path / "lock"
    with lock.hold(path, timeout=1, modes=PRIVATE):
        started = subprocess.Popen(["sleep", "30"], close_fds=False)
        forked = os.fork()
        if forked == 0:
            time.sleep(30)
            os._exit(0)
    try:
        held = lock.try_hold(path, modes=PRIVATE)
        assert held is not None
        held.release()
        held.release()
    finally:
        os.kill(forked, 9)
        os.waitpid(forked, 0)
        started.kill()
        started.wait()


def test_a_lock_file_removed_meanwhile_is_made_anew(tmp_path: Path) -> None:
    """Two holders of two files of one name would be none."""
    path = tmp_path / "lock"
    with lock.hold(path, timeout=1, modes=SHARED):
        path.unlink()
        with lock.hold(path, timeout=1, modes=SHARED):
            assert path.stat().st_mode & 0o777 == 0o660
            assert lock.try_hold(path, modes=SHARED) is None


def test_those_who_wait_are_known_and_let_in(tmp_path: Path) -> None:
    """By a second lock, which the kernel lets go of as well."""
    path = tmp_path / "write.lock"
    came: list[str] = []

    def come() -> None:
        with lock.hold(path, timeout=60, modes=PRIVATE):
            came.append("in")

    with lock.hold(path, timeout=1, modes=PRIVATE):
        assert not lock.is_awaited(path)
        others = [Thread(target=come) for _ in range(3)]
        for other in others:
            other.start()
        while not lock.is_awaited(path):
            time.sleep(0.001)
    lock.let_others(path, longest=60)
    assert came
    for other in others:
        other.join()
    assert not lock.is_awaited(path)


def test_who_waits_and_is_killed_waits_no_more(tmp_path: Path) -> None:
    path = tmp_path / "write.lock"
    with lock.hold(path, timeout=1, modes=PRIVATE):
        with subprocess.Popen([sys.executable, "-c", HOLD, path]) as waiting:
            while not lock.is_awaited(path):
                time.sleep(0.001)
            waiting.kill()
        assert not lock.is_awaited(path)
