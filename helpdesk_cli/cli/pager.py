"""The pager: DESK_PAGER, GIT_PAGER, PAGER, else less. It gets text that is safe already."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT = "less"


def choose(environment: Mapping[str, str]) -> list[str]:
    """The pager's command line; [] = print plainly (the pager is `cat`, empty, or not there)."""
    for name in ("DESK_PAGER", "GIT_PAGER", "PAGER"):
        if name in environment:
            chosen = environment[name]
            break
    else:
        chosen = DEFAULT
    try:
        words = shlex.split(chosen)
    except ValueError:
        return []
    if not words or words == ["cat"] or shutil.which(words[0]) is None:
        return []
    return words


def show(text: str) -> None:
    """Page the text; print it where there is no pager. Leaving the pager early is no fault."""
    command = choose(os.environ)
    if not command:
        sys.stdout.write(text)
        return
    # -F: a short text needs no key; -R: our colours; -X: the text stays on the screen. LESSSECURE
    # takes away shells, files and LESSOPEN: a mail must not meet them.
    environment = {"LESS": "FRX", "LV": "-c", **os.environ, "LESSSECURE": "1"}
    sys.stdout.flush()
    process = subprocess.Popen(command, stdin=subprocess.PIPE, env=environment)
    try:
        process.communicate(text.encode("utf-8", "backslashreplace"))
    except KeyboardInterrupt:
        # The pager handles the key itself; it must end before we do, or the terminal stays raw.
        process.wait()
