"""The one loop of every verb that changes tickets: decide for each, record each, go on past a bad one.

A few tickets go through the door one by one. Many go in chunks: the lock is let go after each until nobody
waits for it, so that mail gets in between; a chunk is flushed to the disk at once, and git commits meanwhile.
Either way each ticket has a commit of its own, and all of a call have one operation, which `desk undo` takes
back.
"""

from __future__ import annotations

import signal
import time
from contextlib import contextmanager
from itertools import chain, islice
from typing import TYPE_CHECKING

from helpdesk_cli.desk.record import Door, commit_pending, committer_of, open_door
from helpdesk_cli.errors import CancelledError, DeskError, TryAgainError
from helpdesk_cli.storage import lock
from helpdesk_cli.storage.drain import BatchCommitter
from helpdesk_cli.storage.folder import kept_open
from helpdesk_cli.storage.space import require_space, sync_filesystem
from helpdesk_cli.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from helpdesk_cli.desk.actor import Actor
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.record import Recorded
    from helpdesk_cli.tickets.changes import Change
    from helpdesk_cli.tickets.ticket import Ticket

    Decide = Callable[[Door, Ticket], "Decided"]

# From so many tickets on the chunks are worth their flush.
FEW = 20
_CHUNK = 200
_CHUNK_BYTES = 32 * 1024 * 1024
# Mail that comes in waits for the lock: so long it is held, and so long it is left to others in between.
_CHUNK_SECONDS = 1.0
_LEAST = 10


@dataclass(frozen=True, slots=True)
class Decided:
    """What a verb wants of one ticket: changes, and their summary for commit and terminal ("" = none).

    `refused` is what it does not do to this ticket, though it was asked to.
    """

    changes: Sequence[Change] = ()
    summary: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    files: tuple[tuple[str, bytes], ...] = ()
    refused: tuple[DeskError, ...] = ()


@dataclass(frozen=True, slots=True)
class Changed:
    """A change that was made: the ticket, the summary; of a dry run the diff of its file."""

    id: str
    path: str
    summary: str
    diff: tuple[str, ...] = ()


@dataclass(slots=True)
class Outcome:
    """What a verb did: the changes recorded, tickets that were so already, and those it could not change."""

    op: str = ""
    recorded: list[Changed] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    errors: list[tuple[str, DeskError]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)  # what else whoever did it should know

    @property
    def exit_code(self) -> int:
        """0, or the code of the first error."""
        return self.errors[0][1].exit_code if self.errors else 0


def changed(each: Recorded, *, diff: bool = False) -> Changed:
    """What was recorded, as it is told; with its `diff` for a dry run."""
    return Changed(each.ticket.id, each.path, each.summary, tuple(each.diff()) if diff else ())


def change_each(
    desk: Desk,
    words: Iterable[str],
    decide: Decide,
    *,
    actor: Actor,
    dry_run: bool = False,
    find: Callable[[Door, str], str] = Door.find,
    undoes: str = "",
) -> Outcome:
    """Decide and record for every ticket that `words` name; each ticket once, in that order.

    One that cannot be changed does not stop the others. `find` gives the path of what a word names. Raises
    TryAgainError when nothing can be written at all.
    """
    work = _Work(desk, actor, decide, find, undoes, Outcome())
    rest = iter(words)
    first = list(islice(rest, FEW))
    if dry_run or len(first) < FEW:
        with open_door(desk, actor, dry_run=dry_run) as door:
            work.begin(door)
            for word in chain(first, rest):
                work.change(door, word)
        return work.outcome
    with BatchCommitter(desk.layout, committer_of(desk)) as batch:
        _change_many(work, chain(first, rest), batch)
    commit_pending(desk)
    return work.outcome


def _change_many(work: _Work, words: Iterator[str], batch: BatchCommitter) -> None:
    """Chunk after chunk, until all is done or nothing more can be written: that is told, not raised.

    Ctrl-C ends it behind the chunk at hand, so that all that is changed is told; pressed twice, at once.
    """
    desk, outcome = work.desk, work.outcome
    pressed: list[int] = []
    with _noted_in(pressed):
        while not pressed:
            told = len(outcome.recorded)
            word = ""
            try:
                require_space(desk.layout.state, _CHUNK_BYTES, floor=desk.settings.free_space)
                with open_door(desk, work.actor, drains=False) as door, door.index.bulk(), kept_open():
                    began = time.monotonic()
                    work.begin(door)
                    door.batch = True
                    word = work.change_chunk(door, words)
                    # Queued with the lock held: nobody's later change of these tickets gets in before them.
                    failed = door.flush_changes(batch.queue)
                    work.fits = fitting(work.count, time.monotonic() - began)
                batch.catch_up()
                sync_filesystem(desk.layout.state)
                lock.let_others(desk.layout.lock, longest=_CHUNK_SECONDS)
            except TryAgainError as error:
                del outcome.recorded[told:]
                if not told:
                    raise
                outcome.errors.append((word or "the rest", error))
                return
            if failed:
                fine = [each for each in outcome.recorded[told:] if each.path not in failed]
                outcome.recorded[told:] = fine
                outcome.errors += failed.items()
            if not word:
                return
    hint = "What is named above is changed and the rest is not; `desk undo` takes it back."
    outcome.errors.append(("", CancelledError("interrupted", "", hint)))


def fitting(count: int, seconds: float) -> int:
    """How many tickets may be in the next chunk, where that many held the lock for so long.

    On a disk that is busy it is the flush that takes long.
    """
    return max(_LEAST, min(_CHUNK, int(count * _CHUNK_SECONDS / max(seconds, 0.001))))


@contextmanager
def _noted_in(pressed: list[int]) -> Iterator[None]:
    """Inside the block a first Ctrl-C is only noted."""

    def note(number: int, _: object) -> None:
        if pressed:
            raise KeyboardInterrupt
        pressed.append(number)

    try:
        before = signal.signal(signal.SIGINT, note)
    except ValueError:
        # Only a program's main thread gets signals.
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@dataclass(slots=True)
class _Work:
    """A verb at work on many tickets."""

    desk: Desk
    actor: Actor
    decide: Decide
    find: Callable[[Door, str], str]
    undoes: str
    outcome: Outcome
    done: set[str] = field(default_factory=set)
    size: int = 0
    fits: int = 0  # how many tickets may be in the next chunk; 0 = nobody knows yet
    count: int = 0

    def begin(self, door: Door) -> None:
        """Let the door write for this operation."""
        self.outcome.op = self.outcome.op or door.op
        door.op, door.undoes = self.outcome.op, self.undoes

    def change_chunk(self, door: Door, words: Iterator[str]) -> str:
        """Decide for as many as a chunk holds; the last word of it, "" where there are no more."""
        until, self.size = time.monotonic() + _CHUNK_SECONDS / 2, 0
        most = min(self.fits or _CHUNK, _CHUNK)
        for self.count, word in enumerate(words, start=1):
            self.change(door, word)
            if self.count >= most or self.size > _CHUNK_BYTES or time.monotonic() > until:
                return word
        return ""

    def change(self, door: Door, word: str) -> None:
        """Decide for one ticket and record it."""
        outcome = self.outcome
        try:
            path = self.find(door, word)
            if path in self.done:
                return
            self.done.add(path)
            held = door.read(path)
            self.size += sum(len(chunk.text) for chunk in held.file.chunks)
            decided = self.decide(door, held.ticket)
            outcome.errors += [(held.ticket.id, error) for error in decided.refused]
            summary = f"{held.ticket.id}: {decided.summary}"
            after = door.change(
                held, decided.changes, summary=summary, facts=decided.facts, files=decided.files
            )
        except TryAgainError:
            raise
        except DeskError as error:
            outcome.errors.append((word, error))
            return
        if after is not held:
            outcome.recorded += [changed(each, diff=door.dry_run) for each in door.recorded]
        elif not decided.refused:
            outcome.unchanged.append(held.ticket.id)
        door.recorded.clear()
