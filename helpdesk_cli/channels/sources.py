"""Where stored mail lies: single files, folders, Maildir, mbox. Read only; nothing is moved or marked."""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from helpdesk_cli.errors import NotFoundError
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_FROM = b"From "


@dataclass(frozen=True, slots=True)
class Source:
    """One stored mail: a name to report it by, and how to read its bytes. `path` is "" inside an mbox."""

    name: str
    read: Callable[[], bytes]
    path: str = ""


def find_mail(path: Path) -> Iterator[Source]:
    """Every mail in a file, a folder, a Maildir or an mbox, in a stable order. Raises NotFoundError."""
    if path.is_dir():
        yield from _folder(path)
    elif path.is_file():
        yield from _file(path)
    else:
        raise NotFoundError("there is no such file or folder", str(path))


def count_mail(path: Path) -> int:
    """How many mails `find_mail` will give, as far as can be told without reading them (an mbox counts 1)."""
    if not path.is_dir():
        return 1
    return sum(1 for _ in _files(path))


def _file(path: Path) -> Iterator[Source]:
    with path.open("rb") as file:
        is_mbox = file.read(len(_FROM)) == _FROM
    if is_mbox and _has_second_message(path):
        yield from _mbox(path)
    else:
        yield Source(str(path), path.read_bytes, str(path))


def _has_second_message(path: Path) -> bool:
    """Whether a file that begins with `From ` is an mailbox, not one mail with a stray first line."""
    with path.open("rb") as file:
        blank = False
        for number, line in enumerate(file):
            if number and blank and line.startswith(_FROM):
                return True
            blank = not line.strip()
    return False


def _mbox(path: Path) -> Iterator[Source]:
    # 24 ms to import, and only mbox files need it.
    box = importlib.import_module("mailbox").mbox(path, factory=None, create=False)
    try:
        for number, key in enumerate(box.iterkeys(), 1):
            yield Source(f"{path}:{number}", lambda key=key: _unquoted(box.get_bytes(key)))  # type: ignore[misc] # bound now, not when called
    finally:
        box.close()


def _unquoted(data: bytes) -> bytes:
    """The mail as it was before the mailbox quoted its `From ` lines (mboxrd)."""
    if b"\n>" not in data:
        return data
    lines = data.split(b"\n")
    return b"\n".join(
        line[1:] if line.startswith(b">") and line.lstrip(b">").startswith(_FROM) else line for line in lines
    )


def _folder(path: Path) -> Iterator[Source]:
    for name in _files(path):
        file = Path(name)
        with file.open("rb") as opened:
            looks_like_mbox = opened.read(len(_FROM)) == _FROM
        if looks_like_mbox:
            yield from _file(file)
        else:
            yield Source(name, file.read_bytes, name)


def _files(path: Path) -> Iterator[str]:
    """The files that hold mail: of a Maildir what is in cur and new, of any folder all that is not hidden."""
    if (path / "cur").is_dir() and (path / "new").is_dir():
        folders = [
            path,
            *sorted(each for each in path.iterdir() if each.name.startswith(".") and (each / "cur").is_dir()),
        ]
        for folder in folders:
            for part in ("cur", "new"):
                yield from (entry.path for entry in _sorted(folder / part) if entry.is_file())
        return
    for entry in _sorted(path):
        if entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _files(Path(entry.path))
        elif entry.is_file():
            yield entry.path


def _sorted(folder: Path) -> list[os.DirEntry[str]]:
    try:
        return sorted(os.scandir(folder), key=lambda entry: entry.name)
    except FileNotFoundError:
        return []
