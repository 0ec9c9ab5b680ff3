"""What nobody foresaw: one line for the person, the traceback kept where it can be sent from."""

from __future__ import annotations

import os
import tempfile
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from helpdesk_cli.cli.output import Output

INTERNAL = 70
KEPT = 20


def report(output: Output, error: BaseException, *, quotes: bool = True) -> int:
    """Say what happened in one line and keep the traceback; DESK_DEBUG=1 prints it instead.

    Without `quotes`, only the kind of the error is named, not its words.
    """
    text = "".join(traceback.format_exception(error))
    reason = f"internal error: {type(error).__name__}{f': {_first_line(error)}' if quotes else ''}"
    if quotes and os.environ.get("DESK_DEBUG", "") not in {"", "0"}:
        output.error(f"{text}{reason}")
        return INTERNAL
    kept = _keep(text)
    where = f"The traceback is in {kept}." if kept else "DESK_DEBUG=1 prints the traceback."
    output.error(f"{reason}. {where} Please report this.")
    return INTERNAL


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else "no reason given"


def _keep(text: str) -> str:
    """The path of a new private file with the traceback; "" when there is no place to write."""
    home = os.environ.get("XDG_STATE_HOME", "")
    try:
        folder = Path(home or Path.home() / ".local" / "state") / "desk"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # A command in a loop must not fill the disk with its faults.
        older = sorted(folder.glob("fault-*.txt"), key=lambda path: path.stat().st_mtime)
        for path in older[: -KEPT + 1]:
            path.unlink(missing_ok=True)
        descriptor, name = tempfile.mkstemp(prefix="fault-", suffix=".txt", dir=folder)
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
    except (OSError, RuntimeError):
        return ""
    return name
