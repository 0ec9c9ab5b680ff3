"""Folders and files opened one name at a time, so that no symbolic link inside the desk is followed (T49)."""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING

from helpdesk_cli.errors import InvalidFileError
from helpdesk_cli.storage.faults import translated
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Well below the usual limit of 1024 open files.
_MOST_KEPT = 400
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
# O_NONBLOCK: opening a FIFO that somebody put in a file's place must not wait for its writer.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Stat:
    """What tells that a file is still the one that was read; times in nanoseconds."""

    inode: int
    size: int
    mtime_ns: int
    ctime_ns: int

    @classmethod
    def of(cls, status: os.stat_result) -> Stat:
        """The part of `status` that changes with every write."""
        return cls(status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def descend(folder: Path, within: Path) -> int:
    """A descriptor of `folder`; below `within` no link is followed. OSError as the system says it."""
    names = folder.relative_to(within).parts
    if ".." in names:
        raise ValueError(f"{folder} is not inside {within}")
    descriptor = os.open(within, _FOLDER)
    try:
        for name in names:
            below = os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = below
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


@contextmanager
def opened(folder: Path, within: Path) -> Iterator[int]:
    """`descend`, closed at the end, or at the end of `kept_open`."""
    if _KEPT.depth:
        yield _KEPT.descriptor(folder, within)
        return
    descriptor = descend(folder, within)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def kept_open() -> Iterator[None]:
    """Inside the block each folder is opened once: a batch opens thirty a mail otherwise, 0.5 ms of work."""
    _KEPT.depth += 1
    try:
        yield
    finally:
        _KEPT.depth -= 1
        if not _KEPT.depth:
            _KEPT.close()


def keep_open_for_good() -> None:
    """From here on as inside `kept_open`: for a child that writes into folders nobody else removes."""
    _KEPT.depth = _KEPT.depth or 1


class _Kept:
    """Descriptors of folders that stay open while `depth` is not 0."""

    def __init__(self) -> None:
        self.depth = 0
        self._open: dict[tuple[str, str], int] = {}

    def descriptor(self, folder: Path, within: Path) -> int:
        key = (str(folder), str(within))
        found = self._open.get(key)
        if found is None:
            if len(self._open) >= _MOST_KEPT:
                self.close()
            found = self._open[key] = descend(folder, within)
        return found

    def close(self) -> None:
        while self._open:
            os.close(self._open.popitem()[1])


_KEPT = _Kept()


def read_file(path: Path, *, within: Path, limit: int | None = None) -> tuple[bytes, Stat]:
    """The bytes of a plain file and the Stat they had; FileNotFoundError where there is none.

    InvalidFileError for links, FIFOs, folders and what is larger than `limit` bytes.
    """
    with translated(path), opened(path.parent, within) as folder:
        descriptor = os.open(path.name, _FILE, dir_fd=folder)
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise InvalidFileError("is not a plain file", str(path))
            if limit is not None and status.st_size > limit:
                raise InvalidFileError(f"is larger than {limit} bytes", str(path))
            with os.fdopen(descriptor, "rb", buffering=0, closefd=False) as file:
                return file.readall(), Stat.of(status)
        finally:
            os.close(descriptor)
