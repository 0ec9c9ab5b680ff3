"""How queued changes become commits: the index first, the branch second (DECISIONS 10).

A kill between the two leaves the index ahead of the branch: `git status` shows our paths as staged and the
queue still holds them. The other order would let the user's next `git commit` delete mail from history.
Generators yield each git that has to end before they go on, so that a batch can do other work meanwhile.
"""

from __future__ import annotations

import hashlib
import re
import stat
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from helpdesk_cli.errors import InvalidFileError
from helpdesk_cli.storage import fast_import, folder, git
from helpdesk_cli.storage.pending import OnDisk

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping, Sequence

    from helpdesk_cli.storage.layout import Layout
    from helpdesk_cli.storage.pending import Entry
    from helpdesk_cli.storage.refs import Head

Blobs = dict[str, bytes | None]

_PATHS_A_CALL = 500
_MANY = 100
# A commit may bring a new tree for each folder above its path; paths are rarely deeper.
_TREES = 10
_INDEX_LOCK_WAITS = 10
_INDEX_LOCK_WAIT = 0.03


class LaterError(git.GitError):
    """Somebody else's git stands in the way just now."""


class MovedError(git.GitError):
    """The branch moved while we built on it."""


def read_contents(layout: Layout, entries: Iterable[Entry]) -> list[tuple[Entry, Blobs]]:
    """Each entry with the bytes of its paths; a path "as it lies" that is no longer there is left out."""
    found = []
    for entry in entries:
        blobs: Blobs = {}
        for path, content in entry.commit.paths:
            if isinstance(content, OnDisk):
                lying = _lying(layout, path)
                if lying is not None:
                    blobs[path] = lying
            else:
                blobs[path] = content
        found.append((entry, blobs))
    return found


def leave_out_landed(
    layout: Layout, tip: str, changes: list[tuple[Entry, Blobs]]
) -> Generator[git.Running, None, list[tuple[Entry, Blobs]]]:
    """What is not yet in `tip`, a commit that somebody else made (or we did, and died before noting it).

    A path has landed up to the last change whose bytes stand in `tip`. Where none do, but the working tree is
    as `tip` has it, somebody committed the file by hand after all our changes to it: they are in there too.
    """
    at_tip = yield from _blobs_at(layout, tip, {path for _, blobs in changes for path in blobs})
    landed: dict[str, int] = {}
    for entry, blobs in changes:
        for path, content in blobs.items():
            if _identity(content, tip) == at_tip.get(path):
                landed[path] = entry.number
    for path in {path for _, blobs in changes for path in blobs} - landed.keys():
        if path in at_tip and _identity(_lying(layout, path), tip) == at_tip[path]:
            landed[path] = changes[-1][0].number
    left = []
    for entry, blobs in changes:
        rest = {path: content for path, content in blobs.items() if landed.get(path, 0) < entry.number}
        if rest:
            left.append((entry, rest))
    return left


def stage(layout: Layout, final: Mapping[str, bytes | None], *, outlive: int) -> Generator[git.Running]:
    """Bring the index to `final` for these paths and no others.

    Where the working tree has just these bytes, git reads them there and knows the file's times for its next
    status. Where it has others (a colleague is editing) the index gets ours and theirs stay unstaged.
    """
    same, other = [], {}
    for path, content in final.items():
        if content is not None and _lying(layout, path) == content and not _is_program(layout, path):
            same.append(fast_import.as_bytes(path) + b"\0")
        else:
            other[path] = content
    # update-index writes each blob it does not find as a file of its own: many are cheaper in one pack.
    first = final if len(final) > _MANY else other
    contents = [content for content in first.values() if content is not None]
    if contents:
        is_large = len(contents) >= _MANY
        writing = _fast_import(layout, fast_import.blob_stream(contents), is_large=is_large, outlive=outlive)
        yield writing
        ended(layout, writing)
    if other:
        yield from update_index(layout, ["-z", "--index-info"], _index_lines(layout, other), outlive=outlive)
    if same:
        yield from update_index(layout, ["--add", "-z", "--stdin"], same, outlive=outlive)


def publish(
    layout: Layout,
    head: Head,
    changes: Sequence[tuple[Entry, Blobs]],
    *,
    committer: tuple[str, str],
    outlive: int,
) -> Generator[git.Running, None, str]:
    """Make a commit of each change on top of `head` and give the new tip; MovedError when `head` moved."""
    stream = fast_import.commit_stream(head, changes, committer)
    is_large = len(changes) + sum(len(blobs) for _, blobs in changes) >= _MANY // _TREES
    running = _fast_import(layout, stream, is_large=is_large, outlive=outlive)
    yield running
    return ended(layout, running).decode().strip()


def ended(layout: Layout, running: git.Running) -> bytes:
    """What a git that writes printed; its failure as LaterError, MovedError or GitError."""
    code, out, said = running.result()
    if code == 0:
        return out
    # fast-import leaves a report of what it was given, customers' text included.
    with suppress(OSError):
        (layout.git_dir / f"fast_import_crash_{running.pid}").unlink()
    error = git.failure(layout, running.args, code, said)
    if taken := re.search(r"'([^']*\.lock)': File exists", said):
        hint = "Where none is, one was killed: `desk fsck --repair` removes its lock."
        raise LaterError("another git is at work in this repository", taken[1], hint, said=said)
    if "Not updating" in said or "but expected" in said:
        raise MovedError("somebody else keeps committing", error.place, said=said)
    raise error


def update_index(
    layout: Layout, options: Sequence[str], lines: Sequence[bytes], *, outlive: int
) -> Generator[git.Running]:
    """Run git-update-index(1) with these options and input, after a moment's wait for another's lock."""
    lock = layout.git_dir / "index.lock"
    for _ in range(_INDEX_LOCK_WAITS):
        if not lock.exists():
            break
        time.sleep(_INDEX_LOCK_WAIT)
    running = git.Running(layout, ["update-index", *options], stdin=lines, outlive=outlive)
    yield running
    ended(layout, running)


def _index_lines(layout: Layout, other: Mapping[str, bytes | None]) -> list[bytes]:
    zeros = "0" * (64 if _is_sha256(layout) else 40)
    return [
        b"%s\t%s\0"
        % (
            f"0 {zeros}".encode() if content is None else f"100644 {blob_name(content, zeros)}".encode(),
            fast_import.as_bytes(path),
        )
        for path, content in other.items()
    ]


def _fast_import(layout: Layout, stream: Iterable[bytes], *, is_large: bool, outlive: int) -> git.Running:
    args = ["fast-import", "--quiet", "--done", "--date-format=raw"]
    # Up to so many objects become files, and the pack they came in need not be flushed; more stay a pack.
    settings = (f"fastimport.unpackLimit={_MANY}", *(["core.fsync=all"] if is_large else []))
    return git.Running(layout, args, stdin=stream, settings=settings, outlive=outlive)


def _blobs_at(layout: Layout, tip: str, paths: set[str]) -> Generator[git.Running, None, dict[str, str]]:
    """The blob names of those paths that the commit has as files."""
    found: dict[str, str] = {}
    ordered = sorted(paths)
    for start in range(0, len(ordered), _PATHS_A_CALL):
        some = ordered[start : start + _PATHS_A_CALL]
        running = git.Running(layout, ["ls-tree", "-z", "--full-tree", tip, "--", *some])
        yield running
        for line in running.output().split(b"\0")[:-1]:
            facts, _, path = line.partition(b"\t")
            found[path.decode("utf-8", "surrogateescape")] = facts.split()[2].decode()
    return found


def _identity(content: bytes | None, like: str) -> str | None:
    return None if content is None else blob_name(content, like)


def blob_name(content: bytes, like: str) -> str:
    """The name git gives to a blob, of the same kind (SHA-1, SHA-256) as `like`."""
    data = b"blob %d\0%s" % (len(content), content)
    # As git's name for content; nothing is secured by it.
    digest = hashlib.sha256(data) if len(like) == 64 else hashlib.sha1(data, usedforsecurity=False)  # noqa: PLR2004
    return digest.hexdigest()


def _is_sha256(layout: Layout) -> bool:
    # git-config(1) extensions.objectFormat; the only other value is sha1, the default.
    return b"sha256" in (layout.common_dir / "config").read_bytes().lower()


def _lying(layout: Layout, path: str) -> bytes | None:
    """What the working tree has there; None where it has no plain file."""
    try:
        return folder.read_file(layout.top / path, within=layout.top)[0]
    except (FileNotFoundError, InvalidFileError):
        return None


def _is_program(layout: Layout, path: str) -> bool:
    """Whether somebody made it executable: that is theirs to commit, tickets and attachments never are."""
    return bool((layout.top / path).lstat().st_mode & stat.S_IXUSR)
