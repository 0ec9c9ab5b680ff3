"""Running git: an absolute program, a fixed environment, no hooks, no prompts, no settings of the user.

A hook, a cron job or a mail server calls desk with any environment (git's own hooks export GIT_DIR and
GIT_INDEX_FILE), so git gets a fixed one (RELIABILITY T52), and what a cloned repository could make it run is
switched off (T50). What root starts runs as the owner of the repository.
"""

from __future__ import annotations

import functools
import importlib
import os
import select
import shutil
import subprocess
from contextlib import suppress
from typing import IO, TYPE_CHECKING

from helpdesk_cli.errors import TryAgainError
from helpdesk_cli.storage.layout import is_ours

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from helpdesk_cli.storage.layout import Layout

_USUAL_PLACES = "/usr/bin:/bin:/usr/local/bin:/opt/homebrew/bin:/run/current-system/sw/bin"
_TIMEOUT = 60.0
_LAST_WAIT = 5.0
_SAFE = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.attributesFile=/dev/null",
    "core.excludesFile=/dev/null",
    # The bytes of a ticket file are the bytes in git.
    "core.autocrlf=false",
    "core.safecrlf=false",
    "core.quotePath=false",
    # A power cut must not leave a branch that names an empty object. `batch`: one flush for all objects.
    "core.fsync=loose-object,reference,index,-pack",
    "core.fsyncMethod=batch",
    "submodule.recurse=false",
    "protocol.ext.allow=never",
    "log.showSignature=false",
    # Packing is `history.tidy`'s, never a surprise in the middle of taking in a mail.
    "gc.auto=0",
    "maintenance.auto=false",
)
_ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "LC_ALL": "C",
    "TZ": "UTC",
    "GIT_ATTR_NOSYSTEM": "1",
    # For the reflog only: commits bring their own names.
    "GIT_COMMITTER_NAME": "desk",
    "GIT_COMMITTER_EMAIL": "desk@localhost",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_PAGER": "cat",
    "GIT_TERMINAL_PROMPT": "0",
    # glibc gives memory back and asks for it again at each object that is compressed: without these two,
    # fast-import takes 2.6 times as long (5,000 commits in 2.1 s instead of 0.8, git 2.39, glibc 2.36).
    "MALLOC_TOP_PAD_": "4194304",
    "MALLOC_TRIM_THRESHOLD_": "268435456",
}
_NO_SETTINGS = {
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "HOME": "/nonexistent",
    "XDG_CONFIG_HOME": "/nonexistent",
}


class GitError(TryAgainError):
    """git did not do what it was asked; `said` is its standard error."""

    def __init__(self, message: str, place: str = "", hint: str = "", *, said: str = "") -> None:
        """As DeskError, with what git said."""
        super().__init__(message, place, hint)
        self.said = said


@functools.cache
def program() -> str:
    """The absolute path of git, looked for where systems install it, then in PATH's absolute folders."""
    path = ":".join(folder for folder in os.environ.get("PATH", "").split(":") if folder.startswith("/"))
    found = shutil.which("git", path=f"{_USUAL_PLACES}:{path}")
    if found is None:
        raise GitError("git is not installed", hint="Install git 2.28 or later.")
    return found


class Running:
    """A git process with its input in a file, so that it never waits for us, nor we for it but at the end."""

    def __init__(
        self,
        layout: Layout,
        args: Sequence[str],
        *,
        stdin: Iterable[bytes] = (),
        settings: Sequence[str] = (),
        outlive: int | None = None,
        environment: Mapping[str, str | None] | None = None,
    ) -> None:
        """Start `git ARGS` with `settings` ("key=value") above those that all gits get.

        `outlive` is the descriptor of a lock that stays locked while this process lives; `environment` goes
        over the fixed one, for what talks to other hosts; None takes a variable out of it.
        """
        self.args = args
        self._layout = layout
        try:
            self._out, self._err = _scratch(), _scratch()
            with _scratch() as given:
                given.writelines(stdin)
                given.seek(0)
                self._process = _spawn(
                    layout,
                    args,
                    settings,
                    given=given,
                    out=self._out,
                    err=self._err,
                    outlive=outlive,
                    further=environment or {},
                )
        except OSError as error:
            # No program, no process, no memory, no descriptor.
            raise GitError(f"git does not start: {error.strerror}", program()) from error

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    @property
    def is_done(self) -> bool:
        """Whether it has ended; never waits."""
        return self._process.poll() is not None

    def wait(self, timeout: float = _TIMEOUT) -> None:
        """Wait for its end; after `timeout` seconds end it, politely at first: its locks go too."""
        if not self._ends_within(timeout):
            self._process.terminate()
            if not self._ends_within(_LAST_WAIT):
                self._process.kill()
                self._process.wait()

    def _ends_within(self, seconds: float) -> bool:
        if self.is_done:
            return True
        try:
            descriptor = os.pidfd_open(self.pid)
        except (AttributeError, OSError):
            # Not Linux, or before 5.3: this looks at longer and longer intervals, up to 8 ms late.
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(seconds)
            return self.is_done
        try:
            ending = select.poll()
            ending.register(descriptor, select.POLLIN)
            ending.poll(seconds * 1000)
        finally:
            os.close(descriptor)
        return self.is_done

    def result(self) -> tuple[int, bytes, str]:
        """Exit code, standard output, standard error; waits for the end."""
        self.wait()
        with self._out, self._err:
            self._out.seek(0)
            self._err.seek(0)
            said = self._err.read().decode("utf-8", "replace").strip()
            return self._process.returncode, self._out.read(), said

    def output(self) -> bytes:
        """Standard output; GitError where git failed."""
        code, out, said = self.result()
        if code != 0:
            raise failure(self._layout, self.args, code, said)
        return out


def run(layout: Layout, args: Sequence[str], *, stdin: Iterable[bytes] = ()) -> bytes:
    """What `git ARGS` printed; GitError where it failed."""
    return Running(layout, args, stdin=stdin).output()


def failure(layout: Layout, args: Sequence[str], code: int, said: str) -> GitError:
    """The error for a git that ended with `code`, with the remedy where there is a known one."""
    what = f"git {args[0]} ended with {code}" if code > 0 else f"git {args[0]} was ended by signal {-code}"
    first = next((line for line in said.splitlines() if line.strip()), "")
    hint = ""
    if "dubious ownership" in said:
        first = "git does not trust this repository: it belongs to another user"
        hint = (
            f"Run desk as its owner, or share the desk with a group (`desk init --shared GROUP`), "
            f"or trust it: git config --global --add safe.directory {layout.top}"
        )
    return GitError(f"{what}: {first}" if first else what, str(layout.top), hint, said=said)


def _spawn(
    layout: Layout,
    args: Sequence[str],
    settings: Sequence[str],
    *,
    given: IO[bytes],
    out: IO[bytes],
    err: IO[bytes],
    outlive: int | None,
    further: Mapping[str, str | None],
) -> subprocess.Popen[bytes]:
    above = [word for setting in (*_SAFE, *settings) for word in ("-c", setting)]
    environment, where = dict(_ENVIRONMENT), [f"--git-dir={layout.git_dir}", f"--work-tree={layout.top}"]
    if is_ours(layout):
        environment |= _NO_SETTINGS
    else:
        # Only git's own search asks whose repository it is, and only the user's settings can say "trust it".
        where = []
        environment["HOME"] = os.environ.get("HOME", "/nonexistent")
    user = group = None
    if os.geteuid() == 0:
        owner = layout.git_dir.stat()
        if owner.st_uid != 0:
            user, group = owner.st_uid, owner.st_gid
    return subprocess.Popen(
        [program(), *above, *where, *args],
        stdin=given,
        stdout=out,
        stderr=err,
        cwd=layout.top,
        env={name: value for name, value in (environment | dict(further)).items() if value is not None},
        umask=0o777 & ~layout.modes.folder,
        # Not in our group: Ctrl-C, or a mail server that ends us, lets git finish its step and leave no lock.
        process_group=0,
        pass_fds=() if outlive is None else (outlive,),
        user=user,
        group=group,
        extra_groups=None if user is None else [],
    )


def _scratch() -> IO[bytes]:
    """A nameless file: in memory where the system can."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("desk"), "w+b")
    scratch: IO[bytes] = importlib.import_module("tempfile").TemporaryFile()
    return scratch
