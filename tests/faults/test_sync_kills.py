"""RELIABILITY G24: killed at any call, a sync is completed by the next; no entry and no hand's edit is lost.

What comes: tickets changed on both sides, a new one, an attachment, a number given out twice, a file that
a hand has edited and not committed, another file that moved.
"""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest
from care.world import write_mail
from clones.fleet import Fleet, meet
from faults import strace, sweep
from faults.scenarios import DESK, ENVIRONMENT
from needs import needs

from helpdesk_cli.desk.fsck import Ages
from helpdesk_cli.desk.repair import repair

if TYPE_CHECKING:
    from pathlib import Path

    from faults.strace import Fault

pytestmark = needs("strace")

# Of some hundred points so many as a change may wait for; `make sweep` kills at each.
SAMPLE = 15
EDITED = "tickets/2026/11/TICKET-1.md"


def prepare(root: Path) -> Fleet:
    """Kim has pushed; Lee has worked as well and syncs next."""
    Fleet.make(root)
    fleet = Fleet.at(root)
    kim, lee, _ = fleet.clones
    for number in (3, 4):
        kim.take(write_mail(number))
    for clone in (kim, lee):
        meet(clone)
    kim.later(minutes=1).take(write_mail(2, answers=1, attachment=b"%PDF two"))
    kim.later(minutes=2).note("2", "from Kim")
    kim.later(minutes=5).take(write_mail(5, attachment=b"%PDF five"))
    (kim.world.root / "kb").mkdir()
    (kim.world.root / "kb/new.md").write_text("New\n")
    kim.world.git("add", "kb")
    kim.world.git("commit", "-qm", "An article")
    meet(kim)
    lee.later(minutes=1).note("2", "from Lee")
    lee.later(minutes=3).take(write_mail(6, attachment=b"%PDF six"))
    path = lee.world.root / EDITED
    path.write_text(path.read_text() + "\nRemember the bread.\n")
    settle(fleet)
    return fleet


def settle(fleet: Fleet) -> None:
    """Files look as if they had been there for an hour: what is younger is read twice."""
    root = fleet.lee.world.root
    for path in (root / "tickets", *root.glob("tickets/**/*")):
        os.utime(path, (path.stat().st_mtime - 3600,) * 2)


def argv(root: Path) -> list[str]:
    return [*DESK, "-C", str(root / "lee"), "--as", "lee", "--quiet", "sync"]


def copied(fleet: Fleet, root: Path) -> Fleet:
    shutil.copytree(fleet.root, root, symlinks=True)
    copy = Fleet.at(root)
    return Fleet(root, *(clone.later(hours=5) for clone in copy.clones))


def conclude(fleet: Fleet, *, repairs_first: bool) -> dict[str, bytes]:
    """The next sync, with or without a repair before, and what everybody has then."""
    lee = fleet.lee
    half = {path: (lee.world.root / path).read_bytes() for path in lee.world.paths()}
    assert b"Remember the bread." in half[EDITED]
    if repairs_first:
        repair(lee.world.desk, ages=Ages(lock=-1, tmp=-1))
    else:
        for lock in lee.world.root.glob(".git/**/*.lock"):
            if lock.parent.name != "desk" and lock.name != "sync.lock":
                lock.unlink()
    meet(lee)
    meet(fleet.mia)
    assert lee.findings() in ([], [f"uncommitted {EDITED}"]), lee.findings()
    if not repairs_first:
        assert lee.world.status() == f" M {EDITED}\n", lee.world.status()
        assert "+Remember the bread." in lee.world.git("diff")
        assert [line for line in lee.world.git("diff").splitlines() if line.startswith("-")][1:] == []
    assert lee.world.git("rev-parse", "HEAD") == fleet.mia.world.git("rev-parse", "HEAD")
    assert lee.world.git("for-each-ref", "refs/desk").strip() == ""
    files = fleet.mia.files()
    assert not [name for name in files if "clash" in name]
    return {name: data for name, data in files.items() if name != "2026/11/TICKET-1.md"}


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    return prepare(tmp_path_factory.mktemp("sync") / "fleet")


def sweep_all(place: Path) -> list[sweep.Result]:
    """A kill at each point there is, and what was wrong after it."""
    place.mkdir(parents=True, exist_ok=True)
    fleet = prepare(place / "ready")
    expected, every = find_points(fleet, place / "points")
    results = []
    for fault in every:
        wrong = ""
        try:
            judge(fleet, expected, fault, place)
        except Exception as error:  # noqa: BLE001 - told with the fault that led to it
            wrong = f"{type(error).__name__}: {error}"
            shutil.rmtree(place / "fleet", ignore_errors=True)
        results.append(sweep.Result("two clones meet by desk sync", fault, str(fault), wrong))
    return results


@pytest.fixture(scope="module")
def whole(ready: Fleet, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, bytes], list[Fault]]:
    return find_points(ready, tmp_path_factory.mktemp("points"))


def find_points(ready: Fleet, place: Path) -> tuple[dict[str, bytes], list[Fault]]:
    """What a sync without a fault comes to, and the calls with which it changes anything."""
    place.mkdir(exist_ok=True)
    fleet = copied(ready, place / "fleet")
    ran = strace.run(argv(fleet.root), None, log=place / "log", environment=ENVIRONMENT)
    assert ran.code == 0, (ran.out, ran.err)
    every = list(sweep.kills(strace.points(ran.log)))
    return conclude(fleet, repairs_first=False), every


def judge(ready: Fleet, expected: dict[str, bytes], fault: Fault, place: Path) -> None:
    fleet = copied(ready, place / "fleet")
    ran = strace.run(argv(fleet.root), fault, log=place / "log", environment=ENVIRONMENT)
    assert ran.fired, fault
    files = conclude(fleet, repairs_first=bool(fault.number % 2))
    assert files.keys() == expected.keys(), fault
    assert {name for name in files if files[name] != expected[name]} == set(), fault
    shutil.rmtree(place / "fleet")


@pytest.mark.parametrize("part", range(3))
def test_killed_at_any_call_the_next_sync_completes_it(
    ready: Fleet, whole: tuple[dict[str, bytes], list[Fault]], tmp_path: Path, part: int
) -> None:
    expected, every = whole
    assert len(every) > 80
    for fault in sweep.sample(every, SAMPLE, seed=24)[part::3]:
        judge(ready, expected, fault, tmp_path)


def test_everybody_has_it_all(whole: tuple[dict[str, bytes], list[Fault]]) -> None:
    files, _ = whole
    assert sorted(name for name in files if name.endswith(".md")) == [
        "2026/11/TICKET-2.md",
        "2026/11/TICKET-3.md",
        "2026/11/TICKET-4.md",
        "2026/11/TICKET-5.md",
    ]
    assert len([name for name in files if name.endswith(".pdf")]) == 4
