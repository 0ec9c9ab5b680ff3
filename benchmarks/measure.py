"""Time and memory of whole programs, run in turn so that a busy machine disturbs all of them alike."""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["BenchmarkError", "Sample", "Summary", "compare", "output_of", "run", "summarise", "summarise_all"]

POLL_SECONDS = 0.05


class BenchmarkError(Exception):
    """A program that was to be measured failed, or did not do what it was measured for."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One run of one program."""

    wall: float  # milliseconds
    cpu: float  # milliseconds, of it and of every child it waited for
    peak: int = 0  # bytes, of the whole process tree (shared pages counted once); 0 = not watched


@dataclass(frozen=True, slots=True)
class Summary:
    """Some runs of one program: milliseconds, and bytes for the peak."""

    median: float
    low: float
    high: float
    cpu: float
    peak: int
    runs: int


def run(
    argv: Sequence[str | Path],
    *,
    stdin: Path | None = None,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    watch: bool = False,
    codes: Sequence[int] = (0,),
) -> Sample:
    """The program run to its end, its output thrown away; BenchmarkError for a code not in `codes`."""
    with (stdin or Path(os.devnull)).open("rb") as given, tempfile.TemporaryFile() as errors:
        started = time.perf_counter()
        process = subprocess.Popen(
            [str(each) for each in argv],
            stdin=given,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            cwd=cwd,
            env=env,
        )
        watcher = MemoryWatch(process.pid) if watch else None
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        peak = watcher.stop() if watcher else 0
        if process.returncode not in codes:
            errors.seek(0)
            said = errors.read()[-2000:].decode(errors="replace")
            raise BenchmarkError(f"{argv[0]} ended with {process.returncode}: {said}")
    return Sample(wall * 1000, (usage.ru_utime + usage.ru_stime) * 1000, peak)


def output_of(
    argv: Sequence[str | Path], *, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> str:
    """What the program prints; BenchmarkError if it fails."""
    done = subprocess.run(
        [str(each) for each in argv],
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        said = done.stderr[-2000:].decode(errors="replace")
        raise BenchmarkError(f"{argv[0]} ended with {done.returncode}: {said}")
    return done.stdout.decode(errors="replace")


class MemoryWatch:
    """Looks at a process tree twenty times a second and keeps the largest sum of its memory."""

    def __init__(self, pid: int) -> None:
        """Start looking at `pid` and all below it."""
        self.pid = pid
        self.peak = 0
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.look, daemon=True)
        self.thread.start()

    def look(self) -> None:
        """Look until told to stop."""
        while not self.ended.wait(POLL_SECONDS):
            self.peak = max(self.peak, sum(proportional_memory(each) for each in descendants(self.pid)))

    def stop(self) -> int:
        """The peak in bytes."""
        self.ended.set()
        self.thread.join()
        return self.peak


def descendants(root: int) -> list[int]:
    """The process and all below it, from Linux's /proc."""
    found = [root]
    for pid in found:
        try:
            for task in Path(f"/proc/{pid}/task").iterdir():
                found += map(int, (task / "children").read_text().split())
        except OSError:  # it has ended meanwhile
            continue
    return found


def proportional_memory(pid: int) -> int:
    """Bytes of resident memory, a page shared by n processes counted as 1/n."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except OSError:  # it has ended meanwhile
        pass
    return 0


def summarise(samples: Sequence[Sample]) -> Summary:
    """Median, least and most of some runs."""
    walls = [each.wall for each in samples]
    return Summary(
        median(walls),
        min(walls),
        max(walls),
        median(each.cpu for each in samples),
        max(each.peak for each in samples),
        len(samples),
    )


def compare(
    programs: Mapping[str, Callable[[], Sample]], *, rounds: int, warm_up: int = 1
) -> dict[str, list[Sample]]:
    """Every program once a round, each round beginning with another; `warm_up` rounds do not count."""
    samples: dict[str, list[Sample]] = {name: [] for name in programs}
    names = list(programs)
    for number in range(warm_up + rounds):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            sample = programs[name]()
            if number >= warm_up:
                samples[name].append(sample)
    return samples


def summarise_all(samples: Mapping[str, Sequence[Sample]]) -> dict[str, Summary]:
    """A summary of each program's runs."""
    return {name: summarise(each) for name, each in samples.items()}
