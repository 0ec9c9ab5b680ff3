"""Work that a second processor takes its part of: pure work over what this process holds already.

A forked child sees all that its parent has read, so that nothing has to be sent to it. The two take the next
part from one another until none is left, and neither waits: the numbers of the parts lie in a pipe, and
whoever reads one has it. What a child that ended before its time had taken is done again by the parent.
"""

from __future__ import annotations

import os
import pickle
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# A number is one byte: two that read from one pipe never get half of one each.
MOST_PARTS = 256
_CHUNK = 1 << 20
_SIZE = 8

Done = TypeVar("Done")


class Shared(Generic[Done]):
    """Work in parts, of which a child may be doing some. `parts` and `told` are pipes; -1: there is none."""

    def __init__(self, count: int, work: Callable[[int], Done], parts: int = -1, told: int = -1) -> None:
        """As `shared`."""
        self._count, self._work = count, work
        self._parts, self._told = parts, told

    def finish(self) -> list[Done]:
        """What every part comes to, in order. Raises what the work raises."""
        found = {part: self._work(part) for part in _taken(self._parts)}
        found |= _heard(self._told)
        return [found[part] if part in found else self._work(part) for part in range(self._count)]


@contextmanager
def shared(count: int, work: Callable[[int], Done]) -> Iterator[Shared[Done]]:
    """`count` parts of some work, begun by a child with what this process holds now.

    `work` gives what one part, by its number, comes to, which must pickle. It has no effects, and asks no
    database: a connection is of one process. Where there is no second processor, and where no child can be
    had, all is done by `finish`. Raises ValueError for more than MOST_PARTS.
    """
    if count > MOST_PARTS:
        raise ValueError(f"{count} parts are more than {MOST_PARTS}")
    if count < 2 or len(os.sched_getaffinity(0)) < 2:  # noqa: PLR2004 - one has nothing to share
        yield Shared(count, work)
        return
    parts, numbers = os.pipe()
    told, say = os.pipe()
    os.write(numbers, bytes(range(count)))
    os.close(numbers)
    try:
        pid = os.fork()
    except OSError:
        pid = -1
    if not pid:
        # Else it would wait for a parent that is gone to read what it says.
        os.close(told)
        _serve(work, parts, say)
    os.close(say)
    try:
        yield Shared(count, work, parts, told)
    finally:
        os.close(parts)
        os.close(told)
        if pid > 0:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def _serve(work: Callable[[int], object], parts: int, say: int) -> None:
    """Be the child, which ends here."""
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        data = pickle.dumps({part: work(part) for part in _taken(parts)}, pickle.HIGHEST_PROTOCOL)
        view = memoryview(len(data).to_bytes(_SIZE, "big") + data)
        while view:
            view = view[os.write(say, view[:_CHUNK]) :]
    finally:
        # Nothing of the parent's is flushed or taken back by its child; an error is the parent's to meet.
        os._exit(0)


def _taken(parts: int) -> Iterator[int]:
    """The numbers of the parts that nobody else takes, until there are no more."""
    while parts >= 0 and (number := os.read(parts, 1)):
        yield number[0]


def _heard(told: int) -> dict[int, Done]:
    """What the child did; nothing where it ended before it could say so."""
    chunks = []
    while told >= 0 and (chunk := os.read(told, _CHUNK)):
        chunks.append(chunk)
    data = b"".join(chunks)
    if len(data) < _SIZE or len(data) - _SIZE != int.from_bytes(data[:_SIZE], "big"):
        return {}
    found: dict[int, Done] = pickle.loads(memoryview(data)[_SIZE:])  # noqa: S301 - written by our own child
    return found
