"""`desk import` of mailboxes: as `desk ingest` does it, and where it was interrupted it goes on.

What was taken in stands in a journal on this host: each file's name with its inode, size and time, and the
place of the mail in it. It saves reading again; were it lost, every mail would be known again all the same.
It is gone when all is done.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from helpdesk_cli.desk.ingest_many import ingest_many
from helpdesk_cli.errors import DeskError
from helpdesk_cli.storage import durable
from helpdesk_cli.storage.folder import Stat, read_file
from helpdesk_cli.storage.layout import prepare
from helpdesk_cli.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from helpdesk_cli.channels.sources import Source
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.outcome import Ingested, Options

_NAME = "import-mail"
_MARK = 16  # of a mail in the journal: 64 bits, in hexadecimal digits


@dataclass(slots=True)
class Resumed:
    """How many mails an interrupted import had taken in before."""

    before: int = 0
    _marks: dict[str, str] = field(default_factory=dict)


def import_mail(
    desk: Desk, sources: Iterable[Source], options: Options, *, resumed: Resumed, dry_run: bool = False
) -> Iterator[Ingested]:
    """Take in every mail that an interrupted import has not; each is answered when it is durable."""
    if not dry_run:
        prepare(desk.layout)
    known = _read(desk)
    for done in ingest_many(desk, _left(sources, known, resumed), options, dry_run=dry_run):
        mark = resumed._marks.pop(done.file, "")  # noqa: SLF001 - of this module
        if mark and not dry_run and done.outcome not in {"deferred", "left"}:
            _note(desk, mark)
        yield done
    if not dry_run:
        durable.remove(desk.layout.state / _NAME, within=desk.layout.state)


def _left(sources: Iterable[Source], known: set[str], resumed: Resumed) -> Iterator[Source]:
    for source in sources:
        mark = _mark(source)
        if mark and mark in known:
            resumed.before += 1
            continue
        resumed._marks[source.name] = mark  # noqa: SLF001 - of this module
        yield source


def _mark(source: Source) -> str:
    """What tells that this is the very mail: "" where the file cannot be looked at."""
    place = Path(source.path or source.name.rpartition(":")[0])
    try:
        stat = Stat.of(place.stat())
    except OSError:
        return ""
    text = f"{source.name}\0{place.resolve()}\0{stat.inode}\0{stat.size}\0{stat.mtime_ns}"
    return sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:_MARK]


def _read(desk: Desk) -> set[str]:
    try:
        data, _ = read_file(desk.layout.state / _NAME, within=desk.layout.state)
    except (FileNotFoundError, DeskError):
        return set()
    return {line for line in data.decode("ascii", "replace").split("\n") if len(line) == _MARK}


def _note(desk: Desk, mark: str) -> None:
    layout = desk.layout
    try:
        durable.append(
            layout.state / _NAME, f"{mark}\n".encode(), within=layout.state, modes=layout.modes, sync=False
        )
    except DeskError:
        # It would only have saved time.
        return
