"""One writer at a time: flock on a file kept for that alone.

The kernel lets go when the holder dies, so a lock is never stale (RELIABILITY G14). Waiting is by looking
again after 1 ms, then a little later each time up to 10 ms, by chance earlier or later: a blocking flock can
only be bounded by a signal, which a library may not take; and with many waiting, one of them looks soon.

Whoever takes the lock again and again lets those in who wait (`let_others`): they hold a second lock together
while they do, so that whether there are any is a fact and no guess about how often they look.
"""

from __future__ import annotations

import fcntl
import os
import random
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from helpdesk_cli.errors import DeskError, TryAgainError
from helpdesk_cli.storage import durable
from helpdesk_cli.storage.faults import translated

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FIRST_WAIT = 0.001
_LONGEST_WAIT = 0.010
_FLAGS = os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC


class Lock:
    """A held lock; `descriptor` may be handed to a child that must be outlived before others may enter."""

    __slots__ = ("descriptor",)

    def __init__(self, descriptor: int) -> None:
        """Take over the open and locked `descriptor`."""
        self.descriptor = descriptor

    def release(self) -> None:
        """Let the next one in. Explicitly unlocked: a forked child may still have the descriptor open."""
        if self.descriptor >= 0:
            # Where that fails (network file systems) closing does it, unless a child has it open.
            with suppress(OSError):
                fcntl.flock(self.descriptor, fcntl.LOCK_UN)
            self.leave()

    def leave(self) -> None:
        """Let go, but not for a child that was given the descriptor: the lock is free when that has ended."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1


@contextmanager
def hold(path: Path, *, timeout: float, modes: durable.Modes) -> Iterator[Lock]:
    """Hold the lock inside the block (not re-entrant); TryAgainError when busy for `timeout` seconds."""
    lock = try_hold(path, modes=modes) or _wait(path, timeout, modes=modes)
    try:
        yield lock
    finally:
        lock.release()


def _wait(path: Path, timeout: float, *, modes: durable.Modes) -> Lock:
    end = time.monotonic() + timeout
    wait = _FIRST_WAIT
    waiting: Lock | None = None
    try:
        while (lock := try_hold(path, modes=modes)) is None:
            waiting = waiting or _line_up(path, modes)
            left = end - time.monotonic()
            if left <= 0:
                raise TryAgainError(
                    f"busy: another desk command has been writing for {timeout:g} s", str(path)
                )
            time.sleep(min(left, wait * random.uniform(0.5, 1.5)))  # noqa: S311 (spreads the waiting, guards nothing)
            wait = min(wait * 2, _LONGEST_WAIT)
        return lock
    finally:
        if waiting is not None:
            waiting.release()


def let_others(path: Path, *, longest: float) -> None:
    """Return when nobody waits for the lock any more, or in so many seconds; the caller does not hold it."""
    end = time.monotonic() + longest
    while is_awaited(path) and time.monotonic() < end:
        time.sleep(_FIRST_WAIT)


def is_awaited(path: Path) -> bool:
    """Whether somebody waits for the lock at this moment."""
    try:
        descriptor = os.open(_line(path), _FLAGS)
    except OSError:
        # Nobody ever waited.
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    else:
        fcntl.flock(descriptor, fcntl.LOCK_UN)
        return False
    finally:
        os.close(descriptor)


def _line(path: Path) -> Path:
    return path.with_name(f"{path.stem}.waiting.lock")


def _line_up(path: Path, modes: durable.Modes) -> Lock | None:
    """What those who wait hold together; None where that is not to be had just now."""
    try:
        descriptor = _open(_line(path), modes)
    except (OSError, DeskError):
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return Lock(descriptor)


def try_hold(path: Path, *, modes: durable.Modes, must_exist: bool = False) -> Lock | None:
    """The lock, or None where another process (or this one) holds it.

    The file is made where it is missing; with `must_exist` that is FileNotFoundError.
    """
    with translated(path):
        while True:
            descriptor = os.open(path, _FLAGS) if must_exist else _open(path, modes)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                return None
            except BaseException:
                os.close(descriptor)
                raise
            # Somebody may have removed the file between open and flock: then others lock another file.
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(descriptor), path.stat()):
                    return Lock(descriptor)
            os.close(descriptor)


def _open(path: Path, modes: durable.Modes) -> int:
    try:
        return os.open(path, _FLAGS)
    except FileNotFoundError:
        durable.make_dirs(path.parent, within=path.parent.parent, modes=modes)
        with suppress(FileExistsError):
            durable.write_new(path, b"", within=path.parent, modes=modes, sync=False)
        return os.open(path, _FLAGS)
