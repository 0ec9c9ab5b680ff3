"""Room on the disk, asked before writing; and one flush for many files."""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING

from helpdesk_cli.errors import TryAgainError
from helpdesk_cli.storage.faults import translated

if TYPE_CHECKING:
    from pathlib import Path

FLOOR = 200 * 1000 * 1000
INODE_FLOOR = 1000


def require_space(path: Path, need: int, *, floor: int = FLOOR, inodes: int = INODE_FLOOR) -> None:
    """TryAgainError unless `floor` bytes (or twice `need`, if more) and `inodes` files fit there."""
    with translated(path):
        disk = os.statvfs(path)
    free = disk.f_bavail * disk.f_frsize
    wanted = max(floor, 2 * need)
    if free < wanted:
        raise TryAgainError(
            f"only {free // 1_000_000} MB are free; desk writes nothing below {wanted // 1_000_000} MB",
            str(path),
            "Free some space on this disk.",
        )
    # btrfs and others without an inode table report 0 of 0.
    if disk.f_files and disk.f_favail < inodes:
        raise TryAgainError(
            f"only {disk.f_favail} more files fit on this disk; desk writes nothing below {inodes}",
            str(path),
            "Remove small files that are not needed.",
        )


def sync_filesystem(path: Path) -> None:
    """Everything written on the file system of `path` is on the disk (syncfs(2); errors since Linux 5.8)."""
    with translated(path):
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            _syncfs(descriptor)
        finally:
            os.close(descriptor)


def _syncfs(descriptor: int) -> None:
    # ctypes costs 4 ms and only batches come here.
    ctypes = importlib.import_module("ctypes")
    call = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
    if call is None:
        os.sync()
    elif call(descriptor) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
