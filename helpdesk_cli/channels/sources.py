"""Where stored mail lies: single files, folders, Maildir, mbox. Read only; nothing is moved or marked."""

from __future__ import annotations

import errno
import os
import re
from functools import cache, partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from helpdesk_cli.errors import NotFoundError
from helpdesk_cli.mail.limits import LARGEST_MAIL
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_FROM = b"From "
# A line may be as long as the mail; it is looked at in pieces.
_PIECE = 1 << 16


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
    # A file that begins with `From ` may also be one mail with a stray first line.
    if _may_be_mbox(path) and len(list(islice(_spans(path), 2))) > 1:
        for number, (start, stop) in enumerate(_spans(path), 1):
            yield Source(f"{path}:{number}", partial(_read_span, path, start, stop))
    else:
        yield Source(str(path), partial(read_stored, path), str(path))


def _may_be_mbox(file: Path) -> bool:
    try:
        with file.open("rb") as opened:
            return opened.read(len(_FROM)) == _FROM
    except OSError:
        # Gone meanwhile, or not ours to read: whoever reads it says so, and goes on to the next.
        return False


def _spans(path: Path) -> Iterator[tuple[int, int]]:
    """Where each mail of an mbox begins and ends: from its `From ` line to the empty line before the next."""
    start, at, is_blank, begins = -1, 0, True, True
    blank = 0
    with path.open("rb") as file:
        while piece := file.readline(_PIECE):
            if begins and piece.startswith(_FROM) and (is_blank or _envelope().match(piece)):
                if start >= 0:
                    yield start, at - blank
                start = at + len(piece)
            at += len(piece)
            is_blank = begins and piece in {b"\n", b"\r\n"}
            blank = len(piece) if is_blank else 0
            begins = piece.endswith(b"\n")
    if start >= 0:
        yield start, at - blank


@cache
def _envelope() -> re.Pattern[bytes]:
    """A `From ` line that nobody writes in a text: some programs leave out the empty line before it."""
    return re.compile(rb"From \S{1,320} {1,3}\w{3} \w{3} [ \d]?\d \d\d:\d\d(?::\d\d)? .{0,20}\d{4}")


def _read_span(path: Path, start: int, stop: int) -> bytes:
    _check_size(path, stop - start)
    with path.open("rb") as file:
        file.seek(start)
        return _unquoted(file.read(stop - start))


def read_stored(path: Path) -> bytes:
    """The bytes of a mail in a file of its own. Raises OSError, also for what is too large for a mail."""
    _check_size(path, path.stat().st_size)
    return path.read_bytes()


def job_of(source: Source) -> tuple[Source, str | bytes]:
    """The mail with what a reader in another process needs: its path, or its bytes.

    Where those cannot be had it is a path that cannot be read either: asked for again, `read` says why.
    """
    try:
        return source, source.path or source.read()
    except OSError:
        return source, source.name


def _check_size(path: Path, size: int) -> None:
    if size > LARGEST_MAIL:
        raise OSError(errno.EFBIG, f"larger than {LARGEST_MAIL // 1_000_000} MB", str(path))


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
        if _may_be_mbox(file):
            yield from _file(file)
        else:
            yield Source(name, partial(read_stored, file), name)


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
