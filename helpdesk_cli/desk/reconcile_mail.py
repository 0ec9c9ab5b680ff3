"""`desk reconcile --maildir`: every mail of a mailbox that the mail server fills as well is here."""

from __future__ import annotations

import re
from contextlib import closing
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

from helpdesk_cli.channels.sources import job_of, read_stored, why_not
from helpdesk_cli.desk.clock import filesystem_now_ns
from helpdesk_cli.desk.indexing import open_index
from helpdesk_cli.desk.mail_here import MailHere
from helpdesk_cli.desk.reading import circumstances_of
from helpdesk_cli.desk.reconcile import Told
from helpdesk_cli.mail.head_words import Head, read_head
from helpdesk_cli.mail.headers import date_of
from helpdesk_cli.mail.reading import receive, receive_unparsed
from helpdesk_cli.mail.received import Envelope
from helpdesk_cli.storage.sandbox import LimitExceededError, Results
from helpdesk_cli.values import dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from helpdesk_cli.channels.sources import Source
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.reconcile import Reconciled
    from helpdesk_cli.mail.own import OwnAddresses

# A mail in a Maildir may have been put there before it was handed over.
SETTLED: Final = timedelta(minutes=10)
# Clocks of file servers are a little ahead.
_AHEAD: Final = timedelta(minutes=1)
_WORKERS: Final = 2
_SECOND: Final = 1_000_000_000
# A Maildir's names begin with the second of the delivery, and a copy keeps them.
_STAMP: Final = re.compile(r"(\d{9,10})\.")


@dataclass(frozen=True, slots=True)
class _Known:
    """What tells a mail: its head, the id of the entry that it would be, the sha256 of its bytes."""

    head: Head
    entry: str
    digest: str


def reconcile_mail(
    desk: Desk,
    sources: Iterable[Source],
    ignored: Mapping[str, str],
    done: Reconciled,
    *,
    only: OwnAddresses | None = None,
) -> None:
    """Look for every mail in a mailbox that the mail server fills as well; of those to `only`, if given."""
    with closing(open_index(desk, full=True)) as index:
        here = MailHere(desk, index)
        for source, known in _read_all(desk, sources):
            if isinstance(known, OSError):
                why = f"it cannot be read: {why_not(known)}"
                done.add(Told(source.name, "missing", place=source.name, why=why))
                continue
            head = known.head
            if only is not None and not any(map(only.has, head.recipients)):
                continue
            done.deliveries += 1
            told = Told(head.message_id or source.name, "missing", head.date, head.sender, source.name)
            done.add(_look_for(here, told, known, ignored, is_young=is_young(source, head)))


def _read_all(desk: Desk, sources: Iterable[Source]) -> Iterator[tuple[Source, _Known | OSError]]:
    """Every mail in order, read ahead by limited children; or why it cannot be read."""
    around = circumstances_of(desk)

    def work(job: str | bytes) -> _Known:
        data = read_stored(Path(job)) if isinstance(job, str) else job
        entry = receive(data, Envelope(), around).entry_id
        return _Known(read_head(data), entry, sha256(data).hexdigest())

    with closing(Results(work, map(job_of, sources), workers=_WORKERS)) as results:
        for source, result in results:
            if not isinstance(result, LimitExceededError):
                yield source, result
                continue
            try:
                data = source.read()
            except OSError as error:
                yield source, error
            else:
                entry = receive_unparsed(data, Envelope(), around).entry_id
                yield source, _Known(read_head(data), entry, sha256(data).hexdigest())


def _look_for(
    here: MailHere, told: Told, known: _Known, ignored: Mapping[str, str], *, is_young: bool
) -> Told:
    message_id = known.head.message_id
    place = here.by_content(message_id, known.entry, known.digest)
    namesake = here.by_message_id(message_id) if message_id and place is None else None
    if namesake is not None and not here.is_another(message_id, known.entry):
        place = namesake
    if place is not None and place.fate != "unfiled":
        return replace(told, outcome=place.fate, ticket=place.name)
    if told.name in ignored:
        return replace(told, outcome="ignored", why=ignored[told.name])
    if place is not None:
        return replace(told, outcome="unfiled", why=f"it is kept ({place.name[:12]}) and in no ticket")
    if is_young:
        return replace(told, outcome="young")
    if namesake is not None:
        why = f"only its Message-ID is here, in {namesake.name}, with other content"
        return replace(told, outcome="differs", ticket=namesake.name, why=why)
    return replace(told, why="it is not here")


def is_young(source: Source, head: Head) -> bool:
    """Whether it came a moment ago by all that tells: the file's time, its name, the server's own stamp."""
    now = filesystem_now_ns()
    oldest = now - int(SETTLED.total_seconds() * _SECOND)
    newest = now + int(_AHEAD.total_seconds() * _SECOND)
    try:
        changed = Path(source.path).stat().st_mtime_ns if source.path else 0
    except OSError:
        return False
    stamp = _STAMP.match(Path(source.path).name)
    received = date_of(head.received)
    times = [int(stamp[1]) * _SECOND] if stamp else []
    times += [int(received.timestamp()) * _SECOND] if received else []
    return oldest < changed <= newest and all(oldest < each for each in times)
