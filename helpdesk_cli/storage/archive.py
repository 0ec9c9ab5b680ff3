"""One file that holds many, with the sha256 of each: a tar of plain files, gzipped, its list at the end.

An archive without its list was cut off, and one whose files are not as listed is damaged: both are refused.
Nothing is ever unpacked by tar's own rules: only plain files under safe names are read, as bytes.
"""

from __future__ import annotations

import json
import os
import tarfile
import zlib
from contextlib import contextmanager
from hashlib import sha256
from io import BytesIO
from typing import IO, TYPE_CHECKING, Any, cast

from helpdesk_cli.errors import InvalidFileError
from helpdesk_cli.storage.faults import translated

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

LIST = "list.json"
_LARGEST_LIST = 512 * 1024 * 1024
_PIECE = 1 << 20
# What reading a damaged tar or gzip raises; OSError for a wrong gzip header or checksum.
_DAMAGE = (tarfile.TarError, zlib.error, EOFError, OSError, ValueError, OverflowError)


class Writer:
    """Adds files to an archive; each under a name of its own."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        """Use `create`, which makes the archive whole or not at all."""
        self._tar = tar
        self._listed: dict[str, list[int | str]] = {}

    def add_bytes(self, name: str, data: bytes) -> None:
        """Add these bytes as a file."""
        self._add(name, BytesIO(data), len(data))

    def add_file(self, name: str, path: Path) -> bool:
        """Add a file as it lies there; False where it is gone. No link is followed."""
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        with os.fdopen(descriptor, "rb") as file:
            self._add(name, file, os.fstat(descriptor).st_size)
        return True

    @property
    def count(self) -> int:
        """How many files were added."""
        return len(self._listed)

    def finish(self, facts: Mapping[str, object]) -> None:
        """Add the list, and what else is to be known of the archive."""
        data = json.dumps({**facts, "files": self._listed}, indent=1).encode() + b"\n"
        self._add(LIST, BytesIO(data), len(data))

    def _add(self, name: str, file: IO[bytes], size: int) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mode = size, 0o600
        reader = _Hashed(file)
        self._tar.addfile(member, cast("IO[bytes]", reader))
        self._listed[name] = [size, reader.digest.hexdigest()]


@contextmanager
def create(path: Path) -> Iterator[Writer]:
    """A new archive, there under its name at the end of the block and on the disk; nothing where it failed.

    FileExistsError where the name is taken.
    """
    passing = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with translated(path):
        descriptor = os.open(passing, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                os.fchmod(descriptor, 0o600)
                with tarfile.open(fileobj=file, mode="w:gz", format=tarfile.PAX_FORMAT) as tar:
                    yield Writer(tar)
                file.flush()
                os.fsync(descriptor)
            os.link(passing, path)
        finally:
            passing.unlink(missing_ok=True)
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def check(path: Path) -> dict[str, Any]:
    """What is to be known of the archive, after every file in it was read and compared with the list.

    Raises InvalidFileError for an archive that is cut off, damaged, or none.
    """
    seen: dict[str, list[int | str]] = {}
    facts: dict[str, Any] = {}
    for name, file in _members(path):
        if facts:
            raise InvalidFileError("something follows the list of its files", str(path), _OTHER)
        if name == LIST:
            facts = _read_list(path, _Hashed(file, path).read(_LARGEST_LIST))
            continue
        reader = _Hashed(file, path)
        size = 0
        while piece := reader.read(_PIECE):
            size += len(piece)
        if name in seen:
            raise InvalidFileError(f"has two files named {name}", str(path), _OTHER)
        seen[name] = [size, reader.digest.hexdigest()]
    if not facts:
        raise InvalidFileError("is cut off: the list of its files is missing", str(path), _OTHER)
    if seen != facts["files"]:
        raise InvalidFileError("is damaged: its files are not those of its list", str(path), _OTHER)
    return facts


def files(path: Path, facts: Mapping[str, Any]) -> Iterator[tuple[str, IO[bytes]]]:
    """(name, content) of each file of an archive that was checked; what changed since raises at its end."""
    for name, file in _members(path):
        if name == LIST:
            return
        reader = _Hashed(file, path)
        yield name, cast("IO[bytes]", reader)
        while reader.read(_PIECE):
            continue
        if facts["files"].get(name, ["", ""])[1] != reader.digest.hexdigest():
            raise InvalidFileError(f"changed while it was read: {name}", str(path), "Begin again.")


class _Hashed:
    """A file that remembers the sha256 of what was read of it; its damage is that of the archive `place`."""

    def __init__(self, file: IO[bytes], place: Path | None = None) -> None:
        self._file = file
        self._place = place
        self.digest = sha256()

    def read(self, size: int = -1) -> bytes:
        try:
            data = self._file.read(size)
        except _DAMAGE as error:
            if self._place is None:
                raise
            raise InvalidFileError(f"is damaged ({error})", str(self._place), _OTHER) from None
        self.digest.update(data)
        return data


def _members(path: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """(name, content) of the members in order; InvalidFileError for a damaged archive or an unsafe member."""
    with translated(path), path.open("rb") as file:
        try:
            with tarfile.open(fileobj=file, mode="r|gz") as tar:
                for member in tar:
                    if not member.isreg() or not is_safe(member.name):
                        raise InvalidFileError(
                            f"holds what no backup does: {member.name!r}", str(path), _OTHER
                        )
                    content = tar.extractfile(member)
                    if content is None:
                        raise InvalidFileError(f"holds no content of {member.name!r}", str(path), _OTHER)
                    yield member.name, content
        except _DAMAGE as error:
            raise InvalidFileError(f"is damaged or no backup ({error})", str(path), _OTHER) from None


def is_safe(name: str) -> bool:
    """Whether a name stays inside the folder it is put into."""
    parts = name.split("/")
    return not name.startswith("/") and "\0" not in name and not {"", ".", ".."} & set(parts)


def _read_list(path: Path, data: bytes) -> dict[str, Any]:
    try:
        facts = json.loads(data)
    except (ValueError, RecursionError):
        facts = None
    if not isinstance(facts, dict) or not isinstance(facts.get("files"), dict):
        raise InvalidFileError("has a list of its files that cannot be read", str(path), _OTHER)
    return facts


_OTHER = "Take another backup."
