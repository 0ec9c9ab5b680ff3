"""A result written into a file that a person named: whole, or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from stat import S_ISREG
from typing import TYPE_CHECKING

from helpdesk_cli.errors import UsageError, fault

if TYPE_CHECKING:
    from collections.abc import Iterable


def save(name: str, pieces: Iterable[str] | Iterable[bytes]) -> None:
    """Write the text or bytes; what was there is replaced when all is on the disk, and keeps its mode.

    A new file can be read by its owner only: it holds words of customers, as the desk does. A device or a
    pipe is written to as it is. Raises UsageError for a folder and where there is none to write into, else
    the DeskError that fits what the system says.
    """
    place = Path(name)
    if place.is_dir() or name.endswith(os.sep):
        raise UsageError("this names a folder", name, "Name a file in it.")
    if not place.parent.exists() and not place.is_symlink():
        hint = "Make it first, or name a file somewhere else."
        raise UsageError(f"there is no folder {place.parent}", name, hint)
    try:
        mode = place.stat().st_mode if place.exists() else None
        if mode is not None and not S_ISREG(mode):
            with place.open("wb") as file:
                file.writelines(map(_encoded, pieces))
            return
        # A link stays one: what it leads to is replaced.
        _replace(Path(os.path.realpath(name)), pieces, 0o600 if mode is None else mode)
    except OSError as error:
        raise fault(error, name) from error


def _encoded(piece: str | bytes) -> bytes:
    return piece if isinstance(piece, bytes) else piece.encode("utf-8")


def _replace(place: Path, pieces: Iterable[str] | Iterable[bytes], mode: int) -> None:
    beside = place.with_name(f".{place.name[:200]}.{os.getpid()}.new")
    try:
        with beside.open("xb") as file:
            os.fchmod(file.fileno(), mode & 0o7777)
            file.writelines(map(_encoded, pieces))
            file.flush()
            os.fsync(file.fileno())
        beside.replace(place)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
