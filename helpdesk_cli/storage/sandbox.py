"""Hostile input is read in forked children with limits on time and memory. RELIABILITY G2, G10.

A child that is killed, runs out of memory or raises costs one mail its parsing, never the mail.
Forked, not a new interpreter: 1 ms instead of 60. Results come back pickled through a pipe: the
child is this very program, limited, not somebody else's.
"""

from __future__ import annotations

import fcntl
import os
import pickle
import resource
import select
import signal
from collections import deque
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Generic, Self, TypeVar, cast

from helpdesk_cli.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

CPU_SECONDS = 20
WALL_SECONDS = 60
MEMORY = 512 * 1024 * 1024
_HEADER = 8
_AHEAD = 1 << 20
_CHUNK = 1 << 20

Job = TypeVar("Job")
Result = TypeVar("Result")
Tag = TypeVar("Tag")


class LimitExceededError(Exception):
    """The child ended without a result: killed, out of memory, or an exception, whose name is the message."""


@dataclass(slots=True)
class Worker(Generic[Job, Result]):
    """A forked child that answers one job after another; replaced by `restart` when it died."""

    work: Callable[[Job], Result]
    cpu_seconds: int = CPU_SECONDS
    memory: int = MEMORY
    _pid: int = field(default=0, init=False)
    _jobs: int = field(default=-1, init=False)
    _results: int = field(default=-1, init=False)

    def start(self) -> None:
        """Fork the child."""
        job_out, job_in = os.pipe()
        result_out, result_in = os.pipe()
        # So much can be ahead of its reader, who has other things to do; where it may not be, less is.
        with suppress(OSError, AttributeError):
            fcntl.fcntl(result_in, fcntl.F_SETPIPE_SZ, _AHEAD)
        self._pid = os.fork()
        if self._pid == 0:
            try:
                os.close(job_in)
                os.close(result_out)
                self.serve(job_out, result_in)
            finally:
                os._exit(1)
        os.close(job_out)
        os.close(result_in)
        self._jobs, self._results = job_in, result_out

    def send(self, job: Job) -> None:
        """Give the child its next job; a child that is gone shows at `receive`."""
        if not self._pid:
            self.start()
        try:
            _write(self._jobs, pickle.dumps(job, pickle.HIGHEST_PROTOCOL))
        except BrokenPipeError:
            return

    def receive(self, *, wall_seconds: float = WALL_SECONDS) -> Result:
        """The result of the job that was sent. Raises LimitExceededError when there will be none."""
        ready, _, _ = select.select([self._results], [], [], wall_seconds)
        data = _read(self._results) if ready else None
        if data is None:
            self.stop()
            raise LimitExceededError("took too long" if not ready else "the child was ended by a limit")
        is_done, value = pickle.loads(data)  # noqa: S301 - written by our own child
        if not is_done:
            raise LimitExceededError(value)
        result: Result = value
        return result

    def is_ready(self, seconds: float) -> bool:
        """Whether a result or the child's end is there within that time; False where it was stopped."""
        return bool(self._pid) and bool(select.select([self._results], [], [], seconds)[0])

    def stop(self) -> None:
        """End the child."""
        if self._pid:
            os.close(self._jobs)
            os.close(self._results)
            try:
                os.kill(self._pid, signal.SIGKILL)
            finally:
                os.waitpid(self._pid, 0)
            self._pid = 0

    def adopt(self, pid: int, jobs: int, results: int) -> None:
        """Take over a child that somebody else forked and that is in `serve`."""
        self._pid, self._jobs, self._results = pid, jobs, results

    def serve(self, jobs: int, results: int) -> None:
        """Be the child: answer jobs until there are no more, then end the process."""
        for name in (signal.SIGINT, signal.SIGTERM, signal.SIGXCPU):
            signal.signal(name, signal.SIG_DFL)
        # Of a large parent's child, who begins with all that the parent has, half of it is for the job.
        _set_limit(resource.RLIMIT_AS, max(self.memory, _address_space() + self.memory // 2))
        _set_limit(resource.RLIMIT_CORE, 0)
        while (data := _read(jobs)) is not None:
            spent = resource.getrusage(resource.RUSAGE_SELF)
            seconds = int(spent.ru_utime + spent.ru_stime) + self.cpu_seconds + 1
            resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.getrlimit(resource.RLIMIT_CPU)[1]))
            try:
                answer = (True, self.work(pickle.loads(data)))  # noqa: S301 - written by our own parent
                packed = pickle.dumps(answer, pickle.HIGHEST_PROTOCOL)
            except Exception as error:  # noqa: BLE001 - whatever it is, the mail is kept and the parent told
                packed = pickle.dumps((False, type(error).__name__), pickle.HIGHEST_PROTOCOL)
            _write(results, packed)
        os._exit(0)


def run_limited(work: Callable[[Job], Result], job: Job) -> Result:
    """The result of one job in a child of its own. Raises LimitExceededError."""
    worker: Worker[Job, Result] = Worker(work)
    worker.start()
    try:
        worker.send(job)
        return worker.receive()
    finally:
        worker.stop()


class Results(Generic[Tag, Job, Result]):
    """(tag, result or the error) of every job in order, worked on by several children ahead of need.

    Jobs travel in groups, for fewer turns between processes; a group whose child died is done again
    one by one, so that one hostile job costs the others nothing. `close` ends the children; so does the end.
    """

    def __init__(
        self, work: Callable[[Job], Result], jobs: Iterable[tuple[Tag, Job]], *, workers: int, group: int = 8
    ) -> None:
        """The children begin with the first result that is asked for."""
        self._work = work
        self._source = iter(jobs)
        self._group = group
        self._crew: list[Worker[list[Job], list[tuple[bool, Result | str]]]] = [
            Worker(self._attempt_all) for _ in range(workers)
        ]
        self._idle = list(self._crew)
        self._busy: deque[
            tuple[list[tuple[Tag, Job]], Worker[list[Job], list[tuple[bool, Result | str]]]]
        ] = deque()
        self._given: deque[tuple[Tag, Result | LimitExceededError]] = deque()

    def __iter__(self) -> Self:
        """Itself."""
        return self

    def __next__(self) -> tuple[Tag, Result | LimitExceededError]:
        """The next, waited for."""
        self._send()
        while not self._given:
            if not self._busy:
                self.close()
                raise StopIteration
            if not self.is_ready(WALL_SECONDS * len(self._busy[0][0])):
                jobs, worker = self._busy.popleft()
                worker.stop()
                self._idle.append(worker)
                self._given += [(tag, _alone(self._work, job)) for tag, job in jobs]
                self._send()
        return self._given.popleft()

    def is_ready(self, seconds: float) -> bool:
        """Whether the next result is there within that time, or nothing is left; False where a child died."""
        if self._given or not self._busy:
            return True
        jobs, worker = self._busy[0]
        if not worker.is_ready(seconds):
            return False
        try:
            answers = worker.receive(wall_seconds=WALL_SECONDS)
        except LimitExceededError:
            return False
        self._busy.popleft()
        self._idle.append(worker)
        # The worker goes on while the caller looks at these.
        self._send()
        self._given += [
            (tag, cast("Result", value) if is_done else LimitExceededError(value))
            for (tag, _), (is_done, value) in zip(jobs, answers, strict=True)
        ]
        return True

    def close(self) -> None:
        """End the children; what they were at is lost."""
        self._busy.clear()
        for worker in self._crew:
            worker.stop()

    def _attempt_all(self, many: list[Job]) -> list[tuple[bool, Result | str]]:
        return [_attempt(self._work, job) for job in many]

    def _send(self) -> None:
        while self._idle and (jobs := list(islice(self._source, self._group))):
            self._idle[-1].send([job for _, job in jobs])
            self._busy.append((jobs, self._idle.pop()))


def _attempt(work: Callable[[Job], Result], job: Job) -> tuple[bool, Result | str]:
    try:
        return True, work(job)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, the mail is kept and the parent told
        return False, type(error).__name__


def _alone(work: Callable[[Job], Result], job: Job) -> Result | LimitExceededError:
    try:
        return run_limited(work, job)
    except LimitExceededError as error:
        return error


def _address_space() -> int:
    """How many bytes this process has reserved; 0 where no /proc tells."""
    try:
        with open("/proc/self/statm", "rb") as file:  # noqa: PTH123 - no pathlib in a child that should be quick
            return int(file.read().split()[0]) * resource.getpagesize()
    except (OSError, ValueError, IndexError):
        return 0


def _set_limit(what: int, value: int) -> None:
    _, hard = resource.getrlimit(what)
    limit = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(what, (limit, hard))


def _write(descriptor: int, data: bytes) -> None:
    view = memoryview(len(data).to_bytes(_HEADER, "big") + data)
    while view:
        view = view[os.write(descriptor, view[:_CHUNK]) :]


def _read(descriptor: int) -> bytes | None:
    """The next packet, None at the end or for a torn one."""
    header = _read_exactly(descriptor, _HEADER)
    return None if header is None else _read_exactly(descriptor, int.from_bytes(header, "big"))


def _read_exactly(descriptor: int, size: int) -> bytes | None:
    pieces = []
    while size:
        piece = os.read(descriptor, min(size, _CHUNK))
        if not piece:
            return None
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)
