"""Three texts merged by line, as git does it: what both sides changed differently stands between markers."""

from __future__ import annotations

import re
import subprocess
from tempfile import TemporaryDirectory

from helpdesk_cli.storage.git import program

_RUNS = re.compile(r"<{7,}|={7,}|>{7,}")
_SHORTEST = 7
_MOST_CONFLICTS = 127
_TIMEOUT = 60.0
# Nothing of the user's: what git leaves in a file must not depend on whose machine merged it.
_ENVIRONMENT = {"LC_ALL": "C", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}


def merge_lines(base: str, ours: str, theirs: str) -> tuple[str, bool]:
    """The merged text, and whether it is without conflict."""
    with TemporaryDirectory(prefix="desk-") as folder:
        names = []
        for name, text in (("ours", ours), ("base", base), ("theirs", theirs)):
            names.append(f"{folder}/{name}")
            with open(names[-1], "wb") as file:  # noqa: PTH123 - three names need no pathlib
                file.write(text.encode("utf-8", "surrogateescape"))
        labels = ["-L", "ours", "-L", "base", "-L", "theirs"]
        process = subprocess.run(
            [program(), "merge-file", "-p", *labels, "--", *names],
            capture_output=True,
            check=False,
            cwd=folder,
            env=_ENVIRONMENT,
            timeout=_TIMEOUT,
        )
    if 0 <= process.returncode <= _MOST_CONFLICTS:
        return process.stdout.decode("utf-8", "surrogateescape"), process.returncode == 0
    # git takes a text with a NUL for binary and refuses.
    return show_both(ours, theirs), False


def show_both(ours: str, theirs: str) -> str:
    """Both texts whole, between markers longer than any in them, so that they can be told apart again."""
    runs = [len(run) for text in (ours, theirs) for run in _RUNS.findall(text)]
    size = max([_SHORTEST - 1, *runs]) + 1
    ours, theirs = (text if text.endswith("\n") or not text else f"{text}\n" for text in (ours, theirs))
    return f"{'<' * size} ours\n{ours}{'=' * size}\n{theirs}{'>' * size} theirs\n"


def read_both(text: str) -> tuple[str, str] | None:
    """The two texts that `show_both` showed; None when this is not such a text."""
    opening, _, rest = text.partition(" ours\n")
    size = len(opening)
    ours, middle, theirs = f"\n{rest}".partition(f"\n{'=' * size}\n")
    end = f"{'>' * size} theirs\n"
    if size < _SHORTEST or opening != "<" * size or not middle or not theirs.endswith(end):
        return None
    return f"{ours}\n"[1:], theirs.removesuffix(end)
