"""The queue of changes on their way into git, in the order they were made.

A change is queued after its ticket file is durable, so that the queue holds nothing that is not on the disk
beside it. Each holds the bytes it made and so becomes a commit of its own, even when the file changed again.
"""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import datetime
from enum import Enum
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from helpdesk_cli.errors import InvalidFileError
from helpdesk_cli.storage import durable, folder
from helpdesk_cli.storage.journal import Journal
from helpdesk_cli.storage.layout import prepare
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from helpdesk_cli.storage.layout import Layout


class OnDisk(Enum):
    """Says that a path is committed as it lies there: for files written once, such as attachments."""

    AS_IT_LIES = "disk"


# What is read of the queue at once by who only looks.
_LOOK, _LOOK_BYTES = 200, 16 * 1024 * 1024
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


class Queue:
    """The queue of one working tree."""

    def __init__(self, layout: Layout) -> None:
        """The queue may not be there yet; it is made when something is put into it."""
        self.layout = layout
        # After a power cut the numbers may be behind what is in git already.
        self._journal = Journal(layout.pending, layout.modes, read_reached(layout).number)

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits; cheap enough for every command."""
        return self._journal.is_empty

    def count(self) -> int:
        """How many changes wait."""
        return self._journal.count(read_reached(self.layout).number)

    def put(self, commit: Commit, *, sync: bool = True) -> int:
        """Queue a change and give its number; on the disk when this returns (unless `sync` is False)."""
        data = _packed(commit, self.layout.prefix)
        try:
            return self._journal.append(data, sync=sync)
        except FileNotFoundError:
            prepare(self.layout)
            return self._journal.append(data, sync=sync)

    def take(self, *, entries: int, size: int) -> list[Entry]:
        """The first of what is queued, up to so many entries and bytes, but one at least.

        What cannot be read never blocks the others: `desk fsck` finds what it left uncommitted.
        """
        taken: list[Entry] = []
        while not taken and not self._journal.is_empty:
            reached = read_reached(self.layout)
            found = self._journal.read(reached.number, records=entries, size=size)
            for number, data in found:
                try:
                    taken.append(Entry(number, _unpacked(data)))
                except (ValueError, KeyError, TypeError) as error:
                    self._set_aside(number, data or b"", f"damaged: {error}")
            if not taken:
                self.note(Reached(found[-1][0] if found else reached.number, reached.tip))
        return taken

    def waiting(self) -> Iterator[Commit]:
        """What is queued, in order, without those that cannot be read; nothing is taken."""
        after = read_reached(self.layout).number
        while not self._journal.is_empty and (
            found := self._journal.read(after, records=_LOOK, size=_LOOK_BYTES)
        ):
            for number, data in found:
                after = number
                with suppress(ValueError, KeyError, TypeError):
                    yield _unpacked(data)

    def note(self, reached: Reached) -> None:
        """Everything up to `reached` is in git: remember it, then drop it."""
        write_reached(self.layout, reached)
        self._journal.forget(reached.number)

    def put_aside(self, entry: Entry, why: str) -> None:
        """Keep a change that git does not take out of the way of the others, with the reason."""
        self._set_aside(entry.number, _packed(entry.commit, ""), why)

    def aside(self) -> list[tuple[Path, str]]:
        """What was put aside, with the reasons: for `desk fsck`."""
        found = sorted((self.layout.pending / "aside").glob("*.why"))
        return [(path.with_suffix(""), path.read_text("utf-8", "replace").strip()) for path in found]

    def _set_aside(self, number: int, data: bytes, why: str) -> None:
        place, modes = self.layout.pending / "aside", self.layout.modes
        durable.make_dirs(place, within=self.layout.pending, modes=modes)
        for name, content in ((f"{number:016d}", data), (f"{number:016d}.why", why.encode() + b"\n")):
            durable.replace(place / name, content, within=place, modes=modes)


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
    """A line of JSON, and after it the bytes of the files one after the other."""
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
    return b"".join((json.dumps(header).encode(), b"\n", *contents))


def _unpacked(data: bytes | None) -> Commit:
    """The inverse of `_packed`; ValueError, KeyError or TypeError for anything else."""
    if data is None:
        raise ValueError("its checksum is wrong")
    end = data.index(b"\n") + 1
    header = json.loads(data[:end])
    paths: list[tuple[str, Content]] = []
    for path, size in header["paths"]:
        if isinstance(size, int):
            paths.append((path, data[end : end + size]))
            end += size
        else:
            paths.append((path, AS_IT_LIES if size else None))
    name, email = header["author"]
    return Commit(tuple(paths), (name, email), header["message"], datetime.fromisoformat(header["at"]))
