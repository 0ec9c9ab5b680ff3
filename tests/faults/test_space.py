"""RELIABILITY G6, G7: the disk fills up, runs out of files, or turns read-only; each on a disk in memory."""

from __future__ import annotations

import os
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from care.world import World, write_mail
from faults.scenarios import AT_ONCE, copy
from needs import needs

from helpdesk_cli.desk.fsck import fsck
from helpdesk_cli.desk.listing import list_tickets
from helpdesk_cli.desk.repair import repair
from helpdesk_cli.errors import TryAgainError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = needs("root", "mount")

MAIL = write_mail(2, attachment=os.urandom(30_000))


@contextmanager
def disk(place: Path, options: str) -> Iterator[Path]:
    """A small file system in memory."""
    place.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", place], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip(
            f"NOT TESTED HERE: this machine lets even root mount nothing ({done.stderr.decode().strip()})"
        )
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)


@pytest.fixture
def unbounded(template: World, tmp_path: Path) -> World:
    """A desk that goes on to the last byte of the disk."""
    world = copy(template, tmp_path / "unbounded")
    path = world.root / "desk.yaml"
    path.write_text(path.read_text().replace("free-space: 200 MB", "free-space: 0"))
    world.git("commit", "-q", "-a", "-m", "Go on to the last byte")
    return world


def fill(place: Path, *, leave: int) -> Path:
    """A file that leaves so many bytes free."""
    free = os.statvfs(place).f_bavail * os.statvfs(place).f_frsize
    ballast = place / "ballast"
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(1, free - leave))
    return ballast


def check_end(world: World) -> None:
    """The mail came again when there was room: all is well."""
    assert world.take(MAIL).outcome in {"created", "duplicate"}
    repair(world.desk, ages=AT_ONCE)
    assert fsck(world.desk, full=True, ages=AT_ONCE) == []
    assert [len(ticket.messages) for ticket in world.tickets()] == [1, 1]
    assert world.status() == ""


@pytest.mark.parametrize("part", range(2))
def test_room_for_less_and_less(unbounded: World, part: int, tmp_path: Path) -> None:
    """From no room at all to enough, in steps of a page and more: 75 or kept, and never half."""
    kept = refused = 0
    for step in range(part, 40, 2):
        with disk(tmp_path / f"disk{step}", "size=16m") as place:
            world = copy(unbounded, place / "desk")
            ballast = fill(place, leave=step * 8192)
            try:
                world.take(MAIL)
                kept += 1
                assert len(world.tickets()) == 2
            except TryAgainError:
                refused += 1
            world.tickets()  # each can be read
            ballast.unlink()
            check_end(world)
    assert min(kept, refused) >= 3


def test_room_for_fewer_and_fewer_files(template: World, tmp_path: Path) -> None:
    """Without inodes left a desk refuses before it writes."""
    with disk(tmp_path / "disk", "size=400m,nr_inodes=1800") as place:
        world = copy(template, place / "desk")
        ballast = [place / f"{number}" for number in range(1800)]
        for path in ballast:
            try:
                path.touch()
            except OSError:
                break
        with pytest.raises(TryAgainError, match="more files"):
            world.take(MAIL)
        for path in ballast:
            path.unlink(missing_ok=True)
        check_end(world)


def test_below_the_floor_nothing_is_written(template: World, tmp_path: Path) -> None:
    """The shipped floor of 200 MB: mail waits with its server while people make room."""
    with disk(tmp_path / "disk", "size=100m") as place:
        world = copy(template, place / "desk")
        before = sorted(place.rglob("*"))
        with pytest.raises(TryAgainError, match="MB are free"):
            world.take(MAIL)
        assert [path for path in sorted(place.rglob("*")) if path not in before] == []


def test_a_read_only_disk_is_read(template: World, tmp_path: Path) -> None:
    """RELIABILITY G7: reading goes on, writing says why not, and goes on when the disk does."""
    with disk(tmp_path / "disk", "size=300m") as place:
        world = copy(template, place / "desk")
        subprocess.run(["mount", "-o", "remount,ro", place], check=True)
        with pytest.raises(TryAgainError, match="read-only"):
            world.take(MAIL)
        assert [row.id for row in list_tickets(world.desk).rows] == ["TICKET-1"]
        assert [finding.code for finding in fsck(world.desk, full=True)] in ([], ["not-checked"])
        subprocess.run(["mount", "-o", "remount,rw", place], check=True)
        check_end(world)
