"""`desk import --mapping`: another helpdesk's tickets, with their numbers, times, people, files.

A ticket and each message in it have ids made of the mapping's name and their keys there: what is here already
is known again, in every clone, and an export made later adds what came since. Killed, the next call goes on.
"""

from __future__ import annotations

import time
from contextlib import closing
from typing import TYPE_CHECKING

from helpdesk_cli.desk.actor import desk_actor
from helpdesk_cli.desk.import_filing import Plan, Took, take
from helpdesk_cli.desk.old_tickets import Census, OldTicket, Reader, UnreadableError, keyed, tables_of
from helpdesk_cli.desk.record import committer_of, open_door
from helpdesk_cli.errors import NotFoundError, UsageError
from helpdesk_cli.mail.html import html_text
from helpdesk_cli.mail.quoting import split
from helpdesk_cli.storage.drain import BatchCommitter
from helpdesk_cli.storage.folder import kept_open
from helpdesk_cli.storage.layout import prepare
from helpdesk_cli.storage.sandbox import LimitExceededError, Results
from helpdesk_cli.storage.space import require_space, sync_filesystem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import tzinfo
    from pathlib import Path

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.import_files import Export, Found
    from helpdesk_cli.storage.mapping_file import Lookup, Mapping

_CHUNK = 100
_CHUNK_BYTES = 32 * 1024 * 1024
_CHUNK_SECONDS = 2.0
_WORKERS = 2


def _text_of(page: str) -> str:
    return html_text(page, images={})[0]


def import_tickets(desk: Desk, plan: Plan, *, dry_run: bool = False) -> Iterator[Took]:
    """Take over every ticket, by number; each answer is given when that ticket is durable.

    Raises TryAgainError when nothing more can be kept; what was answered before stays.
    """
    actor = desk_actor(desk, key="import")
    with closing(_Old(plan)) as old:
        if dry_run:
            with open_door(desk, actor, dry_run=True) as door:
                for found, ticket in old:
                    yield take(door, plan, found, ticket)
            return
        prepare(desk.layout)
        with BatchCommitter(desk.layout, committer_of(desk)) as batch:
            for first in old:
                require_space(desk.layout.state, _CHUNK_BYTES, floor=desk.settings.free_space)
                done = []
                until = time.monotonic() + _CHUNK_SECONDS
                with open_door(desk, actor, drains=False) as door, door.index.bulk(), kept_open():
                    door.batch = True
                    size = 0
                    each: tuple[Found, OldTicket | str] | None = first
                    while each is not None:
                        done.append(take(door, plan, *each))
                        size += _size_of(each[1])
                        is_full = len(done) == _CHUNK or size > _CHUNK_BYTES or time.monotonic() > until
                        each = None if is_full else next(old, None)
                    commits = door.flush()
                for commit in commits:
                    batch.commit(commit)
                sync_filesystem(desk.layout.state)
                yield from done


class _Old:
    """The tickets of the export in order, read ahead by limited children; or why one cannot be read."""

    def __init__(self, plan: Plan) -> None:
        def work(job: dict[str, object]) -> OldTicket | str:
            local = tables_of(plan.mapping, [job])
            tables = {name: {**rows, **local.get(name, {})} for name, rows in plan.tables.items()}
            try:
                return Reader(plan.mapping, tables, plan.zone, _text_of, split).read(job)
            except UnreadableError as error:
                return str(error)

        jobs = ((found, found.read()) for found in plan.export.tickets)
        self._results = Results(work, jobs, workers=_WORKERS)

    def __iter__(self) -> Iterator[tuple[Found, OldTicket | str]]:
        return self

    def __next__(self) -> tuple[Found, OldTicket | str]:
        found, result = next(self._results)
        if isinstance(result, LimitExceededError):
            return found, f"it cannot be read within the limits on time and memory ({result})"
        return found, result

    def close(self) -> None:
        """End the children."""
        self._results.close()


def _size_of(old: OldTicket | str) -> int:
    if isinstance(old, str):
        return 0
    return sum(len(file.content or b"") for each in old.messages for file in each.files)


def make_plan(
    mapping: Mapping,
    export: Export,
    *,
    zone: tzinfo,
    tables: dict[str, list[dict[str, object]]],
    census: Census,
    files: Path | None = None,
    tags: Iterable[str] = (),
) -> Plan:
    """Everything that an import needs, checked before the first ticket is written. Raises UsageError."""
    if files is not None and not files.is_dir():
        raise NotFoundError("there is no such folder", str(files))
    found = tables_of(mapping, export.documents)
    for name, rows in tables.items():
        found[name].update(keyed(lookup_of(mapping, name), rows))
    for name, (key, number) in census.wanted.items():
        if not found[name] and name not in census.given:
            hint = (
                f"Say --table {name}=FILE (docs/importing.md tells where to get it); or take `{name}(…)` out "
                "of a copy of the mapping, if there is no such table."
            )
            said = f'the table "{name}" is {"empty" if name in tables else "missing"}'
            raise UsageError(f"{said}, and ticket {number} names {key} in it", "--table", hint)
    return Plan(mapping, export, found, zone, files, tuple(tags))


def lookup_of(mapping: Mapping, name: str) -> Lookup:
    """The table of that name. Raises UsageError."""
    found = next((each for each in mapping.lookups if each.name == name), None)
    if found is None:
        known = ", ".join(each.name for each in mapping.lookups) or "none"
        raise UsageError(f'this mapping has no table "{name}"', "--table", f"It has {known}.")
    return found


def census_of(mapping: Mapping, zone: tzinfo) -> Census:
    """What tells the number of a record, before anything else of the export is known."""
    return Census(Reader(mapping, {}, zone, _text_of, split))
