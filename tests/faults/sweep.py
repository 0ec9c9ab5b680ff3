"""Every system call with which a change alters anything is killed once and failed once.

`make sweep` does all of it and writes docs/SWEEPS.md; the tests do every kill while a mail is filed, and
samples of the rest.
"""

from __future__ import annotations

import os
import random
import shutil
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING

from faults import gits, strace
from faults.scenarios import ENVIRONMENT, Scenario, copy, judge
from faults.strace import Fault

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from care.world import World
    from faults.strace import Ran

ALL = os.environ.get("KILLS") == "all"
ERRORS = ("EIO", "ENOSPC", "EROFS", "EACCES", "EMFILE", "EDQUOT", "EINTR")


@dataclass(frozen=True, slots=True)
class Result:
    """A fault, and what was wrong after it: "" when all that must hold held."""

    scenario: str
    fault: Fault
    fired: str
    wrong: str = ""


def find_points(template: World, scenario: Scenario, place: Path) -> dict[str, list[int]]:
    """The calls with which the change alters anything, from a run without a fault; it must go well."""
    world, mail = _prepare(template, scenario, place)
    ran = strace.run(scenario.argv(world.root), None, log=place / "log", stdin=mail, environment=ENVIRONMENT)
    assert ran.code == 0, (ran.out, ran.err)
    judge(scenario, world, ran, repairs_first=True)
    shutil.rmtree(place)
    return strace.points(ran.log)


def kills(points: dict[str, list[int]]) -> Iterator[Fault]:
    """A kill at each point, and at one more of each call: there it must not happen."""
    for call, numbers in points.items():
        yield from (Fault(call, number) for number in numbers)


def errors(points: dict[str, list[int]]) -> Iterator[Fault]:
    """Each error at each point."""
    for call, numbers in points.items():
        yield from (Fault(call, number, error) for number in numbers for error in ERRORS)


def sample(faults: Iterable[Fault], size: int, *, seed: int) -> list[Fault]:
    """So many of them, the same for the same seed; all of them where `KILLS=all`, which `make sweep` sets."""
    every = list(faults)
    if ALL:
        return every
    return random.Random(seed).sample(every, min(size, len(every)))  # noqa: S311 - repeatable, no secrets


def sweep_one(template: World, scenario: Scenario, fault: Fault, place: Path) -> Result:
    """One run with one fault, and its judgement."""
    world, mail = _prepare(template, scenario, place)
    ran = strace.run(scenario.argv(world.root), fault, log=place / "log", stdin=mail, environment=ENVIRONMENT)
    wrong = "" if ran.fired else "it did not happen"
    # A check that could not look has a finding.
    allowed = {-9} if fault.what == "SIGKILL" else {0, 1, 75} if scenario.in_disorder else {0, 75}
    if ran.fired and ran.code not in allowed:
        wrong = f"it ended with {ran.code}: {ran.err[-200:]!r}"
    wrong = wrong or _judged(scenario, world, ran, fault)
    if not wrong:
        shutil.rmtree(place)
    return Result(scenario.name, fault, ran.fired, wrong)


def find_git_points(template: World, scenario: Scenario, target: str, place: Path) -> dict[str, list[int]]:
    """The calls with which one of the gits of a change alters anything."""
    world, mail = _prepare(template, scenario, place)
    wrapped = gits.wrap(place, target, None)
    ran = strace.run_plainly(wrapped.argv(world.root), stdin=mail, environment=ENVIRONMENT)
    assert ran.code == 0, ran.err
    judge(scenario, world, ran, repairs_first=True)
    points = strace.points(wrapped.log.read_text("utf-8", "replace"))
    shutil.rmtree(place)
    return points


def sweep_git(
    template: World, scenario: Scenario, target: str, fault: Fault, *, place: Path, with_desk: bool
) -> Result:
    """One run with one fault in that git; `with_desk`: desk dies at the same moment."""
    world, mail = _prepare(template, scenario, place)
    wrapped = gits.wrap(place, target, fault, with_desk=with_desk)
    ran = strace.run_plainly(wrapped.argv(world.root), stdin=mail, environment=ENVIRONMENT)
    fired = strace.proof(wrapped.log.read_text("utf-8", "replace"), fault)
    wrong = "" if fired else "it did not happen"
    if ran.code != (-9 if with_desk else 0):
        # Git never decides about a mail.
        wrong = wrong or f"it ended with {ran.code}: {ran.err[-200:]!r}"
    wrong = wrong or _judged(scenario, world, ran, fault)
    if not wrong:
        shutil.rmtree(place)
    return Result(f"{scenario.name}, {target}{' and desk' if with_desk else ''}", fault, fired, wrong)


def _judged(scenario: Scenario, world: World, ran: Ran, fault: Fault) -> str:
    try:
        judge(scenario, world, ran, repairs_first=bool(fault.number % 2))
    except Exception as error:  # noqa: BLE001 - told with the fault that led to it
        *_, last = traceback.extract_tb(error.__traceback__)
        return f"{type(error).__name__} in `{last.line}`: {error}"
    return ""


def sweep(template: World, scenario: Scenario, faults: Iterable[Fault], place: Path) -> list[Result]:
    """A run for each fault."""
    return [sweep_one(template, scenario, fault, place / str(number)) for number, fault in enumerate(faults)]


def _prepare(template: World, scenario: Scenario, place: Path) -> tuple[World, Path | None]:
    place.mkdir(parents=True)
    world = copy(template, place / "desk", in_disorder=scenario.in_disorder)
    scenario.lay_out(place)
    if not scenario.mail:
        return world, None
    mail = place / "mail"
    mail.write_bytes(scenario.mail)
    return world, mail
