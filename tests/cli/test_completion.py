"""Completion as a shell asks for it."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from needs import require

if TYPE_CHECKING:
    from conftest import Desk

BASH = """
eval "$(desk completion bash)"
complete -p desk > /dev/null
COMP_LINE={line}
COMP_POINT=${{#COMP_LINE}}
_desk_completion desk
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


def with_desk(environment: dict[str, str]) -> dict[str, str]:
    """The environment with `desk` on its path."""
    commands = Path(environment["HOME"]) / "bin"
    commands.mkdir(exist_ok=True)
    program = commands / "desk"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m helpdesk_cli.cli.main "$@"\n')
    program.chmod(0o755)
    return {**environment, "PATH": f"{commands}:{environment['PATH']}"}


def run_in(shell: list[str], script: str, environment: dict[str, str]) -> str:
    """What the shell prints when it runs the script; it must not complain."""
    done = subprocess.run(
        [*shell, "-c", script],
        env=with_desk(environment),
        capture_output=True,
        encoding="utf-8",
        check=True,
        timeout=60,
    )
    assert done.stderr == ""
    return done.stdout


def complete_in_bash(environment: dict[str, str], line: str) -> list[str]:
    """What bash would put in the place of the last piece of a line that is being typed."""
    return run_in(["bash", "--norc"], BASH.format(line=shlex.quote(line)), environment).split()


@pytest.fixture
def fish() -> list[str]:
    """The fish shell; in CI it must be there."""
    require("fish")
    return ["fish", "--no-config"]


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("desk hel", ["help"]),
        ("desk xyz", []),
        ("desk --vers", ["--version"]),
        ("desk -C /srv hel", ["help"]),
        ("desk completion ", ["bash", "zsh", "fish"]),
        ("desk completion z", ["zsh"]),
        ("desk man --mark", ["--markdown"]),
        ("desk help exit", ["exit-codes"]),
    ],
)
def test_bash_is_offered_what_fits(environment: dict[str, str], line: str, offered: list[str]) -> None:
    """Commands, options, values."""
    assert complete_in_bash(environment, line) == offered


def test_bash_is_offered_what_the_desk_has(desk: Desk, environment: dict[str, str], tmp_path: Path) -> None:
    """Ids, agents, statuses and tags of the desk around the current folder, or of the one that -C names."""
    environment |= {"DESK_AGENT": "dana"}
    assert desk("init").returncode == 0
    for text in ("one", "two", "$(touch pwned)"):
        assert desk("new", "-m", text, "--tag", "vip").returncode == 0
    root = tmp_path / "here"
    environment |= {"DESK_DIR": str(root)}
    assert complete_in_bash(environment, "desk show ") == ["TICKET-1", "TICKET-2", "TICKET-3"]
    assert complete_in_bash(environment, "desk take TICKET-2") == ["TICKET-2"]
    assert complete_in_bash(environment, "desk assign 1 le") == ["lee"]
    assert complete_in_bash(environment, "desk close 3") == ["3"]
    assert complete_in_bash(environment, "desk status 1 res") == ["resolved"]
    assert complete_in_bash(environment, "desk list --status res") == ["resolved"]
    assert complete_in_bash(environment, "desk tag 1 +v") == ["+vip"]
    # bash parts words at colons: what is offered takes the place of what stands behind the last one.
    assert complete_in_bash(environment, "desk list assig") == ["assignee:"]
    assert complete_in_bash(environment, "desk list status:res") == ["resolved"]
    assert complete_in_bash(environment, "desk list status:new,res") == ["new,resolved"]
    assert complete_in_bash(environment, "desk list -tag:") == ["vip", "none"]
    assert complete_in_bash(environment, "desk list not:is:unass") == ["unassigned"]
    assert complete_in_bash(environment, "desk list @mi") == ["mine"]
    assert complete_in_bash(environment, "desk list view:mi") == ["mine"]
    assert complete_in_bash(environment, "desk count sort:-prio") == ["-priority"]
    assert complete_in_bash(environment, 'desk list "two words" tag:v') == ["vip"]
    environment |= {"DESK_DIR": "/nonexistent"}
    assert complete_in_bash(environment, "desk show ") == []
    assert complete_in_bash(environment, f"desk -C {root} take TICKET-2") == ["TICKET-2"]


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


def test_fish_is_offered_what_fits(fish: list[str], environment: dict[str, str]) -> None:
    """Names with their summaries, options, values."""
    script = "desk completion fish | source; complete -C 'desk hel'; complete -C 'desk man --mark'; "
    shown = run_in(fish, f"{script} complete -C 'desk completion z'", environment)
    assert shown.splitlines() == [
        "help\tExplain a command or a topic.",
        "--markdown\tWrite Markdown instead of man pages.",
        "zsh",
    ]


def test_zsh_finds_its_marker_in_the_first_line(desk: Desk) -> None:
    """A file in fpath is taken for a completion only then."""
    assert desk("completion", "zsh").stdout.startswith("#compdef desk\n")


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
