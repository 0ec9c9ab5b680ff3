"""Killed at any call, `desk cron` tells each agent each thing once: nothing twice, nothing never."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from care.world import World, write_mail
from faults import strace, sweep
from faults.scenarios import DESK, ENVIRONMENT, old_copy
from needs import needs

from helpdesk_cli.desk.actor import Actor
from helpdesk_cli.desk.assign import assign
from helpdesk_cli.desk.cron import cron
from helpdesk_cli.storage.outbox import Outbox, OutMail

if TYPE_CHECKING:
    from pathlib import Path

    from faults.strace import Fault

pytestmark = needs("strace")

LEE = Actor("lee", "Lee Larsen", "lee@example.com")
# Of some two hundred points so many as a change may wait for; `make sweep` kills at each.
SAMPLE = 24


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A desk on which two agents are to hear of three tickets; not to be changed."""
    world = World.make(tmp_path_factory.mktemp("cron") / "desk")
    for number in (1, 2, 3):
        world.take(write_mail(number))
    assign(world.desk, ["1", "2"], "dana", actor=LEE)
    assign(world.desk, ["3"], "lee", actor=Actor("dana", "Dana Davis", "dana@example.com"))
    return world


def argv(world: World) -> list[str]:
    return [*DESK, "-C", str(world.root), "--quiet", "cron"]


@pytest.fixture(scope="module")
def faults(ready: World, tmp_path_factory: pytest.TempPathFactory) -> list[Fault]:
    """A kill at a sample of the calls with which a run changes anything."""
    place = tmp_path_factory.mktemp("points")
    world = old_copy(ready, place / "desk")
    ran = strace.run(argv(world), None, log=place / "log", environment=ENVIRONMENT)
    assert ran.code == 0, (ran.out, ran.err)
    assert told(world) == ["dana TICKET-1", "dana TICKET-2", "lee TICKET-3"]
    every = list(sweep.kills(strace.points(ran.log)))
    assert len(every) > SAMPLE
    return sweep.sample(every, SAMPLE, seed=7)


def told(world: World) -> list[str]:
    """Who is told of which ticket, each mail in the outbox."""
    mails = [mail for _, mail in Outbox(world.desk.layout).items()]
    assert all(isinstance(mail, OutMail) for mail in mails), mails
    return sorted(
        f"{mail.recipients[0].address.partition('@')[0]} {mail.subject.partition(']')[0].strip('[')}"
        for mail in mails
        if isinstance(mail, OutMail) and mail.kind == "notification"
    )


@pytest.mark.parametrize("part", range(3))
def test_killed_at_any_call_it_tells_each_thing_once(
    ready: World, faults: list[Fault], tmp_path: Path, part: int
) -> None:
    fired = 0
    for number, fault in enumerate(faults[part::3]):
        world = old_copy(ready, tmp_path / f"{number}" / "desk")
        ran = strace.run(argv(world), fault, log=tmp_path / f"{number}" / "log", environment=ENVIRONMENT)
        fired += bool(ran.fired)
        assert bool(ran.fired) == (ran.code == -9), (fault, ran.code, ran.err)
        for minutes in (1, 2):
            done = cron(world.root, now=world.later(minutes=minutes).now, says_all=True)
            assert done.problems == [], fault
        assert told(world) == ["dana TICKET-1", "dana TICKET-2", "lee TICKET-3"], fault
        shutil.rmtree(tmp_path / f"{number}")
    assert fired > len(faults) // 3 // 2
