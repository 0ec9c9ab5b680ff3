"""An installation of desk and Unix users that mail programs really run as, outside the tester's own home.

The program is copied with the libraries it needs into a folder that every user may enter: mail users
cannot look into a home, and the copy may be broken by a test (an upgrade under way) and mended again.
"""

from __future__ import annotations

import importlib.metadata
import os
import pwd
import re
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from needs import find

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class User:
    """A Unix user made for the tests."""

    name: str

    @property
    def entry(self) -> pwd.struct_passwd:
        """What the system says of them."""
        return pwd.getpwnam(self.name)

    @property
    def home(self) -> Path:
        """Their home."""
        return Path(self.entry.pw_dir)

    def run(
        self, command: list[str | Path], *, stdin: bytes = b"", env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        """A command run as this user, from /, with an environment that says where home is and no more."""
        return subprocess.run(
            command,
            input=stdin,
            capture_output=True,
            check=False,
            cwd="/",
            user=self.entry.pw_uid,
            group=self.entry.pw_gid,
            extra_groups=os.getgrouplist(self.name, self.entry.pw_gid),
            env={"HOME": str(self.home), "PATH": "/usr/bin:/bin", "USER": self.name} if env is None else env,
            timeout=60,
        )

    def regroup(self, group: str) -> None:
        """Be in this further group only; "" for none."""
        program = find("usermod")
        assert program
        subprocess.run([program, "--groups", group, self.name], check=True)


@dataclass(frozen=True, slots=True)
class Installation:
    """desk installed for the whole machine: a virtual environment in a folder that all may enter."""

    top: Path

    @property
    def python(self) -> Path:
        """The interpreter of the environment."""
        return self.top / "env/bin/python"

    @property
    def shipped_shim(self) -> Path:
        """The shim beside it, as the package brings it."""
        return self.top / "env/bin/desk-ingest"

    @property
    def package(self) -> Path:
        """The package in the environment."""
        return next((self.top / "env/lib").glob("python*")) / "site-packages/helpdesk_cli"

    def command(self, *arguments: str | Path) -> list[str | Path]:
        """`desk ARGUMENTS` of this installation."""
        return [self.python, "-I", "-m", "helpdesk_cli.cli.main", *arguments]

    def desk(self, *arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
        """`desk ARGUMENTS` as the user who runs the tests."""
        return subprocess.run(
            self.command(*arguments),
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            env={"PATH": "/usr/bin:/bin", "HOME": str(self.top), **environment},
            timeout=60,
        )

    @contextmanager
    def without(self, path: Path) -> Iterator[None]:
        """Inside the block the path is gone."""
        away = path.with_name(f".{path.name}.away")
        path.rename(away)
        try:
            yield
        finally:
            away.rename(path)

    @contextmanager
    def with_text(self, path: Path, text: str) -> Iterator[None]:
        """Inside the block the file holds something else."""
        kept = path.read_bytes()
        path.write_text(text)
        try:
            yield
        finally:
            path.write_bytes(kept)


def closure(name: str, found: dict[str, importlib.metadata.Distribution]) -> None:
    """Collect the distributions that `name` needs, itself included."""
    distribution = importlib.metadata.distribution(name)
    key = distribution.metadata["Name"].casefold()
    if key in found:
        return
    found[key] = distribution
    for requirement in distribution.requires or []:
        if "extra ==" in requirement:
            continue
        try:
            closure(re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0], found)
        except importlib.metadata.PackageNotFoundError:
            # For another system or Python.
            continue


def reachable_python() -> str:
    """An interpreter of our own version that every user may run."""
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    candidates = [Path(sys.base_prefix) / "bin" / version, Path("/usr/bin") / version]
    for path in map(Path.resolve, filter(Path.exists, candidates)):
        if all(folder.stat().st_mode & 0o001 for folder in path.parents):
            return str(path)
    pytest.fail(f"no {version} that other users may run; install one for the whole machine")


class Users:
    """Makes Unix users and groups, and removes them all at the end."""

    def __init__(self, top: Path) -> None:
        """Names end in the number of this process: several runs at a time do not meet."""
        self.top = top
        self._made: list[list[str]] = []

    def user(self, role: str, *, group: str = "") -> User:
        """A user with a home, in a group of their own and in `group`."""
        name = self._name(role)
        home = self.top / f"home-{name}"
        extra = ["--groups", group] if group else []
        self._call(["useradd", "--create-home", "--home-dir", str(home), "--user-group", *extra, name])
        self._made.append(["userdel", "--remove", name])
        return User(name)

    def group(self, role: str) -> str:
        """A group."""
        name = self._name(role)
        self._call(["groupadd", name])
        self._made.append(["groupdel", name])
        return name

    def _name(self, role: str) -> str:
        return f"dk{role}{len(self._made)}-{os.getpid()}"

    def close(self) -> None:
        """Remove them, the users before their groups."""
        for command in sorted(self._made, reverse=True):
            self._call(command)

    def _call(self, command: list[str]) -> None:
        program = find(command[0])
        assert program
        for _ in range(50):
            done = subprocess.run([program, *command[1:]], capture_output=True, text=True, check=False)
            if done.returncode == 0:
                return
            # Another process holds the lock of /etc/passwd.
            time.sleep(0.1)
        raise AssertionError(done.stderr)


def mail(name: str, text: str = "Hello") -> bytes:
    """A mail whose Message-ID is <NAME@example.org>, with a subject that Postfix would obey in an output."""
    return (
        f"From: Kim <kim@example.org>\nTo: support@example.com\nSubject: 5.7.1 {name}\n"
        f"Message-ID: <{name}@example.org>\nDate: Sat, 21 Nov 2026 12:00:00 +0000\n\n{text}\n"
    ).encode()


def times_in_desk(desk: Path, name: str) -> int:
    """How many messages of that name the desk's ticket files hold."""
    texts = [path.read_text("utf-8") for path in (desk / "tickets").rglob("*.md")]
    return sum(text.count(f"\nmessage-id: <{name}@example.org>\n") for text in texts)


def git(desk: Path, *arguments: str) -> str:
    """What git says in the desk, whoever owns it."""
    done = subprocess.run(
        ["git", "-c", "safe.directory=*", "-C", desk, *arguments], capture_output=True, text=True, check=True
    )
    return done.stdout
