"""Work in parts that a child does some of: all of it, in order, whatever becomes of the child."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

import pytest

from helpdesk_cli.storage import second_core
from helpdesk_cli.storage.second_core import MOST_PARTS, shared

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def two(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processors, also on a machine that has one."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})


def children() -> list[int]:
    """The children that this process has, those that have ended too."""
    with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as file:  # noqa: PTH123 - /proc
        return [int(word) for word in file.read().split()]


def test_every_part_is_done_once_and_by_both(tmp_path: Path) -> None:
    before = children()

    def work(part: int) -> tuple[int, int]:
        with (tmp_path / "done").open("a") as file:
            file.write(f"{part}\n")
        time.sleep(0.001)
        return part * part, os.getpid()

    with shared(MOST_PARTS, work) as both:
        found = both.finish()
    assert [value for value, _ in found] == [part * part for part in range(MOST_PARTS)]
    assert len({pid for _, pid in found}) == 2
    done = sorted(map(int, (tmp_path / "done").read_text().split()))
    assert done == list(range(MOST_PARTS))
    assert children() == before


def test_the_parent_has_time_for_other_things_meanwhile() -> None:
    """The child takes parts before anybody asks what came of them."""
    out, told = os.pipe()

    def work(part: int) -> int:
        os.write(told, b"!")
        return part

    with shared(3, work) as both:
        assert os.read(out, 1) == b"!"
        assert both.finish() == [0, 1, 2]
    os.close(out)
    os.close(told)


def test_much_is_said_through_a_pipe() -> None:
    with shared(40, lambda part: bytes([part]) * 500_000) as both:
        assert both.finish() == [bytes([part]) * 500_000 for part in range(40)]


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT, None])
def test_what_a_child_took_that_ended_is_done_again(end: signal.Signals | None) -> None:
    parent = os.getpid()

    def work(part: int) -> int:
        if os.getpid() != parent:
            if end is None:
                raise RuntimeError("in the child alone")
            os.kill(os.getpid(), end)
        return part

    before = children()
    with shared(20, work) as both:
        time.sleep(0.05)
        assert both.finish() == list(range(20))
    assert children() == before


def test_a_torn_answer_is_none() -> None:
    out, told = os.pipe()
    os.write(told, (1000).to_bytes(8, "big") + b"half")
    os.close(told)
    assert second_core._heard(out) == {}  # noqa: SLF001 - what a child left that was killed while it wrote
    os.close(out)


def test_an_error_is_raised_and_the_child_ends() -> None:
    before = children()

    def work(part: int) -> int:
        raise ValueError(part)

    with pytest.raises(ValueError, match=r"^[0-9]+$"), shared(5, work) as both:
        both.finish()
    assert children() == before


def test_who_does_not_wait_for_the_end_leaves_no_child() -> None:
    before = children()
    with pytest.raises(KeyboardInterrupt), shared(5, lambda _: time.sleep(60)):
        raise KeyboardInterrupt
    assert children() == before


def test_where_no_child_can_be_had_all_is_done_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> int:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", fail)
    with shared(5, lambda part: part) as both:
        assert both.finish() == [0, 1, 2, 3, 4]
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})
    with shared(5, lambda part: part) as both:
        assert both.finish() == [0, 1, 2, 3, 4]


def test_more_parts_than_there_are_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="257 parts"), shared(257, lambda part: part):
        pass
