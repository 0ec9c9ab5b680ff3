"""Children that read hostile input: limits, order, and that they work while the caller does."""

from __future__ import annotations

import mmap
import os
import signal
import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from helpdesk_cli.storage.sandbox import MEMORY, LimitExceededError, Results, run_limited

if TYPE_CHECKING:
    from pathlib import Path


def double(number: int) -> int:
    """A job: odd ends are asked for by negative numbers."""
    if number == -1:
        os.kill(os.getpid(), signal.SIGKILL)
    if number == -2:
        raise ValueError("no")
    return 2 * number


def told(results: Results[int, int, int]) -> list[tuple[int, object]]:
    """Every tag with its result, an error by its words."""
    return [(tag, str(value) if isinstance(value, LimitExceededError) else value) for tag, value in results]


def test_one_job() -> None:
    """A result, an exception, a death."""
    assert run_limited(double, 4) == 8
    with pytest.raises(LimitExceededError, match="ValueError"):
        run_limited(double, -2)
    with pytest.raises(LimitExceededError):
        run_limited(double, -1)


def use(mebibytes: int) -> int:
    """A job that takes so much memory."""
    return len(bytes(mebibytes << 20))


def test_a_large_process_can_have_its_mail_read() -> None:
    """What a child begins with is not counted against what it may take; there still is a limit."""
    with mmap.mmap(-1, 2 * MEMORY):
        assert run_limited(use, 100) == 100 << 20
        with pytest.raises(LimitExceededError, match="MemoryError"):
            run_limited(use, 400)


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 50])
def test_results_come_in_order(count: int) -> None:
    """Whichever child is quicker, and with more children than jobs."""
    assert told(Results(double, ((n, n) for n in range(count)), workers=2)) == [
        (n, 2 * n) for n in range(count)
    ]


def test_a_hostile_job_costs_the_others_nothing() -> None:
    """Its group is done again, one by one; what comes after it too."""
    jobs = [*range(10), -1, *range(10, 20), -2, *range(20, 40), -1]
    found = told(Results(double, enumerate(jobs), workers=2))
    assert [tag for tag, _ in found] == list(range(len(jobs)))
    assert [value for (_, value), job in zip(found, jobs, strict=True) if job >= 0] == [
        2 * n for n in jobs if n >= 0
    ]
    assert [value for (_, value), job in zip(found, jobs, strict=True) if job == -2] == ["ValueError"]
    assert all(isinstance(value, str) for (_, value), job in zip(found, jobs, strict=True) if job == -1)


def test_whoever_asks_first_is_not_kept_waiting_by_a_slow_or_dead_child() -> None:
    """`is_ready` says no in the time given; the result is there all the same, later."""

    def slow(number: int) -> int:
        time.sleep(0.4 if number == 8 else 0)
        return double(number)

    with closing(Results(slow, ((n, n) for n in (*range(9), -1)), workers=1)) as results:
        first = [next(results) for _ in range(8)]
        begun = time.monotonic()
        assert not results.is_ready(0.05)
        assert time.monotonic() - begun < 0.3
        assert not results.is_ready(5)  # the group's second job killed the child
        rest = told(results)
    assert first == [(n, 2 * n) for n in range(8)]
    assert rest[0] == (8, 16)
    assert rest[1][0] == -1
    assert results.is_ready(0)


def test_children_work_while_the_caller_does(tmp_path: Path) -> None:
    """The first answer is in hand, nothing more was asked for: the jobs behind it are done all the same."""

    def note(number: int) -> int:
        (tmp_path / str(number)).touch()
        return number

    results = Results(note, ((n, n) for n in range(20)), workers=1, group=2)
    assert next(results) == (0, 0)
    end = time.monotonic() + 60
    while not (tmp_path / "3").exists():
        assert time.monotonic() < end, "the child waits for its caller"
        time.sleep(0.01)
    assert [result for _, result in results] == list(range(1, 20))


def test_closed_early_nothing_is_left_running() -> None:
    """The children are gone, whatever they were at."""
    results = Results(lambda n: time.sleep(60 if n else 0), ((n, n) for n in range(20)), workers=2, group=1)
    assert next(results) == (0, None)
    begun = time.monotonic()
    results.close()
    assert time.monotonic() - begun < 5
