"""git runs the same from anywhere: a hook, cron, a mail server, another user's shell."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from small_desk import SmallDesk

from helpdesk_cli.storage import git

if TYPE_CHECKING:
    from collections.abc import Sequence

SCRIPT = Path(__file__).parents[1] / "small_desk.py"


def run_changes(desk: SmallDesk, environment: dict[str, str], cwd: Path | None = None) -> None:
    """Two changes made by a process with just this environment."""
    command: Sequence[str | Path] = [sys.executable, SCRIPT, desk.root, "w", "2"]
    done = subprocess.run(command, env=environment, cwd=cwd, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_inherited_git_settings_mean_nothing(desk: SmallDesk, tmp_path: Path) -> None:
    """RELIABILITY T52: git's hooks export these; another repository must not be written."""
    other = SmallDesk.make(tmp_path / "other")
    inherited = {
        "GIT_DIR": str(other.root / ".git"),
        "GIT_WORK_TREE": str(other.root),
        "GIT_INDEX_FILE": str(other.root / ".git/index"),
        "GIT_OBJECT_DIRECTORY": str(other.root / ".git/objects"),
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "core.bare",
        "GIT_CONFIG_VALUE_0": "true",
        "GIT_AUTHOR_NAME": "Eve",
        "GIT_COMMITTER_DATE": "1999-01-01T00:00:00Z",
        "GIT_NAMESPACE": "x",
        "GIT_TRACE": "1",
        "LC_ALL": "de_DE.UTF-8",
    }
    run_changes(desk, os.environ | inherited)
    assert desk.subjects() == ["Begin", "w.0", "w.1"]
    assert other.subjects() == ["Begin"]
    assert desk.status() == other.status() == ""


def test_an_empty_environment_and_a_vanished_folder_are_enough(desk: SmallDesk, tmp_path: Path) -> None:
    """RELIABILITY G8: no HOME, no PATH, no identity, no current folder."""
    gone = tmp_path / "gone"
    gone.mkdir()
    script = f'cd "{gone}" && rmdir "{gone}" && exec env -i "{sys.executable}" "{SCRIPT}" "{desk.root}" w 2'
    subprocess.run(["sh", "-c", script], check=True, cwd=tmp_path)
    assert desk.subjects() == ["Begin", "w.0", "w.1"]
    assert desk.status() == ""


def test_a_persons_settings_mean_nothing(desk: SmallDesk, tmp_path: Path) -> None:
    """Neither signing, nor line ends, nor excluded files, nor attributes, nor hooks of theirs."""
    (tmp_path / "attributes").write_text("*.md filter=shout\n")
    (tmp_path / "ignore").write_text("*.md\n")
    (tmp_path / ".gitconfig").write_text(
        f"[core]\n autocrlf = input\n attributesFile = {tmp_path}/attributes\n"
        f" excludesFile = {tmp_path}/ignore\n hooksPath = {tmp_path}/hooks\n[commit]\n gpgSign = true\n"
        '[filter "shout"]\n clean = tr a-z A-Z\n'
    )
    run_changes(desk, os.environ | {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)})
    assert desk.content("tickets/2026/11/TICKET-w.1.md") == "w.1\n"
    assert desk.status() == ""


def test_the_repositorys_hooks_and_monitors_are_not_run(desk: SmallDesk, tmp_path: Path) -> None:
    """RELIABILITY T50: what a clone or a colleague may have set."""
    hook = tmp_path / "hook"
    hook.write_text(f"#!/bin/sh\necho ran >> {tmp_path}/ran\n")
    hook.chmod(0o755)
    hooks = desk.layout.git_dir / "hooks"
    hooks.mkdir()
    for name in ("post-index-change", "reference-transaction", "post-commit", "pre-auto-gc"):
        (hooks / name).symlink_to(hook)
    desk.git("config", "core.fsmonitor", str(hook))
    desk.git("config", "gc.auto", "1")
    run_changes(desk, dict(os.environ))
    assert not (tmp_path / "ran").exists()
    assert desk.subjects() == ["Begin", "w.0", "w.1"]


def test_inside_a_hook_of_a_commit_the_change_waits_and_is_committed_later(desk: SmallDesk) -> None:
    """Git holds the index while pre-commit runs: the person's commit is theirs alone."""
    hook = desk.layout.git_dir / "hooks/pre-commit"
    hook.parent.mkdir()
    hook.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{SCRIPT}" "{desk.root}" w 2\n')
    hook.chmod(0o755)
    (desk.root / "notes.txt").write_text("mine\n")
    desk.git("add", "notes.txt")
    desk.git("commit", "-q", "-a", "-m", "by hand")
    assert desk.git("show", "--format=", "--name-only", "HEAD").split() == ["notes.txt"]
    assert desk.drain().committed == 2
    assert desk.subjects() == ["Begin", "by hand", "w.0", "w.1"]
    assert desk.status() == ""


def test_the_program_is_absolute_and_not_from_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A `git` in the current folder, or in a relative one of PATH, is not run."""
    fake = tmp_path / "git"
    fake.write_text("#!/bin/sh\nexit 0\n")
    fake.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f".:bin::{tmp_path}")
    git.program.cache_clear()
    try:
        assert git.program().startswith("/usr/")
    finally:
        git.program.cache_clear()


def test_a_failing_git_is_told_with_its_words(desk: SmallDesk) -> None:
    """Exit 75, the command, and the first line of what it said."""
    with pytest.raises(
        git.GitError, match=r"git cat-file ended with 128: fatal: Not a valid object name nope"
    ):
        git.run(desk.layout, ["cat-file", "blob", "nope"])


def test_a_git_that_hangs_is_ended(desk: SmallDesk) -> None:
    """Whoever waits for ever is no use to a mail server."""
    running = git.Running(desk.layout, ["-c", "alias.hang=!exec sleep 60", "hang"])
    assert not running.is_done
    running.wait(0.2)
    assert running.result()[0] != 0
