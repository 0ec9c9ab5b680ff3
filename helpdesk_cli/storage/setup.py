"""What `desk init` asks of git: a repository, its settings, and who may write in it."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from helpdesk_cli.storage import durable, git
from helpdesk_cli.storage.faults import translated
from helpdesk_cli.storage.layout import Layout, prepare

if TYPE_CHECKING:
    from collections.abc import Iterator

# Where a driver fails, git leaves "ours" in the file without any marker, and a careless commit would lose
# what the others wrote. So where desk is missing or fails, git's own merge puts its markers there.
MERGE_DRIVER = (
    "desk merge-driver %O %A %B %P || "
    "{ test $? -eq 1 || git merge-file -L ours -L base -L theirs %A %O %B; exit 1; }"
)
# For .gitattributes beside `tickets/`: the driver, and bytes that no setting about line ends may change.
ATTRIBUTES = "tickets/** -text\ntickets/**/*.md -text merge=desk\n"
# For git's info/attributes, which no .gitattributes overrides: whatever somebody wrote or pushed there, the
# bytes of a ticket file are the bytes in git, and no filter runs.
_OVER_ALL = (
    "tickets/** -text -filter -ident !working-tree-encoding",
    "tickets/**/*.md merge=desk",
    "customers/**/*.md merge=desk",
)
_SETTINGS = {
    "merge.desk.name": "desk: merge ticket files by entry",
    "merge.desk.driver": MERGE_DRIVER,
    # A power cut must not leave a branch that names an empty object. `batch` makes it one flush a commit.
    "core.fsync": "all",
    "core.fsyncMethod": "batch",
    "fetch.fsckObjects": "true",
}
_SHARING = {"core.sharedRepository": "group", "receive.denyNonFastForwards": "true"}


def git_init(path: Path, *, branch: str = "main", modes: durable.Modes = durable.PRIVATE) -> None:
    """Make `path` a git repository; nothing where it has one. No sample hooks."""
    if (path / ".git").exists():
        return
    if not path.is_dir():
        durable.make_dirs(path, within=_existing(path), modes=modes)
    layout = Layout(path, path / ".git", path / ".git")
    durable.make_dirs(layout.git_dir, within=path, modes=modes)
    git.run(layout, ["init", "--quiet", "--template=", f"--initial-branch={branch}", str(path)])
    durable.make_dirs(layout.git_dir / "info", within=layout.git_dir, modes=modes)


def configure(layout: Layout, *, group: int | None = None) -> None:
    """Write desk's settings into the repository's own and make the state's folders; twice is once.

    With `group` (its number) everything in the desk and its repository is opened to that group, only.
    """
    wanted = _SETTINGS | (_SHARING if group is not None else {})
    present = settings(layout)
    for key, value in wanted.items():
        if present.get(key.lower()) != value:
            git.run(layout, ["config", key, value])
    if group is not None:
        share(layout, group)
    prepare(layout)
    _write_attributes(layout)


def _write_attributes(layout: Layout) -> None:
    """Put desk's lines at the end of info/attributes; a person's own lines stay before them."""
    prefix = re.sub(r"^[!#]|[\\*?\[]", r"\\\g<0>", layout.prefix)
    wanted = [_quoted(prefix, line) for line in _OVER_ALL]
    folder = layout.common_dir / "info"
    try:
        present = (folder / "attributes").read_text("utf-8", "surrogateescape").splitlines()
    except FileNotFoundError:
        present = []
    lines = [line for line in present if line not in wanted] + wanted
    if lines == present:
        return
    if not folder.is_dir():
        durable.make_dirs(folder, within=layout.common_dir, modes=layout.modes)
    text = "".join(f"{line}\n" for line in lines)
    data = text.encode("utf-8", "surrogateescape")
    durable.replace(folder / "attributes", data, within=layout.common_dir, modes=layout.modes, tmp=layout.tmp)


def _quoted(prefix: str, line: str) -> str:
    """The line for a desk below `prefix`, as gitattributes(5) wants odd characters of a pattern quoted."""
    pattern, _, values = line.partition(" ")
    if prefix.isprintable() and not set(prefix) & set(' "'):
        return f"{prefix}{pattern} {values}"
    escaped = (
        (prefix + pattern).replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t").replace("\n", "\\n")
    )
    return f'"{escaped}" {values}'


def settings(layout: Layout) -> dict[str, str]:
    """The repository's own settings; section and last part of a key in lower case, as git prints them."""
    lines = git.run(layout, ["config", "--local", "--list", "-z"]).decode("utf-8", "replace").split("\0")
    pairs = (line.partition("\n") for line in lines if line)
    return {key.lower(): value for key, _, value in pairs}


def share(layout: Layout, group: int) -> None:
    """Give the desk and its repository to the group: as its owner may, the group may; others nothing."""
    for path in _tree(layout.root):
        _share(path, group, writable=path != layout.approvals)
    if not layout.common_dir.is_relative_to(layout.root):
        for path in _tree(layout.common_dir):
            _share(path, group, writable=path != layout.approvals)


def _share(path: Path, group: int, *, writable: bool) -> None:
    with translated(path):
        status = path.lstat()
        if stat.S_ISLNK(status.st_mode):
            return
        # The owner's bits for the group; new files in a folder with setgid belong to the folder's group.
        owner = status.st_mode & stat.S_IRWXU
        mode = owner | owner >> 3 | (stat.S_ISGID if stat.S_ISDIR(status.st_mode) else 0)
        if not writable:
            mode &= ~stat.S_IWGRP
        if status.st_gid != group:
            os.chown(path, -1, group)
        path.chmod(mode)


def _tree(top: Path) -> Iterator[Path]:
    yield top
    for folder, folders, files in os.walk(top):
        for name in (*folders, *files):
            yield Path(folder, name)


def _existing(path: Path) -> Path:
    return next(folder for folder in path.parents if folder.is_dir())
