"""The queue drained into git: by whoever gets the commit lock, all of it, and a last look after unlocking."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Self

from helpdesk_cli.errors import DeskError
from helpdesk_cli.storage import git, landing, lock, refs
from helpdesk_cli.storage.pending import Commit, Entry, Queue, Reached, read_reached
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Generator
    from types import TracebackType

    from helpdesk_cli.storage.layout import Layout

_ENTRIES = 1000
_BYTES = 16 * 1024 * 1024
_ATTEMPTS = 5
_BACKLOGS = 8
_LOOK_AGAIN_FOR = 60.0
_BUSY = "another desk command is committing"


@dataclass(frozen=True, slots=True)
class DrainResult:
    """How many changes became commits, how many still wait, and why they do ("" when none)."""

    committed: int
    left: int
    why: str


def drain(layout: Layout, committer: tuple[str, str]) -> DrainResult:
    """Commit what is queued, as far as git allows now; never raises for git's sake: what cannot be waits.

    Where another process is at it, this returns at once: that one looks again after it has unlocked.
    """
    committed, left, why = 0, 0, ""
    end = time.monotonic() + _LOOK_AGAIN_FOR
    try:
        queue = Queue(layout)
        while not queue.is_empty and not why and time.monotonic() < end:
            held = lock.try_hold(layout.commit_lock, modes=layout.modes)
            if held is None:
                why = _BUSY
                break
            try:
                some, why = _finish(_commit_queued(queue, committer, held.descriptor))
                committed += some
            except BaseException:
                # A git may still be running (Ctrl-C): it keeps the lock until it has ended.
                held.leave()
                raise
            held.release()
        left = queue.count()
    except DeskError as error:
        why, left = str(error), left or 1
    return DrainResult(committed, left, why if left else "")


class BatchCommitter:
    """Commits many changes while the caller goes on: a chunk of the queue at a time, in git's own processes.

    The queue files are not flushed one by one: the caller owes a `space.sync_filesystem` before it reports a
    chunk. At the end of the block everything is committed that can be; `result` says so.
    """

    def __init__(self, layout: Layout, committer: tuple[str, str], *, chunk: int = 250) -> None:
        """Nothing happens before the first commit."""
        self.result = DrainResult(0, 0, "")
        self._queue = Queue(layout)
        self._layout = layout
        self._committer = committer
        self._chunk = chunk
        self._waiting = 0
        self._committed = 0
        self._steps: Generator[git.Running, None, tuple[int, str]] | None = None
        self._running: git.Running | None = None
        self._held: lock.Lock | None = None

    def __enter__(self) -> Self:
        """The committer itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Commit the rest, also when the caller failed: what is queued has happened."""
        while self._steps is not None:
            self._advance()
        last = drain(self._layout, self._committer)
        self.result = DrainResult(self._committed + last.committed, last.left, last.why)

    def commit(self, change: Commit) -> None:
        """Queue a change; it is committed with its chunk. Waits where git is far behind."""
        self.queue(change)
        self.catch_up()

    def catch_up(self) -> None:
        """Wait for git where it is far behind: not for those who hold a lock."""
        if self._steps is not None and self._waiting >= _BACKLOGS * self._chunk:
            self._advance()

    def queue(self, change: Commit) -> None:
        """The same as `commit`, for those who cannot wait."""
        self._queue.put(change, sync=False)
        self._waiting += 1
        if self._steps is not None:
            if self._running is None or self._running.is_done:
                self._advance()
        elif self._waiting >= self._chunk:
            self._waiting = 0
            self._held = lock.try_hold(self._layout.commit_lock, modes=self._layout.modes)
            if self._held is not None:
                self._steps = _commit_queued(self._queue, self._committer, self._held.descriptor, rounds=1)
                self._advance()

    def _advance(self) -> None:
        """Go on to the next git, waiting for the one before where it still runs."""
        if self._steps is None or self._held is None:
            return
        try:
            if self._running is not None:
                self._running.wait()
            self._running = next(self._steps)
        except StopIteration as end:
            self._committed += end.value[0]
            self._stop()
        except DeskError:
            # What stands in the way now is found again, and told, by the next chunk or at the end.
            self._stop()

    def _stop(self) -> None:
        if self._held is not None:
            self._held.release()
        self._steps = self._running = self._held = None


def _finish(steps: Generator[git.Running, None, tuple[int, str]]) -> tuple[int, str]:
    while True:
        try:
            running = next(steps)
        except StopIteration as end:
            committed: tuple[int, str] = end.value
            return committed
        running.wait()


def _commit_queued(
    queue: Queue, committer: tuple[str, str], outlive: int, *, rounds: int = 1_000_000
) -> Generator[git.Running, None, tuple[int, str]]:
    """Commit what is queued, under the commit lock; the number of commits and why something is left."""
    committed = moved = 0
    while rounds > 0 and (entries := queue.take(entries=_ENTRIES, size=_BYTES)):
        rounds -= 1
        try:
            tip, number = yield from _land(queue, entries, committer, outlive)
        except landing.MovedError as error:
            moved += 1
            rounds += 1
            if moved == _ATTEMPTS:
                return committed, str(error)
            continue
        except landing.LaterError as error:
            return committed, str(error)
        except git.GitError as error:
            number = yield from _land_singly(queue, entries, committer, outlive)
            if not number:
                return committed, str(error)
        else:
            queue.note(Reached(entries[-1].number, tip))
        committed += number
        moved = 0
    return committed, ""


def _land_singly(
    queue: Queue, entries: list[Entry], committer: tuple[str, str], outlive: int
) -> Generator[git.Running, None, int]:
    """Commit each by itself, for together they failed; put aside those that fail while others do not.

    Where all fail it is git that is out of order, not a change: then all stay.
    """
    landed, failed = 0, list[tuple[Entry, str]]()
    if len(entries) == 1:
        return 0
    for entry in entries:
        try:
            tip, number = yield from _land(queue, [entry], committer, outlive)
        except (landing.LaterError, landing.MovedError):
            return landed
        except git.GitError as error:
            failed.append((entry, str(error)))
        else:
            # Before `Reached` passes over them.
            _put_aside(queue, failed)
            queue.note(Reached(entry.number, tip))
            landed += number
    if landed and failed:
        number = failed[-1][0].number
        _put_aside(queue, failed)
        queue.note(Reached(number, read_reached(queue.layout).tip))
    return landed


def _put_aside(queue: Queue, failed: list[tuple[Entry, str]]) -> None:
    for entry, why in failed:
        queue.put_aside(entry, why)
    failed.clear()


def _land(
    queue: Queue, entries: list[Entry], committer: tuple[str, str], outlive: int
) -> Generator[git.Running, None, tuple[str, int]]:
    """Bring these changes into the index and the branch: the new tip and the number of commits made."""
    layout = queue.layout
    why = refs.obstacle(layout)
    if why:
        raise landing.LaterError(why)
    head = refs.head(layout)
    if not head.branch:
        raise landing.LaterError("HEAD is detached: no branch is checked out")
    reached = read_reached(layout)
    changes = landing.read_contents(layout, [entry for entry in entries if entry.number > reached.number])
    if head.tip and head.tip != reached.tip and changes:
        changes = yield from landing.leave_out_landed(layout, head.tip, changes)
    if not changes:
        return head.tip, 0
    final = {path: content for _, blobs in changes for path, content in blobs.items()}
    yield from landing.stage(layout, final, outlive=outlive)
    tip = yield from landing.publish(layout, head, changes, committer=committer, outlive=outlive)
    return tip, len(changes)
