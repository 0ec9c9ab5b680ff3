"""RELIABILITY G1, G5: killed at any call that changes something, a change is made once in the end.

Desk is killed before each such call of an ingest, and before a third of those of a command; each of its gits
is killed before each of its own, alone or together with desk; `make sweep` kills at every one. Mail is
delivered again, `desk fsck --repair` runs: in turn the one and the other first. Each kill is proven to have
happened.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pytest
from faults import sweep
from faults.gits import TARGETS
from faults.scenarios import IMPORT, NEW_TICKET, REPAIR, REPLY, STATUS, Scenario
from needs import needs

if TYPE_CHECKING:
    from pathlib import Path

    from care.world import World

pytestmark = needs("strace")

# So many tests share the points of one sweep, so that several processors can.
PARTS = 4
# One ingest makes about this many: a sweep that finds far fewer looks at the wrong process.
LEAST = {NEW_TICKET: 60, REPLY: 60, STATUS: 40}


@cache
def points(template: World, scenario: Scenario, place: Path) -> dict[str, list[int]]:
    return sweep.find_points(template, scenario, place / "points" / scenario.name)


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("scenario", [NEW_TICKET, REPLY, STATUS], ids=lambda scenario: scenario.name)
def test_desk_killed_at_each_point(
    template: World, scenario: Scenario, part: int, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    found = points(template, scenario, tmp_path_factory.getbasetemp())
    assert sum(map(len, found.values())) >= LEAST[scenario]
    faults = list(sweep.kills(found))
    if scenario is STATUS:
        faults = sweep.sample(faults, len(faults) // 3, seed=1)
    results = sweep.sweep(template, scenario, faults[part::PARTS], tmp_path)
    assert [result for result in results if result.wrong] == []


@pytest.mark.parametrize("target", TARGETS)
def test_git_killed_at_each_point(template: World, target: str, tmp_path: Path) -> None:
    found = sweep.find_git_points(template, REPLY, target, tmp_path / "points")
    faults = list(sweep.kills(found))
    assert len(faults) >= 10
    if target == "unpack-objects":
        # It makes the same five calls for each object.
        faults = sweep.sample(faults, 24, seed=39)
    results = [
        sweep.sweep_git(
            template, REPLY, target, fault, place=tmp_path / str(number), with_desk=bool(number % 2)
        )
        for number, fault in enumerate(faults)
    ]
    assert [result for result in results if result.wrong] == []


def test_a_sweep_sees_what_did_not_happen(template: World, tmp_path: Path) -> None:
    """Behind the last point nothing fires, and a sweep says so: it cannot become empty unseen."""
    found = sweep.find_points(template, NEW_TICKET, tmp_path / "points")
    for call, numbers in found.items():
        if call != "openat":
            fault = sweep.Fault(call, numbers[-1] + 1)
            result = sweep.sweep_one(template, NEW_TICKET, fault, tmp_path / call)
            assert (result.fired, result.wrong) == ("", "it did not happen")


@pytest.mark.parametrize("scenario", [IMPORT, REPAIR], ids=lambda scenario: scenario.name)
def test_long_changes_killed_and_repeated(template: World, scenario: Scenario, tmp_path: Path) -> None:
    """At a sample of their points: a batch, which flushes late, and recovery itself."""
    points = sweep.find_points(template, scenario, tmp_path / "points")
    faults = sweep.sample(sweep.kills(points), 12, seed=16)
    results = sweep.sweep(template, scenario, faults, tmp_path)
    assert [result for result in results if result.wrong] == []
