"""What asking costs in small and large desks, beside programs that keep mail or tasks in files."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from desks import Desk, program
from mails import ADDRESS, Mail, make_mails, write_maildir
from measure import BenchmarkError, Sample, compare, output_of, run, summarise_all
from peers import Mu, Notmuch, environment
from report import Target, table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from measure import Summary

__all__ = ["SIZES", "measure_finding"]

SIZES = (1_000, 10_000, 100_000)
HERE = Path(__file__).parent
AGENT = ("--as", "dana")
# In one mail, and in a good part of them.
RARE, COMMON = "xylophone", "invoice"
# Each task is a file of its own there, all of which are read: minutes for the largest size.
MOST_TASKS = 10_000
MEBIBYTE = 1024**2
HEADS = ("program", "tickets", "median ms", "least-most", "processor ms", "runs")


class Asked:
    """A desk of that size and its peers over the same mails."""

    def __init__(self, folder: Path, size: int, *, todo: Path) -> None:
        """Fill them all; `todo` is todoman's program."""
        self.size = size
        self.desk = Desk(folder / "desk")
        maildir = folder / "mail"
        write_maildir(maildir, _mails(size))
        self.desk.take_all(maildir)
        if self.desk.tickets() != size:
            raise BenchmarkError(f"desk made {self.desk.tickets()} tickets of {size} mails")
        self.notmuch = Notmuch(folder / "notmuch", maildir=maildir)
        self.notmuch.take_all()
        self.mu = Mu(folder / "mu", maildir=maildir)
        self.mu.take_all()
        self.todo = _Todo(folder / "todo", size, todo) if size <= MOST_TASKS else None
        self.number = 0

    def calls(self) -> dict[str, Callable[[], Sample]]:
        """What is timed, in turn."""
        calls: dict[str, Callable[[], Sample]] = {
            "minimal Typer program": lambda: run(
                [sys.executable, HERE / "minimal_typer.py"], env=self.desk.env
            ),
            "desk list --limit 50": lambda: self._desk("list", "--limit", "50"),
            "desk list, one ticket changed": self._after_a_change,
            "desk count": lambda: self._desk("count"),
            "desk count, a rare word": lambda: self._desk("count", "--all", RARE),
            "desk count, a common word": lambda: self._desk("count", "--all", COMMON),
            "desk show 42": lambda: self.desk.show("42"),
            "desk assign": self._assign,
            "completing `desk show 4`": self._complete,
            "notmuch search --limit=50": lambda: self._notmuch("search", "--limit=50", "*"),
            "notmuch count": lambda: self._notmuch("count", "*"),
            "notmuch count, a rare word": lambda: self._notmuch("count", RARE),
            "notmuch count, a common word": lambda: self._notmuch("count", COMMON),
            "mu find, a rare word": lambda: run(["mu", "find", *self.mu.options, RARE], env=self.mu.env),
            "ripgrep, a rare word": lambda: run(
                ["rg", "-l", RARE, "tickets"], cwd=self.desk.root, env=self.desk.env
            ),
        }
        return calls | ({"todo list": self.todo.list} if self.todo else {})

    def verify(self) -> None:
        """Each finds the one mail with the rare word, and all that were changed are committed."""
        found = output_of(
            [program("desk"), "list", "--all", "-O", "ids", RARE], cwd=self.desk.root, env=self.desk.env
        )
        hits = output_of(["notmuch", "count", RARE], env=self.notmuch.env).strip()
        if (len(found.split()), hits) != (1, "1"):
            raise BenchmarkError(f"the rare word is in {found!r}, says desk, and in {hits}, says notmuch")

    def reindex(self) -> Sample:
        """The index made anew, with the memory that it takes."""
        return run([program("desk"), "reindex"], cwd=self.desk.root, env=self.desk.env, watch=True)

    def memory(self) -> int:
        """The most that listing everything takes."""
        return run([program("desk"), "list", "--all"], cwd=self.desk.root, env=self.desk.env, watch=True).peak

    def _desk(self, *words: str) -> Sample:
        return run([program("desk"), *words], cwd=self.desk.root, env=self.desk.env)

    def _assign(self) -> Sample:
        self.number = self.number % self.size + 1
        who = ("dana", "lee")[self.number % 2]
        return self._desk(*AGENT, "assign", str(self.number), who)

    def _complete(self) -> Sample:
        """What a shell asks when TAB is pressed."""
        asked = {"_DESK_COMPLETE": "complete_bash", "COMP_WORDS": "desk show 4", "COMP_CWORD": "2"}
        return run([program("desk")], cwd=self.desk.root, env=self.desk.env | asked)

    def _after_a_change(self) -> Sample:
        """A hand has written into one file since the last look."""
        path = next((self.desk.root / "tickets").glob("*/*/TICKET-7.md"))
        with path.open("a") as file:
            file.write("\n")
        return self._desk("list", "--limit", "50")

    def _notmuch(self, *words: str) -> Sample:
        return run(["notmuch", *words], env=self.notmuch.env)


class _Todo:
    """todoman over as many tasks, a file each."""

    def __init__(self, home: Path, size: int, todo: Path) -> None:
        lists = home / "lists" / "support"
        lists.mkdir(parents=True)
        for number in range(size):
            uid = f"task-{number}"
            lines = (
                *("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:bench", "BEGIN:VTODO"),
                *(f"UID:{uid}", f"SUMMARY:Where is my order {number}?", "STATUS:NEEDS-ACTION"),
                *("DTSTAMP:20260105T000000Z", "END:VTODO", "END:VCALENDAR"),
            )
            (lists / f"{uid}.ics").write_text("\r\n".join(lines) + "\r\n")
        (home / "config.py").write_text(
            f'path = "{home}/lists/*"\ncache_path = "{home}/cache"\ndefault_list = "support"\n'
        )
        self._call = [todo, "--config", home / "config.py", "list"]
        self._env = environment(home)
        self.list()

    def list(self) -> Sample:
        """All open tasks: it has no limit."""
        return run(self._call, env=self._env)


def measure_finding(
    folder: Path, sizes: tuple[int, ...], rounds: int, *, peers: Path
) -> Iterator[tuple[str, str, str, list[Target]]]:
    """Title, words, figures and targets of each size, and of what does not depend on it."""
    shown: dict[int, float] = {}
    for size in sizes:
        asked = Asked(folder / f"finding-{size}", size, todo=peers / "bin" / "todo")
        figures = summarise_all(compare(asked.calls(), rounds=rounds))
        asked.verify()
        shown[size] = figures["desk show 42"].median
        made, memory = asked.reindex(), asked.memory()
        rows = [
            [
                name,
                f"{size:,}",
                f"{each.median:.1f}",
                f"{each.low:.1f}-{each.high:.1f}",
                f"{each.cpu:.1f}",
                str(each.runs),
            ]
            for name, each in figures.items()
        ]
        rows.append(["desk reindex", f"{size:,}", f"{made.wall:.0f}", "", f"{made.cpu:.0f}", "1"])
        words = (
            f"{size:,} mails that each opened a ticket. `desk list` and `desk count` look at the stat of\n"
            "every file first; notmuch and mu answer from their index as it is. ripgrep reads every file.\n"
            f"Making the index anew took at most {made.peak / MEBIBYTE:.0f} MiB of memory, `desk list --all`"
            f"\ninto a pipe {memory / MEBIBYTE:.0f} MiB."
        )
        yield (
            f"Finding among {size:,} tickets",
            words,
            table(HEADS, rows),
            _targets(size, figures, made, memory),
        )
    if len(sizes) > 1:
        growth = shown[sizes[-1]] / shown[sizes[0]]
        words = f"desk show 42 at {sizes[-1]:,} ÷ at {sizes[0]:,} tickets"
        yield "Growth", "", f"{words}: {growth:.2f}\n", [Target(words, growth, most=1.15)]


def _targets(size: int, figures: dict[str, Summary], made: Sample, memory: int) -> list[Target]:
    listed, counted = figures["desk list --limit 50"].median, figures["desk count"].median
    base, assigned = figures["minimal Typer program"].median, figures["desk assign"].median
    targets = []
    if size == SIZES[1]:
        targets += [
            Target(f"desk list --limit 50 at {size:,} ÷ minimal Typer program", listed / base, most=2.0),
            Target(f"desk count at {size:,} ÷ minimal Typer program", counted / base, most=2.0),
            Target(f"desk reindex at {size:,}, s", made.wall / 1000, most=5),
            Target(f"desk assign at {size:,}, ms", assigned, most=200),
        ]
    if size == SIZES[2]:
        targets += [
            Target(f"desk list --limit 50 at {size:,}, ms", listed, most=450),
            Target(f"desk count at {size:,}, ms", counted, most=450),
            Target(f"desk assign at {size:,}, ms", assigned, most=400),
            Target(f"completing an id at {size:,}, ms", figures["completing `desk show 4`"].median, most=150),
            Target(f"peak memory at {size:,}, MiB", max(memory, made.peak) / MEBIBYTE, most=200),
        ]
    return targets


def _mails(size: int) -> Iterator[Mail]:
    """As many mails that open tickets; the last of them has the rare word."""
    yield from make_mails(size - 1, seed=6, replies=0)
    text = f"Subject: A {RARE}\nFrom: Rare <rare@example.org>\nTo: {ADDRESS}\n"
    text += "Message-ID: <rare@example.org>\nDate: Fri, 20 Nov 2026 08:00:00 +0000\n\n"
    text += f"My {RARE} is out of tune.\n"
    yield Mail("rare@example.org", "rare@example.org", is_reply=False, raw=text.encode())
