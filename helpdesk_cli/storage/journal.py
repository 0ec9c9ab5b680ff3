"""Records appended to one file and read in order by whoever works them off; emptied when all are.

One append and one flush a record, where a file for each costs a name to make, two flushes and a name to
remove. Each record is `desk-record NUMBER LENGTH SHA256` and its bytes. The lock file beside it says how far
the numbers go and which part of the file is in use; what a killed writer left after that is cut off.
"""

from __future__ import annotations

import hashlib
import os
import re
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from helpdesk_cli.storage import durable, lock
from helpdesk_cli.storage.faults import translated
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_HEADER = re.compile(rb"desk-record (\d{16}) (\d{12}) ([0-9a-f]{64})\n")
_HEADER_SIZE = 12 + 17 + 13 + 65
_STATE = b"%020d %020d %020d\n"
_STATE_SIZE = 63
_LOCK_WAIT = 30.0
# So much that has been worked off is copied away from, where the file never comes to be empty.
_SLACK = 32 * 1024 * 1024


@dataclass(slots=True)
class _State:
    """The last number given out, and the part of the file in use; offsets in bytes."""

    last: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Journal:
    """The journal in `folder`, which must be there; `lowest` is a number it never gives out again."""

    folder: Path
    modes: durable.Modes
    lowest: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits; one look at the file's size."""
        try:
            return self._path.stat().st_size == 0
        except FileNotFoundError:
            return True

    def append(self, data: bytes, *, sync: bool = True) -> int:
        """Add a record and give its number; on the disk when this returns (unless `sync` is False)."""
        with self._opened() as (file, state):
            number = state.last + 1
            record = b"desk-record %016d %012d %s\n%s" % (
                number,
                len(data),
                hashlib.sha256(data).hexdigest().encode(),
                data,
            )
            try:
                durable.write_at(file, record, state.end)
                if sync:
                    os.fsync(file)
            except OSError:
                with suppress(OSError):
                    os.ftruncate(file, state.end)
                raise
            state.last = number
            state.end += len(record)
            return number

    def read(self, after: int, *, records: int, size: int) -> list[tuple[int, bytes | None]]:
        """The first records with a number above `after`: so many and so many bytes at most, but one at least.

        None instead of the bytes of a damaged record. Where not even its length can be trusted it stands for
        all that follow it, and is the last.
        """
        found: list[tuple[int, bytes | None]] = []
        with self._opened() as (file, state):
            for number, length, checksum, offset in _headers(file, state):
                if len(found) == records or (found and size <= 0):
                    break
                if number <= after:
                    continue
                data = os.pread(file, length, offset) if checksum else b""
                is_whole = bool(checksum) and hashlib.sha256(data).hexdigest().encode() == checksum
                found.append((number, data if is_whole else None))
                size -= length
        return found

    def count(self, after: int) -> int:
        """How many records have a number above `after`."""
        if self.is_empty:
            return 0
        with self._opened() as (file, state):
            return sum(number > after for number, *_ in _headers(file, state))

    def forget(self, up_to: int) -> None:
        """Drop the records up to that number. Not flushed: whoever reads must know what it has done."""
        with self._opened() as (file, state):
            for number, length, _, offset in _headers(file, state):
                if number > up_to:
                    break
                state.start = offset + length
            if state.start >= state.end:
                os.ftruncate(file, 0)
                state.start = state.end = 0
            elif state.start > _SLACK:
                rest = os.pread(file, state.end - state.start, state.start)
                durable.replace(self._path, rest, within=self.folder, modes=self.modes)
                state.start, state.end = 0, len(rest)

    @property
    def _path(self) -> Path:
        return self.folder / "records"

    @contextmanager
    def _opened(self) -> Iterator[tuple[int, _State]]:
        """The file, locked, and its state, which is written back."""
        with (
            lock.hold(self.folder / "records.lock", timeout=_LOCK_WAIT, modes=self.modes) as held,
            translated(self._path),
            durable.opened_log(self._path, within=self.folder, modes=self.modes) as file,
        ):
            noted = os.pread(held.descriptor, _STATE_SIZE, 0)
            state = self._checked(file, noted)
            yield file, state
            now = _STATE % (state.last, state.start, state.end)
            if now != noted:
                durable.write_at(held.descriptor, now, 0)

    def _checked(self, file: int, noted: bytes) -> _State:
        """What the lock file says, where the file bears it out; else what the file itself says."""
        size = os.fstat(file).st_size
        numbers = [int(number) for number in noted.split()] if len(noted) == _STATE_SIZE else []
        state = _State(*numbers) if len(numbers) == len("abc") else _State(0, 0, -1)
        state.last = max(state.last, self.lowest)
        if state.end == size and state.start <= size:
            return state
        # A writer was killed in the middle of a record, or the power failed.
        state, end = _State(state.last, 0, size), 0
        for number, length, checksum, offset in _headers(file, state):
            if checksum and offset + length <= size:
                end = offset + length
                state.last = max(state.last, number)
        os.ftruncate(file, end)
        state.end = end
        return state


def _headers(file: int, state: _State) -> Iterator[tuple[int, int, bytes, int]]:
    """Number, length, checksum (b"" where the header is damaged) and offset of each record in use."""
    at = state.start
    while at < state.end:
        match = _HEADER.fullmatch(os.pread(file, _HEADER_SIZE, at))
        if match is None or at + _HEADER_SIZE + int(match[2]) > state.end:
            yield state.last, state.end - at, b"", at
            return
        length = int(match[2])
        yield int(match[1]), length, match[3], at + _HEADER_SIZE
        at += _HEADER_SIZE + length
