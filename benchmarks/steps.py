"""What each step of taking in a mail costs: a batch ingest with desk's own functions timed.

Processor time, not time by the clock, so that a busy machine changes little. A step's time is its own:
what it spends in another step counts there only. The timing itself costs a few microseconds a call,
so these figures are for their proportions; the rate is measured without it.

As a program it is the timed ingest itself: `python steps.py MAILDIR`, its last line the figures as JSON.
"""

from __future__ import annotations

import importlib
import json
import mmap
import os
import resource
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
    ("keep the original", "storage.raw", "keep"),
    ("parse", "mail.incoming", "read_mail"),
    ("quotes", "mail.quoting", "split"),
    ("kind of mail", "mail.automatic", "classify"),
    ("content hash", "mail.identity", "content_hash"),
    ("the rest of reading", "mail.reading", "receive"),
    ("thread", "mail.threading", "decide"),
    ("look up", "desk.lookup", "TicketLookup.holders"),
    ("read the ticket file", "storage.ticket_file", "read_ticket_file"),
    ("compose the ticket file", "storage.ticket_file", "new_ticket_file"),
    ("compose the ticket file", "storage.ticket_file", "change_ticket_file"),
    ("compose the ticket file", "storage.ticket_file", "TicketFile.to_bytes"),
    ("write files", "storage.durable", "write_new"),
    ("write files", "storage.durable", "replace"),
    ("write files", "storage.durable", "make_dirs"),
    ("index", "storage.index", "Index.put"),
    ("index", "storage.index", "Index.put_stats"),
    ("queue for git", "storage.pending", "Queue.put"),
    ("feed git", "storage.drain", "BatchCommitter.commit"),
    ("feed git", "storage.drain", "BatchCommitter.__exit__"),
    ("sync the disk", "desk.ingest_many", "sync_filesystem"),
    ("the rest of filing", "desk.ingest_many", "take_in"),
)

SLOTS = 4096
CELL = struct.Struct("qq")  # calls, nanoseconds


class Clock:
    """Counts of calls and own processor time a step, in memory that forked children share.

    A process writes to the row its id falls on; no two that live at once share one in practice. A row's
    last cell is what the process has used in all.
    """

    def __init__(self, labels: list[str]) -> None:
        """Zeroes for every label."""
        self.labels = labels
        self.width = len(labels) + 1
        self.memory = mmap.mmap(-1, SLOTS * self.width * CELL.size)
        self.inner: list[int] = []  # time spent in steps called by the running one

    def wrap(self, label: str, function: Callable[..., object]) -> Callable[..., object]:
        """The function, timed."""
        column = self.labels.index(label)

        @wraps(function)
        def timed(*args: object, **kwargs: object) -> object:
            started = time.thread_time_ns()
            self.inner.append(0)
            try:
                return function(*args, **kwargs)
            finally:
                now = time.thread_time_ns()
                own = now - started - self.inner.pop()
                if self.inner:
                    self.inner[-1] += now - started
                self.add(column, own)
                if not self.inner:
                    self.put(self.width - 1, 0, time.process_time_ns())

        return timed

    def add(self, column: int, nanoseconds: int) -> None:
        """One call more."""
        calls, spent = CELL.unpack_from(self.memory, self.at(column))
        self.put(column, calls + 1, spent + nanoseconds)

    def put(self, column: int, calls: int, nanoseconds: int) -> None:
        """A cell of this process."""
        CELL.pack_into(self.memory, self.at(column), calls, nanoseconds)

    def at(self, column: int) -> int:
        """Where that cell lies."""
        return ((os.getpid() % SLOTS) * self.width + column) * CELL.size

    def column(self, number: int) -> tuple[int, int]:
        """Calls and nanoseconds over all processes."""
        cells = list(CELL.iter_unpack(self.memory[:]))[number :: self.width]
        return sum(each[0] for each in cells), sum(each[1] for each in cells)

    def totals(self) -> dict[str, tuple[int, int]]:
        """Calls and nanoseconds of each step, then what is in none: of desk's processes, and git's own."""
        found = {label: self.column(number) for number, label in enumerate(self.labels)}
        here = time.process_time_ns()
        self.put(self.width - 1, 0, 0)
        workers = self.column(self.width - 1)[1]
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        git = int((children.ru_utime + children.ru_stime) * 1e9) - workers
        steps = sum(spent for _, spent in found.values())
        found["everything else (start-up, pickling)"] = (0, here + workers - steps)
        found["git's own processes"] = (0, max(git, 0))
        return found


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
    figures: dict[str, tuple[int, int]] = json.loads(done.splitlines()[-1])
    whole = sum(spent for _, spent in figures.values())
    rows = [
        [label, f"{calls:,}" if calls else "", f"{spent / count / 1e6:.3f}", f"{spent / whole:.0%}"]
        for label, (calls, spent) in figures.items()
    ]
    rows.append(["all", "", f"{whole / count / 1e6:.3f}", "100%"])
    words = (
        f"Processor time a mail in a batch of {count:,}, over all processes, each step timed where it runs.\n"
        "With two cores two of these milliseconds pass in one by the clock, at best."
    )
    return "What each step costs", words, table(("step", "calls", "processor ms a mail", "share"), rows)


def main() -> NoReturn:
    """Run the timed ingest, then print the figures as the last line of standard output."""
    clock = Clock(list(dict.fromkeys(label for label, _, _ in STEPS)))
    install(clock)
    entry = importlib.import_module("helpdesk_cli.cli.run")
    status = entry.run(["ingest", sys.argv[1]])
    if status:
        raise BenchmarkError(f"desk ingest ended with {status}")
    sys.stdout.write("\n" + json.dumps(clock.totals()) + "\n")
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
