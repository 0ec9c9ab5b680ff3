"""Whether a user's own git works in the desk: it refuses repositories of other users (CVE-2022-24765)."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from helpdesk_cli.storage import git

if TYPE_CHECKING:
    from collections.abc import Mapping

    from helpdesk_cli.storage.layout import Layout

_KEPT = ("HOME", "XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM")


def own_git_works(layout: Layout, environment: Mapping[str, str]) -> bool:
    """False where `git log` and the like, typed by who runs this, would be refused for the owner's sake.

    Unlike other calls of git this one reads the user's own settings: only they can say whom to trust.
    """
    settings = {name: environment[name] for name in _KEPT if name in environment}
    done = subprocess.run(
        [git.program(), "-C", os.fspath(layout.root), "rev-parse", "--git-dir"],
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", **settings},
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    return done.returncode == 0 or "dubious ownership" not in done.stderr
