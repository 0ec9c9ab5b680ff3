"""Many mails at once: read ahead in limited children, filed as they come, told when durable.

Imports unless `live` is asked for: an import never sets anything in motion (DECISIONS 19). The lock is
held a chunk at a time, so that live mail gets in between. One commit a mail all the same.
"""

from __future__ import annotations

import time
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Self

from helpdesk_cli.channels.sources import job_of, read_stored, why_not
from helpdesk_cli.desk.actor import desk_actor
from helpdesk_cli.desk.ingest import file_safely, take_in
from helpdesk_cli.desk.ingest_trial import try_all
from helpdesk_cli.desk.outcome import Ingested
from helpdesk_cli.desk.reading import circumstances_of
from helpdesk_cli.desk.record import committer_of, open_door
from helpdesk_cli.mail.reading import receive, receive_unparsed
from helpdesk_cli.storage import lock, raw
from helpdesk_cli.storage.drain import BatchCommitter
from helpdesk_cli.storage.folder import keep_open_for_good, kept_open
from helpdesk_cli.storage.layout import prepare
from helpdesk_cli.storage.sandbox import LimitExceededError, Results
from helpdesk_cli.storage.space import require_space, sync_filesystem
from helpdesk_cli.values import dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from helpdesk_cli.channels.sources import Source
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.outcome import Options
    from helpdesk_cli.mail.received import Circumstances, Received
    from helpdesk_cli.storage.pending import Commit

CHUNK = 200
_CHUNK_BYTES = 32 * 1024 * 1024
_WORKERS = 2
# How long the lock is held at most, and how long a mail may be waited for meanwhile.
_CHUNK_SECONDS = 2.0
_PATIENCE = 0.1


def ingest_many(
    desk: Desk, sources: Iterable[Source], options: Options, *, dry_run: bool = False
) -> Iterator[Ingested]:
    """Take in every mail; each answer is given when that mail is durable.

    Raises TryAgainError when nothing more can be kept; what was answered before stays.
    """
    if dry_run:
        yield from try_all(desk, sources, options)
        return
    prepare(desk.layout)
    around = circumstances_of(desk)
    read = _ReadAhead(desk, sources, options, around)
    with closing(read), BatchCommitter(desk.layout, committer_of(desk)) as batch:
        for first in read:
            require_space(desk.layout.state, first.size, floor=desk.settings.free_space)
            done, commits = _take_in_chunk(desk, first, read, options, around)
            for commit in commits:
                batch.commit(commit)
            sync_filesystem(desk.layout.state)
            lock.let_others(desk.layout.lock, longest=_CHUNK_SECONDS)
            yield from done


@dataclass(frozen=True, slots=True)
class _Read:
    """A mail as it was read: where from, the sha256 of its kept original, what it says, its size.

    `received` is None where the file could not be read, for which `why` is the reason.
    """

    source: Source
    digest: str = ""
    received: Received | None = None
    size: int = 0
    why: str = ""


class _ReadAhead:
    """Every mail in order, read by limited children while the ones before it are filed."""

    def __init__(
        self, desk: Desk, sources: Iterable[Source], options: Options, around: Circumstances
    ) -> None:
        state = desk.layout.state
        envelope = options.envelope

        def work(job: str | bytes) -> tuple[str, Received, int]:
            data = read_stored(Path(job)) if isinstance(job, str) else job
            keep_open_for_good()
            digest = raw.keep(state, data, sync=False)
            return digest, receive(data, envelope, around), len(data)

        self._results = Results(work, map(job_of, sources), workers=_WORKERS)
        self._circumstances = state, envelope, around

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> _Read:
        source, result = next(self._results)
        if not isinstance(result, LimitExceededError):
            return _Read(source, *result)
        state, envelope, around = self._circumstances
        try:
            data = source.read()
        except OSError as error:
            return _Read(source, why=why_not(error))
        return _Read(source, raw.keep(state, data), receive_unparsed(data, envelope, around), len(data))

    def next_within(self, seconds: float) -> _Read | None:
        """The next mail, if it is there in that time."""
        return next(self, None) if self._results.is_ready(seconds) else None

    def close(self) -> None:
        """End the children."""
        self._results.close()


def _take_in_chunk(
    desk: Desk, first: _Read, read: _ReadAhead, options: Options, around: Circumstances
) -> tuple[list[Ingested], list[Commit]]:
    """File the first mail and those after it that come in time: under the lock none is waited for long."""
    done = []
    size = 0
    end = time.monotonic() + _CHUNK_SECONDS
    with open_door(desk, desk_actor(desk), drains=False) as door, door.index.bulk(), kept_open():
        door.batch = True
        mail: _Read | None = first
        while mail is not None:
            if mail.received is None:
                ingested = Ingested("left", why=mail.why)
            else:
                file = partial(take_in, door, mail.received, options, digest=mail.digest, around=around)
                ingested = file_safely(desk, mail.digest, options, file)
            done.append(replace(ingested, file=mail.source.name))
            size += mail.size
            left = end - time.monotonic()
            is_full = len(done) == CHUNK or size > _CHUNK_BYTES or left < 0
            mail = None if is_full else read.next_within(min(_PATIENCE, left))
        return done, door.flush()
