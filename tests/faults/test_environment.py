"""RELIABILITY G8: whatever surrounds the process, the same bytes are stored, as private as they should be."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from typing import TYPE_CHECKING

import pytest
from care.world import AT, World
from faults.scenarios import DOOR, ENVIRONMENT, REPLY, copy

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LIVE_AT = {"DESK_NOW": "2026-11-20T10:00:00Z"}
# What no bytes may depend on: files made anew, counters, logs, git's own.
PASSING = {"index.db", "index.db-wal", "index.db-shm", "settings.copy", "clock"}


def stored(world: World) -> dict[str, bytes]:
    """What the desk made of the mail: tickets, attachments, originals."""
    places = [*world.root.glob("tickets/**/*"), *world.state.glob("raw/**/*")]
    return {str(path.relative_to(world.root)): path.read_bytes() for path in places if path.is_file()}


def modes(world: World) -> set[tuple[str, int]]:
    """The kinds of what desk made, with their permissions."""
    places = [*world.root.glob("tickets/**/*"), *world.state.rglob("*")]
    return {
        ("folder" if path.is_dir() else "file", stat.S_IMODE(path.stat().st_mode))
        for path in places
        if path.name not in PASSING
    }


def take(
    template: World,
    place: Path,
    *,
    environment: dict[str, str],
    prepare: Callable[[], None] = lambda: None,
    close: tuple[int, ...] = (),
    out: str = os.devnull,
    folder: Path | None = None,
) -> tuple[int, World]:
    """Hand a mail to the door in these circumstances; its exit code, and the desk afterwards."""
    world = copy(template, place / "desk")
    mail = place / "mail"
    mail.write_bytes(REPLY.mail)

    def begin() -> None:
        prepare()
        for descriptor in close:
            os.close(descriptor)

    with mail.open("rb") as given, open(out, "wb") as output:  # noqa: PTH123 - a device
        done = subprocess.run(
            [*DOOR, f"--desk={world.root}"],
            stdin=given,
            stdout=output,
            stderr=output,
            env=environment,
            cwd=folder,
            preexec_fn=begin,
            check=False,
            timeout=60,
        )
    return done.returncode, world


@pytest.fixture(scope="session")
def usual(template: World, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What is stored in the usual circumstances."""
    code, world = take(template, tmp_path_factory.mktemp("usual"), environment=ENVIRONMENT)
    assert code == 0
    return stored(world)


def test_the_usual_run_stores_something(usual: dict[str, bytes]) -> None:
    assert sum(path.endswith("invoice.pdf") for path in usual) == 1
    assert sum(path.endswith("TICKET-1.md") for path in usual) == 1
    assert sum("/raw/" in path for path in usual) == 2


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"PATH": ""},
        {"HOME": "/nonexistent", "PATH": "/bin"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"LC_ALL": "POSIX"},
        {"LC_ALL": "de_DE.ISO-8859-1", "LANG": "de_DE.ISO-8859-1"},
        {"LC_ALL": "tr_TR.UTF-8"},
        {"LC_ALL": "nonsense"},
        {"TZ": "Asia/Kathmandu"},
        {"GIT_DIR": "/nonexistent", "GIT_INDEX_FILE": "/nonexistent", "GIT_WORK_TREE": "/"},
        {"PYTHONPATH": "/nonexistent", "PYTHONSTARTUP": "/nonexistent", "PYTHONHOME": "/nonexistent"},
        {"TMPDIR": "/nonexistent", "XDG_CONFIG_HOME": "/nonexistent"},
    ],
    ids=lambda environment: " ".join(f"{key}={value}" for key, value in environment.items()) or "empty",
)
def test_any_environment(
    template: World, usual: dict[str, bytes], environment: dict[str, str], tmp_path: Path
) -> None:
    code, world = take(template, tmp_path, environment=environment | LIVE_AT)
    assert code == 0
    assert stored(world) == usual
    assert world.status() == ""


@pytest.mark.parametrize("mask", [0o000, 0o027, 0o077, 0o777], ids=oct)
def test_any_umask(template: World, usual: dict[str, bytes], mask: int, tmp_path: Path) -> None:
    code, world = take(template, tmp_path, environment=ENVIRONMENT, prepare=lambda: os.umask(mask) and None)
    assert code == 0
    assert stored(world) == usual
    assert modes(world) == {("file", 0o600), ("folder", 0o700)}


@pytest.mark.parametrize("close", [(1,), (2,), (1, 2)], ids=str)
def test_closed_descriptors(
    template: World, usual: dict[str, bytes], close: tuple[int, ...], tmp_path: Path
) -> None:
    code, world = take(template, tmp_path, environment=ENVIRONMENT, close=close)
    assert code == 0
    assert stored(world) == usual


@pytest.mark.parametrize("close", [(0,), (0, 1, 2)], ids=str)
def test_without_standard_input_the_mail_server_keeps_the_mail(
    template: World, close: tuple[int, ...], tmp_path: Path
) -> None:
    code, world = take(template, tmp_path, environment=ENVIRONMENT, close=close)
    assert code == 75
    assert stored(world) == stored(template)


def test_a_full_output(template: World, usual: dict[str, bytes], tmp_path: Path) -> None:
    code, world = take(template, tmp_path, environment=ENVIRONMENT, out="/dev/full")
    assert code == 0
    assert stored(world) == usual


def test_a_folder_that_is_gone(template: World, usual: dict[str, bytes], tmp_path: Path) -> None:
    here = tmp_path / "gone"
    here.mkdir()
    code, world = take(
        template, tmp_path, environment=ENVIRONMENT, folder=here, prepare=lambda: shutil.rmtree(here)
    )
    assert code == 0
    assert stored(world) == usual


def test_a_mail_cut_off_by_a_power_cut_is_made_whole_when_it_comes_again(
    template: World, tmp_path: Path
) -> None:
    """The name was on the disk, the content was not: the next delivery mends the original."""
    code, world = take(template, tmp_path, environment=ENVIRONMENT)
    (torn,) = set(world.state.glob("raw/*/*")) - {
        world.root / path.relative_to(template.root) for path in template.state.glob("raw/*/*")
    }
    for left in (b"", REPLY.mail[:100], REPLY.mail[:-1] + b"\0"):
        torn.chmod(0o600)
        torn.write_bytes(left)
        assert World(world.root, AT).take(REPLY.mail).outcome == "duplicate"
        assert torn.read_bytes() == REPLY.mail
    assert code == 0
