"""What each step of taking in a mail costs: a batch ingest with desk's own functions timed.

A step's time is its own: what it spends in another step counts there only. The timing costs a few
microseconds a call, so these figures are for their proportions, not for the rate.

As a program it is the timed ingest itself: `python steps.py MAILDIR`, figures as JSON on standard error.
"""

from __future__ import annotations

import importlib
import json
import mmap
import os
import struct
import sys
import time
from functools import wraps
from typing import TYPE_CHECKING, NoReturn

from desks import Desk
from mails import make_mails, write_maildir
from measure import BenchmarkError, output_of
from report import table

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["measure_steps"]

# (step, module below helpdesk_cli, function or Class.method). A name that is gone ends the run.
STEPS: tuple[tuple[str, str, str], ...] = (
    ("parse", "mail.incoming", "read_mail"),
    ("quotes", "mail.quoting", "split"),
)

SLOTS = 4096
CELL = struct.Struct("qq")  # calls, nanoseconds


class Clock:
    """Counts of calls and own time a step, in memory that forked children share.

    A process writes to the row its id falls on; no two that live at once share one in practice.
    """

    def __init__(self, labels: list[str]) -> None:
        """Zeroes for every label."""
        self.labels = labels
        self.memory = mmap.mmap(-1, SLOTS * len(labels) * CELL.size)
        self.inner: list[int] = []  # time spent in steps called by the running one

    def wrap(self, label: str, function: Callable[..., object]) -> Callable[..., object]:
        """The function, timed."""
        column = self.labels.index(label)

        @wraps(function)
        def timed(*args: object, **kwargs: object) -> object:
            started = time.perf_counter_ns()
            self.inner.append(0)
            try:
                return function(*args, **kwargs)
            finally:
                whole = time.perf_counter_ns() - started
                own = whole - self.inner.pop()
                if self.inner:
                    self.inner[-1] += whole
                self.add(column, own)

        return timed

    def add(self, column: int, nanoseconds: int) -> None:
        """One call more."""
        at = ((os.getpid() % SLOTS) * len(self.labels) + column) * CELL.size
        calls, spent = CELL.unpack_from(self.memory, at)
        CELL.pack_into(self.memory, at, calls + 1, spent + nanoseconds)

    def totals(self) -> dict[str, tuple[int, int]]:
        """Calls and nanoseconds of each label over all processes."""
        cells = list(CELL.iter_unpack(self.memory[:]))
        return {
            label: (
                sum(each[0] for each in cells[column :: len(self.labels)]),
                sum(each[1] for each in cells[column :: len(self.labels)]),
            )
            for column, label in enumerate(self.labels)
        }


def install(clock: Clock) -> None:
    """Put a timed function in the place of each step's, in every module that has imported it."""
    for label, module_name, name in STEPS:
        owner: object = importlib.import_module(f"helpdesk_cli.{module_name}")
        *path, last = name.split(".")
        for each in path:
            owner = getattr(owner, each)
        function = getattr(owner, last)
        timed = clock.wrap(label, function)
        setattr(owner, last, timed)
        for module_name_loaded, module in list(sys.modules.items()):
            if module_name_loaded.startswith("helpdesk_cli"):
                for key, value in list(vars(module).items()):
                    if value is function:
                        setattr(module, key, timed)


def measure_steps(folder: Path, count: int) -> tuple[str, str, str]:
    """Title, words and table of the steps' costs for `count` mails."""
    maildir = folder / "steps-maildir"
    write_maildir(maildir, make_mails(count))
    desk = Desk(folder / "steps-desk")
    done = output_of([sys.executable, __file__, maildir], cwd=desk.root, env=desk.env)
    figures = json.loads(done.splitlines()[-1])
    whole = figures.pop("whole")
    rows = [
        [label, f"{calls:,}", f"{spent / count / 1e6:.3f}", f"{spent / whole:.0%}"]
        for label, (calls, spent) in figures.items()
    ]
    rows.append(["whole run, by the clock", "", f"{whole / count / 1e6:.3f}", "100%"])
    words = (
        f"A batch of {count:,} mails with each step timed, in the process where it runs: steps of\n"
        "different processes overlap, so the shares may add up to more than the whole."
    )
    return "What each step costs", words, table(("step", "calls", "ms a mail", "of the whole"), rows)


def main() -> NoReturn:
    """Run the timed ingest, then print the figures as the last line of standard output."""
    clock = Clock(list(dict.fromkeys(label for label, _, _ in STEPS)))
    install(clock)
    entry = importlib.import_module("helpdesk_cli.cli.run")
    started = time.perf_counter_ns()
    status = entry.run(["ingest", sys.argv[1]])
    whole = time.perf_counter_ns() - started
    if status:
        raise BenchmarkError(f"desk ingest ended with {status}")
    sys.stdout.write("\n" + json.dumps({"whole": whole, **clock.totals()}) + "\n")
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
