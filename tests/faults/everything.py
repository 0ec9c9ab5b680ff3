"""`make sweep`: every fault there is to make, and the crowd in full; the figures go to docs/SWEEPS.md.

`SWEEP=100` makes only a hundred errors of each change: half an hour instead of two.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from care.world import World
from faults import crowd, sweep, test_sync_kills
from faults.gits import TARGETS
from faults.scenarios import REPLY, SCENARIOS, make_template
from faults.test_crowd import judge as judge_crowd
from needs import missing_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from faults.strace import Fault
    from faults.sweep import Result

REPORT = Path(__file__).parents[2] / "docs" / "SWEEPS.md"
WORKERS = 2

HEAD = """\
# What desk survives

Written by `make sweep` (Linux, strace); the tests run a part of it each time. How it is done, and what must
hold after each fault, is in `tests/faults`.

In each run one system call of one process is faulted: before it the process is killed, or it fails with an
error. Every call that changes anything is faulted once in every way (openat where it creates a file), and
strace's log proves each fault. Where there are fewer errors than points times {errors}, they are a seeded
sample. Afterwards every ticket file can be read, the mail is delivered again and `desk fsck --repair` runs,
in turn the one or the other first; then `desk fsck --full` finds nothing, the mail is in one ticket once with
its attachment, git has one commit a change and a clean status.

After this table, `make sweep` runs the tests of `desk reply` and its sending, `desk cron`, `desk sla run`,
`desk fetch` and healing at every one of their points (`KILLS=all`), and fails where one of them does.
"""


def main() -> int:
    """Do it all; 0 when nothing was lost."""
    missing = missing_of("strace")
    if missing:
        sys.stderr.write(f"make sweep needs {', '.join(missing)}\n")
        return 1
    with tempfile.TemporaryDirectory(prefix="desk-sweep-") as folder:
        lines, wrong = _sweep_all(Path(folder), int(os.environ.get("SWEEP") or sys.maxsize))
    REPORT.write_text(HEAD.format(errors=len(sweep.ERRORS)) + "\n".join(lines) + "\n", "utf-8")
    for result in wrong:
        sys.stderr.write(f"{result.scenario}: {result.fault}: {result.wrong}\n")
    return 1 if wrong else 0


def _sweep_all(place: Path, size: int) -> tuple[list[str], list[Result]]:
    template = make_template(place / "template")
    rows: list[tuple[str, int, list[Result]]] = []
    for number, scenario in enumerate(SCENARIOS):
        points = sweep.find_points(template, scenario, place / "points")
        run = partial(sweep.sweep_one, template, scenario)
        errors = sweep.sample(sweep.errors(points), size, seed=1)
        for kind, faults in (("killed", sweep.kills(points)), ("errors", errors)):
            results = _run(run, faults, place / f"{number} {kind}")
            rows.append((f"{scenario.name}: {kind}", sum(map(len, points.values())), results))
    for target in TARGETS:
        points = sweep.find_git_points(template, REPLY, target, place / "points")
        for kind, with_desk, faults in (
            ("killed", False, sweep.kills(points)),
            ("killed, and desk with it", True, sweep.kills(points)),
            ("errors", False, sweep.sample(sweep.errors(points), size, seed=1)),
        ):
            run = partial(_run_git, template, target, with_desk=with_desk)
            results = _run(run, faults, place / f"{target} {kind}")
            rows.append((f"{REPLY.name}, git {target}: {kind}", sum(map(len, points.values())), results))
    results = test_sync_kills.sweep_all(place / "sync")
    rows.append(("two clones meet by desk sync: killed", len(results), results))
    lines = ["", "| change | points | faults | survived |", "|---|---:|---:|---:|"]
    lines += [
        f"| {name} | {points} | {len(results)} | {_survived(results)} |" for name, points, results in rows
    ]
    done = [result for _, _, results in rows for result in results]
    lost = "" if any(result.wrong for result in done) else "; mails lost: 0, doubled: 0"
    lines += ["", f"{len(done)} faults, {_survived(done)} survived{lost}."]
    lines += ["", *_crowd(place), "", *_machine()]
    return lines, [result for result in done if result.wrong]


def _run(run: Callable[[Fault, Path], Result], faults: Iterable[Fault], place: Path) -> list[Result]:
    every = list(faults)
    places = [place / str(number) for number in range(len(every))]
    # Processes: desk is no program of threads.
    with ProcessPoolExecutor(WORKERS) as pool:
        results = list(pool.map(run, every, places))
    sys.stderr.write(f"{place.name}: {len(results)} faults, {_survived(results)} survived\n")
    return results


def _run_git(template: World, target: str, fault: Fault, place: Path, *, with_desk: bool) -> Result:
    return sweep.sweep_git(template, REPLY, target, fault, place=place, with_desk=with_desk)


def _survived(results: list[Result]) -> int:
    return sum(not result.wrong for result in results)


def _crowd(place: Path) -> list[str]:
    processes, each = 64, 50
    world = World.make(place / "crowd")
    post = crowd.write_post(processes, each, seed=1)
    seconds = crowd.deliver(world, post)
    judge_crowd(world, post)
    mails = sum(map(len, post.conversations))
    copies, tickets = processes * each - mails, len(post.conversations)
    return [
        "## A crowd",
        "",
        f"{processes} processes deliver {each} mails each at once; {copies} are second copies, and",
        f"{mails - tickets} answer others, with which they race. Two agents tag tickets, somebody commits by",
        f"hand. {mails} mails in {tickets} tickets: none lost, doubled or in the wrong one, no number",
        f"given twice, one commit a change; {seconds:.0f} s.",
    ]


def _machine() -> list[str]:
    git = subprocess.run(["git", "--version"], capture_output=True, text=True, check=True).stdout.split()[-1]
    said = subprocess.run(["strace", "--version"], capture_output=True, text=True, check=True).stdout
    strace = said.split("\n", maxsplit=1)[0].split()[-1]
    kernel = platform.release().partition("-")[0]
    system = f"Linux {kernel}, {platform.machine()}"
    return [f"Python {platform.python_version()}, git {git}, strace {strace}, {system}."]


if __name__ == "__main__":
    sys.exit(main())
