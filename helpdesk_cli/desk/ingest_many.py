"""Many mails at once: read ahead in limited children, written in chunks, told when durable.

Imports unless `live` is asked for: an import never sets anything in motion (DECISIONS 19). The lock is
held a chunk at a time, so that live mail gets in between. One commit a mail all the same.
"""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from helpdesk_cli.desk.actor import desk_actor
from helpdesk_cli.desk.ingest import set_aside, take_in
from helpdesk_cli.desk.reading import circumstances_of
from helpdesk_cli.desk.record import committer_of, open_door
from helpdesk_cli.errors import DeskError, TryAgainError
from helpdesk_cli.mail.reading import receive, receive_unparsed
from helpdesk_cli.storage import raw
from helpdesk_cli.storage.drain import BatchCommitter
from helpdesk_cli.storage.folder import keep_open_for_good, kept_open
from helpdesk_cli.storage.layout import prepare
from helpdesk_cli.storage.sandbox import LimitExceededError, run_many
from helpdesk_cli.storage.space import require_space, sync_filesystem
from helpdesk_cli.values import replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from helpdesk_cli.channels.sources import Source
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.outcome import Ingested, Options
    from helpdesk_cli.mail.received import Circumstances, Received
    from helpdesk_cli.storage.pending import Commit

CHUNK = 200
_WORKERS = 2


def ingest_many(
    desk: Desk, sources: Iterable[Source], options: Options, *, dry_run: bool = False
) -> Iterator[Ingested]:
    """Take in every mail; each answer is given when that mail is durable.

    Raises TryAgainError when nothing more can be kept; what was answered before stays.
    """
    if dry_run:
        yield from _try_all(desk, sources, options)
        return
    prepare(desk.layout)
    around = circumstances_of(desk)
    read = _read_ahead(desk, sources, options, around)
    with BatchCommitter(desk.layout, committer_of(desk)) as batch:
        while chunk := list(islice(read, CHUNK)):
            require_space(desk.layout.state, sum(size for *_, size in chunk), floor=desk.settings.free_space)
            done, commits = _take_in_chunk(desk, chunk, options, around)
            for commit in commits:
                batch.commit(commit)
            sync_filesystem(desk.layout.state)
            yield from done


def _take_in_chunk(
    desk: Desk, chunk: list[tuple[Source, str, Received, int]], options: Options, around: Circumstances
) -> tuple[list[Ingested], list[Commit]]:
    done = []
    with open_door(desk, desk_actor(desk), drains=False) as door, door.index.bulk(), kept_open():
        door.batch = True
        for source, digest, received, _ in chunk:
            try:
                ingested = take_in(door, received, options, digest=digest, around=around)
            except TryAgainError:
                raise
            except (
                DeskError,
                ValueError,
                KeyError,
                TypeError,
                AttributeError,
                IndexError,
                RuntimeError,
            ) as error:
                ingested = set_aside(desk, digest, options, why=f"{type(error).__name__}: {error}")
            done.append(replace(ingested, file=source.name))
        return done, door.flush()


def _read_ahead(
    desk: Desk, sources: Iterable[Source], options: Options, around: Circumstances
) -> Iterator[tuple[Source, str, Received, int]]:
    """(source, sha256 of the kept original, what it says, size) of each mail, read by limited children."""
    state = desk.layout.state

    def work(job: str | bytes) -> tuple[str, Received, int]:
        data = Path(job).read_bytes() if isinstance(job, str) else job
        keep_open_for_good()
        digest = raw.keep(state, data, sync=False)
        return digest, receive(data, options.envelope, around), len(data)

    jobs = ((source, source.path or source.read()) for source in sources)
    for source, result in run_many(work, jobs, workers=_WORKERS):
        if isinstance(result, LimitExceededError):
            data = source.read()
            digest = raw.keep(state, data)
            yield source, digest, receive_unparsed(data, options.envelope, around), len(data)
        else:
            yield source, *result


def _try_all(desk: Desk, sources: Iterable[Source], options: Options) -> Iterator[Ingested]:
    around = circumstances_of(desk)
    with open_door(desk, desk_actor(desk), dry_run=True) as door:
        for source in sources:
            received = receive(source.read(), options.envelope, around)
            yield replace(take_in(door, received, options, digest="", around=around), file=source.name)
