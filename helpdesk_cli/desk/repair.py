"""`desk fsck --repair`: what can be set right without a person's judgement. Twice is once.

Nothing is thrown away but temporary files, git's dead locks and second copies; nothing is guessed. What
is left afterwards needs somebody who knows what was meant.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from helpdesk_cli.desk import outbox_heal
from helpdesk_cli.desk.actor import desk_actor, find_actor
from helpdesk_cli.desk.chance import draw_id
from helpdesk_cli.desk.checks.commits import Names, is_copy, is_named, loose, unknown_entries
from helpdesk_cli.desk.checks.survey import survey
from helpdesk_cli.desk.fsck import Ages, look
from helpdesk_cli.desk.heal import heal
from helpdesk_cli.desk.indexing import open_index
from helpdesk_cli.desk.ingest import ingest
from helpdesk_cli.desk.outcome import Options
from helpdesk_cli.desk.record import LOCK_TIMEOUT, commit_message, commit_pending, open_door
from helpdesk_cli.desk.retry import retry
from helpdesk_cli.errors import DeskError, fault
from helpdesk_cli.storage import durable, lock, pending, raw, setup, stale
from helpdesk_cli.storage.folder import read_file
from helpdesk_cli.storage.layout import prepare
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from helpdesk_cli.desk.actor import Actor
    from helpdesk_cli.desk.checks.finding import Finding
    from helpdesk_cli.desk.checks.survey import Survey
    from helpdesk_cli.desk.desk import Desk


@dataclass(frozen=True, slots=True)
class Done:
    """One thing that was set right: the code of its finding, where, and what was done."""

    code: str
    path: str
    what: str


@dataclass(frozen=True, slots=True)
class Repaired:
    """What was done, in order, and what is left to be found."""

    done: tuple[Done, ...]
    left: tuple[Finding, ...]


def repair(
    desk: Desk,
    *,
    actor: Actor | None = None,
    full: bool = False,
    ages: Ages | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Repaired:
    """Set right what can be, then look again. `actor` is whose hand commits what hands have edited.

    Raises TryAgainError for a full disk or a busy desk, with what was done so far done.
    """
    ages = ages or Ages()
    actor = actor or find_actor(desk) or desk_actor(desk, key="desk")
    prepare(desk.layout)
    findings, found = look(desk, full=full, ages=ages, progress=progress)
    work = _Work(desk, actor, ages, findings, found)
    try:
        done = [each for step in _STEPS for each in step(work)]
    except OSError as error:
        raise fault(error, str(error.filename or desk.layout.root)) from error
    if done:
        findings, _ = look(desk, full=full, ages=ages, progress=progress)
    return Repaired(tuple(done), tuple(findings))


@dataclass(frozen=True, slots=True)
class _Work:
    """What the steps work on: the findings and the survey of the look before them."""

    desk: Desk
    actor: Actor
    ages: Ages
    findings: list[Finding]
    found: Survey

    def paths(self, code: str) -> list[str]:
        """Where that was found."""
        return [finding.path for finding in self.findings if finding.code == code]


def _clean_up(work: _Work) -> Iterator[Done]:
    layout = work.desk.layout
    if work.paths("stale-lock"):
        for path in stale.recover_locks(layout, older_than=work.ages.lock):
            yield Done("stale-lock", str(path), "removed: no git runs here")
    for name in work.paths("tmp-old"):
        path = Path(name)
        if durable.remove(path, within=path.parent):
            yield Done("tmp-old", name, "removed")


def _complete_clone(work: _Work) -> Iterator[Done]:
    if work.paths("driver-missing"):
        setup.configure(work.desk.layout)
        yield Done("driver-missing", "", "git knows desk's merge driver now")


def _heal(work: _Work) -> Iterator[Done]:
    """Conflicts that a merge left, and clashes of numbers."""
    healing = heal(work.desk, work.actor)
    also = "; `git commit` concludes the merge" if healing.is_merging else ""
    yield from (Done(healed.code, healed.path, healed.what + also) for healed in healing.done)


def _settle_outbox(work: _Work) -> Iterator[Done]:
    """What whoever was preparing or sending a mail left halfway; nothing is sent."""
    if work.paths("outbox-halfway") or work.paths("outbox-stray"):
        for settled in outbox_heal.heal(work.desk, settled=work.ages.original):
            yield Done("outbox-halfway", settled.name, f"{settled.what} now")


def _mend_index(work: _Work) -> Iterator[Done]:
    desk = work.desk
    for path in work.paths("index-damaged"):
        # Under the lock, so that nobody writes into it meanwhile.
        with lock.hold(desk.layout.lock, timeout=LOCK_TIMEOUT, modes=desk.layout.modes):
            index = open_index(desk, full=False)
            index.close()
            index.discard()
            open_index(desk, full=True).close()
        yield Done("index-damaged", path, "made anew from the files")


def _retry(work: _Work) -> Iterator[Done]:
    if not (work.paths("set-aside") or work.paths("waiting")):
        return
    for retried in retry(work.desk):
        if retried.ingested.outcome != "deferred":
            yield Done(retried.kind, retried.sha256, _filed(retried.ingested.ticket))


def _file_orphans(work: _Work) -> Iterator[Done]:
    desk = work.desk
    for path in work.paths("original-orphaned"):
        digest = Path(path).name
        done = ingest(desk, raw.read(desk.layout.state, digest), Options())
        if done.outcome != "deferred":
            yield Done("original-orphaned", path, _filed(done.ticket))


def _adopt_hand_edits(work: _Work) -> Iterator[Done]:
    paths = work.paths("hand-edit")
    if not paths:
        return
    with open_door(work.desk, work.actor) as door:
        for path in paths:
            try:
                held = door.read(path)
            except DeskError:
                continue
            if door.change(held, [], summary=f"{held.ticket.id}: edited by hand") != held:
                yield Done("hand-edit", path, "told in its history")


def _remove_copies(work: _Work) -> Iterator[Done]:
    paths = work.paths("stray")
    if not paths:
        return
    desk = work.desk
    # A mail that was filed just now may be the one that they are left of.
    names = Names.of(survey(desk))
    # Under the lock nobody is between an attachment and its ticket file.
    with lock.hold(desk.layout.lock, timeout=LOCK_TIMEOUT, modes=desk.layout.modes):
        for path in paths:
            if is_named(desk, path) or not is_copy(desk, path, names.digests):
                continue
            durable.remove(desk.path(path), within=desk.layout.root)
            yield Done("stray", path, "removed: the ticket of that mail has it")


def _commit(work: _Work) -> Iterator[Done]:
    """Commit what is queued, then what hands wrote: ticket files that can be read, and their attachments."""
    desk = work.desk
    queue = pending.Queue(desk.layout)
    waiting = queue.count()
    if commit_pending(desk):
        return
    if waiting:
        yield Done("pending", str(desk.layout.pending), f"{waiting} changes committed")
    if not work.paths("uncommitted"):
        return
    owners = {ticket.path: ticket.id for ticket in work.found.tickets}
    for ticket in work.found.tickets:
        owners |= {f"{ticket.folder}/{file.path}": ticket.id for file in ticket.files if file.path}
    edited: dict[str, list[str]] = {}
    with lock.hold(desk.layout.lock, timeout=LOCK_TIMEOUT, modes=desk.layout.modes):
        for path in loose(desk):
            if path in owners and desk.path(path).is_file():
                edited.setdefault(owners[path], []).append(path)
        for ticket_id, paths in edited.items():
            # As they are now: the next change to the ticket is a commit of its own.
            contents = tuple((path, read_file(desk.path(path), within=desk.layout.root)[0]) for path in paths)
            fresh = [entry for path, data in contents for entry in unknown_entries(desk, path, data)]
            told = "cut off before its commit" if fresh else "edited by hand"
            op = draw_id("by hand", ticket_id)
            message = commit_message(f"{ticket_id}: {told}", op=op, entries=fresh)
            author = (work.actor.name, work.actor.email)
            queue.put(pending.Commit(contents, author, message, desk.now))
    if not commit_pending(desk):
        yield from (Done("uncommitted", path, "committed") for paths in edited.values() for path in paths)


def _filed(ticket: str) -> str:
    return f"filed in {ticket}" if ticket else "filed"


_STEPS: tuple[Callable[[_Work], Iterator[Done]], ...] = (
    _clean_up,
    _complete_clone,
    _heal,
    _mend_index,
    _retry,
    _file_orphans,
    _adopt_hand_edits,
    _settle_outbox,
    _remove_copies,
    _commit,
)
