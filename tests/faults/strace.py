"""One fault in one system call of a real process, by strace(1), and proof that it happened."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

# The calls that change what another process can see, or make it last. openat is among them where it creates.
CHANGING = (
    "openat",
    "write",
    "pwrite64",
    "writev",
    "fsync",
    "fdatasync",
    "syncfs",
    "link",
    "linkat",
    "rename",
    "renameat",
    "renameat2",
    "unlink",
    "unlinkat",
    "mkdir",
    "mkdirat",
    "rmdir",
    "ftruncate",
    "fallocate",
    "fchmod",
    "fchown",
    "symlink",
    "utimensat",
    "flock",
)


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens at the `number`-th call of that name in a process: "SIGKILL" or the name of an errno."""

    call: str
    number: int
    what: str = "SIGKILL"

    @property
    def injection(self) -> str:
        """The fault as strace's option has it."""
        kind = "signal" if self.what.startswith("SIG") else "error"
        return f"inject={self.call}:{kind}={self.what}:when={self.number}"

    def __str__(self) -> str:
        """`SIGKILL at linkat 2`."""
        return f"{self.what} at {self.call} {self.number}"


@dataclass(frozen=True, slots=True)
class Ran:
    """How a process ended, and the call in which the fault happened, as strace tells it ("": it did not)."""

    code: int
    fired: str
    out: bytes = b""
    err: bytes = b""
    log: str = field(default="", repr=False)


def run(
    command: Sequence[str | Path],
    fault: Fault | None,
    *,
    log: Path,
    stdin: Path | None = None,
    environment: Mapping[str, str] | None = None,
    calls: Sequence[str] = CHANGING,
) -> Ran:
    """Run the command with that fault; with None, without any, but with the calls told in `log`.

    The fault is that process's alone, none of its children's: strace counts calls by process, and would
    fault each of them. (`--seccomp-bpf`, the faster way, ignores `signal=` in strace 6.1: nothing fired.)
    """
    options = ["-qq", "-o", str(log)]
    if fault is None:
        options += ["-e", f"trace={','.join(calls)}"]
    else:
        options += ["-e", f"trace={fault.call}", "-e", fault.injection]
    ran = run_plainly(["strace", *options, *command], stdin=stdin, environment=environment)
    told = log.read_text("utf-8", "replace")
    return replace(ran, fired=proof(told, fault), log=told)


def run_plainly(
    command: Sequence[str | Path],
    *,
    stdin: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Ran:
    """Run the command without any fault of ours."""
    with stdin.open("rb") if stdin else open(os.devnull, "rb") as given:  # noqa: PTH123 - a device
        done = subprocess.run(
            command, stdin=given, capture_output=True, check=False, env=environment, timeout=120
        )
    return Ran(done.returncode, "", done.stdout, done.stderr)


def proof(log: str, fault: Fault | None) -> str:
    """The line of strace's log that tells that the fault happened; "" when it did not."""
    if fault is None:
        return ""
    if fault.what == "SIGKILL":
        # The call that it died in has no answer.
        lines = [
            line for line in log.splitlines() if line.startswith(f"{fault.call}(") and line.endswith("= ?")
        ]
        return lines[-1] if lines and "+++ killed by SIGKILL +++" in log else ""
    return next((line for line in log.splitlines() if line.endswith("(INJECTED)")), "")


def points(log: str) -> dict[str, list[int]]:
    """The numbers of the changing calls in a log, by name; of openat only those that create a file."""
    found: dict[str, list[int]] = {}
    counts: dict[str, int] = {}
    for line in log.splitlines():
        name, bracket, rest = line.partition("(")
        if not bracket or not name.isidentifier():
            continue
        counts[name] = counts.get(name, 0) + 1
        if name != "openat" or "O_CREAT" in rest or "O_TRUNC" in rest:
            found.setdefault(name, []).append(counts[name])
    return found
