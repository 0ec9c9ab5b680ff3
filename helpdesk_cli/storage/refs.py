"""Where HEAD points and what stands in the way of a commit, read from git's files without running git."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from helpdesk_cli.storage import git
from helpdesk_cli.storage.faults import translated
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from pathlib import Path

    from helpdesk_cli.storage.layout import Layout

_HASH = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_OBSTACLES = (
    ("MERGE_HEAD", "a merge is going on"),
    ("rebase-merge", "a rebase is going on"),
    ("rebase-apply", "a rebase or `git am` is going on"),
    ("CHERRY_PICK_HEAD", "a cherry-pick is going on"),
    ("REVERT_HEAD", "a revert is going on"),
    ("sequencer", "a cherry-pick or revert is going on"),
    ("BISECT_LOG", "a bisect is going on"),
)


@dataclass(frozen=True, slots=True)
class Head:
    """The branch ("refs/heads/main"; "" when HEAD is detached) and its commit ("" when it has none yet)."""

    branch: str
    tip: str


def head(layout: Layout) -> Head:
    """HEAD of this working tree; GitError where it cannot be read."""
    name, text = "HEAD", _read(layout.git_dir / "HEAD")
    # A link instead of a file is how git wrote HEAD before 2006; reftable keeps only a stub there.
    if text is None or (layout.git_dir / "HEAD").is_symlink() or text == "ref: refs/heads/.invalid":
        return _asked(layout)
    for _ in range(5):
        if not text.startswith("ref: "):
            break
        name = text.removeprefix("ref: ").strip()
        text = _read(layout.common_dir / name) if name.startswith("refs/heads/") else None
        if text is None:
            text = _packed(layout.common_dir, name)
        if text is None:
            return Head(name, "")
    if not _HASH.fullmatch(text):
        raise git.GitError(
            f"{name} holds no commit", str(layout.git_dir), "`git fsck` says more; `git reflog` may know it."
        )
    return Head("" if name == "HEAD" else name, text)


def obstacle(layout: Layout) -> str:
    """What a person has begun and not finished in this working tree; "" where nothing."""
    return next((why for name, why in _OBSTACLES if (layout.git_dir / name).exists()), "")


def _read(path: Path) -> str | None:
    with translated(path):
        try:
            return path.read_bytes().decode("utf-8", "surrogateescape").strip()
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            return None


def _packed(common_dir: Path, name: str) -> str | None:
    path = common_dir / "packed-refs"
    with translated(path):
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return None
    found = re.search(
        rb"^([0-9a-f]+) " + re.escape(name.encode("utf-8", "surrogateescape")) + rb"$", data, re.MULTILINE
    )
    return found[1].decode() if found else None


def _asked(layout: Layout) -> Head:
    code, out, _ = git.Running(layout, ["symbolic-ref", "--quiet", "HEAD"]).result()
    branch = out.decode("utf-8", "surrogateescape").strip() if code == 0 else ""
    code, out, said = git.Running(layout, ["rev-parse", "--verify", "--quiet", "HEAD^{commit}"]).result()
    if code not in {0, 1} or (code == 1 and not branch):
        raise git.failure(layout, ["rev-parse"], code, said)
    return Head(branch, out.decode().strip())
