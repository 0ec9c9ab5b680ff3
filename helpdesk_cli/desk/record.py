"""The one door for writing: changes become a ticket file, a commit and an index row, in that order.

Under the desk's lock: the file is read again, what a hand changed is adopted as an event, the
changes are applied, the file is replaced durably, the commit is queued, the index follows. After
the lock is let go the queue is brought into git. Git and the index never undo a durable file.
"""

from __future__ import annotations

import importlib
import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from helpdesk_cli.desk.by_hand import adopt_hand_edits
from helpdesk_cli.desk.chance import draw_id
from helpdesk_cli.desk.desk import open_index
from helpdesk_cli.errors import ConflictError, InvalidFileError, NotFoundError
from helpdesk_cli.storage import durable, lock, pending
from helpdesk_cli.storage.drain import drain
from helpdesk_cli.storage.folder import Stat, read_file
from helpdesk_cli.storage.layout import prepare
from helpdesk_cli.storage.numbers import claim_number
from helpdesk_cli.storage.ticket_file import TicketFile, change_ticket_file, new_ticket_file, read_ticket_file
from helpdesk_cli.tickets.changes import EntryAdded, FieldSet, ListChanged, apply_all
from helpdesk_cli.tickets.entries import Event
from helpdesk_cli.tickets.ids import read_number, ticket_id
from helpdesk_cli.tickets.times import next_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from helpdesk_cli.desk.actor import Actor
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.storage.index import Index
    from helpdesk_cli.storage.pending import Content
    from helpdesk_cli.tickets.changes import Change
    from helpdesk_cli.tickets.ticket import Ticket

LARGEST_TICKET = 64_000_000
LOCK_TIMEOUT = 60.0


@dataclass(frozen=True, slots=True)
class Held:
    """A ticket as the door read it: path from the desk's root, file, stat at reading (None: a new one)."""

    path: str
    file: TicketFile
    stat: Stat | None

    @property
    def ticket(self) -> Ticket:
        """The ticket in the file."""
        return self.file.ticket


@dataclass(frozen=True, slots=True)
class Recorded:
    """What one change did: the ticket after it, its summary, and the file's diff."""

    ticket: Ticket
    path: str
    summary: str
    before: str
    after: str

    def diff(self) -> list[str]:
        """The change as a unified diff of the ticket file, line by line without line ends."""
        # difflib costs 4 ms to import, and only --dry-run shows a diff.
        return list(
            importlib.import_module("difflib").unified_diff(
                self.before.split("\n"),
                self.after.split("\n"),
                f"a/{self.path}",
                f"b/{self.path}",
                lineterm="",
            )
        )


@dataclass(slots=True)
class Door:
    """Open while the desk's lock is held (or, for a dry run, without it and writing nothing)."""

    desk: Desk
    actor: Actor
    index: Index
    dry_run: bool = False
    op: str = field(default_factory=lambda: draw_id("op"))
    sync: bool = True
    recorded: list[Recorded] = field(default_factory=list)
    enqueue: Callable[[pending.Commit], object] | None = None

    def find(self, word: str) -> str:
        """The path of the ticket that `word` names: a number, an id, a uid or the beginning of one.

        Raises NotFoundError; InvalidFileError when that ticket's file cannot be read.
        """
        return find_path(self.desk, self.index, word)

    def read(self, path: str) -> Held:
        """The ticket file as it is now on the disk. Raises InvalidFileError, NotFoundError."""
        try:
            data, stat = read_file(self.desk.path(path), within=self.desk.layout.root, limit=LARGEST_TICKET)
        except FileNotFoundError:
            raise NotFoundError(
                "this ticket file is gone", path, "`git checkout -- PATH` brings it back."
            ) from None
        return Held(path, read_ticket_file(data, place=path), stat)

    def hold(self, word: str) -> Held:
        """The ticket that `word` names, as it is now on the disk."""
        return self.read(self.find(word))

    def next_at(self, ticket: Ticket) -> datetime:
        """When the next entry of this ticket happens."""
        return next_time(self.desk.now, ticket.last_at)

    def event(self, ticket: Ticket, what: str = "", **parts: Sequence[object]) -> Event:
        """An event by the acting person, later than everything in the ticket; not yet added to it."""
        at = self.next_at(ticket)
        return Event(draw_id(ticket.uid, what), at, self.actor.key, what, **parts)  # type: ignore[arg-type] # changes= and facts=, as Event has them

    def change(
        self,
        held: Held,
        changes: Sequence[Change],
        *,
        summary: str,
        facts: tuple[tuple[str, str], ...] = (),
        files: Sequence[tuple[str, bytes]] = (),
        at: datetime | None = None,
    ) -> Held:
        """Apply the changes to a ticket and record them as one change.

        Field changes become one event by the acting person, with `facts`; `files` are (path, bytes)
        from the desk's root. Nothing is written when there is nothing to change.
        """
        ticket = adopt_hand_edits(self.desk, held.path, held.ticket)
        fields = tuple(change for change in changes if isinstance(change, (FieldSet, ListChanged)))
        added = [change for change in changes if isinstance(change, EntryAdded)]
        after = apply_all(ticket, [*added, *fields])
        if fields or facts:
            event = Event(
                draw_id(ticket.uid, summary),
                at or next_time(self.desk.now, after.last_at),
                self.actor.key,
                changes=fields,
                facts=facts,
            )
            after = apply_all(after, [EntryAdded(event)])
        if after == held.ticket:
            return held
        file = change_ticket_file(held.file, after)
        return self._write(held, file, summary=summary, files=files)

    def take_over(self, held: Held, edited: TicketFile, ticket: Ticket, *, summary: str) -> Recorded:
        """Record a file that a hand wrote in the place of `held`, brought to `ticket`."""
        self._write(held, change_ticket_file(edited, ticket), summary=summary, files=())
        return self.recorded[-1]

    def create(
        self,
        make: Callable[[str], Ticket],
        *,
        summary: str,
        files: Callable[[Ticket], Sequence[tuple[str, bytes]]] | None = None,
    ) -> Held:
        """Record a new ticket: `make` is given its id, for instance TICKET-42."""
        desk = self.desk
        number = claim_number(desk.layout, self.index.highest_number(), dry_run=self.dry_run)
        ticket = make(ticket_id(desk.settings.prefix, number))
        path = ticket_path(ticket)
        held = Held(path, new_ticket_file(ticket), None)
        summary = f"{ticket.id}: {summary}"
        return self._write(held, held.file, summary=summary, files=files(ticket) if files else ())

    def _write(
        self, held: Held, file: TicketFile, *, summary: str, files: Sequence[tuple[str, bytes]]
    ) -> Held:
        desk, layout = self.desk, self.desk.layout
        ticket = file.ticket
        before = str(held.file) if held.stat else ""
        after = str(file)
        entries = {entry.id for entry in held.ticket.entries} if held.stat else set()
        self.recorded.append(Recorded(ticket, held.path, summary, before, after))
        if self.dry_run:
            return Held(held.path, file, held.stat or Stat(0, 0, 0, 0))
        paths: list[tuple[str, Content]] = []
        for name, data in files:
            self._write_new(desk.path(name), data)
            paths.append((name, pending.AS_IT_LIES))
        data = file.to_bytes()
        target = desk.path(held.path)
        if held.stat is None:
            stat = self._write_new(target, data)
        else:
            # Read and compared under the lock: an editor that saved meanwhile is never overwritten (G15).
            stat = durable.replace(
                target,
                data,
                within=layout.root,
                modes=layout.modes,
                expect=held.stat,
                tmp=layout.tmp,
                sync=self.sync,
            )
        paths.append((held.path, data))
        fresh = [entry.id for entry in ticket.entries if entry.id not in entries]
        commit = pending.Commit(
            tuple(paths),
            (self.actor.name, self.actor.email),
            commit_message(summary, op=self.op, entries=fresh),
            desk.now,
        )
        (self.enqueue or pending.Queue(layout).put)(commit)
        self.index.put(held.path, ticket, stat, folder_mtimes=self._folder_times(target.parent))
        return Held(held.path, file, stat)

    def _write_new(self, target: Path, data: bytes) -> Stat:
        layout = self.desk.layout
        if not target.parent.is_dir():
            durable.make_dirs(target.parent, within=layout.root, modes=layout.modes, sync=self.sync)
        try:
            return durable.write_new(
                target, data, within=layout.root, modes=layout.modes, tmp=layout.tmp, sync=self.sync
            )
        except FileExistsError:
            found, stat = read_file(target, within=layout.root)
            if found == data:
                # An earlier try got this far: the same bytes under the same name.
                return stat
            raise ConflictError(
                "a file stands where this ticket belongs", str(target), "Run `desk fsck`."
            ) from None

    def _folder_times(self, folder: Path) -> dict[str, int]:
        root = self.desk.layout.root
        folders = [folder, folder.parent, folder.parent.parent]
        return {place.relative_to(root).as_posix(): os.lstat(place).st_mtime_ns for place in folders}


def commit_message(summary: str, *, op: str, entries: Sequence[str] = (), rule: str = "") -> str:
    """The whole message: a subject of at most 72 characters, then trailers. No text of a customer's in it."""
    subject = summary if len(summary) <= 72 else f"{summary[:71]}…"  # noqa: PLR2004 - DECISIONS 12
    trailers = [f"Desk-Op: {op}"]
    trailers += [f"Desk-Rule: {rule}"] if rule else []
    trailers += [f"Desk-Entry: {entry}" for entry in entries]
    return f"{subject}\n\n" + "\n".join(trailers) + "\n"


def ticket_path(ticket: Ticket) -> str:
    """`tickets/2026/11/TICKET-42.md`, by the month the ticket was created in."""
    return f"tickets/{ticket.created_at.year:04d}/{ticket.created_at.month:02d}/{ticket.id}.md"


def find_path(desk: Desk, index: Index, word: str) -> str:
    """The path of the ticket that `word` names. Raises NotFoundError; InvalidFileError for a broken file."""
    number = read_number(word, desk.settings.prefix)
    if number is not None:
        paths = index.paths_numbered(number) or index.paths_formerly(number)
        if not paths:
            name = ticket_id(desk.settings.prefix, number)
            broken = next((text for path, text in index.problems() if path.endswith(f"/{name}.md")), "")
            if broken:
                raise InvalidFileError(broken, "", "Mend it, or run `desk fsck`.")
            raise NotFoundError(f"there is no {name}", "", "`desk list` shows what there is.")
    else:
        least = 4
        paths = index.paths_of_uid(word.casefold()) if len(word) >= least else []
        if not paths:
            raise NotFoundError(f'"{word}" names no ticket', "", "Say its number, for example 42.")
    if len(paths) > 1:
        raise NotFoundError(
            f'"{word}" names {len(paths)} tickets: {", ".join(paths)}',
            "",
            "`desk fsck --repair` mends a clash of numbers.",
        )
    return paths[0]


@contextmanager
def open_door(
    desk: Desk, actor: Actor, *, dry_run: bool = False, timeout: float = LOCK_TIMEOUT
) -> Iterator[Door]:
    """The door, open inside the block; afterwards what was recorded is brought into git.

    Raises TryAgainError when another command has been writing for `timeout` seconds.
    """
    if dry_run:
        index = open_index(desk, full=False)
        try:
            yield Door(desk, actor, index, dry_run=True)
        finally:
            index.close()
        return
    prepare(desk.layout)
    with lock.hold(desk.layout.lock, timeout=timeout, modes=desk.layout.modes):
        index = open_index(desk, full=False)
        try:
            yield Door(desk, actor, index)
        finally:
            index.close()
    commit_pending(desk)


def commit_pending(desk: Desk) -> str:
    """Bring what is queued into git; why something is left, "" when nothing is. Git's faults do not raise."""
    result = drain(desk.layout, committer_of(desk))
    return result.why if result.left else ""


def committer_of(desk: Desk) -> tuple[str, str]:
    """Name and address under which the desk commits."""
    return (f"{desk.settings.name} desk", f"desk@{desk.settings.domain}")
