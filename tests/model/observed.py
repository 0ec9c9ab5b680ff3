"""What a real desk holds: its files, what lists say, what git has; and the commands, as people call them.

In this process, which takes a tenth of the time, or as a program of its own.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import frontmatter
from care.world import ENVIRONMENT, World

from helpdesk_cli.cli.run import run
from helpdesk_cli.storage.ticket_file import read_ticket_file
from helpdesk_cli.tickets.deliveries import delivery_of
from helpdesk_cli.tickets.entries import Message, Note

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from helpdesk_cli.tickets.ticket import Ticket

WORD = re.compile(r"\bw\d{4}\b")
SCALARS = (
    *("status", "priority", "assignee", "team", "category", "type", "product"),
    *("snoozed-until", "snooze-on-reply", "merged-into"),
)
LISTS = ("tags", "cc", "links")
SETTINGS = """\
inboxes:
  support: support@example.org
agents:
  dana: {name: Dana Davis, email: dana@example.org}
  lee: {name: Lee Larsen, email: lee@example.org}
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """A ticket as its file has it: what its keys hold, the words in it, its answers."""

    requester: str
    values: Mapping[str, str]
    lists: Mapping[str, frozenset[str]]
    words: tuple[str, ...]
    deliveries: Mapping[str, str]


def look_at(ticket: Ticket) -> Seen:
    """What can be seen in a ticket."""
    said = [each for each in ticket.entries if isinstance(each, (Message, Note))]
    words, told = list[str](), dict[str, str]()
    for each in said:
        text = "".join(segment.text for segment in each.body)
        found = WORD.findall(text)
        words += found
        if isinstance(each, Message) and each.direction == "out":
            told |= dict.fromkeys(found, delivery_of(ticket, each).split(" ", maxsplit=1)[0])
    values = {key: str(getattr(ticket, key.replace("-", "_"))) for key in SCALARS}
    lists = {key: frozenset(map(str, getattr(ticket, key))) for key in LISTS}
    return Seen(str(ticket.requester), values, lists, tuple(sorted(words)), told)


def assert_front_matter(text: str, seen: Seen) -> None:
    """Somebody else's reader finds the same in the front matter."""
    found = frontmatter.loads(text).metadata
    assert {key: str(found.get(key, "")) for key in SCALARS} == dict(seen.values), found
    assert {key: frozenset(found.get(key, ())) for key in LISTS} == dict(seen.lists), found


@dataclass(slots=True)
class RealDesk:
    """A desk that is worked on by the command line; `is_apart`: each call is a process."""

    world: World
    is_apart: bool = False
    _read: dict[bytes, tuple[int, Seen]] = field(default_factory=dict)

    def call(self, *words: str) -> tuple[int, str, str]:
        """(exit code, output, errors) of `desk WORDS`."""
        out, err = io.StringIO(), io.StringIO()
        environment = {"DESK_NOW": f"{self.world.now:%Y-%m-%dT%H:%M:%SZ}", "DESK_AGENT": "dana"}
        environment |= {"DESK_NO_INPUT": "1", **ENVIRONMENT}
        command = ["-C", str(self.world.root), "--yes", *words]
        if self.is_apart:
            program = [sys.executable, "-m", "helpdesk_cli.cli.main"]
            done = subprocess.run(
                [*program, *command], env={**os.environ, **environment}, capture_output=True, check=False
            )
            return done.returncode, done.stdout.decode(), done.stderr.decode()
        with _environment(environment), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = run(command)
        return code, out.getvalue(), err.getvalue()

    def tickets(self) -> dict[int, Seen]:
        """Every ticket file by number; it parses, or this raises."""
        found = {}
        for path in sorted(self.world.root.glob("tickets/*/*/*.md")):
            data = path.read_bytes()
            if data not in self._read:
                ticket = read_ticket_file(data, place=path.name).ticket
                self._read[data] = (ticket.number, look_at(ticket))
                assert_front_matter(data.decode(), self._read[data][1])
            number, seen = self._read[data]
            assert path.stem == f"TICKET-{number}"
            assert number not in found
            found[number] = seen
        return found

    def git(self) -> tuple[str, set[int]]:
        """(the commit at HEAD, the numbers of the tickets whose files are not as there)."""
        status = self.world.git("--no-optional-locks", "status", "--porcelain=v2", "--branch")
        lines = status.splitlines()
        head = next(line.split()[-1] for line in lines if line.startswith("# branch.oid"))
        others = [line for line in lines if not line.startswith("#")]
        # Nothing is staged: the index of git is as HEAD. Nothing lies about.
        assert all(line.startswith("1 .M ") for line in others), status
        names = [Path(line).stem for line in others]
        return head, {int(name.removeprefix("TICKET-")) for name in names}

    def operations(self) -> dict[str, set[int]]:
        """Which tickets each operation wrote, as git tells it."""
        told = self.world.git(
            "log", "--format=%x00%(trailers:key=Desk-Op,valueonly,separator=)", "--name-only"
        )
        found: dict[str, set[int]] = {}
        for commit in told.split("\0")[1:]:
            op, *paths = filter(None, commit.splitlines()) if commit.strip() else [""]
            numbers = {int(n) for path in paths for n in re.findall(r"/TICKET-(\d+)\.md$", path)}
            found.setdefault(op, set()).update(numbers)
        return found

    def last_operation(self) -> str:
        """The operation of the commit at HEAD."""
        return self.world.git("log", "-1", "--format=%(trailers:key=Desk-Op,valueonly)").strip()

    def blobs_differ(self) -> list[str]:
        """The ticket files that hold other bytes than HEAD has, compared byte by byte."""
        listed = self.world.git("ls-tree", "-r", "-z", "HEAD", "tickets").split("\0")
        blobs = {line.partition("\t")[2]: line.split()[2] for line in listed if line}
        files = self.world.paths()
        assert set(files) <= set(blobs), "a ticket is not in git"
        command = ["git", "-C", str(self.world.root), "hash-object", "--stdin-paths"]
        done = subprocess.run(command, input="\n".join(files), capture_output=True, text=True, check=True)
        return [path for path, blob in zip(files, done.stdout.split(), strict=True) if blobs[path] != blob]


@contextlib.contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    """The process has these variables inside the block."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name)
            else:
                os.environ[name] = value
