"""RELIABILITY G6: an error at any call that changes something: nothing half is left, ingest ends 0 or 75.

A seeded sample here; all of them in `make sweep`. An fsync that failed is never tried again (fsyncgate).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from faults import strace, sweep
from faults.scenarios import ENVIRONMENT, REPLY, STATUS, Scenario, copy, judge
from faults.strace import Fault
from needs import needs

if TYPE_CHECKING:
    from pathlib import Path

    from care.world import World

pytestmark = needs("strace")


@pytest.mark.parametrize("part", range(2))
@pytest.mark.parametrize("scenario", [REPLY, STATUS], ids=lambda scenario: scenario.name)
def test_a_sample_of_errors(template: World, scenario: Scenario, part: int, tmp_path: Path) -> None:
    points = sweep.find_points(template, scenario, tmp_path / "points")
    faults = sweep.sample(sweep.errors(points), 24, seed=39)[part::2]
    results = sweep.sweep(template, scenario, faults, tmp_path)
    assert [result for result in results if result.wrong] == []


def test_every_error_of_the_first_flush(template: World, tmp_path: Path) -> None:
    """The original is not on the disk: then it is 75, whatever the error, and flushed once only."""
    for error in sweep.ERRORS:
        if error == "EINTR":
            # Python itself calls again after a signal (PEP 475).
            continue
        place = tmp_path / error
        world = copy(template, place)
        mail = tmp_path / "mail"
        mail.write_bytes(REPLY.mail)
        fault = Fault("fsync", 2, error)
        ran = strace.run(
            REPLY.argv(world.root), fault, log=tmp_path / "log", stdin=mail, environment=ENVIRONMENT
        )
        assert (ran.code, bool(ran.fired)) == (75, True)
        assert [line for line in ran.log.splitlines() if line.startswith("fsync(")][-1] == ran.fired
        judge(REPLY, world, ran, repairs_first=True)


def test_the_child_that_reads_is_killed(template: World, tmp_path: Path) -> None:
    """Killed by the kernel for its memory, say: the mail is filed unread, and once."""
    world = copy(template, tmp_path / "desk")
    mail = tmp_path / "mail"
    mail.write_bytes(REPLY.mail)
    # Only that child sets limits; strace follows it, and counts for it alone.
    command = ["strace", "-f", "-qq", "-o", tmp_path / "log", "-e", "trace=prlimit64", "-e"]
    command += ["inject=prlimit64:signal=SIGKILL:when=2", *REPLY.argv(world.root)]
    ran = strace.run_plainly(command, stdin=mail, environment=ENVIRONMENT)
    log = (tmp_path / "log").read_text()
    assert ran.code == 0
    assert "= ?" in log
    assert "killed by SIGKILL" in log
    judge(REPLY, world, ran, repairs_first=True)
