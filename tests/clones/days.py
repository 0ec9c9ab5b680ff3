"""Random days of three clones: what people do offline with every verb, and when they sync.

A day is drawn from its number, so that a failure is told by it: `python -m clones.days 1234` tries that one,
`python -m clones.days --count 5000` many, two at a time. Everything is real: desks, git, the command line.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import random
import re
import shutil
import sys
import tempfile
import time
import traceback
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from care.world import write_mail
from clones.fleet import Fleet, meet

from helpdesk_cli.cli.run import run
from helpdesk_cli.tickets.entries import Tombstone
from helpdesk_cli.tickets.times import write_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from clones.meeting import Clone


OPERATIONS = 12
# Mails that several clones may get, by their numbers.
SHARED = range(100, 106)
STATUSES = ("open", "pending", "resolved", "closed")
TAGS = ("vip", "billing", "urgent")
AGENTS = {"kim": "dana", "lee": "lee", "mia": "dana"}
_ENTRY = re.compile(rb"^<!-- desk:[a-z]+ ([a-z0-9]+)\r?$", re.MULTILINE)
_UID = re.compile(rb'^uid: "?([a-z0-9]{16})', re.MULTILINE)


@dataclass
class Day:
    """A day in the fleet: what was ever seen in any clone, and the story so far."""

    fleet: Fleet
    chance: random.Random
    story: list[str] = field(default_factory=list)
    entries: dict[str, str] = field(default_factory=dict)  # id -> the step it was first seen after
    uids: set[str] = field(default_factory=set)
    done: dict[str, int] = field(default_factory=dict)  # verb -> how often it went well
    mails: int = 0
    lines: list[str] = field(default_factory=list)  # what hands wrote

    def live(self) -> None:
        """The whole day, and its end, at which all agree."""
        for _ in range(OPERATIONS):
            number = self.chance.randrange(3)
            self.work(number) if self.chance.random() < 0.75 else self.sync(number)
        for clone in self.fleet.clones:
            clone.world.git("commit", "-q", "-am", "By hand", check=False)
        order = self.chance.sample(range(3), 3)
        for number in (*order, *order):
            self.sync(number)
        self.judge()

    def clone(self, number: int) -> Clone:
        """The clone of that number; its clock goes on by up to an hour, and is wrong by minutes."""
        clones = list(self.fleet.clones)
        clones[number] = clones[number].later(seconds=self.chance.randrange(3600))
        self.fleet = Fleet(self.fleet.root, *clones)
        return clones[number].later(minutes=(0, 7, -4)[number])

    def work(self, number: int) -> None:
        """One thing that somebody does in a clone."""
        clone = self.clone(number)
        ids = [Path(path).stem for path in clone.world.paths()]
        one, other = self.chance.choice(ids), self.chance.choice(ids)
        kind = self.chance.choice(tuple(VERBS))
        words = VERBS[kind](self, clone, one, other)
        self.story.append(f"{clone.name}: {kind} {' '.join(words)}")
        if words and self.command(clone, *words) == 0:
            self.done[kind] = self.done.get(kind, 0) + 1
        self.look(clone)

    def sync(self, number: int) -> None:
        """`desk sync` in a clone; there is nothing in these days that a person would have to settle."""
        clone = self.clone(number)
        self.story.append(f"{clone.name}: sync")
        said = io.StringIO()
        code = self.command(clone, "sync", said=said)
        assert code == 0, said.getvalue()
        self.look(clone)

    def command(self, clone: Clone, *words: str, said: io.StringIO | None = None) -> int:
        """The exit code of `desk WORDS` there."""
        said = said or io.StringIO()
        place = [
            "-C",
            str(clone.world.root),
            "--as",
            AGENTS[clone.name],
            "--now",
            write_time(clone.world.now),
        ]
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            code = run([*place, "--yes", *words])
        self.story.append(f"    {code} {said.getvalue().strip()}")
        assert code not in {70, 75}, said.getvalue()
        return code

    def look(self, clone: Clone) -> None:
        """Remember what is there."""
        for path in clone.world.paths():
            data = (clone.world.root / path).read_bytes()
            for match in _ENTRY.finditer(data):
                self.entries.setdefault(match[1].decode(), self.story[-1])
            self.uids.update(match[1].decode() for match in _UID.finditer(data))

    def judge(self) -> None:
        """All agree to the byte, everything is committed and in order, and nothing was lost."""
        first = self.fleet.kim
        files, tip = first.files(), self.fleet.hub("rev-parse", "main")
        for clone in self.fleet.clones:
            assert clone.files() == files, differing(clone.files(), files)
            assert clone.world.git("rev-parse", "HEAD") == tip
            assert clone.world.status() == ""
            assert clone.world.git("for-each-ref", "refs/desk") == ""
        # A hand's edit is told by the next change; the index is a copy, whose own tests say more.
        quiet = ("hand-edit", "index-")
        wrong = [finding for finding in first.findings() if not finding.startswith(quiet)]
        assert wrong == [], wrong
        tickets = first.world.tickets()
        assert len({ticket.id for ticket in tickets}) == len(tickets)
        assert {ticket.uid for ticket in tickets} == self.uids
        present = {entry.id for ticket in tickets for entry in ticket.entries}
        covered = {
            entry.covers for ticket in tickets for entry in ticket.entries if isinstance(entry, Tombstone)
        }
        lost = self.entries.keys() - present - covered
        assert not lost, [(each, self.entries[each]) for each in lost]
        text = b"\n".join(files.values()).decode("utf-8", "replace")
        assert [line for line in self.lines if line not in text] == []


def differing(ours: dict[str, bytes], theirs: dict[str, bytes]) -> list[str]:
    """The files that differ."""
    return sorted(name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name))


def _take_new(day: Day, clone: Clone, _one: str, _other: str) -> tuple[str, ...]:
    day.mails += 1
    content = f"%PDF {day.mails}".encode() if day.chance.random() < 0.4 else None
    clone.take(write_mail(day.mails + 1000, attachment=content))
    return ("count",)


def _take_shared(day: Day, clone: Clone, _one: str, _other: str) -> tuple[str, ...]:
    number = day.chance.choice(SHARED)
    clone.take(write_mail(number, attachment=b"%PDF" if number % 2 else None))
    return ("count",)


def _take_answer(day: Day, clone: Clone, _one: str, _other: str) -> tuple[str, ...]:
    day.mails += 1
    clone.take(write_mail(day.mails + 1000, answers=day.chance.choice([1, 2, 3, *SHARED])))
    return ("count",)


def _edit(day: Day, clone: Clone, one: str, _other: str) -> tuple[str, ...]:
    """A hand changes the front matter; sometimes the edit is left uncommitted until later."""
    (path,) = clone.world.root.glob(f"tickets/*/*/{one}.md")
    text = path.read_text("utf-8")
    if day.chance.random() < 0.5:
        line = f"by-{clone.name}-{len(day.lines)}: {len(day.lines)}"
        day.lines.append(line)
        text = text.replace("\n---\n", f"\n{line}\n---\n", 1)
    else:
        line = f"priority: {day.chance.choice(('low', 'high'))}"
        text = re.sub(r"^priority: .*$", line, text, count=1, flags=re.MULTILINE)
    path.write_text(text, "utf-8")
    if day.chance.random() < 0.5:
        clone.world.git("commit", "-q", "--allow-empty", "-am", "By hand")
    return ("count",)


VERBS: dict[str, Callable[[Day, Clone, str, str], tuple[str, ...]]] = {
    "mail": _take_new,
    "same mail": _take_shared,
    "answer": _take_answer,
    "note": lambda day, clone, one, _: ("note", one, "-m", f"{clone.name} {len(day.story)}"),
    "tag": lambda day, _clone, one, _: ("tag", one, f"+{day.chance.choice(TAGS)}"),
    "untag": lambda day, _clone, one, _: ("tag", one, f"-{day.chance.choice(TAGS)}"),
    "status": lambda day, _clone, one, _: ("status", one, day.chance.choice(STATUSES)),
    "assign": lambda day, _clone, one, _: ("assign", one, day.chance.choice(("dana", "lee", "nobody"))),
    "set": lambda day, _clone, one, _: (
        "set",
        one,
        f"priority={day.chance.choice(('low', 'high', 'urgent'))}",
    ),
    "reply": lambda day, _clone, one, _: (
        "reply",
        one,
        "-m",
        f"Answer {len(day.story)}.",
        "--status",
        "pending",
    ),
    "new": lambda day, _clone, _one, _: (
        "new",
        "-m",
        f"Called {len(day.story)}.",
        "--for",
        "Eve <eve@example.net>",
    ),
    "edit": _edit,
    "redact": lambda day, _clone, one, _: ("redact", f"{one}.{day.chance.randrange(1, 3)}"),
    "snooze": lambda _day, _clone, one, _: ("snooze", "--until", "2027-01-04", one),
    "wake": lambda _day, _clone, one, _: ("wake", one),
    "merge": lambda _day, _clone, one, other: ("merge", one, other),
    "unmerge": lambda _day, _clone, one, _: ("unmerge", one),
    "split": lambda _day, _clone, one, _: ("split", f"{one}.2"),
    "link": lambda day, _clone, one, other: (
        "link",
        "--as",
        day.chance.choice(("related", "blocks")),
        one,
        other,
    ),
    "spam": lambda _day, _clone, one, _: ("spam", one),
    "unspam": lambda _day, _clone, one, _: ("unspam", one),
    "undo": lambda _day, _clone, _one, _: ("undo",),
}


def make_template(root: Path) -> Path:
    """The fleet that every day begins with."""
    fleet = Fleet.make(root)
    for number in (2, 3, 4):
        fleet.kim.take(write_mail(number, answers=2 if number == 4 else None))
    for clone in fleet.clones:
        meet(clone)
    return root


def live(template: Path, number: int, place: Path) -> tuple[str, dict[str, int]]:
    """What was wrong with the day of that number ("" for nothing), and which verbs went well how often."""
    root = place / str(number)
    shutil.copytree(template, root, symlinks=True)
    day = Day(Fleet.at(root), random.Random(number))  # noqa: S311 - repeatable, no secrets
    try:
        day.live()
    except Exception:  # noqa: BLE001 - told with the story that led to it
        return "\n".join([f"day {number}", *day.story, traceback.format_exc()]), day.done
    shutil.rmtree(root)
    return "", day.done


def live_many(
    numbers: range, *, workers: int = 2, seconds: float = 0.0
) -> tuple[int, list[str], dict[str, int]]:
    """How many were lived, what was wrong, the verbs; no new day is begun after so many seconds."""
    base = Path("/dev/shm") if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - only where it is faster
    with tempfile.TemporaryDirectory(prefix="desk-days-", dir=base) as folder:
        template = make_template(Path(folder) / "template")
        end = time.monotonic() + seconds if seconds else None
        lived, wrong, verbs = 0, list[str](), dict[str, int]()
        with ProcessPoolExecutor(workers) as pool:
            for said, done in pool.map(_live, _until(numbers, template, Path(folder), end), chunksize=4):
                lived += said is not None
                wrong += [said] if said else []
                for verb, count in done.items():
                    verbs[verb] = verbs.get(verb, 0) + count
    return lived, wrong, verbs


def _until(
    numbers: range, template: Path, folder: Path, end: float | None
) -> Iterator[tuple[Path, int, Path, float | None]]:
    return ((template, number, folder, end) for number in numbers)


def _live(given: tuple[Path, int, Path, float | None]) -> tuple[str | None, dict[str, int]]:
    template, number, folder, end = given
    if end is not None and time.monotonic() > end:
        return None, {}
    return live(template, number, folder)


def main() -> int:
    """Live the days that the command line names; 1 when something was wrong."""
    parser = argparse.ArgumentParser()
    parser.add_argument("first", type=int, nargs="?", default=0)
    parser.add_argument("--count", type=int, default=1)
    options = parser.parse_args()
    began = time.monotonic()
    lived, wrong, verbs = live_many(range(options.first, options.first + options.count))
    for each in wrong[:3]:
        sys.stderr.write(f"{each}\n")
    told = ", ".join(f"{verb} {count}" for verb, count in sorted(verbs.items()))
    took = time.monotonic() - began
    sys.stdout.write(f"{lived} days, {len(wrong)} wrong, {took:.0f} s. {told}\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
