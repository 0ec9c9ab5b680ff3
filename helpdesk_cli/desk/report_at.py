"""`--as-of`: a desk as it was at a commit, or what is known today of how it was at a date."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from helpdesk_cli.desk.asking import done_words, local_text, zone_of
from helpdesk_cli.desk.finding import open_facts
from helpdesk_cli.desk.report_comments import read_from
from helpdesk_cli.errors import NotFoundError, UsageError
from helpdesk_cli.query.amounts import to_ms
from helpdesk_cli.query.dates import read_when
from helpdesk_cli.storage import commits_of, index_reports
from helpdesk_cli.storage.arrivals import arrivals
from helpdesk_cli.storage.index_of_commit import CommitIndex
from helpdesk_cli.storage.sla_file import load_sla
from helpdesk_cli.values import dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.sla.policies import Sla
    from helpdesk_cli.storage.index import Index

    Progress = Callable[[int, int], None] | None

_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Moment:
    """When a desk is looked at. `commit` is the full name of one; "" for a date and for now."""

    at: datetime
    commit: str = ""
    is_past: bool = False


@dataclass(frozen=True, slots=True)
class View:
    """A desk at its time, its index, what it promised, and what reads the bytes of a ticket file there."""

    desk: Desk
    index: Index
    sla: Sla
    is_past: bool
    read: Callable[[str], bytes]
    moment: Moment

    def told_later(self) -> list[str]:
        """Of the tickets that a report chose, those of which something was recorded only after that date."""
        if not self.is_past:
            return []
        before = commits_of.last_before(self.desk.layout, self.moment.at)
        tip = commits_of.find_commit(self.desk.layout, "HEAD")
        later = arrivals(self.desk.layout, before, tip) if tip else []
        found = [(each.path, each.id) for each in later]
        return index_reports.tickets_told_later(self.index, found, to_ms(self.moment.at))


def moment_of(desk: Desk, word: str) -> Moment:
    """What `--as-of` names: a date, up to its end, else a commit. Raises NotFoundError, UsageError."""
    if not word:
        return Moment(desk.now)
    try:
        end = read_when(word, desk.now, zone_of(desk)).end
    except ValueError:
        commit = commits_of.find_commit(desk.layout, word)
        if not commit:
            hint = "Write 2026-09-30, lastweek, or what `git log` calls a commit."
            raise NotFoundError(
                f'"{word}" is no date, and git knows no such commit', "--as-of", hint
            ) from None
        return Moment(commits_of.time_of(desk.layout, commit), commit)
    if end - _MILLISECOND > desk.now:
        raise UsageError(f'"{word}" is not over yet', "--as-of", "Leave it out for how things are now.")
    return Moment(end - _MILLISECOND, is_past=True)


@contextmanager
def open_view(
    desk: Desk, moment: Moment, *, with_texts: bool = True, progress: Progress = None
) -> Iterator[View]:
    """The desk at that moment; `with_texts` for queries that ask what messages say.

    Raises InvalidFileError for a desk.yaml or sla.yaml that cannot be read.
    """
    if not moment.commit:
        desk = replace(desk, now=moment.at)
        sla = load_sla(desk.layout, desk.settings)
        index = open_facts(desk, progress=progress)
        read = read_from(desk)
    else:
        commit = moment.commit
        settings = commits_of.settings_of(desk.layout, commit)
        desk = replace(desk, settings=settings, now=moment.at)
        sla = commits_of.sla_of(desk.layout, commit, settings)
        done = done_words(settings)
        index = CommitIndex(desk.layout, commit, done=done, with_texts=with_texts, progress=progress)

        def read(path: str) -> bytes:
            data = commits_of.content(desk.layout, commit, path)
            if data is None:
                raise NotFoundError("is not in that commit", path)
            return data

    try:
        yield View(desk, index, sla, moment.is_past, read, moment)
    finally:
        index.close()


def remark_of(view: View, late: list[str]) -> list[str]:
    """What a reader must know of figures that are not of today."""
    said = []
    if view.moment.commit:
        said.append(
            f"As of a commit of {local_text(view.desk, view.moment.at)}: its tickets, its desk.yaml and its"
            " sla.yaml."
        )
    elif view.is_past:
        said.append(
            f"As known today, up to {local_text(view.desk, view.moment.at)}; what was merged or called spam"
            " since is left out."
        )
    if late:
        shown = ", ".join(late[:_SHOWN])
        more = f" and {len(late) - _SHOWN} more" if len(late) > _SHOWN else ""
        said.append(f"Recorded in part only later, so that a report of then had less: {shown}{more}.")
    return said


_SHOWN = 10
