"""Running the real command line in a process of its own, with an environment that says nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parents[2]
# Coverage and hash seeds aside, nothing of the tester's own environment reaches the command.
INHERITED = ("PATH", "LANG", "LC_ALL", "TMPDIR")


class Desk(Protocol):
    """Runs `desk ARGUMENTS` to its end."""

    def __call__(
        self, *arguments: str, stdin: str = "", env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """The finished process, its output as text."""
        ...


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The environment of a command: a home of its own and no terminal's habits."""
    kept = {name: os.environ[name] for name in INHERITED if name in os.environ}
    home = tmp_path / "home"
    home.mkdir()
    return {**kept, "HOME": str(home), "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}


@pytest.fixture
def desk(tmp_path: Path, environment: dict[str, str]) -> Desk:
    """`desk` in an empty folder."""
    folder = tmp_path / "here"
    folder.mkdir()

    def run(
        *arguments: str, stdin: str = "", env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "helpdesk_cli.cli.main", *arguments],
            input=stdin,
            env={**environment, **(env or {})},
            cwd=folder,
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=60,
        )

    return run
