"""A terminal that knows where each character stands: tmux, asked for its screen and for single cells."""

from __future__ import annotations

import shlex
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from needs import find

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True)
class Screen:
    """A terminal of `columns` by `rows`; its server lives in `place`."""

    place: Path
    environment: Mapping[str, str]
    columns: int = 80
    rows: int = 40

    def __enter__(self) -> Self:
        """Nothing is started yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the server, if there is one."""
        self._tmux("kill-server", check=False)

    def show(self, command: str) -> list[str]:
        """The screen after a command, without the empty rows at its end."""
        self._tmux("kill-server", check=False)
        done = f"{shlex.quote(find('tmux') or '')} -S {shlex.quote(str(self._socket))} wait-for -S done"
        size = ["-x", str(self.columns), "-y", str(self.rows)]
        said = {**self.environment, "TERM": self.environment.get("TERM", "tmux-256color")}
        variables = [f"{name}={value}" for name, value in said.items()]
        # What is below the screen's end would scroll: a line that is not there shows in the tests.
        shell = f"{command}; {done}; exec sleep 60"
        self._tmux(
            *("new-session", "-d", *size, shlex.join(["env", "-i", *variables, "/bin/sh", "-c", shell]))
        )
        self._tmux("wait-for", "done")
        return self._captured()

    def colours(self) -> str:
        """The screen with the sequences that colour it."""
        return self._tmux("capture-pane", "-p", "-e")

    def column_of(self, mark: str) -> int:
        """The cell in which the mark, which stands on the screen once, begins; counted from 0."""
        self._tmux("set-option", "-g", "mode-keys", "vi")
        self._tmux("copy-mode")
        self._tmux("send-keys", "-X", "history-top")
        self._tmux("send-keys", "-X", "start-of-line")
        self._tmux("send-keys", "-X", "search-forward", mark)
        column, row = self._tmux("display-message", "-p", "#{copy_cursor_x} #{copy_cursor_y}").split()
        self._tmux("send-keys", "-X", "cancel")
        assert mark in self._captured()[int(row)], f"{mark} is not on the screen"
        return int(column)

    def broken(self) -> list[str]:
        """The lines that were too long, so that the terminal broke them somewhere."""
        rows = self._captured()
        return [line for line in self._captured("-J") if line not in rows]

    def _captured(self, *options: str) -> list[str]:
        lines = [line.rstrip() for line in self._tmux("capture-pane", "-p", *options).split("\n")]
        while lines and not lines[-1]:
            lines.pop()
        return lines

    @property
    def _socket(self) -> Path:
        return self.place / "tmux"

    def _tmux(self, *words: str, check: bool = True) -> str:
        command = [find("tmux") or "tmux", "-u", "-S", str(self._socket), "-f", "/dev/null", *words]
        done = subprocess.run(
            command,
            capture_output=True,
            check=False,
            timeout=60,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TERM": "xterm-256color"},
        )
        assert not check or done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()
