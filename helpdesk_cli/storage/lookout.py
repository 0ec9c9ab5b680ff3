"""A child that looks at the stat of every ticket file while its parent starts, or looks at others itself.

Ten thousand stats take 25 ms, which no program makes faster; a second processor does them meanwhile. The
child knows nothing of the index. It says how each month's folder was found: its time before it was looked
into, the seal of its files' stats, and where in a nameless file the stats themselves are. Whoever asks
believes that of a folder whose time is still the same, and looks itself wherever there is no answer.
"""

from __future__ import annotations

import atexit
import marshal
import os
import zlib
from contextlib import suppress
from stat import S_ISDIR
from typing import TYPE_CHECKING

from helpdesk_cli.errors import InvalidFileError
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# tickets, year, month.
LEVELS = 3
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = 65536
_KILL = 9

# (name, inode, size, mtime_ns, ctime_ns) of each file.
FileStat = tuple[str, int, int, int, int]


@dataclass(frozen=True, slots=True)
class Look:
    """A month's folder as it was found: its time before that, and its files' stats as `seal_of` has them."""

    mtime_ns: int
    data: bytes | None  # None: to be read when they are asked for
    seal: str
    file: int = -1
    place: int = 0
    size: int = 0

    def stats(self) -> list[FileStat]:
        """Every file's stat. OSError, ValueError, EOFError where the child left less than it said."""
        data = os.pread(self.file, self.size, self.place) if self.data is None else self.data
        found: list[FileStat] = marshal.loads(data)  # noqa: S302 - written by this process or its child
        return found


def folders(root: str) -> Iterator[tuple[str, int]]:
    """(path, mtime in ns) of `tickets/<year>/<month>` and the levels above, links not followed."""
    level = ["tickets"]
    for depth in range(LEVELS):
        below: list[str] = []
        for folder in level:
            try:
                stat = os.lstat(f"{root}/{folder}")
            except FileNotFoundError:
                continue
            if not S_ISDIR(stat.st_mode):
                hint = "desk follows no links: put the folder itself here."
                raise InvalidFileError("is not a folder", f"{root}/{folder}", hint)
            yield folder, stat.st_mtime_ns
            if depth < LEVELS - 1:
                with suppress(PermissionError):  # said by who compares its files
                    below += sorted(
                        f"{folder}/{entry.name}"
                        for entry in os.scandir(f"{root}/{folder}")
                        if entry.name.isdecimal() and entry.is_dir(follow_symlinks=False)
                    )
        level = below


def is_month(folder: str) -> bool:
    """Whether ticket files lie in that folder, not further folders."""
    return folder.count("/") == LEVELS - 1


def look(root: str, folder: str) -> Look:
    """That folder now. OSError as the system says it."""
    # By its descriptor: a path of eight names for each of a hundred thousand files adds up.
    place = _descend(root, folder)
    try:
        mtime = os.fstat(place).st_mtime_ns
        with os.scandir(place) as entries:
            stats = [
                (entry.name, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
                for entry in entries
                if entry.name[-3:] == ".md"
                for stat in (entry.stat(follow_symlinks=False),)
            ]
    finally:
        os.close(place)
    # Version 2 has no references: the same values are the same bytes. Names that are no text are, too.
    data = marshal.dumps(stats, 2)
    return Look(mtime, data, seal_of(len(stats), data))


def seal_of(number: int, data: bytes) -> str:
    """The number of files, and two sums over what was seen of them, in the order in which they lie."""
    return f"{number}:{zlib.crc32(data):08x}{zlib.adler32(data):08x}"


def sealed(seal: str) -> int:
    """How many files a seal is for."""
    return int(seal.partition(":")[0] or 0)


class Lookout:
    """The child, seen from its parent: it begins with the first folder, so that the parent takes the last."""

    def __init__(self, root: str, names: Iterable[str] | None = None) -> None:
        """Start it; without `names` it finds the months' folders itself. OSError where that cannot be."""
        self.root = root
        self._stats = os.memfd_create("desk-stats")
        self._looks: dict[str, Look | None] = {}
        self._begun = ""
        self._rest = b""
        out, told = os.pipe()
        try:
            self._pid = os.fork()
        except BaseException:
            for descriptor in (self._stats, out, told):
                os.close(descriptor)
            raise
        if not self._pid:
            try:
                _keep_only(told, self._stats)
                _serve(root, names, told, self._stats)
            finally:
                os._exit(0)
        os.close(told)
        os.set_blocking(out, False)
        self._out = out
        self._parent = os.getpid()
        # A call that ends before it needed the child leaves none behind.
        atexit.register(self.stop)

    def look_at(self, folder: str) -> Look | None:
        """How the child found it, waited for where the child is at it; None where somebody else must look."""
        self._hear()
        while self._begun == folder and self._out >= 0:
            self._wait()
        return self._looks.pop(folder, None)

    def hear_out(self) -> None:
        """Wait until the child has looked at everything."""
        while self._out >= 0:
            self._wait()

    def stop(self) -> None:
        """End the child, if it has not ended."""
        if self._parent != os.getpid() or not self._pid:
            return
        atexit.unregister(self.stop)
        pid, self._pid = self._pid, 0
        self._hang_up()
        os.close(self._stats)
        with suppress(OSError):
            os.kill(pid, _KILL)
        with suppress(ChildProcessError):
            os.waitpid(pid, 0)

    def _wait(self) -> None:
        """Wait for the child's next words, or its end."""
        os.set_blocking(self._out, True)
        self._hear()

    def _hear(self) -> None:
        """Take what the child has said."""
        while self._out >= 0:
            try:
                data = os.read(self._out, _READ)
            except BlockingIOError:
                return
            if not data:
                self._hang_up()
                return
            *lines, self._rest = (self._rest + data).split(b"\n")
            for line in lines:
                self._note(os.fsdecode(line))
            os.set_blocking(self._out, False)

    def _note(self, line: str) -> None:
        folder, *said = line.split("\t")
        self._begun = "" if said else folder
        if said[1:]:
            mtime, seal, place, size = said
            self._looks[folder] = Look(int(mtime), None, seal, self._stats, int(place), int(size))

    def _hang_up(self) -> None:
        self._begun = ""
        if self._out >= 0:
            os.close(self._out)
            self._out = -1


def can_be_sent() -> bool:
    """Whether there is a second processor, and a system that lets two processes work together like this."""
    return hasattr(os, "memfd_create") and len(os.sched_getaffinity(0)) > 1


def send_ahead(root: str) -> Lookout | None:
    """The child, started to look at that desk's files for whoever will `take` it; None where it cannot be."""
    with suppress(OSError):
        _AHEAD.append(Lookout(root))
        return _AHEAD[-1]
    return None


def take(root: str) -> Lookout | None:
    """The child that was sent ahead to that very desk, once; None where there is none."""
    if not _AHEAD:
        return None
    found = _AHEAD.pop()
    if found.root == root:
        return found
    found.stop()
    return None


_AHEAD: list[Lookout] = []


def _serve(root: str, names: Iterable[str] | None, told: int, stats: int) -> None:
    """Be the child: a line when a folder is begun, and when it is done; what fails, the parent does."""
    place = 0
    for folder in names if names is not None else [path for path, _ in folders(root) if is_month(path)]:
        _tell(told, folder)
        try:
            found = look(root, folder)
        except OSError:
            _tell(told, f"{folder}\t")
            continue
        data = found.data or b""
        written = 0
        while written < len(data):
            written += os.pwrite(stats, data[written:], place + written)
        _tell(told, f"{folder}\t{found.mtime_ns}\t{found.seal}\t{place}\t{len(data)}")
        place += len(data)


def _tell(told: int, line: str) -> None:
    data = os.fsencode(f"{line}\n")
    while data:
        data = data[os.write(told, data) :]


def _keep_only(*kept: int) -> None:
    """Let go of everything else: who waits for the end of our parent's output must not wait for us."""
    top = max(kept) + 1
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(3):
        if descriptor not in kept:
            os.dup2(nothing, descriptor)
    for descriptor in range(3, top):
        if descriptor not in kept:
            with suppress(OSError):
                os.close(descriptor)
    os.closerange(top, top + 1024)


def _descend(root: str, folder: str) -> int:
    """A descriptor of the folder; below the root no link is followed."""
    descriptor = os.open(root, _FOLDER & ~os.O_NOFOLLOW)
    try:
        for name in folder.split("/"):
            below = os.open(name, _FOLDER, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = below
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor
