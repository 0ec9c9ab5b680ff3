"""The editor: DESK_EDITOR, GIT_EDITOR, VISUAL, EDITOR, else vi."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from helpdesk_cli.errors import CancelledError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

NAMES = ("DESK_EDITOR", "GIT_EDITOR", "VISUAL", "EDITOR")
DEFAULT = "vi"


def choose(environment: Mapping[str, str]) -> list[str]:
    """The editor's command line, as git reads these variables."""
    name = next((name for name in NAMES if environment.get(name)), "")
    try:
        words = shlex.split(environment[name]) if name else [DEFAULT]
    except ValueError as error:
        raise UsageError(f"the editor's command line cannot be read: {error}", place=name) from error
    return words or [DEFAULT]


def edit_file(path: Path) -> None:
    """Open the file in the editor and wait. Raises CancelledError when the editor says that it failed."""
    command = choose(os.environ)
    # Ctrl-C is the editor's: with a handler of ours it does not end desk, and the editor gets it as usual.
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        process = subprocess.run([*command, str(path)], check=False)
    except OSError as error:
        raise UsageError(
            f"the editor `{command[0]}` cannot be started: {error.strerror}",
            hint="Set DESK_EDITOR to one that can.",
        ) from error
    finally:
        signal.signal(signal.SIGINT, before)
    if process.returncode:
        raise CancelledError(
            f"the editor `{command[0]}` ended with {process.returncode}", hint="Nothing was changed."
        )


def read_left(path: Path) -> bytes:
    """What the editor left in the file. Raises CancelledError where it left none."""
    try:
        if not path.is_file():
            raise CancelledError("the editor left no file behind", hint="Nothing was changed.")
        return path.read_bytes()
    except OSError as error:
        raise CancelledError(f"the editor left no file that can be read: {error.strerror}") from error


def edit_text(text: str, *, suffix: str = ".md") -> str:
    """What the person made of the text. Raises CancelledError when it came back empty or as it was.

    The text is kept in a private file until the editor has ended well, and its place is told
    when it has not: what somebody typed is not lost.
    """
    descriptor, name = tempfile.mkstemp(prefix="desk-", suffix=suffix)
    path = Path(name)
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(text)
    try:
        edit_file(path)
    except CancelledError as error:
        raise CancelledError(error.message, hint=f"Nothing was changed; the text is in {name}.") from error
    edited = read_left(path).decode("utf-8", "replace").replace("\r\n", "\n")
    path.unlink()
    if edited.strip() in {"", text.strip()}:
        raise CancelledError("the text is empty or as it was", hint="Nothing was changed.")
    return edited
