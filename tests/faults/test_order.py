"""RELIABILITY G1, 4.3: a power cut loses whatever was not flushed; the order of calls is what counts then.

No kill shows it, for the kernel keeps what a dead process wrote. So one ingest's calls are read from strace's
log: content is flushed before it gets a name, and the name's folder before desk says that the mail is safe.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from faults import strace
from faults.scenarios import ENVIRONMENT, FIRST_ATTACHMENT, REPLY, Scenario, copy
from needs import needs

if TYPE_CHECKING:
    from pathlib import Path

    from care.world import World

pytestmark = needs("strace")

CALLS = "openat,write,pwrite64,fsync,fdatasync,linkat,renameat,mkdirat"
_FILE = re.compile(r"\w+\((\d+)<([^>]*)>")
_OPENED = re.compile(r"= (\d+)<([^>]*)>")
_LINKED = re.compile(r'linkat\(AT_FDCWD<[^>]*>, "/proc/self/fd/(\d+)", \d+<([^>]*)>, "([^"]*)"')
_NAMED = re.compile(r'(?:renameat|linkat)\(\d+<([^>]*)>, "([^"]*)", \d+<([^>]*)>, "([^"]*)"')
_MADE = re.compile(r'mkdirat\(\d+<([^>]*)>, "([^"]*)"')


@dataclass(slots=True)
class Disk:
    """What would be on the disk after a power cut: content that was flushed, names whose folder was."""

    flushed: set[str] = field(default_factory=set)
    waiting: dict[str, set[str]] = field(default_factory=dict)
    durable: list[str] = field(default_factory=list)
    early: list[str] = field(default_factory=list)  # got a name before their content was flushed
    open: dict[str, str] = field(default_factory=dict)

    def see(self, line: str) -> None:
        """Take in a line of the log of a call that went well."""
        if line.startswith("openat"):
            if opened := _OPENED.search(line):
                self.open[opened[1]] = opened[2]
        elif line.startswith(("write(", "pwrite64(")):
            self.flushed.discard(self._file(line))
        elif line.startswith(("fsync", "fdatasync")):
            name = self._file(line)
            self.flushed.add(name)
            self.durable += sorted(self.waiting.pop(name, ()))
        elif linked := _LINKED.match(line):
            self._name(self.open[linked[1]], linked[2], linked[3])
        elif named := _NAMED.match(line):
            self._name(f"{named[1]}/{named[2]}", named[3], named[4])
        elif made := _MADE.match(line):
            self.waiting.setdefault(made[1], set()).add(f"{made[1]}/{made[2]}")

    def _file(self, line: str) -> str:
        found = _FILE.match(line)
        return found[2] if found else ""

    def _name(self, content: str, folder: str, name: str) -> None:
        self.waiting.setdefault(folder, set()).add(f"{folder}/{name}")
        if content not in self.flushed:
            self.early.append(f"{folder}/{name}")


@pytest.mark.parametrize("scenario", [REPLY, FIRST_ATTACHMENT], ids=lambda scenario: scenario.name)
def test_everything_is_flushed_before_desk_says_so(
    template: World, scenario: Scenario, tmp_path: Path
) -> None:
    world = copy(template, tmp_path / "desk")
    (tmp_path / "mail").write_bytes(scenario.mail)
    command = [
        "strace",
        "-y",
        "-qq",
        "-o",
        tmp_path / "log",
        "-e",
        f"trace={CALLS}",
        *scenario.argv(world.root),
    ]
    ran = strace.run_plainly(command, stdin=tmp_path / "mail", environment=ENVIRONMENT)
    assert ran.code == 0
    lines = (tmp_path / "log").read_text("utf-8", "replace").splitlines()
    disk = _replay(lines)
    # The same without its flushes would be found out.
    assert len(_replay([line for line in lines if not line.startswith("fsync")]).early) > len(disk.early)
    kept = [path for path in disk.durable if "/raw/" in path or "/tickets/" in path]
    kinds = {path.rpartition("/")[2][-4:] for path in kept}
    # The original, the attachment, the ticket; and the folders that were made for them.
    assert {".pdf", "1.md"} <= kinds or {".pdf", "2.md"} <= kinds
    assert sum(bool(re.fullmatch(r"[0-9a-f]{64}", path.rpartition("/")[2])) for path in kept) == 1
    concerned = ("/raw", "/tickets")
    assert [path for path in disk.early if any(part in path for part in concerned)] == []
    assert [
        name for names in disk.waiting.values() for name in names if any(part in name for part in concerned)
    ] == []


def _replay(lines: list[str]) -> Disk:
    disk = Disk()
    for line in lines:
        if " = -1 " not in line:
            disk.see(line)
    return disk
