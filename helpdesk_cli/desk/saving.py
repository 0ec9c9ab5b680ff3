"""A result written into a file that a person named: whole, or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from stat import S_ISREG
from typing import TYPE_CHECKING

from helpdesk_cli.errors import fault

if TYPE_CHECKING:
    from collections.abc import Iterable


def save(name: str, pieces: Iterable[str]) -> None:
    """Write the text; what was there is replaced when all of it is on the disk, and keeps its mode.

    A device or a pipe is written to as it is. Raises the DeskError that fits what the system says.
    """
    place = Path(name)
    try:
        mode = place.stat().st_mode if place.exists() else None
        if mode is not None and not S_ISREG(mode):
            with place.open("w", encoding="utf-8") as file:
                file.writelines(pieces)
            return
        # A link stays one: what it leads to is replaced.
        _replace(Path(os.path.realpath(name)), pieces, mode)
    except OSError as error:
        raise fault(error, name) from error


def _replace(place: Path, pieces: Iterable[str], mode: int | None) -> None:
    beside = place.with_name(f".{place.name[:200]}.{os.getpid()}.new")
    try:
        with beside.open("x", encoding="utf-8") as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
            if mode is not None:
                os.fchmod(file.fileno(), mode & 0o7777)
        beside.replace(place)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
