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
_FIRST = 512
_PARTS = frozenset({"cur", "new", "tmp"})
_DEEPEST = 20
_LINK = "a symbolic link, which is not followed: name it by itself"
_PACKED = "it is packed, no mail: unpack it first"
_PICTURE = "it is a picture or a document, no mail"
_EXPORT = "it is JSON, no mail: an export of a helpdesk is taken over with --mapping NAME"
_INDEX = "an index of Thunderbird, beside the mailbox that it is about"
# How files begin that lie where mail lies, and are none.
_OTHER = (
    *(
        (mark, _PACKED)
        for mark in (b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"PK\x03\x04", b"\x28\xb5\x2f\xfd", b"7z\xbc\xaf")
    ),
    *((mark, _PICTURE) for mark in (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"%PDF-")),
    *((mark, _EXPORT) for mark in (b"{", b"[")),
    (b"// <!-- <mdb:mork", _INDEX),
    (b"SQLite format 3\0", "it is a database, no mail"),
    (b"<?xml", "it is XML, no mail"),
)
# A line may be as long as the mail; it is looked at in pieces.
_PIECE = 1 << 16


@dataclass(frozen=True, slots=True)
class Source:
    """One stored mail: a name to report it by, and how to read its bytes. `path` is "" inside an mbox."""

    name: str
    read: Callable[[], bytes]
    path: str = ""


def find_mail(path: Path, *, checks: bool = False) -> Iterator[Source]:
    """Every mail in a file, a folder, a Maildir or an mbox, in a stable order. Raises NotFoundError.

    A folder that cannot be read, and a link in one, is a source whose `read` raises OSError and says so: all
    else is given. With `checks`, so is a file that is clearly something else than mail.
    """
    if path.is_dir():
        for file in _files(path):
            yield from (file,) if isinstance(file, Source) else _file(file, checks=checks)
    elif path.is_file():
        yield from _file(_File(str(path)), checks=checks)
    else:
        raise NotFoundError("there is no such file or folder", str(path))


def count_mail(path: Path) -> int:
    """How many mails `find_mail` will give, as far as can be told without reading them (an mbox counts 1)."""
    if not path.is_dir():
        return 1
    return sum(1 for _ in _files(path))


def _file(file: _File, *, checks: bool) -> Iterator[Source]:
    path = Path(file.name)
    first = _first_bytes(path)
    if checks and (other := _other_than_mail(first)):
        if other != _INDEX:
            yield _unreadable(file.name, OSError(errno.EINVAL, other))
        return
    # A file that begins with `From ` may also be one mail with a stray first line. In a Maildir it always is,
    # and a lone one where its name says that it is a mail.
    is_mbox = first.startswith(_FROM) and not file.is_one
    spans = list(islice(_spans(path), 2)) if is_mbox else []
    is_mail = path.suffix.casefold() == ".eml" or not _envelope().match(first)
    if len(spans) > 1 or (spans and not is_mail):
        for number, (start, stop) in enumerate(_spans(path), 1):
            yield Source(f"{path}:{number}", partial(_read_span, path, start, stop))
    else:
        yield Source(file.name, partial(read_stored, path), file.name)


def _first_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as opened:
            return opened.read(_FIRST)
    except OSError:
        # Gone meanwhile, or not ours to read: whoever reads it says so, and goes on to the next.
        return b""


def _other_than_mail(first: bytes) -> str:
    """What a file is that begins so, and what to do; "" where it may be a mail."""
    text = first.removeprefix(b"\xef\xbb\xbf").lstrip()
    return next((said for mark, said in _OTHER if (text if mark in b"{[" else first).startswith(mark)), "")


def _unreadable(name: str, error: OSError) -> Source:
    def read() -> bytes:
        raise error

    return Source(name, read)


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


def why_not(error: OSError) -> str:
    """Why a source cannot be read, to stand behind a colon."""
    said = error.strerror or str(error)
    return said[:1].lower() + said[1:]


def job_of(source: Source) -> tuple[Source, str | bytes]:
    """The mail with what a reader in another process needs: its path, or its bytes.

    Where those cannot be had it is "", which cannot be read either: asked for again, `read` says why.
    """
    try:
        return source, source.path or source.read()
    except OSError:
        return source, ""


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


@dataclass(frozen=True, slots=True)
class _File:
    """A file that may hold mail; `is_one`: of a Maildir, whatever it begins with."""

    name: str
    is_one: bool = False


def _files(path: Path, depth: int = 0) -> Iterator[_File | Source]:
    """The files that hold mail: of a Maildir what is in cur and new, of any folder all that is not hidden."""
    if _is_there(path / "cur") and _is_there(path / "new"):
        yield from _maildir(path, depth)
        return
    for entry in _listed(path, depth):
        if isinstance(entry, Source):
            yield entry
        elif not entry.name.startswith("."):
            yield from _files(Path(entry.path), depth + 1) if _is_folder(entry) else _plain(entry)


def _maildir(path: Path, depth: int) -> Iterator[_File | Source]:
    """The mails of a Maildir, and of those in it: `.Sent` as Maildir++ has it, or `Archive/2019`."""
    folders = []
    for entry in _listed(path, depth):
        if isinstance(entry, Source):
            yield entry
        elif _is_folder(entry) and entry.name not in _PARTS:
            folders.append(Path(entry.path))
        elif entry.is_symlink() and _is_there(Path(entry.path)):
            yield _unreadable(entry.path, OSError(errno.ELOOP, _LINK))
    for part in ("cur", "new") if _is_there(path / "cur") or _is_there(path / "new") else ():
        for entry in _listed(path / part, depth):
            yield from (entry,) if isinstance(entry, Source) else _plain(entry, is_one=True)
    for folder in folders:
        yield from _maildir(folder, depth + 1)


def _plain(entry: os.DirEntry[str], *, is_one: bool = False) -> Iterator[_File | Source]:
    if entry.is_file(follow_symlinks=False):
        yield _File(entry.path, is_one)
    elif entry.is_symlink() and _leads_somewhere(entry):
        yield _unreadable(entry.path, OSError(errno.ELOOP, _LINK))


def _listed(folder: Path, depth: int) -> list[os.DirEntry[str] | Source]:
    """What is in a folder, by name; where it cannot be read, that it cannot."""
    try:
        if depth > _DEEPEST:
            raise OSError(errno.ENAMETOOLONG, "folders within folders without end")  # noqa: TRY301 - said as others
        return [*sorted(os.scandir(folder), key=lambda entry: entry.name)]
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        return [_unreadable(str(folder), error)]


def _is_there(folder: Path) -> bool:
    """Whether there is such a folder, perhaps one that may not be read."""
    try:
        return folder.is_dir()
    except OSError:
        return False


def _leads_somewhere(link: os.DirEntry[str]) -> bool:
    """Whether there is mail behind a link, as far as anybody can say."""
    try:
        return link.is_file() or link.is_dir()
    except OSError:
        # In a circle, or into a folder that is closed to us.
        return True


def _is_folder(entry: os.DirEntry[str]) -> bool:
    return entry.is_dir(follow_symlinks=False)
