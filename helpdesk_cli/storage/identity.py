"""What git knows about people: who the user says they are, who last changed a file."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from helpdesk_cli.storage import git
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from helpdesk_cli.storage.layout import Layout


@dataclass(frozen=True, slots=True)
class Author:
    """Who made a commit, and when."""

    name: str
    email: str
    at: datetime


def configured_email(layout: Layout, environment: Mapping[str, str]) -> str:
    """Git's user.email for this repository and this user, "" when none is set."""
    return configured_identity(layout, environment)[1]


def configured_identity(layout: Layout, environment: Mapping[str, str]) -> tuple[str, str]:
    """Git's user.name and user.email, "" where not set.

    Unlike every other call of git this one reads the user's own settings: it asks who they are.
    """
    keep = ("HOME", "XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM")
    scrubbed = {name: environment[name] for name in keep if name in environment}
    scrubbed |= {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}
    command = [
        git.program(),
        f"--git-dir={layout.git_dir}",
        "config",
        "-z",
        "--get-regexp",
        r"^user\.(name|email)$",
    ]
    try:
        done = subprocess.run(command, capture_output=True, env=scrubbed, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return "", ""
    pairs = (pair.partition("\n") for pair in done.stdout.decode("utf-8", "replace").split("\0"))
    found = {key: value.strip() for key, _, value in pairs}
    return found.get("user.name", ""), found.get("user.email", "")


def last_author(layout: Layout, path: str) -> Author | None:
    """Who committed the file as it now lies there; None when it is not committed like that.

    `path` is relative to the desk's root.
    """
    inside = f"{layout.prefix}{path}"
    try:
        code, _, _ = git.Running(layout, ["diff", "--quiet", "HEAD", "--", inside]).result()
        if code != 0:
            return None
        said = git.run(layout, ["log", "-1", "--format=%an%x00%ae%x00%at", "HEAD", "--", inside])
    except git.GitError:
        return None
    name, _, rest = said.decode("utf-8", "replace").strip().partition("\0")
    email, _, seconds = rest.partition("\0")
    if not seconds.isdecimal():
        return None
    return Author(name, email, datetime.fromtimestamp(int(seconds), UTC))
