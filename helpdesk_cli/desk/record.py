"""The one door for writing: changes become a ticket file, a commit and an index row, in that order.

Under the desk's lock: the file is read again, what a hand changed is adopted as an event, the
changes are applied, the file is replaced durably, the commit is queued, the index follows. After
the lock is let go the queue is brought into git. Git and the index never undo a durable file.
"""

from __future__ import annotations

import importlib
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from helpdesk_cli.desk.by_hand import adopt_hand_edits
from helpdesk_cli.desk.chance import draw_id
from helpdesk_cli.desk.indexing import open_index
from helpdesk_cli.desk.promised import with_policy
from helpdesk_cli.desk.ticket_paths import LARGEST_TICKET, find_broken, find_path
from helpdesk_cli.errors import ConflictError, DeskError, InvalidFileError, NotFoundError
from helpdesk_cli.storage import durable, lock, pending, waiting
from helpdesk_cli.storage.drain import drain
from helpdesk_cli.storage.folder import Stat, read_file
from helpdesk_cli.storage.layout import prepare
from helpdesk_cli.storage.numbers import next_number, note_number
from helpdesk_cli.storage.space import sync_filesystem
from helpdesk_cli.storage.ticket_file import TicketFile, change_ticket_file, new_ticket_file, read_ticket_file
from helpdesk_cli.tickets.changes import EntryAdded, FieldSet, ListChanged, apply_all
from helpdesk_cli.tickets.entries import Event
from helpdesk_cli.tickets.ids import FARTHEST, ticket_id
from helpdesk_cli.tickets.times import next_time
from helpdesk_cli.values import dataclass, field

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

__all__ = [
    "LARGEST_TICKET",
    "LOCK_TIMEOUT",
    "Door",
    "Held",
    "Recorded",
    "commit_message",
    "commit_pending",
    "committer_of",
    "find_broken",
    "find_path",
    "open_door",
    "ticket_path",
]
LOCK_TIMEOUT = 60.0
# The stat of a file that a batch has not written yet.
_UNWRITTEN = Stat(0, 0, 0, 0)


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
    batch: bool = False
    undoes: str = ""  # the operation that this one takes back
    rule: str = ""  # the rule that acts
    recorded: list[Recorded] = field(default_factory=list)
    _gathers: bool = False
    _held: dict[str, Held] = field(default_factory=dict)
    _commits: list[pending.Commit] = field(default_factory=list)
    _last_number: int = 0

    def find(self, word: str) -> str:
        """The path of the ticket that `word` names: a number, an id, a uid or the beginning of one.

        Raises NotFoundError; InvalidFileError when that ticket's file cannot be read.
        """
        return find_path(self.desk, self.index, word)

    def read(self, path: str) -> Held:
        """The ticket file as it is now on the disk. Raises InvalidFileError, NotFoundError."""
        if path in self._held:
            return self._held[path]
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
        gone: Sequence[str] = (),
        at: datetime | None = None,
    ) -> Held:
        """Apply the changes to a ticket and record them as one change.

        Field changes become one event by the acting person, with `facts`; `files` are (path, bytes)
        from the desk's root, `gone` the paths of files that go with the change. Nothing is written when
        there is nothing to change.
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
        if after == ticket:
            # There was nothing to do but to write down what a hand did: that is what the log says.
            summary = f"{ticket.id}: changed by hand"
        file = change_ticket_file(held.file, after)
        return self._write(held, file, summary=summary, files=files, gone=gone)

    def alter(
        self, held: Held, decide: Callable[[Ticket], Ticket], *, summary: str, gone: Sequence[str] = ()
    ) -> Held:
        """Record what `decide` makes of the ticket, without any event but those that it adds.

        For what no event may repeat: a redaction.
        """
        after = decide(adopt_hand_edits(self.desk, held.path, held.ticket))
        if after == held.ticket:
            return held
        return self._write(held, change_ticket_file(held.file, after), summary=summary, files=(), gone=gone)

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
        number: int = 0,
    ) -> Held:
        """Record a new ticket: `make` is given its id, for instance TICKET-42.

        It gets `number` where that is above all that were ever given out here and not beyond FARTHEST; else
        the next.
        """
        made = make(ticket_id(self.desk.settings.prefix, self._claim(number)))
        ticket = with_policy(self.desk, self.index, made)
        path = ticket_path(ticket)
        held = Held(path, new_ticket_file(ticket), None)
        summary = f"{ticket.id}: {summary}"
        return self._write(held, held.file, summary=summary, files=files(ticket) if files else ())

    @contextmanager
    def together(self) -> Iterator[None]:
        """Inside the block what is changed is gathered; at its end each file is written once, with all of it.

        Killed, or ended by an error, nothing of the block is there. Each change has a commit of its own. A
        ticket that is to be changed again after the block is to be read again.
        """
        recorded = len(self.recorded)
        if self.batch or self._gathers:
            yield
            return
        self._gathers = not self.dry_run
        try:
            yield
            stats = {path: self._put_file(held) for path, held in self._held.items()}
            queue = pending.Queue(self.desk.layout)
            for number, commit in enumerate(self._commits, start=1):
                queue.put(commit, sync=number == len(self._commits))
            for path, stat in stats.items():
                times = self._folder_times({self.desk.path(path).parent})
                self.index.put(path, self._held[path].ticket, stat, folder_mtimes=times)
        except BaseException:
            # Nobody is told of what is not there.
            del self.recorded[recorded:]
            raise
        finally:
            self._gathers = False
            self._held.clear()
            self._commits.clear()

    @contextmanager
    def trying(self) -> Iterator[None]:
        """Inside the block, which lies in one of `together` or a batch, what fails is as if never tried."""
        before = dict(self._held), list(self._commits), list(self.recorded)
        try:
            yield
        except Exception:
            self._held, self._commits, self.recorded = before
            raise

    @contextmanager
    def acting(self, actor: Actor, *, rule: str = "", op: str = "") -> Iterator[None]:
        """Inside the block somebody else acts: a rule; in an operation of its own with `op`."""
        before = self.actor, self.rule, self.op
        self.actor, self.rule, self.op = actor, rule, op or self.op
        try:
            yield
        finally:
            self.actor, self.rule, self.op = before

    def _claim(self, wanted: int = 0) -> int:
        """The next number, or a higher one that is wanted: above every number given out before."""
        highest = max(self.index.highest_number(), self._last_number)
        free = next_number(self.desk.layout, highest, lambda: [self._last_number, *self.index.numbers()])
        self._last_number = max(free, wanted if wanted <= FARTHEST else 0)
        if not self.dry_run and not self.batch:
            note_number(self.desk.layout, self._last_number)
        return self._last_number

    def _write(
        self,
        held: Held,
        file: TicketFile,
        *,
        summary: str,
        files: Sequence[tuple[str, bytes]],
        gone: Sequence[str] = (),
    ) -> Held:
        ticket = file.ticket
        content = file.to_bytes()
        if len(content) > LARGEST_TICKET:
            # It would never be read again.
            said = f"the ticket file would be larger than {LARGEST_TICKET // 1_000_000} MB"
            raise InvalidFileError(said, held.path, "Open another ticket, or attach what is long.")
        known = {entry.id for entry in held.ticket.entries} if held.stat else set()
        before = str(held.file) if held.stat and not self.batch else ""
        recorded = Recorded(ticket, held.path, summary, before, "" if self.batch else str(file))
        if self.dry_run:
            self.recorded.append(recorded)
            return Held(held.path, file, held.stat or _UNWRITTEN)
        for name, data in files:
            self._write_new(self.desk.path(name), data)
        paths: list[tuple[str, Content]] = [(name, pending.AS_IT_LIES) for name, _ in files]
        # A batch leaves them lying: whoever sees them knows that no ticket names them.
        paths += [] if self.batch else [(name, None) for name in gone]
        fresh = [entry.id for entry in ticket.entries if entry.id not in known]
        commit = pending.Commit(
            (*paths, (held.path, content)),
            (self.actor.name, self.actor.email),
            commit_message(summary, op=self.op, entries=fresh, undoes=self.undoes, rule=self.rule),
            self.desk.now,
        )
        if self.batch or self._gathers:
            gathered = Held(held.path, file, held.stat or _UNWRITTEN)
            self._held[held.path] = gathered
            self._commits.append(commit)
            self.recorded.append(recorded)
            if self.batch:
                self.index.put(held.path, ticket, _UNWRITTEN, folder_mtimes={})
            return gathered
        stat = self._put_file(Held(held.path, file, held.stat))
        self.recorded.append(recorded)
        pending.Queue(self.desk.layout).put(commit)
        folder = self.desk.path(held.path).parent
        self.index.put(held.path, ticket, stat, folder_mtimes=self._folder_times({folder}))
        for name in gone:
            durable.remove(self.desk.path(name), within=self.desk.layout.root)
        return Held(held.path, file, stat)

    def flush(self) -> list[pending.Commit]:
        """Write what a batch has gathered, each file once, not yet flushed to the disk; the commits for it.

        A file that is renamed over another costs 3 ms on ext4 (auto_da_alloc writes it out at once).
        """
        stats = {path: self._put_file(held) for path, held in self._held.items()}
        if self._last_number:
            note_number(self.desk.layout, self._last_number)
        return self._flushed(stats)

    def flush_changes(self, queue: Callable[[pending.Commit], object]) -> dict[str, DeskError]:
        """Write what a batch has changed of tickets that are there already; by path what was not written.

        All new contents are on the disk before the first is put in its place, and one that an editor saved
        meanwhile costs only itself. Each commit is queued right behind its file: killed in between, one
        ticket is changed and not in git.
        """
        layout, staged = self.desk.layout, dict[str, durable.Staged]()
        stats, failed = dict[str, Stat](), dict[str, DeskError]()
        commits: dict[str, list[pending.Commit]] = {}
        for commit in self._commits:
            commits.setdefault(commit.paths[-1][0], []).append(commit)
        try:
            for path, held in self._held.items():
                with _kept_apart(failed, path):
                    staged[path] = durable.stage(
                        self.desk.path(path),
                        held.file.to_bytes(),
                        within=layout.root,
                        modes=layout.modes,
                        tmp=layout.tmp,
                    )
            sync_filesystem(layout.state)
            for path in list(staged):
                with _kept_apart(failed, path):
                    expected = self._held[path].stat or _UNWRITTEN
                    stats[path] = durable.put_staged(staged[path], within=layout.root, expect=expected)
                    del staged[path]
                    for commit in commits[path]:
                        queue(commit)
        finally:
            for left in staged.values():
                durable.unstage(left)
        self._flushed(stats)
        return failed

    def _flushed(self, stats: dict[str, Stat]) -> list[pending.Commit]:
        """Tell the index of the files that a batch has written; the commits for them."""
        folders = {self.desk.path(path).parent for path in stats}
        times = self._folder_times(folders) if len(stats) == len(self._held) else {}
        self.index.put_stats(stats, folder_mtimes=times)
        commits = list(self._commits)
        self._held.clear()
        self._commits.clear()
        self.recorded.clear()
        return commits

    def _put_file(self, held: Held) -> Stat:
        layout, data = self.desk.layout, held.file.to_bytes()
        target = self.desk.path(held.path)
        if held.stat is None or held.stat == _UNWRITTEN:
            return self._write_new(target, data)
        # Read and compared under the lock: an editor that saved meanwhile is never overwritten (G15).
        return durable.replace(
            target,
            data,
            within=layout.root,
            modes=layout.modes,
            expect=held.stat,
            tmp=layout.tmp,
            sync=not self.batch,
        )

    def _write_new(self, target: Path, data: bytes) -> Stat:
        layout = self.desk.layout
        if not target.parent.is_dir():
            durable.make_dirs(target.parent, within=layout.root, modes=layout.modes, sync=not self.batch)
        try:
            return durable.write_new(
                target, data, within=layout.root, modes=layout.modes, tmp=layout.tmp, sync=not self.batch
            )
        except FileExistsError:
            found, stat = read_file(target, within=layout.root)
            if found == data:
                # An earlier try got this far: the same bytes under the same name.
                return stat
            raise ConflictError(
                "a file stands where this ticket belongs", str(target), "Run `desk fsck`."
            ) from None

    def _folder_times(self, folders: set[Path]) -> dict[str, int]:
        """The times of these month folders and of the folders above them."""
        root = self.desk.layout.root
        every = {place for folder in folders for place in (folder, folder.parent, folder.parent.parent)}
        return {place.relative_to(root).as_posix(): os.lstat(place).st_mtime_ns for place in every}


@contextmanager
def _kept_apart(failed: dict[str, DeskError], path: str) -> Iterator[None]:
    """Inside the block a fault of one ticket is noted, and is no fault of the others."""
    try:
        yield
    except DeskError as error:
        failed[path] = error


def commit_message(
    summary: str, *, op: str, entries: Sequence[str] = (), rule: str = "", undoes: str = ""
) -> str:
    """The whole message: a subject of at most 72 characters, then trailers. No text of a customer's in it."""
    subject = summary if len(summary) <= 72 else f"{summary[:71]}…"  # noqa: PLR2004 - DECISIONS 12
    trailers = [f"Desk-Op: {op}"]
    trailers += [f"Desk-Rule: {rule}"] if rule else []
    trailers += [f"Desk-Undoes: {undoes}"] if undoes else []
    trailers += [f"Desk-Entry: {entry}" for entry in entries]
    return f"{subject}\n\n" + "\n".join(trailers) + "\n"


def ticket_path(ticket: Ticket) -> str:
    """`tickets/2026/11/TICKET-42.md`, by the month the ticket was created in."""
    return f"tickets/{ticket.created_at.year:04d}/{ticket.created_at.month:02d}/{ticket.id}.md"


@contextmanager
def open_door(
    desk: Desk, actor: Actor, *, dry_run: bool = False, timeout: float = LOCK_TIMEOUT, drains: bool = True
) -> Iterator[Door]:
    """The door, open inside the block; afterwards what was recorded is brought into git, if it `drains`.

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
            door = Door(desk, actor, index)
            yield door
            if waiting.is_any(desk.layout):
                # Seldom needed, and it brings the mail modules with it.
                importlib.import_module("helpdesk_cli.desk.retry").file_mended(door)
        finally:
            index.close()
    if drains:
        commit_pending(desk)


def commit_pending(desk: Desk) -> str:
    """Bring what is queued into git; why something is left, "" when nothing is. Git's faults do not raise."""
    result = drain(desk.layout, committer_of(desk))
    return result.why if result.left else ""


def committer_of(desk: Desk) -> tuple[str, str]:
    """Name and address under which the desk commits."""
    return (f"{desk.settings.name} desk", f"desk@{desk.settings.domain}")
