"""The queue of changes on their way into git: each whole in one file, in the order they were made.

A change is queued after its ticket file is durable, so that the queue holds nothing that is not on the disk
beside it. Each holds the bytes it made and so becomes a commit of its own, even when the file changed again.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from helpdesk_cli.errors import InvalidFileError
from helpdesk_cli.storage import durable, folder, lock
from helpdesk_cli.storage.layout import prepare

if TYPE_CHECKING:
    from pathlib import Path

    from helpdesk_cli.storage.layout import Layout

_MAGIC = b"desk-pending 1\n"
_LOCK_WAIT = 30.0


class OnDisk(Enum):
    """Says that a path is committed as it lies there: for files written once, such as attachments."""

    AS_IT_LIES = "disk"


AS_IT_LIES = OnDisk.AS_IT_LIES
Content = bytes | OnDisk | None


@dataclass(frozen=True, slots=True)
class Commit:
    """One change: paths (relative to the desk) with the bytes they have after it; None where it removed one.

    `at` must have a zone. `message` is the whole commit message, subject, blank line, trailers.
    """

    paths: tuple[tuple[str, Content], ...]
    author: tuple[str, str]
    message: str
    at: datetime

    def __post_init__(self) -> None:
        """ValueError for what git would refuse: it is a mistake of the caller and would block nobody else."""
        if self.at.utcoffset() is None:
            raise ValueError("a commit's time needs a zone")
        for path, _ in self.paths:
            names = PurePosixPath(path).parts
            if not names or path.startswith("/") or path != "/".join(names) or "\0" in path:
                raise ValueError(f"not a path inside the desk: {path!r}")
            if any(name == ".." or name.casefold() == ".git" for name in names):
                raise ValueError(f"not a path inside the desk: {path!r}")


@dataclass(frozen=True, slots=True)
class Entry:
    """A queued commit; its paths are relative to the top of the working tree."""

    number: int
    commit: Commit


@dataclass(slots=True)
class Queue:
    """The queue of one working tree."""

    layout: Layout
    _is_counted: bool = field(default=False, init=False)

    def put(self, commit: Commit, *, sync: bool = True) -> int:
        """Queue a change and give its number; on the disk when this returns (unless `sync` is False)."""
        data = _packed(commit, self.layout.prefix)
        modes = self.layout.modes
        place = self.layout.pending
        if not place.is_dir():
            prepare(self.layout)
        # A lock of its own: numbers are given out in the order the files appear.
        with lock.hold(place / "number", timeout=_LOCK_WAIT, modes=modes) as held:
            number = self._next(held.descriptor)
            durable.write_new(
                self._path(number), data, within=place, modes=modes, tmp=self.layout.tmp, sync=sync
            )
        return number

    def numbers(self) -> list[int]:
        """The numbers of what is queued, in order."""
        try:
            names = os.listdir(self.layout.pending)  # noqa: PTH208 (twice as fast, and every command asks)
        except FileNotFoundError:
            return []
        return sorted(int(name) for name in names if name.isdigit())

    def take(self, *, entries: int, size: int) -> list[Entry]:
        """The first of what is queued, up to so many entries and bytes, but one at least.

        An unreadable one is put aside, where `aside` names it; it never blocks the others.
        """
        taken: list[Entry] = []
        for number in self.numbers():
            if len(taken) == entries or (taken and size <= 0):
                break
            try:
                data, _ = folder.read_file(self._path(number), within=self.layout.pending)
                taken.append(Entry(number, _unpacked(data)))
                size -= len(data)
            except FileNotFoundError:
                continue
            except InvalidFileError as error:
                self.put_aside(number, error.message)
        return taken

    def drop(self, numbers: list[int]) -> None:
        """Forget changes that are in git. Not flushed: one that comes back is known by `Reached`."""
        for number in numbers:
            durable.remove(self._path(number), within=self.layout.pending, sync=False)

    def put_aside(self, number: int, why: str) -> None:
        """Move an entry that git or we cannot take out of the way, with the reason beside it."""
        place, modes = self.layout.pending / "aside", self.layout.modes
        durable.make_dirs(place, within=self.layout.pending, modes=modes)
        durable.replace(
            place / f"{number:016d}.why", why.encode() + b"\n", within=place, modes=modes, sync=False
        )
        self._path(number).replace(place / f"{number:016d}")

    def aside(self) -> list[tuple[Path, str]]:
        """What was put aside, with the reasons: for `desk fsck`."""
        found = sorted((self.layout.pending / "aside").glob("*.why"))
        return [(path.with_suffix(""), path.read_text("utf-8", "replace").strip()) for path in found]

    def _path(self, number: int) -> Path:
        return self.layout.pending / f"{number:016d}"

    def _next(self, counter: int) -> int:
        """One more than any number given out; the counter is the content of the locked file."""
        given = os.pread(counter, 20, 0)
        last = int(given) if given.isdigit() else 0
        if not (self._is_counted and last):
            # After a power cut the counter may be behind what is queued, or in git.
            last = max([last, read_reached(self.layout).number, *self.numbers()[-1:]])
            self._is_counted = True
        os.pwrite(counter, b"%020d" % (last + 1), 0)
        return last + 1


@dataclass(frozen=True, slots=True)
class Reached:
    """How far the queue has got: every change up to `number` is in `tip`. Lost, it is worked out again."""

    number: int = 0
    tip: str = ""


def read_reached(layout: Layout) -> Reached:
    """What was written last; the empty one where there is none, or a torn one."""
    try:
        data, _ = folder.read_file(_reached_path(layout), within=layout.git_dir, limit=200)
        number, tip, end = data.decode("ascii").split(" ")
        return Reached(int(number), tip) if end == ".\n" else Reached()
    except (OSError, ValueError, InvalidFileError):
        return Reached()


def write_reached(layout: Layout, reached: Reached) -> None:
    """Remember how far the queue has got."""
    data = f"{reached.number} {reached.tip} .\n".encode()
    durable.replace(
        _reached_path(layout), data, within=layout.git_dir, modes=layout.modes, tmp=layout.tmp, sync=False
    )


def _reached_path(layout: Layout) -> Path:
    return layout.pending.parent / "reached"


def _packed(commit: Commit, prefix: str) -> bytes:
    """A header line of JSON and the bytes of the files one after the other, under a checksum."""
    paths = [
        [prefix + path, len(content) if isinstance(content, bytes) else content and content.value]
        for path, content in commit.paths
    ]
    header = {
        "paths": paths,
        "author": commit.author,
        "message": commit.message,
        "at": commit.at.isoformat(),
    }
    contents = (content for _, content in commit.paths if isinstance(content, bytes))
    body = b"".join((json.dumps(header).encode(), b"\n", *contents))
    return b"%s%s\n%s" % (_MAGIC, hashlib.sha256(body).hexdigest().encode(), body)


def _unpacked(data: bytes) -> Commit:
    """The inverse of `_packed`; InvalidFileError for anything else."""
    magic, checksum, body = (
        data[: len(_MAGIC)],
        data[len(_MAGIC) : len(_MAGIC) + 64],
        data[len(_MAGIC) + 65 :],
    )
    if magic != _MAGIC or hashlib.sha256(body).hexdigest().encode() != checksum:
        raise InvalidFileError("is not a whole queued change")
    end = body.index(b"\n") + 1
    header = json.loads(body[:end])
    paths: list[tuple[str, Content]] = []
    for path, size in header["paths"]:
        if isinstance(size, int):
            paths.append((path, body[end : end + size]))
            end += size
        else:
            paths.append((path, AS_IT_LIES if size else None))
    name, email = header["author"]
    return Commit(tuple(paths), (name, email), header["message"], datetime.fromisoformat(header["at"]))
