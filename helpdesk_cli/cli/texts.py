"""Where the text of a note or a message comes from: -m, a file, standard input or the editor."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from helpdesk_cli.cli.editor import edit_text
from helpdesk_cli.errors import CancelledError, NotFoundError, UsageError

MessageText = Annotated[str, typer.Option("--message", "-m", metavar="TEXT", help="The text.")]
TextFile = Annotated[
    str, typer.Option("--file", "-F", metavar="FILE", help="Read the text from FILE; `-` is standard input.")
]
STDIN = "-"


def read_text(message: str, file: str, *, asks: str, may_edit: bool) -> str:
    """The text from the one place that was named; from the editor when none was.

    `asks` is what the editor shows below the place to write, each line behind a `#`. Raises
    CancelledError when nothing was written.
    """
    if message and file:
        raise UsageError("the text is given twice", hint="Use either -m or -F.")
    if message:
        return message
    if file == STDIN:
        return sys.stdin.read()
    if file:
        try:
            return Path(file).read_text(encoding="utf-8", errors="replace")
        except OSError as error:
            raise NotFoundError(f"cannot be read: {error.strerror}", place=file) from error
    if not may_edit:
        raise CancelledError("there is no text", hint="Give it with -m TEXT or -F FILE.")
    comments = "".join(f"# {line}".rstrip() + "\n" for line in asks.split("\n"))
    return without_comments(edit_text(f"\n{comments}"))


def without_comments(text: str) -> str:
    """The text without the lines that the editor was given. Raises CancelledError when nothing is left."""
    kept = "\n".join(line for line in text.split("\n") if not line.startswith("# "))
    if not kept.strip():
        raise CancelledError("the text is empty", hint="Nothing was changed.")
    return kept
