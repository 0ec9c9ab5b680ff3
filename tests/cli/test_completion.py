"""Completion as a shell asks for it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Desk

BASH = """
source "$HOME/completion"
complete -p desk > /dev/null
COMP_WORDS=({words})
COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
_desk_completion desk
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


def complete_in_bash(environment: dict[str, str], words: str) -> list[str]:
    """What bash would offer for the last of the words (a bash array's contents)."""
    home = Path(environment["HOME"])
    commands = home / "bin"
    commands.mkdir(exist_ok=True)
    program = commands / "desk"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m helpdesk_cli.cli.main "$@"\n')
    program.chmod(0o755)
    environment = {**environment, "PATH": f"{commands}:{environment['PATH']}"}
    script = subprocess.run(
        ["desk", "completion", "bash"], env=environment, capture_output=True, check=True, timeout=60
    )
    (home / "completion").write_bytes(script.stdout)
    done = subprocess.run(
        ["bash", "--norc", "-c", BASH.format(words=words)],
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=True,
        timeout=60,
    )
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("desk hel", ["help"]),
        ("desk xyz", []),
        ("desk --vers", ["--version"]),
        ("desk -C /srv hel", ["help"]),
        ("desk completion ''", ["bash", "zsh", "fish"]),
        ("desk completion z", ["zsh"]),
        ("desk man --mark", ["--markdown"]),
        ("desk help exit", ["exit-codes"]),
    ],
)
def test_bash_is_offered_what_fits(environment: dict[str, str], words: str, offered: list[str]) -> None:
    """Commands, options, values."""
    assert complete_in_bash(environment, words) == offered


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_one_that_the_shell_can_read(desk: Desk, shell: str, tmp_path: Path) -> None:
    """Checked by the shell itself where it is installed."""
    done = desk("completion", shell)
    assert done.returncode == 0
    assert "_DESK_COMPLETE" in done.stdout
    if shutil.which(shell):
        script = tmp_path / "script"
        script.write_text(done.stdout)
        assert subprocess.run([shell, "-n", str(script)], check=False, capture_output=True).stderr == b""


def test_a_broken_question_is_no_traceback(environment: dict[str, str]) -> None:
    """A shell that asks in a way we do not know gets a short answer."""
    for instruction in ("complete_tcsh", "nonsense", "complete_bash"):
        done = subprocess.run(
            [sys.executable, "-m", "helpdesk_cli.cli.main"],
            env={**environment, "_DESK_COMPLETE": instruction},
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=60,
        )
        assert "Traceback" not in done.stderr
