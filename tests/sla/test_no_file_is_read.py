"""Service levels of many tickets come from the index: no ticket file is opened for them."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from care.world import ENVIRONMENT, World, write_mail

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = """
import atexit, sys
opened = []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
def tell():
    print(len([name for name in opened if name.endswith(".md")]), file=sys.stderr)
atexit.register(tell)
from helpdesk_cli.cli.main import main
sys.argv = ["desk", *sys.argv[1:]]
main()
"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Twelve tickets whose files have been there for an hour, and an index that has read them."""
    world = World.make(tmp_path_factory.mktemp("many"))
    for number in range(12):
        world.take(write_mail(number))
    for path in world.paths():
        file = world.root / path
        os.utime(file, (file.stat().st_mtime - 3600,) * 2)
    opened(world, "list")
    return world


def opened(world: World, *words: str) -> int:
    """How many ticket files the command opens."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "-C", str(world.root), "--now", "2026-11-20T09:30:00Z", *words],
        capture_output=True,
        encoding="utf-8",
        check=False,
        env={**os.environ, **ENVIRONMENT, "DESK_AGENT": "dana"},
    )
    return int(done.stderr.strip().split("\n")[-1])


@pytest.mark.parametrize(
    "words", [("sla",), ("sla", "run"), ("list", "due:..2h"), ("next",), ("list", "--fields", "id,sla")]
)
def test_no_ticket_file_is_opened(desk: World, words: tuple[str, ...]) -> None:
    assert opened(desk, *words) == 0


def test_one_that_changed_is(desk: World, tmp_path: Path) -> None:
    """The count counts."""
    assert tmp_path
    desk.later(minutes=20).take(write_mail(99))
    assert opened(desk, "sla") > 0
