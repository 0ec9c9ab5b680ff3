"""A program with a terminal to itself, for tests of what is asked and answered there."""

from __future__ import annotations

import errno
import os
import pty
import signal
import sys

DESK = "import sys; sys.argv = ['desk', *sys.argv[1:]]; from helpdesk_cli.cli.main import main; main()"


def on_terminal(
    program: str, arguments: list[str], environment: dict[str, str], typed: str = ""
) -> tuple[int, str]:
    """(exit code, what the terminal showed) of a Python program that has a terminal to itself."""
    child, terminal = pty.fork()
    if child == 0:  # pragma: no cover - another process
        signal.alarm(60)
        os.execve(sys.executable, [sys.executable, "-c", program, *arguments], environment)  # noqa: S606 - a test's own child
    shown = b""
    if typed:
        os.write(terminal, typed.encode())
    while True:
        try:
            data = os.read(terminal, 65536)
        except OSError as error:
            # Linux says EIO when the other side has closed the terminal.
            if error.errno != errno.EIO:
                raise
            break
        if not data:
            break
        shown += data
    _, status = os.waitpid(child, 0)
    os.close(terminal)
    return os.waitstatus_to_exitcode(status), shown.decode().replace("\r\n", "\n")
