"""Mails that could not be filed when they came, taken up again: `desk ingest --retry`, and unasked.

A mail was set aside for a fault of ours, or waits beside a ticket file that cannot be read. Either
way its original is durable; filed, its record is removed. A kill in between files it again, which
adds nothing: the ticket knows the mail.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from helpdesk_cli.desk.actor import desk_actor
from helpdesk_cli.desk.ingest import file_safely, ingest, recall, take_in
from helpdesk_cli.desk.outcome import Ingested
from helpdesk_cli.desk.reading import circumstances_of, read_safely
from helpdesk_cli.desk.record import Door
from helpdesk_cli.errors import DeskError, TryAgainError
from helpdesk_cli.storage import raw, records, waiting
from helpdesk_cli.storage.index import number_of
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.outcome import Options
    from helpdesk_cli.storage.layout import Layout

# So many mails a command that somebody waits for files beside its own work.
_MOST_BESIDE = 20


@dataclass(frozen=True, slots=True)
class Retried:
    """What became of one mail that was taken up again; `kind` says what it had been."""

    sha256: str
    kind: Literal["set-aside", "waiting"]
    ingested: Ingested


def retry(desk: Desk) -> Iterator[Retried]:
    """Take up every mail that was set aside or waits, as an import. Raises TryAgainError as ingest does."""
    aside = records.set_aside(desk.layout)
    for name in aside.names():
        yield Retried(name, "set-aside", _again(desk, "set-aside", name, sha256=name))
    for name in records.waiting(desk.layout).names():
        sha256 = waiting.digest_of(name)
        yield Retried(sha256, "waiting", _again(desk, "waiting", name, sha256=sha256))


def file_mended(door: Door) -> None:
    """File mails whose ticket can be read again, behind an open door. Never disturbs what that was for."""
    desk = door.desk
    names = _mended(door)
    if not names:
        return
    own_door = Door(desk, desk_actor(desk), door.index, batch=door.batch)
    around = circumstances_of(desk)
    for name in names[:_MOST_BESIDE]:
        sha256 = waiting.digest_of(name)
        options = recall(records.waiting(desk.layout).peek(name) or {})

        def file(sha256: str = sha256, options: Options = options) -> Ingested:
            received = read_safely(raw.read(desk.layout.state, sha256), options.envelope, around)
            return take_in(own_door, received, options, digest=sha256, around=around)

        try:
            done = file_safely(desk, sha256, options, file)
        except (TryAgainError, OSError, MemoryError):
            return
        _forget(desk.layout, "waiting", name, sha256=sha256, done=done)


def _mended(door: Door) -> list[str]:
    """The records of mails that need not wait any more."""
    layout = door.desk.layout
    numbers = waiting.numbers(layout)
    concerned = [path for path, _ in door.index.problems() if number_of(path) in numbers]
    names = waiting.names_ready(layout, [path for path in concerned if not _can_read(door, path)])
    if names:
        door.index.refresh(full=True)
    return names


def _can_read(door: Door, path: str) -> bool:
    """Whether the file can be read now: the index looks at folders only, and may know it as it was."""
    try:
        door.read(path)
    except DeskError:
        return False
    return True


def _again(desk: Desk, kind: str, name: str, *, sha256: str) -> Ingested:
    record = records.Records(desk.layout.state, kind).peek(name)
    try:
        data = raw.read(desk.layout.state, sha256)
    except DeskError as error:
        if isinstance(error, TryAgainError):
            raise
        return Ingested("deferred", why=str(error))
    done = ingest(desk, data, recall(record or {}))
    _forget(desk.layout, kind, name, sha256=sha256, done=done)
    return done


def _forget(layout: Layout, kind: str, name: str, *, sha256: str, done: Ingested) -> None:
    """Remove the record of a mail that is filed, or has a record of the other kind by now."""
    if done.outcome == "deferred":
        moved = {
            "waiting": records.set_aside(layout).peek(sha256) is not None,
            "set-aside": any(waiting.digest_of(other) == sha256 for other in records.waiting(layout).names()),
        }
        if not moved[kind]:
            return
    records.Records(layout.state, kind).remove(name)
