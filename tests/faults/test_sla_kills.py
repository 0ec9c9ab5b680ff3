"""Killed at any call, `desk sla run` acts on each warning once: the ticket has all of it or nothing."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from care.world import World, write_mail
from faults import strace, sweep
from faults.scenarios import DESK, ENVIRONMENT, old_copy
from needs import needs

from helpdesk_cli.desk.record import commit_pending
from helpdesk_cli.desk.sla_run import run

if TYPE_CHECKING:
    from pathlib import Path

    from faults.strace import Fault

pytestmark = needs("strace")

# Of some hundred points so many as a change may wait for; `make sweep` kills at each.
SAMPLE = 15


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A desk with three tickets that are late; not to be changed."""
    world = World.make(tmp_path_factory.mktemp("sla") / "desk")
    for number in (1, 2, 3):
        world.take(write_mail(number))
    return world.later(days=7)


def argv(world: World) -> list[str]:
    return [*DESK, "-C", str(world.root), "--quiet", "--now", f"{world.now:%Y-%m-%dT%H:%M:%SZ}", "sla", "run"]


def check(world: World) -> None:
    """Each ticket was acted on once, tagged and its lead told; all is committed."""
    assert commit_pending(world.desk) == ""
    for ticket in world.tickets():
        facts = [fact for event in ticket.events for fact in event.all_facts("sla")]
        assert [fact.split(" ")[1] for fact in facts] == ["80%", "breach"], facts
        assert ticket.tags == ("breached",)
        assert len([event for event in ticket.events if event.all_facts("notify")]) == 1
    # A commit by the run itself, or by the next one for what it left.
    subjects = [each for each in world.subjects() if "first-response" in each or each.endswith(": sla")]
    assert len(subjects) == len(world.paths())
    assert world.status() == ""


@pytest.fixture(scope="module")
def faults(ready: World, tmp_path_factory: pytest.TempPathFactory) -> list[Fault]:
    """A kill at a sample of the calls with which a run changes anything."""
    place = tmp_path_factory.mktemp("points")
    world = old_copy(ready, place / "desk")
    ran = strace.run(argv(world), None, log=place / "log", environment=ENVIRONMENT)
    assert ran.code == 0, (ran.out, ran.err)
    check(world)
    every = list(sweep.kills(strace.points(ran.log)))
    assert len(every) > SAMPLE
    return sweep.sample(every, SAMPLE, seed=11)


@pytest.mark.parametrize("part", range(3))
def test_killed_at_any_call_it_acts_once(
    ready: World, faults: list[Fault], tmp_path: Path, part: int
) -> None:
    fired = 0
    for number, fault in enumerate(faults[part::3]):
        world = old_copy(ready, tmp_path / f"{number}" / "desk")
        ran = strace.run(argv(world), fault, log=tmp_path / f"{number}" / "log", environment=ENVIRONMENT)
        fired += bool(ran.fired)
        assert bool(ran.fired) == (ran.code == -9), (fault, ran.code, ran.err)
        assert run(world.desk).errors == [], fault
        assert run(world.desk).recorded == [], fault
        check(world)
        shutil.rmtree(tmp_path / f"{number}")
    assert fired > len(faults) // 3 // 2
