"""Healing killed at any call that changes something: healing again comes to the same files, all committed.

`python tests/clones/test_heal_kills.py ROOT` heals the desk in ROOT.
"""

from __future__ import annotations

import shutil
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

from care.world import AT, World, write_mail
from clones.meeting import Clone
from faults import strace
from faults.sweep import sample
from needs import needs

from helpdesk_cli.desk.fsck import Ages
from helpdesk_cli.desk.heal import heal
from helpdesk_cli.desk.repair import repair

if TYPE_CHECKING:
    from collections.abc import Iterator

    from faults.strace import Fault

LATER = AT + timedelta(days=40)
SAMPLE = 6


def in_a_merge(kim: Clone, lee: Clone) -> None:
    """Two tickets under one number, and one ticket under two, while the merge is going on."""
    kim.take(write_mail(5, attachment=b"%PDF five"))
    lee = lee.later(minutes=2)
    lee.take(write_mail(6, attachment=b"%PDF six"))
    lee.take(write_mail(5, attachment=b"%PDF five"))
    assert not kim.pull(lee)


def after_a_merge(kim: Clone, lee: Clone) -> None:
    """The same in different months, which git merges without a word."""
    kim.take(write_mail(5, attachment=b"%PDF five"))
    lee = lee.later(days=30)
    lee.take(write_mail(6, attachment=b"%PDF six"))
    lee.take(write_mail(5, attachment=b"%PDF five"))
    assert kim.pull(lee)


def faults(clones: Path, log: Path) -> Iterator[Fault]:
    """A kill at each call that changes something."""
    ran = strace.run(command(clones), None, log=log)
    assert ran.code == 0, ran.err
    for call, numbers in strace.points(ran.log).items():
        yield from (strace.Fault(call, number) for number in numbers)


def command(root: Path) -> list[str]:
    return [sys.executable, "-B", str(Path(__file__)), str(root)]


def conclude(world: World) -> dict[str, bytes]:
    """Heal to the end, commit what the user has to, and look that nothing is wrong."""
    done = repair(world.desk, ages=Ages(lock=-1, tmp=-1))
    assert {each.code for each in done.left} <= {"pending", "original-missing", "uncommitted"}, done.left
    if (world.root / ".git/MERGE_HEAD").exists():
        world.git("commit", "-q", "--no-edit")
    done = repair(world.desk, ages=Ages(lock=-1, tmp=-1))
    assert {each.code for each in done.left} <= {"original-missing"}, done.left
    assert world.status() == "", world.status()
    return Clone(world, "kim").files()


def sweep(clones: tuple[Clone, Clone], prepare: object, place: Path) -> int:
    kim, lee = clones
    prepare(kim, lee)
    shutil.copytree(kim.world.root, place / "whole", symlinks=True)
    every = list(faults(place / "whole", place / "log"))
    expected = conclude(World(place / "whole", LATER))
    chosen = sample(every, SAMPLE, seed=7)
    for fault in chosen:
        root = place / "killed"
        shutil.copytree(kim.world.root, root, symlinks=True)
        ran = strace.run(command(root), fault, log=place / "log")
        assert ran.fired, fault
        assert conclude(World(root, LATER)) == expected, fault
        shutil.rmtree(root)
    return len(chosen)


@needs("strace")
def test_killed_while_a_merge_is_going_on(clones: tuple[Clone, Clone], tmp_path: Path) -> None:
    assert sweep(clones, in_a_merge, tmp_path) >= SAMPLE


@needs("strace")
def test_killed_after_a_merge(clones: tuple[Clone, Clone], tmp_path: Path) -> None:
    assert sweep(clones, after_a_merge, tmp_path) >= SAMPLE


if __name__ == "__main__":
    clone = Clone(World(Path(sys.argv[1]), LATER), "kim")
    heal(clone.world.desk, clone.actor)
