"""What git remembers of a desk: commits, old contents, and what is not committed."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from helpdesk_cli.errors import NotFoundError
from helpdesk_cli.storage import git, refs
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from helpdesk_cli.storage.layout import Layout

_FIELDS = ("%H", "%an", "%ae", "%aI", "%s", "%(trailers:only=true,unfold=true)")
# An hour: for a history of millions of commits.
_LONG = 3600.0
_WORDS_A_CALL = 500
_SLACK = timedelta(days=7)
_FORMAT = "--format=tformat:" + "%x00".join(_FIELDS)


@dataclass(frozen=True, slots=True)
class LoggedCommit:
    """A commit as the log tells it."""

    hash: str
    author: tuple[str, str]
    at: datetime
    subject: str
    trailers: tuple[tuple[str, str], ...]


def log(layout: Layout, paths: Sequence[str], *, limit: int | None = None) -> list[LoggedCommit]:
    """The commits that touched one of these paths of the desk, newest first; merges left out."""
    return _log(layout, [layout.prefix + path for path in paths], limit)


def recent_commits(layout: Layout, limit: int) -> list[LoggedCommit]:
    """The newest commits of the desk, newest first; merges left out."""
    return _log(layout, _all(layout), limit)


def find_commits(
    layout: Layout,
    *,
    trailer: tuple[str, str] | None = None,
    author: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    paths: Sequence[str] = (),
    limit: int | None = None,
) -> list[LoggedCommit]:
    """The commits of the desk that have all of this, newest first; merges left out.

    `trailer` is a name and the beginning of its value (letters and digits); `author` an address, exactly;
    `since` and `until` (without) are times of authors. Paths are those of the desk.
    """
    args = ["--extended-regexp", "--regexp-ignore-case"]
    if trailer:
        args.append(f"--grep=^{trailer[0]}: {trailer[1]}")
    if author:
        args.append(f"--author=<{re.escape(author)}>$")
    if since or until:
        # git goes by the committer's time and stops at the first that is older: clocks differ.
        args += [f"--since={(since - _SLACK).isoformat()}"] if since else []
        found = _log(layout, [layout.prefix + path for path in paths] or _all(layout), None, args)
        found = [each for each in found if (not since or each.at >= since) and (not until or each.at < until)]
        return found if limit is None else found[:limit]
    return _log(layout, [layout.prefix + path for path in paths] or _all(layout), limit, args)


def paths_of(layout: Layout, commit: str) -> tuple[str, ...]:
    """The paths of the desk that a commit touched."""
    args = ["diff-tree", "--root", "--no-commit-id", "--name-only", "-r", "-z", "--no-renames", commit]
    names = git.run(layout, args).decode("utf-8", "surrogateescape").split("\0")[:-1]
    return tuple(name.removeprefix(layout.prefix) for name in names if name.startswith(layout.prefix))


def blob(layout: Layout, rev: str, path: str) -> bytes | None:
    """The bytes that a path of the desk had at `rev` (a hash, branch or tag); None where it was not there."""
    name = f"{rev}:{layout.prefix}{path}"
    if "\n" in name:
        raise NotFoundError("not the name of a revision and a path", repr(name))
    asked = name.encode("utf-8", "surrogateescape")
    out = git.run(layout, ["cat-file", "--batch"], stdin=[asked, b"\n"])
    header, _, rest = out.partition(b"\n")
    facts = header.split(b" ")
    if len(facts) != 3 or facts[1] != b"blob":  # noqa: PLR2004 (NAME blob SIZE; else "missing", or a folder)
        return None
    return rest[: int(facts[2])]


def uncommitted(layout: Layout, under: str = "") -> tuple[str, ...]:
    """The paths of the desk, below the folder `under`, that differ from HEAD; untracked ones among them.

    It looks at every file: for `desk fsck`, not for every command.
    """
    args = ["status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames", "--ignore-submodules"]
    where = (layout.prefix + under).rstrip("/")
    lines = git.run(layout, [*args, "--", *([where] if where else [])]).split(b"\0")[:-1]
    found = (line[3:].decode("utf-8", "surrogateescape") for line in lines)
    return tuple(sorted(path.removeprefix(layout.prefix) for path in found if path.startswith(layout.prefix)))


def ever_named(layout: Layout, under: str, words: Collection[str]) -> set[str]:
    """Those of these words (letters and digits) that a file below `under` ever held, on any branch.

    It goes through the whole history: for what has to be certain, not for every command.
    """
    found: set[str] = set()
    # A detached HEAD is on no branch.
    tip = ["HEAD"] if refs.head(layout).tip else []
    ordered = sorted(words)
    for start in range(0, len(ordered), _WORDS_A_CALL):
        some = "|".join(ordered[start : start + _WORDS_A_CALL])
        args = ["log", "--all", *tip, "--no-renames", "--no-color", "--format=", "--patch", "--unified=0"]
        running = git.Running(layout, [*args, f"-G{some}", "--", f"{layout.prefix}{under}"])
        running.wait(_LONG)
        found.update(re.findall(some, running.output().decode("utf-8", "replace")))
    return found


def tidy(layout: Layout) -> None:
    """Let git pack what has piled up, if it finds it enough (git-gc(1) --auto). For `desk cron`."""
    git.run(layout, ["-c", "gc.auto=6700", "-c", "gc.autoDetach=false", "gc", "--auto", "--quiet"])


def _all(layout: Layout) -> list[str]:
    return [layout.prefix] if layout.prefix else []


def _log(
    layout: Layout, paths: list[str], limit: int | None, further: Sequence[str] = ()
) -> list[LoggedCommit]:
    if not refs.head(layout).tip:
        return []
    bound = [] if limit is None else [f"--max-count={limit}"]
    # Full history: the default hides the side of a merge whose changes another side also has.
    args = [
        "log",
        "-z",
        "--full-history",
        "--no-merges",
        "--no-color",
        "--no-show-signature",
        *bound,
        *further,
        _FORMAT,
    ]
    out = git.run(layout, [*args, "--", *paths]).decode("utf-8", "replace")
    fields = out.split("\0")[:-1]
    return [_logged(fields[start : start + len(_FIELDS)]) for start in range(0, len(fields), len(_FIELDS))]


def _logged(fields: list[str]) -> LoggedCommit:
    name, author, email, at, subject, trailers = fields
    pairs = (line.partition(": ") for line in trailers.splitlines() if ": " in line)
    found = tuple((key, value) for key, _, value in pairs)
    return LoggedCommit(name, (author, email), datetime.fromisoformat(at), subject, found)
