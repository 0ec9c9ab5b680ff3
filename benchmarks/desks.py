"""desk itself, as the benchmarks use it: through its programs only, in a desk made for the run."""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from measure import BenchmarkError, Sample, output_of, run
from peers import environment, expect_stored

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Desk", "program"]


def program(name: str) -> Path:
    """One of desk's programs, from the environment that runs the benchmark."""
    beside = Path(sys.executable).parent / name
    found = beside if beside.exists() else shutil.which(name)
    if not found:
        raise BenchmarkError(f"{name} is not installed beside {sys.executable}")
    return Path(found)


class Desk:
    """A desk with the sample settings; mail is piped in as an MTA would, or read from a Maildir."""

    name = "desk-ingest"

    def __init__(self, home: Path) -> None:
        """A new desk below `home`."""
        self.root = home / "desk"
        self.env = environment(home, DESK_DIR=str(self.root), DESK_NO_INPUT="1")
        home.mkdir(parents=True)
        output_of([program("desk"), "init", self.root], env=self.env)

    @staticmethod
    def version() -> str:
        """What it says of itself."""
        return output_of([program("desk"), "--version"]).split()[-1]

    def take_one(self, mail: Path) -> Sample:
        """One mail, as an MTA pipes it in."""
        return run([program("desk-ingest")], stdin=mail, cwd=self.root, env=self.env)

    def take_all(self, maildir: Path) -> Sample:
        """A whole Maildir in one call."""
        return run([program("desk"), "ingest", maildir], cwd=self.root, env=self.env, watch=True)

    def show(self, ticket: str) -> Sample:
        """A ticket shown, not on a terminal."""
        return run([program("desk"), "show", ticket], cwd=self.root, env=self.env)

    def tickets(self) -> int:
        """How many tickets the desk has, asked of the desk."""
        listed = output_of([program("desk"), "list", "--json", "--limit", "1"], cwd=self.root, env=self.env)
        return int(json.loads(listed)["total"])

    def verify(self, message_ids: Iterable[str]) -> None:
        """Every mail is in a ticket file of git's last commit and in the index; all is committed."""
        wanted = set(message_ids)
        git: list[str | Path] = ["git", "-C", self.root]
        texts = output_of([*git, "grep", "-h", "-E", "^message-id:", "HEAD", "--", "tickets"], env=self.env)
        stored = (line.split(":", 1)[1].strip().strip('"<>') for line in texts.splitlines())
        expect_stored(self.name, stored, wanted)
        index = self.root / ".git" / "desk" / "index.db"
        with contextlib.closing(sqlite3.connect(f"file:{index}?mode=ro", uri=True)) as database:
            rows = database.execute("SELECT name FROM names WHERE role = 'message'")
            expect_stored(f"{self.name}'s index", (row[0] for row in rows), wanted)
        if left := output_of([*git, "status", "--porcelain"], env=self.env):
            raise BenchmarkError(f"desk left this uncommitted: {left[:400]}")
