"""The original bytes of every mail, by their sha256, on the host that took them in (DECISIONS 14)."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from helpdesk_cli.errors import InvalidFileError, NotFoundError
from helpdesk_cli.storage import durable, folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_DIGEST = re.compile(r"[0-9a-f]{64}")


def path_of(state: Path, sha256: str) -> Path:
    """Where the mail with that sha256 lies, or would lie."""
    if not _DIGEST.fullmatch(sha256):
        raise NotFoundError("is not the sha256 of a mail", sha256)
    return state / "raw" / sha256[:2] / sha256


def keep(state: Path, data: bytes, *, sync: bool = True) -> str:
    """Keep the bytes and give their sha256; they are on the disk when this returns.

    Keeping twice is keeping once; a damaged copy (a power cut in a batch) is replaced.
    """
    sha256 = hashlib.sha256(data).hexdigest()
    path, modes, tmp = path_of(state, sha256), durable.modes_of(state), state / "tmp"
    for _ in range(2):
        try:
            durable.write_new(path, data, within=state, modes=modes, tmp=tmp, sync=sync)
        except FileNotFoundError:
            durable.make_dirs(path.parent, within=state, modes=modes, sync=sync)
        except FileExistsError:
            if not verify(state, sha256):
                durable.replace(path, data, within=state, modes=modes, tmp=tmp, sync=sync)
            elif sync:
                # Whoever wrote it may have died before its name was on the disk.
                durable.settle(path, within=state)
            return sha256
        else:
            return sha256
    raise NotFoundError("the folder vanished while a mail was written to it", str(path.parent))


def read(state: Path, sha256: str) -> bytes:
    """The original bytes; NotFoundError where this host does not have them."""
    path = path_of(state, sha256)
    try:
        data, _ = folder.read_file(path, within=state)
    except FileNotFoundError:
        raise NotFoundError(
            f"the original of mail {sha256[:12]} is not here",
            hint="Originals are kept only on the host that took the mail in, and in its backups.",
        ) from None
    if hashlib.sha256(data).hexdigest() != sha256:
        raise InvalidFileError(
            "is damaged: its sha256 is not its name", str(path), "Restore it from a backup."
        )
    return data


def remove(state: Path, sha256: str) -> bool:
    """Forget an original, for good; False where it is not here. For what was redacted."""
    return durable.remove(path_of(state, sha256), within=state)


def verify(state: Path, sha256: str) -> bool:
    """Whether the original is here and whole."""
    try:
        read(state, sha256)
    except (NotFoundError, InvalidFileError):
        return False
    return True


def digests(state: Path) -> Iterator[str]:
    """The sha256 of every original that is here, in order."""
    for shelf in sorted((state / "raw").glob("[0-9a-f][0-9a-f]")):
        yield from sorted(path.name for path in shelf.iterdir() if _DIGEST.fullmatch(path.name))


def last_kept(state: Path) -> datetime | None:
    """When the last original was kept here; None where there is none."""
    # A folder's time is that of the last name in it.
    times = [shelf.stat().st_mtime for shelf in (state / "raw").glob("[0-9a-f][0-9a-f]")]
    return datetime.fromtimestamp(int(max(times)), UTC) if times else None
