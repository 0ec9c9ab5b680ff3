"""The only place that opens files for writing: whole or not at all, and on the disk when it returns.

Temporary file, fsync, link or rename, fsync of the folder (docs/RELIABILITY.md). A failed fsync is never
tried again: the kernel may have dropped the pages and would report success (PostgreSQL's "fsyncgate").
With `sync=False` nothing is flushed; the caller owes one `space.sync_filesystem` before it reports anything.
What root writes belongs to the owner of the folder: `sudo desk` never locks the desk's own people out.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from helpdesk_cli.errors import ConflictError
from helpdesk_cli.storage.faults import translated
from helpdesk_cli.storage.folder import Stat, opened
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_NAMELESS = getattr(os, "O_TMPFILE", os.O_EXCL | os.O_CREAT) | os.O_WRONLY | os.O_CLOEXEC
# What open(2) answers where the system or the file system knows no nameless files.
_NO_NAMELESS = {errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL, errno.ENOENT, errno.EEXIST}
# What link(2) answers on file systems without hard links (vfat, some network and FUSE mounts).
_NO_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}


@dataclass(frozen=True, slots=True)
class Modes:
    """The permission bits of files and folders, whatever the umask."""

    file: int
    folder: int


PRIVATE = Modes(0o600, 0o700)
SHARED = Modes(0o660, 0o2770)


def modes_of(folder: Path) -> Modes:
    """SHARED where the folder's group may write, else PRIVATE: new things are as open as what they lie in."""
    return SHARED if folder.stat().st_mode & stat.S_IWGRP else PRIVATE


def write_new(
    path: Path, data: bytes, *, within: Path, modes: Modes, tmp: Path | None = None, sync: bool = True
) -> Stat:
    """Write a file that does not exist yet; FileExistsError where it does, with nothing changed.

    `tmp`: folder for the temporary file (used where it is on the same file system), else beside `path`.
    """
    with translated(path), opened(path.parent, within) as folder:
        if not _write_nameless(data, folder, path.name, mode=modes.file, sync=sync):
            with _temporary(data, folder, tmp, mode=modes.file, sync=sync) as (place, name):
                _link(name, place, path.name, folder)
        if sync:
            try:
                os.fsync(folder)
            except OSError:
                # Nobody may find, and trust, a name whose durability is unknown.
                with suppress(OSError):
                    os.unlink(path.name, dir_fd=folder)
                raise
        # Asked last: the ctime moves with each name that comes and goes.
        return Stat.of(os.stat(path.name, dir_fd=folder, follow_symlinks=False))


def replace(
    path: Path,
    data: bytes,
    *,
    within: Path,
    modes: Modes,
    expect: Stat | None = None,
    tmp: Path | None = None,
    sync: bool = True,
) -> Stat:
    """Put `data` in the file's place; ConflictError when the file is not the one `expect` describes.

    Wider permissions that somebody gave to the old file are kept.
    """
    with translated(path), opened(path.parent, within) as folder:
        mode = modes.file
        with suppress(FileNotFoundError):
            old = os.stat(path.name, dir_fd=folder, follow_symlinks=False)
            if not stat.S_ISREG(old.st_mode):
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
            mode |= stat.S_IMODE(old.st_mode) & 0o777
        with _temporary(data, folder, tmp, mode=mode, sync=sync) as (place, name):
            if expect is not None and _stat(path.name, folder) != expect:
                raise ConflictError("somebody else changed it meanwhile", str(path), "Look, then repeat.")
            os.rename(name, path.name, src_dir_fd=place, dst_dir_fd=folder)
            if sync:
                os.fsync(folder)
        return Stat.of(os.stat(path.name, dir_fd=folder, follow_symlinks=False))


@dataclass(frozen=True, slots=True)
class Staged:
    """New contents of `path`, written under a passing name in the folder `place`; not flushed yet."""

    path: Path
    place: Path
    name: str


def stage(path: Path, data: bytes, *, within: Path, modes: Modes, tmp: Path) -> Staged:
    """Write what is to replace a file, so that many can be flushed at once before the first is replaced.

    A rename over a file whose new bytes are not on the disk may leave an empty one after a power cut, and
    costs 3 ms on ext4, which then writes them out at once.
    """
    name = f".desk-{os.getpid()}-{os.urandom(6).hex()}.tmp"
    with translated(path), opened(path.parent, within) as folder, opened(tmp, tmp) as apart:
        is_near = os.fstat(apart).st_dev == os.fstat(folder).st_dev
        status = os.stat(path.name, dir_fd=folder, follow_symlinks=False)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        mode = modes.file | stat.S_IMODE(status.st_mode) & 0o777
        descriptor = os.open(name, _NEW, mode, dir_fd=apart if is_near else folder)
        staged = Staged(path, tmp if is_near else path.parent, name)
        try:
            with os.fdopen(descriptor, "wb", buffering=0) as file:
                _own(descriptor, folder, mode)
                rest = memoryview(data)
                while rest:
                    rest = rest[file.write(rest) :]
        except BaseException:
            unstage(staged)
            raise
    return staged


def put_staged(staged: Staged, *, within: Path, expect: Stat) -> Stat:
    """Put staged contents, which the caller has flushed, in their place; the name is not flushed.

    Raises ConflictError, and leaves the file, when it is not the one `expect` describes.
    """
    path = staged.path
    with translated(path), opened(path.parent, within) as folder, opened(staged.place, staged.place) as place:
        if _stat(path.name, folder) != expect:
            raise ConflictError("somebody else changed it meanwhile", str(path), "Look, then repeat.")
        os.rename(staged.name, path.name, src_dir_fd=place, dst_dir_fd=folder)
        return Stat.of(os.stat(path.name, dir_fd=folder, follow_symlinks=False))


def unstage(staged: Staged) -> None:
    """Remove what was staged and not put."""
    (staged.place / staged.name).unlink(missing_ok=True)


def append(path: Path, data: bytes, *, within: Path, modes: Modes, sync: bool = True) -> None:
    """Add `data` in one write to the end of a file, made where it is missing."""
    flags = os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    with translated(path), opened(path.parent, within) as folder:
        try:
            descriptor, made = os.open(path.name, flags, dir_fd=folder), False
        except FileNotFoundError:
            descriptor, made = os.open(path.name, flags | os.O_CREAT, modes.file, dir_fd=folder), True
        with os.fdopen(descriptor, "wb", buffering=0) as file:
            if made:
                _own(descriptor, folder, modes.file)
            file.write(data)
            if sync:
                os.fsync(descriptor)
                if made:
                    os.fsync(folder)


@contextmanager
def opened_log(path: Path, *, within: Path, modes: Modes) -> Iterator[int]:
    """A descriptor for reading and writing a file that grows in place, made where it is missing."""
    flags = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    with translated(path), opened(path.parent, within) as folder:
        try:
            descriptor = os.open(path.name, flags, dir_fd=folder)
        except FileNotFoundError:
            descriptor = os.open(path.name, flags | os.O_CREAT, modes.file, dir_fd=folder)
            _own(descriptor, folder, modes.file)
            os.fsync(folder)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def write_at(descriptor: int, data: bytes, offset: int) -> None:
    """Write all of `data` at that offset."""
    rest = memoryview(data)
    while rest:
        written = os.pwrite(descriptor, rest, offset)
        rest, offset = rest[written:], offset + written


def remove(path: Path, *, within: Path, sync: bool = True) -> bool:
    """Remove a file; False where there was none."""
    with translated(path):
        try:
            with opened(path.parent, within) as folder:
                os.unlink(path.name, dir_fd=folder)
                if sync:
                    os.fsync(folder)
        except FileNotFoundError:
            return False
    return True


def make_dirs(path: Path, *, within: Path, modes: Modes, sync: bool = True) -> None:
    """Make `path` and what is missing above it, up to `within`; each new name is on the disk at the end."""
    with translated(path):
        with suppress(FileNotFoundError), opened(path, within):
            return
        if path != within:
            make_dirs(path.parent, within=within, modes=modes, sync=sync)
        with opened(path.parent, within if path != within else path.parent) as parent:
            with suppress(FileExistsError):
                os.mkdir(path.name, 0o700, dir_fd=parent)
                with opened(path, within if path != within else path.parent) as made:
                    _own(made, parent, modes.folder)
            # Also where another process was faster: its own fsync may not have happened yet.
            if sync:
                os.fsync(parent)


def settle(path: Path, *, within: Path) -> None:
    """See a file and its name through to the disk that another process wrote, perhaps without finishing."""
    with translated(path), opened(path.parent, within) as folder:
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        descriptor = os.open(path.name, flags, dir_fd=folder)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.fsync(folder)


def _write_nameless(data: bytes, folder: int, name: str, *, mode: int, sync: bool) -> bool:
    """Write a file that has no name before it is whole (open(2), O_TMPFILE); False where that cannot be done.

    Three calls fewer than a temporary name, and nothing to sweep up after a crash.
    """
    try:
        descriptor = os.open(".", _NAMELESS, mode, dir_fd=folder)
    except OSError as error:
        if error.errno in _NO_NAMELESS:
            return False
        raise
    try:
        _own(descriptor, folder, mode)
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        if sync:
            os.fsync(descriptor)
        os.link(f"/proc/self/fd/{descriptor}", name, dst_dir_fd=folder, follow_symlinks=True)
    except FileNotFoundError:
        return False  # no /proc here
    except OSError as error:
        if error.errno in _NO_LINKS:
            return False
        raise
    finally:
        os.close(descriptor)
    return True


@contextmanager
def _temporary(
    data: bytes, folder: int, tmp: Path | None, *, mode: int, sync: bool
) -> Iterator[tuple[int, str]]:
    """A written file under a passing name: its folder and name; the name is gone at the end."""
    with _place_for(folder, tmp) as place:
        name = f".desk-{os.getpid()}-{os.urandom(6).hex()}.tmp"
        descriptor = os.open(name, _NEW, mode, dir_fd=place)
        try:
            with os.fdopen(descriptor, "wb", buffering=0) as file:
                _own(descriptor, place, mode)
                rest = memoryview(data)
                while rest:
                    rest = rest[file.write(rest) :]
                if sync:
                    os.fsync(descriptor)
            yield place, name
        finally:
            with suppress(FileNotFoundError):
                os.unlink(name, dir_fd=place)


@contextmanager
def _place_for(folder: int, tmp: Path | None) -> Iterator[int]:
    """The temporary folder where it can serve (there, and on the same file system), else `folder` itself."""
    if tmp is not None:
        with suppress(FileNotFoundError), opened(tmp, tmp) as place:
            if os.fstat(place).st_dev == os.fstat(folder).st_dev:
                yield place
                return
    yield folder


def _link(name: str, place: int, target: str, folder: int) -> None:
    try:
        os.link(name, target, src_dir_fd=place, dst_dir_fd=folder, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        # Claim the name first, then bring the content: still exclusive, and never half a file.
        os.close(os.open(target, _NEW, 0o600, dir_fd=folder))
        os.rename(name, target, src_dir_fd=place, dst_dir_fd=folder)


def _own(descriptor: int, folder: int, mode: int) -> None:
    """Give a new file or folder its mode and, where root made it, the owner of the folder it lies in."""
    os.fchmod(descriptor, mode)
    if os.geteuid() == 0:
        above = os.fstat(folder)
        if above.st_uid or above.st_gid:
            os.fchown(descriptor, above.st_uid, above.st_gid)
            os.fchmod(descriptor, mode)  # a change of owner clears setgid


def _stat(name: str, folder: int) -> Stat | None:
    try:
        return Stat.of(os.stat(name, dir_fd=folder, follow_symlinks=False))
    except FileNotFoundError:
        return None
