"""`desk restore`: a desk again from its backup, in a new folder. A damaged archive writes nothing.

Commands are never taken from an archive: the merge driver is set up as `desk init` does, and of git's
settings only desk's own come back.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from helpdesk_cli.desk.backup import FORMAT, NEVER_RESTORED
from helpdesk_cli.desk.desk import open_desk
from helpdesk_cli.desk.fsck import fsck
from helpdesk_cli.desk.news import start_over
from helpdesk_cli.desk.outbox_heal import forget_what_left
from helpdesk_cli.desk.record import commit_pending
from helpdesk_cli.errors import InvalidFileError, UsageError
from helpdesk_cli.storage import archive, bundle, durable, git, setup
from helpdesk_cli.storage import layout as layouts
from helpdesk_cli.storage.space import require_space, sync_filesystem
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from helpdesk_cli.desk.checks.finding import Finding
    from helpdesk_cli.storage.layout import Layout

    Progress = Callable[[int, int], None]

_SETTING = re.compile(r"desk\.[a-z0-9-]+(?:\.[A-Za-z0-9_.-]+)*")
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Restored:
    """The desk's root, when its backup was made, and what a full check finds in it."""

    root: Path
    made_at: str
    findings: tuple[Finding, ...]


def restore(path: Path, folder: Path, *, now: datetime, progress: Progress | None = None) -> Restored:
    """Make the desk of an archive in `folder`, which must be new or empty.

    Raises InvalidFileError for a damaged archive and UsageError for a folder in use, with nothing written.
    """
    folder = Path(os.path.abspath(folder))  # noqa: PTH100 - links in the name stay as typed
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError("is not empty", str(folder), "Name a new folder.")
    facts = _checked(path)
    total = sum(size for size, _ in facts["files"].values())
    require_space(next(place for place in (folder, *folder.parents) if place.is_dir()), total, floor=total)
    setup.git_init(folder, branch=_branch_name(facts))
    work = _Work(folder, facts)
    for count, (name, content) in enumerate(archive.files(path, facts), start=1):
        work.take(name, content)
        if progress:
            progress(count, len(facts["files"]))
    root = work.finish()
    desk = open_desk(root, now=now)
    forget_what_left(desk, str(facts.get("made-at", "")))
    commit_pending(desk)
    start_over(desk)
    sync_filesystem(folder)
    return Restored(root, str(facts.get("made-at", "")), tuple(fsck(desk, full=True)))


def _checked(path: Path) -> dict[str, Any]:
    """The facts of a whole archive that is a desk's backup."""
    try:
        facts = archive.check(path)
    except FileNotFoundError:
        raise UsageError("there is no such file", str(path)) from None
    if facts.get("kind") != "backup":
        raise InvalidFileError("is no backup of a desk", str(path))
    if facts.get("format") != FORMAT:
        hint = "Restore it with the version of desk that made it."
        raise InvalidFileError(f"is of format {facts.get('format')}, not {FORMAT}", str(path), hint)
    words = [facts.get(key) for key in ("folder", "branch", "tip")]
    if not all(isinstance(word, str) for word in words) or not isinstance(facts.get("settings"), dict):
        raise InvalidFileError("does not say what it is a backup of", str(path))
    if facts["folder"] and not archive.is_safe(facts["folder"].rstrip("/")):
        raise InvalidFileError("names a folder outside its own", str(path))
    return facts


def _branch_name(facts: dict[str, Any]) -> str:
    return str(facts["branch"]).removeprefix("refs/heads/") or "main"


class _Work:
    """A restoration under way: bundles come first in the archive, then what goes beside the history."""

    def __init__(self, top: Path, facts: dict[str, Any]) -> None:
        self._layout = layouts.at(top)
        self._facts = facts
        self._bundles: list[Path] = []
        self._has_history = False

    def take(self, name: str, content: IO[bytes]) -> None:
        """Put one file of the archive where it belongs."""
        kind, _, rest = name.partition("/")
        layout = self._layout
        if kind == "repository":
            path = layout.tmp / f".desk-{os.getpid()}-{len(self._bundles)}.bundle.tmp"
            self._copy(content, path)
            self._bundles.append(path)
            return
        self._begin()
        if kind == "state" and rest.casefold() == NEVER_RESTORED:
            return
        if kind == "state":
            self._write(layout.state / rest, content, within=layout.state)
        elif kind == "tree" and ".git" not in rest.casefold().split("/"):
            self._write(layout.top / rest, content, within=layout.top)

    def finish(self) -> Path:
        """Set git up as `desk init` does; the desk's root."""
        self._begin()
        for path in self._bundles:
            path.unlink()
        root = self._layout.top / str(self._facts["folder"])
        desk = layouts.at(root)
        setup.configure(desk)
        for key, value in self._facts["settings"].items():
            if _SETTING.fullmatch(str(key)):
                git.run(desk, ["config", str(key), str(value)])
        return root

    def _begin(self) -> None:
        if not self._has_history:
            self._has_history = True
            layouts.prepare(self._layout)
            branch, tip = str(self._facts["branch"]), str(self._facts["tip"])
            bundle.read_bundles(self._layout, self._bundles, branch=branch, tip=tip)

    def _copy(self, content: IO[bytes], path: Path) -> None:
        layout = self._layout
        layouts.prepare(layout)
        durable.write_new(path, b"", within=layout.state, modes=layout.modes, sync=False)
        while piece := content.read(_PIECE):
            durable.append(path, piece, within=layout.state, modes=layout.modes, sync=False)

    def _write(self, path: Path, content: IO[bytes], *, within: Path) -> None:
        layout: Layout = self._layout
        durable.make_dirs(path.parent, within=within, modes=layout.modes, sync=False)
        durable.replace(path, content.read(), within=within, modes=layout.modes, sync=False)
