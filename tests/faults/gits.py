"""Faults in the gits that desk starts: a program in git's place runs the one that is meant under strace."""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from faults import strace
from needs import find

if TYPE_CHECKING:
    from pathlib import Path

    from faults.strace import Fault

# The gits of one change, in the order they run; the third is started by the second.
TARGETS = ("update-index", "fast-import", "unpack-objects")
CORE = "/usr/lib/git-core/git"
# The door, with that program in git's place.
CODE = """
import shlex
import sys
from helpdesk_cli.storage import git
program = sys.argv.pop(1)
git.program = lambda: program
from helpdesk_cli.cli.door import main
main()
"""
# Only once: what desk does next about the fault runs without one.
SCRIPT = """#!/bin/sh
case " $* " in
*" {caught} "*) ;;
*) exec {git} "$@" ;;
esac
mkdir {place}/once.{caught} 2>/dev/null || exec {git} "$@"
{under}
code=$?
{after}
exit $code
"""


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A program in git's place, and the log of the git that is meant."""

    program: Path
    log: Path

    def argv(self, root: Path) -> list[str]:
        """The door for the desk in `root`, with that program as its git."""
        return [sys.executable, "-I", "-B", "-c", CODE, str(self.program), f"--desk={root}"]


def wrap(place: Path, target: str, fault: Fault | None, *, with_desk: bool = False) -> Wrapped:
    """The program, in `place`. `with_desk`: desk is killed when the fault has been, as a power cut does."""
    log = place / "git.log"
    options = (
        f"-e trace={','.join(strace.CHANGING)}"
        if fault is None
        else f"-e trace={fault.call} -e {fault.injection}"
    )
    traced = f"strace -qq -o {shlex.quote(str(log))} {options}"
    after = "kill -9 $PPID" if with_desk else ""
    git = find("git")
    if target == "unpack-objects":
        core = place / "core"
        core.mkdir()
        inner = _script(target, CORE, place, under=f'{traced} {CORE} "$@"', after="")
        _write(core / "git", inner)
        under, caught = f'GIT_EXEC_PATH={shlex.quote(str(core))} {git} "$@"', "fast-import"
    else:
        under, caught = f'{traced} {git} "$@"', target
    script = _script(caught, str(git), place, under=under, after=after)
    return Wrapped(_write(place / "git", script), log)


def _script(caught: str, git: str, place: Path, *, under: str, after: str) -> str:
    return SCRIPT.format(caught=caught, git=git, place=shlex.quote(str(place)), under=under, after=after)


def _write(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o755)
    return path
