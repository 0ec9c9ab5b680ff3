"""A desk in a temporary folder with real git, for tests of what is stored and committed.

`python tests/small_desk.py ROOT WORKER COUNT` makes COUNT changes, one after the other, as one command would.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from helpdesk_cli.storage import drain, durable, layout, lock, pending, setup

AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
KIM = ("Kim", "kim@example.org")
DESK = ("The desk", "desk@example.org")


@dataclass(frozen=True, slots=True)
class SmallDesk:
    """The desk in `root`; `layout` is read anew at each use, as each command does."""

    root: Path

    @classmethod
    def make(cls, root: Path) -> SmallDesk:
        """A repository with a desk in it, its first files committed by hand."""
        setup.git_init(root)
        return cls.complete(root)

    @classmethod
    def complete(cls, root: Path) -> SmallDesk:
        """The desk in a folder of a repository that is there."""
        root.mkdir(parents=True, exist_ok=True)
        (root / "desk.yaml").write_text("format: 1\n")
        (root / ".gitattributes").write_text(setup.ATTRIBUTES)
        desk = cls(root)
        setup.configure(desk.layout)
        desk.git("add", "desk.yaml", ".gitattributes")
        desk.git("commit", "-q", "-m", "Begin")
        return desk

    @property
    def layout(self) -> layout.Layout:
        """Where its things lie."""
        return layout.at(self.root)

    def git(self, *args: str, check: bool = True) -> str:
        """What a person's own git prints here."""
        who = ["-c", "user.name=Person", "-c", "user.email=person@example.org", "-c", "gc.auto=0"]
        clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        done = subprocess.run(
            ["git", "-C", str(self.root), *who, *args], capture_output=True, check=False, env=clean
        )
        assert not check or done.returncode == 0, done.stderr.decode()
        return done.stdout.decode("utf-8", "surrogateescape")

    def write(self, path: str, data: bytes | None) -> None:
        """What a change does to the working tree."""
        target, where = self.root / path, self.layout
        if data is None:
            durable.remove(target, within=self.root)
            return
        durable.make_dirs(target.parent, within=self.root, modes=where.modes, sync=False)
        write = durable.replace if target.exists() else durable.write_new
        write(target, data, within=self.root, modes=where.modes, tmp=where.tmp)

    def queue(self, path: str, data: bytes | None, message: str = "", **fields: object) -> int:
        """Make a change and queue its commit, as one step under the write lock."""
        where = self.layout
        with lock.hold(where.lock, timeout=60, modes=where.modes):
            self.write(path, data)
            return pending.Queue(where).put(self.commit(path, data, message, **fields))

    def commit(self, path: str, data: pending.Content, message: str = "", **fields: object) -> pending.Commit:
        """The commit of a change to one file."""
        given = {"author": KIM, "message": message or f"{path}: change", "at": AT} | fields
        return pending.Commit(((path, data),), **given)

    def drain(self) -> drain.DrainResult:
        """Bring the queue into git."""
        return drain.drain(self.layout, DESK)

    def change(self, path: str, data: bytes | None, message: str = "", **fields: object) -> None:
        """Make a change and see it committed."""
        self.queue(path, data, message, **fields)
        result = self.drain()
        assert result.left == 0, result

    def subjects(self, *args: str) -> list[str]:
        """The subjects of the commits, oldest first."""
        return self.git("log", "--reverse", "--format=%s", *args).splitlines()

    def status(self) -> str:
        """What `git status` tells a person."""
        return self.git("status", "--porcelain=v1", "--untracked-files=all")

    def content(self, path: str, rev: str = "HEAD") -> str:
        """What the file holds in a commit."""
        return self.git("show", f"{rev}:{path}")

    def is_sound(self) -> bool:
        """Whether git finds its repository whole; AssertionError with its words where not."""
        self.git("fsck", "--strict", "--full")
        return True


def work(root: Path, worker: str, count: int) -> None:
    """COUNT changes: every fifth appends to a file that all workers share, the others make new ones."""
    desk = SmallDesk(root)
    for number in range(count):
        name = f"{worker}.{number}"
        where = desk.layout
        if number % 5:
            desk.queue(f"tickets/2026/11/TICKET-{name}.md", f"{name}\n".encode(), name)
        else:
            with lock.hold(where.lock, timeout=60, modes=where.modes):
                shared = root / "tickets/shared.md"
                data = (shared.read_bytes() if shared.exists() else b"") + f"{name}\n".encode()
                desk.write("tickets/shared.md", data)
                change = desk.commit("tickets/shared.md", data, name, at=AT + timedelta(seconds=number))
                pending.Queue(where).put(change)
        desk.drain()


if __name__ == "__main__":
    work(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
