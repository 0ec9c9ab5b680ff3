"""Other repositories: asked for what is new and given what is ours, with the user's own means of access.

Unlike desk's other gits these read the user's and the system's settings: credential helpers, proxies,
`url.insteadOf`, certificates and `core.sshCommand` stand there. They ask nobody anything, run no hooks, and
end after a bounded time.
"""

from __future__ import annotations

import os
import pwd
import re
import shlex
import signal
from contextlib import suppress
from typing import TYPE_CHECKING

from helpdesk_cli.errors import ConflictError, NotFoundError, TryAgainError
from helpdesk_cli.storage import git, setup
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from helpdesk_cli.storage.layout import Layout

# What git, ssh, credential helpers and TLS libraries go by. Not GIT_ASKPASS and SSH_ASKPASS: those ask.
_PASSED = (
    *(
        "HOME",
        "XDG_CONFIG_HOME",
        "XDG_RUNTIME_DIR",
        "USER",
        "LOGNAME",
        "GIT_CONFIG_GLOBAL",
        "GIT_CONFIG_SYSTEM",
    ),
    *("GIT_CONFIG_NOSYSTEM", "GIT_SSH", "GIT_SSH_VARIANT", "SSH_AUTH_SOCK", "KRB5CCNAME", "GNUPGHOME"),
    *("DBUS_SESSION_BUS_ADDRESS", "SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_CAINFO", "GIT_SSL_CAPATH"),
    *("http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"),
)
_NOT_OURS = ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM", "XDG_CONFIG_HOME")
_SSH_OPTIONS = "-oBatchMode=yes -oConnectTimeout=10 -oServerAliveInterval=15 -oServerAliveCountMax=4"
# A connection that has all but stopped ends, long before the whole may.
_SETTINGS = ("http.lowSpeedLimit=1000", "http.lowSpeedTime=30")
# FETCH_HEAD is a person's own. git 2.28 does not know the option, and ends before it talks to anybody.
_LEAVE_FETCH_HEAD = ("--no-write-fetch-head",)
_MISUSED = 129
_CREDENTIALS = re.compile(r"//[^/@\s]*@")
_ASIDE = ("warning", "hint:", "remote:", "**")
# What git and servers say where another push came first.
_RACES = (
    *("fetch first", "non-fast-forward", "stale info", "failed to update ref", "cannot lock ref"),
    *("incorrect old value", "reference already exists", "failed to lock"),
)


@dataclass(frozen=True, slots=True)
class Upstream:
    """Where a branch is shared: the remote's name, and the branch's name there (`main`)."""

    remote: str
    branch: str

    @property
    def tracking(self) -> str:
        """The name under which git keeps what was there last."""
        return f"refs/remotes/{self.remote}/{self.branch}"

    def __str__(self) -> str:
        """`origin/main`, as git says it."""
        return f"{self.remote}/{self.branch}"


def find_upstream(layout: Layout, branch: str, remote: str = "") -> Upstream:
    """Where `branch` ("refs/heads/main") is shared; `remote` chooses among several.

    Raises NotFoundError, with the remedy, where there is none or no telling which.
    """
    settings = setup.settings(layout)
    names = _remotes(layout)
    short = branch.removeprefix("refs/heads/")
    # Sections are in lower case (setup.settings), and so is a branch's name there.
    tied = settings.get(f"branch.{short}.remote".lower(), "")
    there = settings.get(f"branch.{short}.merge".lower(), "").removeprefix("refs/heads/")
    if remote and remote not in names:
        known = f"There is {', '.join(names)}." if names else "`git remote add NAME URL` makes one."
        raise NotFoundError(f'there is no remote "{remote}"', "--remote", known)
    if not names:
        raise NotFoundError(
            "this desk has no remote: nobody to sync with",
            str(layout.top),
            "`git remote add origin URL` names the repository that the clones share.",
        )
    chosen = remote or (tied if tied in names else "")
    if not chosen:
        if len(names) > 1:
            raise NotFoundError(
                f"the branch {short} has no upstream, and there are {len(names)} remotes: {', '.join(names)}",
                str(layout.top),
                f"Say `--remote NAME`, or once for all: git branch --set-upstream-to=NAME/{short}",
            )
        (chosen,) = names
    return Upstream(chosen, there if there and chosen == tied else short)


def fetch(layout: Layout, upstream: Upstream, *, patience: float) -> str:
    """The commit of the remote's branch, in the clone when this returns; "" where there is no such branch.

    Raises TryAgainError where the remote does not answer within `patience` seconds, or not as it should.
    """
    wanted = f"+refs/heads/{upstream.branch}:{upstream.tracking}"
    quiet = ("--quiet", "--no-tags", "--no-prune", "--no-recurse-submodules", "--refmap=")
    for asked in (_LEAVE_FETCH_HEAD, ()):
        code, _, said = _talk(layout, ["fetch", *quiet, *asked, upstream.remote, wanted], patience)
        if code != _MISUSED or "no-write-fetch-head" not in said:
            break
    if code == 0:
        return git.run(layout, ["rev-parse", "--verify", f"{upstream.tracking}^{{commit}}"]).decode().strip()
    if "couldn't find remote ref" in said:
        return ""
    raise _unreachable(upstream, said, code)


def push(layout: Layout, upstream: Upstream, tip: str, *, patience: float) -> bool:
    """Give the remote our commit; False where somebody else was faster, so that theirs has to come first.

    Raises ConflictError where the remote refuses it for good, TryAgainError where it does not answer.
    """
    args = ["push", "--quiet", "--porcelain", "--no-verify", "--no-signed", "--no-follow-tags"]
    args += ["--recurse-submodules=no", upstream.remote, f"{tip}:refs/heads/{upstream.branch}"]
    code, out, said = _talk(layout, args, patience)
    if code == 0:
        return True
    lines = out.decode("utf-8", "replace").splitlines()
    refused = next((line.rpartition("\t")[2] for line in lines if line.startswith("!")), "")
    if any(words in f"{refused} {said}" for words in _RACES):
        return False
    if "branch is currently checked out" in f"{refused} {said}":
        raise ConflictError(
            f"{upstream.remote} does not take the branch {upstream.branch}: somebody works in it there",
            _url(layout, upstream),
            "Clones share a repository without files: `git init --bare`, or any forge. See docs/clones.md.",
        )
    if refused:
        why = next(
            (line for line in said.splitlines() if line.startswith("remote:") and line[7:].strip()), ""
        )
        raise ConflictError(
            f"{upstream.remote} refuses what is ours: {_shown(refused)} {_shown(why)}".rstrip(),
            _url(layout, upstream),
            "Nothing is lost: it is committed here. Ask who runs that repository.",
        )
    raise _unreachable(upstream, said, code)


def network(layout: Layout) -> dict[str, str | None]:
    """The environment of a git that talks to other hosts; None takes away what desk's other gits get.

    What root runs on another's repository goes by that owner's means, as git runs as the owner there.
    """
    home = _owners_home(layout)
    found: dict[str, str | None] = {name: os.environ.get(name) for name in _PASSED}
    if home:
        found |= dict.fromkeys((*_NOT_OURS, "SSH_AUTH_SOCK", "XDG_RUNTIME_DIR"))
        found["HOME"] = home
    found["PATH"] = ":".join(folder for folder in os.environ.get("PATH", "").split(":") if folder[:1] == "/")
    found["PATH"] = found["PATH"] or "/usr/local/bin:/usr/bin:/bin"
    # An empty GIT_ASKPASS is git's own way of asking nobody (git's prompt.c).
    found |= {"GIT_ASKPASS": "", "SSH_ASKPASS_REQUIRE": "never", "GCM_INTERACTIVE": "never"}
    found["GIT_SSH_COMMAND"] = _ssh(layout, found)
    return found


def _talk(layout: Layout, args: Sequence[str], patience: float) -> tuple[int, bytes, str]:
    running = git.Running(layout, args, settings=_SETTINGS, environment=network(layout))
    try:
        running.wait(patience)
    except BaseException:
        # Ctrl-C does not reach it, for it is of a process group of its own.
        _end(running, signal.SIGTERM)
        raise
    code, out, said = running.result()
    if code < 0:
        # Its helpers (ssh) may outlive it.
        _end(running, signal.SIGKILL)
    return code, out, said


def _end(running: git.Running, by: signal.Signals) -> None:
    with suppress(OSError):
        os.killpg(running.pid, by)


def _ssh(layout: Layout, environment: Mapping[str, str | None]) -> str | None:
    """The user's own ssh, told to ask nobody; None leaves the choice to git."""
    if environment.get("GIT_SSH"):
        return None
    said = os.environ.get("GIT_SSH_COMMAND", "")
    if not said:
        asking = git.Running(layout, ["config", "--get", "core.sshCommand"], environment=environment)
        said = asking.result()[1].decode("utf-8", "replace").strip() or "ssh"
    try:
        program = shlex.split(said)[0]
    except (ValueError, IndexError):
        return said
    # Options are ssh's own: a program of another name may not know them.
    return f"{said} {_SSH_OPTIONS}" if program.rpartition("/")[2] == "ssh" else said


def _owners_home(layout: Layout) -> str:
    """The home of the repository's owner where git runs as them because we are root; else ""."""
    if os.geteuid() != 0:
        return ""
    owner = layout.git_dir.stat().st_uid
    if owner == 0:
        return ""
    try:
        return pwd.getpwuid(owner).pw_dir
    except KeyError:
        return "/nonexistent"


def _remotes(layout: Layout) -> list[str]:
    return git.run(layout, ["remote"]).decode("utf-8", "surrogateescape").splitlines()


def _url(layout: Layout, upstream: Upstream) -> str:
    """Where the remote is, without what lets one in."""
    code, out, _ = git.Running(layout, ["remote", "get-url", "--push", "--", upstream.remote]).result()
    return _shown(out.decode("utf-8", "replace").strip()) if code == 0 else upstream.remote


def _unreachable(upstream: Upstream, said: str, code: int) -> TryAgainError:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    telling = [line for line in lines if not line.casefold().startswith(_ASIDE)] or lines
    why = telling[0].removeprefix("fatal: ") if telling and code > 0 else "it did not answer in time"
    return TryAgainError(
        f"{upstream.remote} cannot be reached: {_shown(why)}",
        "",
        "Nothing is lost; run `desk sync` again.",
    )


def _shown(text: str) -> str:
    """What git said, without names and passwords of URLs."""
    return _CREDENTIALS.sub("//", text.removeprefix("remote:").strip())
