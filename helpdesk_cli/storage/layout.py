"""Where a desk and its git repository lie, found without running git.

`desk.yaml` marks the desk; it may be a folder inside a larger repository. What is durable but not for git
lies in `desk/` in git's common folder (DECISIONS 14). The queue of commits belongs to one working tree, its
branch and its index, and so lies in `desk/` of that tree's own git folder (the same one but in linked trees).
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from helpdesk_cli.errors import InvalidFileError, NotFoundError
from helpdesk_cli.storage import durable
from helpdesk_cli.values import dataclass

MARK = "desk.yaml"
_SMALL = 4096


@dataclass(frozen=True, slots=True)
class Layout:
    """The places of one desk; all absolute. `prefix` is "" or "path/to/desk/" inside the repository."""

    root: Path
    git_dir: Path
    common_dir: Path
    prefix: str = ""

    @property
    def top(self) -> Path:
        """The top of git's working tree."""
        return self.root if not self.prefix else self.root.parents[self.prefix.count("/") - 1]

    @property
    def state(self) -> Path:
        """Durable state that is not for git."""
        return self.common_dir / "desk"

    @property
    def modes(self) -> durable.Modes:
        """Private, or shared with a group: as the state folder is (before there is one, as git's is)."""
        try:
            return durable.modes_of(self.state)
        except FileNotFoundError:
            return durable.modes_of(self.common_dir)

    @property
    def config(self) -> Path:
        """The desk's settings."""
        return self.root / MARK

    @property
    def tickets(self) -> Path:
        """The ticket files."""
        return self.root / "tickets"

    @property
    def lock(self) -> Path:
        """The lock of whoever changes ticket files."""
        return self.state / "write.lock"

    @property
    def index(self) -> Path:
        """The disposable SQLite copy."""
        return self.state / "index.db"

    @property
    def raw(self) -> Path:
        """Original mails by their sha256."""
        return self.state / "raw"

    @property
    def approvals(self) -> Path:
        """Which commands of desk.yaml may run on this host."""
        return self.state / "approved-commands"

    @property
    def tmp(self) -> Path:
        """Files being written; what is left behind by a crash lies here and nowhere else."""
        return self.state / "tmp"

    @property
    def pending(self) -> Path:
        """Changes on their way into git."""
        return self.git_dir / "desk" / "pending"

    @property
    def commit_lock(self) -> Path:
        """The lock of whoever brings pending changes into git."""
        return self.git_dir / "desk" / "commit.lock"

    def inside(self, path: Path) -> str:
        """A path of the desk as git names it: relative to the top of the working tree, with slashes."""
        return self.prefix + path.relative_to(self.root).as_posix()


def find(start: Path) -> Layout:
    """The desk that `start` lies in; NotFoundError with the remedy where there is none."""
    start = Path(os.path.abspath(start))  # noqa: PTH100 (resolve() would follow links: keep the name people use)
    for folder in (start, *start.parents):
        if (folder / MARK).is_file():
            return at(folder)
    raise NotFoundError(
        "no desk here or in any folder above",
        str(start),
        "Go to a desk, name it with `-C DIR` or DESK_DIR, or make one: `desk init`.",
    )


def at(root: Path) -> Layout:
    """The layout of the desk in `root`, whether or not it has a `desk.yaml` yet."""
    root = Path(os.path.abspath(root))  # noqa: PTH100 (as in `find`)
    for top in (root, *root.parents):
        git_dir = _git_dir(top / ".git")
        if git_dir is not None:
            inside = root.relative_to(top).as_posix()
            return Layout(root, git_dir, _common_dir(git_dir), "" if inside == "." else f"{inside}/")
    raise NotFoundError("this desk is not in a git repository", str(root), "Run `desk init` there.")


def prepare(layout: Layout) -> None:
    """Make the folders of the state; nothing where they are there."""
    modes = layout.modes
    for folder in (layout.tmp, layout.pending):
        if not folder.is_dir():
            durable.make_dirs(folder, within=folder.parents[1], modes=modes)


def is_ours(layout: Layout) -> bool:
    """Whether who runs this owns the repository, is root, or is of the group that shares it."""
    status = layout.common_dir.stat()
    if status.st_uid == os.geteuid() or os.geteuid() == 0:
        return True
    shared = bool(status.st_mode & stat.S_IWGRP) and not status.st_mode & stat.S_IWOTH
    return shared and status.st_gid in {os.getegid(), *os.getgroups()}


def _git_dir(dot_git: Path) -> Path | None:
    """The git folder that `.git` is or names (gitrepository-layout(5)); None where there is none."""
    if dot_git.is_dir():
        return dot_git if (dot_git / "HEAD").exists() or (dot_git / "HEAD").is_symlink() else None
    text = _text(dot_git)
    if text is None:
        return None
    folder = (dot_git.parent / text.removeprefix("gitdir:").strip()) if text.startswith("gitdir:") else None
    if folder is None or not folder.is_dir():
        raise InvalidFileError(
            "does not name a git folder", str(dot_git), "`git worktree repair` may mend a moved working tree."
        )
    return Path(os.path.normpath(folder))


def _common_dir(git_dir: Path) -> Path:
    text = _text(git_dir / "commondir")
    return git_dir if text is None else Path(os.path.normpath(git_dir / text.strip()))


def _text(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return os.fsdecode(file.read(_SMALL))
    except (FileNotFoundError, NotADirectoryError):
        return None
