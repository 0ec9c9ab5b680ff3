"""Runs the stories: Markdown files whose ```console blocks are typed into a real shell.

    $ desk list -O ids
    TICKET-1

What stands below a `$ ` line is exactly what the command prints, on either stream, with
`[exit 3]` at its end where it does not end with 0. A command that is not complete (an open
here-document or loop, a backslash at the end of the line) goes on in lines that begin with `> `. The blocks
of a file share one folder and one shell: `cd` and `export` last. The clock stands still at
DESK_NOW, chance is fixed by DESK_SEED (another seed a step), files and git are real. `pytest tests/stories
--write-stories` writes what the commands print now into the stories: read the diff.
"""

from __future__ import annotations

import difflib
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
FENCE = "```console"
CLOSING = {"for": "done", "while": "done", "if": "fi", "case": "esac"}
ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
    "COLUMNS": "100",
    "DESK_NOW": "2026-11-20T09:12:41Z",
    "DESK_NO_INPUT": "1",
    "GIT_CONFIG_NOSYSTEM": "1",
    "PYTHONPATH": str(ROOT),
}
# The command's own words are read from a file, so that no quoting stands between story and shell.
SHELL = """
. "$STORY/state"
export DESK_SEED="$0"
. "$STORY/command"
code=$?
{ export -p; printf 'cd %q\\n' "$PWD"; } > "$STORY/state"
exit $code
"""


@dataclass(frozen=True, slots=True)
class Step:
    """A command of a story: what is typed, what must come of it, and the line it stands on."""

    line: int
    typed: tuple[str, ...]
    command: str
    expected: tuple[str, ...]


class StoryMismatchError(Exception):
    """A command printed something else than its story says."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer to write the stories anew."""
    parser.addoption(
        "--write-stories", action="store_true", help="write what the commands print into the stories"
    )


def pytest_collect_file(parent: pytest.Collector, file_path: Path) -> pytest.Collector | None:
    """Take each Markdown file here as a story."""
    if file_path.suffix == ".md" and file_path.parent == Path(__file__).parent:
        return StoryFile.from_parent(parent, path=file_path)
    return None


class StoryFile(pytest.File):
    """A file that tells one story."""

    def collect(self) -> Iterator[pytest.Item]:
        """The one story in it."""
        yield Story.from_parent(self, name=self.path.stem)


class Story(pytest.Item):
    """A story, told from its first command to its last."""

    def runtest(self) -> None:
        """Type every command and compare; or, when asked, write down what came of it."""
        lines = self.path.read_text(encoding="utf-8").split("\n")
        steps = list(read_steps(lines))
        if not steps:
            raise StoryMismatchError(f"{self.path.name} has no command in a {FENCE} block")
        with tempfile.TemporaryDirectory(prefix="desk-story-") as folder:
            shell = Shell(Path(folder))
            answers = [shell.type(step.command) for step in steps]
        if self.config.getoption("--write-stories", default=False):
            self.path.write_text(rewrite(lines, steps, answers), encoding="utf-8")
            return
        for step, answer in zip(steps, answers, strict=True):
            if answer != list(step.expected):
                difference = "\n".join(
                    difflib.unified_diff(step.expected, answer, "the story", "desk", lineterm="", n=99)
                )
                typed = "\n".join(step.typed)
                raise StoryMismatchError(f"{self.path.name}:{step.line}\n{typed}\n{difference}")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: None = None) -> str:
        """What went differently, without a traceback of this file."""
        if isinstance(excinfo.value, StoryMismatchError):
            return str(excinfo.value)
        return str(super().repr_failure(excinfo, style))

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the story stands."""
        return self.path, 0, f"story: {self.name}"


class Shell:
    """One person's shell, in a folder of its own with nothing in it."""

    def __init__(self, folder: Path) -> None:
        """Lay out a home, an empty folder to work in, and `desk` on the path."""
        self.steps = 0
        self.state = folder / "state"
        self.home = folder / "home"
        self.work = self.home / "work"
        commands = folder / "bin"
        for each in (self.state, self.work, commands):
            each.mkdir(parents=True)
        for name, module in (("desk", "main"), ("desk-ingest", "door")):
            program = f"from helpdesk_cli.cli.{module} import main; main()"
            script = commands / name
            script.write_text(f"#!/bin/sh\nexec '{sys.executable}' -c '{program}' \"$@\"\n")
            script.chmod(0o755)
        (self.state / "state").write_text(f"cd {self.work}\n")
        self.environment = {
            **ENVIRONMENT,
            "HOME": str(self.home),
            "STORY": str(self.state),
            "PATH": f"{commands}:{ENVIRONMENT['PATH']}",
            "TMPDIR": os.environ.get("TMPDIR", "/tmp"),  # noqa: S108 - handed on, not used
        }

    def type(self, command: str) -> list[str]:
        """The lines that the command prints, its exit code last where it is not 0."""
        (self.state / "command").write_text(command + "\n", encoding="utf-8")
        # A process counts its random ids from one: with one seed, two commands would draw the same ids.
        self.steps += 1
        done = subprocess.run(
            ["bash", "--norc", "--noprofile", "-c", SHELL, f"step {self.steps}"],
            cwd=self.home,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="backslashreplace",
            check=False,
            timeout=120,
        )
        # Where this checkout lies is of this machine.
        lines = done.stdout.replace(f"{ROOT}/", "$PYTHONPATH/").split("\n")
        if lines[-1] == "":
            lines.pop()
        return [*lines, f"[exit {done.returncode}]"] if done.returncode else lines


def read_steps(lines: list[str]) -> Iterator[Step]:
    """The commands of all console blocks, in order."""
    inside = False
    number = 0
    while number < len(lines):
        line = lines[number]
        number += 1
        if not inside:
            inside = line == FENCE
        elif line == "```":
            inside = False
        elif line.startswith("$ "):
            start = number
            typed = [line]
            command = line.removeprefix("$ ")
            while is_open(command) and lines[number].startswith(">"):
                typed.append(lines[number])
                command += "\n" + lines[number].removeprefix(">").removeprefix(" ")
                number += 1
            expected = []
            while lines[number] != "```" and not lines[number].startswith("$ "):
                expected.append(lines[number])
                number += 1
            yield Step(start, tuple(typed), command, tuple(expected))
        else:
            raise StoryMismatchError(f"line {number}: a block begins with a command, not with {line!r}")


def is_open(command: str) -> bool:
    """Whether the shell would ask for more: a backslash at the end, an open loop or here-document."""
    if command.endswith("\\"):
        return True
    first, *rest = command.split("\n")
    closing = CLOSING.get(first.split(maxsplit=1)[0])
    if closing:
        return not any(line.startswith(closing) for line in rest)
    return any(end not in rest for end in re.findall(r"<<-?\s*['\"]?(\w+)", first))


def rewrite(lines: list[str], steps: list[Step], answers: list[list[str]]) -> str:
    """The story's text with the answers in the place of what it said before."""
    written = list(lines)
    for step, answer in reversed(list(zip(steps, answers, strict=True))):
        start = step.line - 1 + len(step.typed)
        written[start : start + len(step.expected)] = answer
    return "\n".join(written)
