"""The program itself: its version, Python, git, and the shim beside the interpreter."""

from __future__ import annotations

import platform
import re
from pathlib import Path
from typing import TYPE_CHECKING

import helpdesk_cli
from helpdesk_cli.channels.shim import interpreter
from helpdesk_cli.desk.health.diagnosis import Diagnosis, ok
from helpdesk_cli.storage import git

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpdesk_cli.desk.health.diagnosis import Patient

# `git init --initial-branch`; Debian 11 has 2.30, Ubuntu 22.04 2.34.
LEAST_GIT = (2, 28)


def check(patient: Patient) -> Iterator[Diagnosis]:
    """What runs, and whether it is enough."""
    python = f"Python {platform.python_version()}: {interpreter()}"
    yield ok("program", f"desk {helpdesk_cli.__version__}, {python}")
    shim = Path(interpreter()).parent / "desk-ingest"
    if not shim.exists():
        yield Diagnosis(
            "note",
            "shim-not-shipped",
            f"{shim} is not there: this installation is not complete",
            "Install desk again with pip or pipx; `desk setup mta` works all the same.",
        )
    said = git.run(patient.desk.layout, ["version"]).decode("ascii", "replace").strip()
    yield judge_git(said)


def judge_git(said: str) -> Diagnosis:
    """What to think of a git that says this of its version."""
    match = re.search(r"(\d+)\.(\d+)", said)
    version = (int(match[1]), int(match[2])) if match else (0, 0)
    if version >= LEAST_GIT:
        return ok("git", f"{said}: {git.program()}")
    least = ".".join(map(str, LEAST_GIT))
    return Diagnosis("error", "git-old", f"{said} is too old", f"Install git {least} or later.")
