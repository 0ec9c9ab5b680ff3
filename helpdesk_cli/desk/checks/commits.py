"""How far git has got: what is not committed, and why."""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager, suppress
from hashlib import sha256
from typing import TYPE_CHECKING

from helpdesk_cli.desk.checks.files import named_files
from helpdesk_cli.desk.checks.finding import Finding
from helpdesk_cli.desk.checks.survey import is_ticket_place
from helpdesk_cli.errors import DeskError
from helpdesk_cli.storage import git, history, lock, pending, refs
from helpdesk_cli.storage.folder import read_file
from helpdesk_cli.storage.ticket_file import read_ticket_file
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpdesk_cli.desk.checks.survey import Survey
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.storage.layout import Layout

_PATIENCE = 10.0
_MANY = 100_000
_MUCH = 1 << 40


@dataclass(frozen=True, slots=True)
class Names:
    """What a survey knows by path, and the sha256 of every attachment."""

    tickets: frozenset[str]
    files: frozenset[str]
    digests: frozenset[str]

    @classmethod
    def of(cls, survey: Survey) -> Names:
        """The names in a survey."""
        tickets = frozenset(ticket.path for ticket in survey.tickets)
        digests = frozenset(file.sha256 for ticket in survey.tickets for file in ticket.files)
        return cls(tickets, frozenset(named_files(survey)), digests)


def check_commits(desk: Desk, survey: Survey) -> Iterator[Finding]:
    """Queued changes, changes that git did not take, files of tickets that are not committed."""
    queue = pending.Queue(desk.layout)
    for path, why in queue.aside():
        said = f"a change that git did not take was put aside: {why}"
        remedy = "What it changed is in the ticket file; `desk fsck --repair` commits that, then remove this."
        yield Finding("pending-aside", str(path), said, remedy)
    waiting = _waiting(desk)
    if waiting:
        why = obstacle(desk.layout) or "the next command that writes tries again"
        said = f"{waiting} changes are not in git yet: {why}"
        remedy = "`desk fsck --repair` commits them once nothing stands in the way."
        yield Finding("pending", str(desk.layout.pending), said, remedy, repairable=True)
    names = Names.of(survey)
    if loose(desk):
        with _at_rest(desk):
            left = loose(desk)
        for name in left:
            yield from _uncommitted(desk, name, names)


def loose(desk: Desk) -> list[str]:
    """What below `tickets/` is neither in git nor on its way there; of one moment only under desk's lock."""
    queued = {path for entry in _queued(desk) for path, _ in entry.commit.paths}
    found = history.uncommitted(desk.layout, "tickets")
    return [path for path in found if f"{desk.layout.prefix}{path}" not in queued]


def _queued(desk: Desk) -> list[pending.Entry]:
    queue = pending.Queue(desk.layout)
    return [] if queue.is_empty else queue.take(entries=_MANY, size=_MUCH)


def _waiting(desk: Desk) -> int:
    """How many changes wait, while nobody is bringing them into git."""
    if pending.Queue(desk.layout).is_empty:
        return 0
    held = lock.try_hold(desk.layout.commit_lock, modes=desk.layout.modes)
    if held is None:
        return 0
    try:
        return len(_queued(desk))
    finally:
        held.release()


@contextmanager
def _at_rest(desk: Desk) -> Iterator[None]:
    """Under desk's lock, so that no change is half made; without it where that cannot be had."""
    with ExitStack() as stack:
        with suppress(DeskError):
            held = lock.hold(desk.layout.lock, timeout=_PATIENCE, modes=desk.layout.modes)
            stack.enter_context(held)
        yield


_LOCKED_BY = "by a git at work or for a minute by one that was killed"


def obstacle(layout: Layout) -> str:
    """What keeps changes out of git just now; "" when nothing does."""
    try:
        if why := refs.obstacle(layout):
            return why
        if not refs.head(layout).branch:
            return "HEAD is detached: no branch is checked out"
    except git.GitError as error:
        return str(error)
    is_locked = (layout.git_dir / "index.lock").exists()
    return f"git's index is locked, {_LOCKED_BY}" if is_locked else ""


def is_copy(desk: Desk, path: str, digests: frozenset[str]) -> bool:
    """Whether a file that no ticket names is an attachment that one has elsewhere.

    A kill between an attachment and its ticket file leaves it; the mail was then filed under another number.
    """
    try:
        digest = sha256(read_file(desk.path(path), within=desk.layout.root)[0]).hexdigest()
    except (DeskError, FileNotFoundError):
        return False
    return digest in digests and path.rpartition("/")[2].startswith(f"{digest[:8]}-")


def is_named(desk: Desk, path: str) -> bool:
    """Whether the ticket in whose folder a file lies names it, or cannot be asked."""
    ticket = f"{path.rpartition('/')[0]}.md"
    try:
        data, _ = read_file(desk.path(ticket), within=desk.layout.root)
        entries = read_ticket_file(data, place=ticket).ticket.entries
    except FileNotFoundError:
        return False
    except DeskError:
        return True
    folder = ticket.rpartition("/")[0]
    files = (file for entry in entries for file in getattr(entry, "attachments", ()))
    return any(f"{folder}/{file.path}" == path for file in files)


def _uncommitted(desk: Desk, path: str, names: Names) -> Iterator[Finding]:
    if not os.path.lexists(desk.path(path)):
        if is_ticket_place(path):
            said = "this ticket file was removed; ticket files stay, so that their numbers stay theirs"
            yield Finding("ticket-gone", path, said, f"`git checkout -- {path}` brings it back.")
    elif path in names.tickets:
        remedy = "Commit it, or let `desk fsck --repair` do so."
        yield Finding("uncommitted", path, "edited, and not in git", remedy, repairable=True)
    elif path in names.files:
        remedy = "`desk fsck --repair` commits it."
        yield Finding("uncommitted", path, "an attachment that is not in git", remedy, repairable=True)
    elif is_ticket_place(path) or path.endswith(".tmp") or is_named(desk, path):
        # A broken ticket file, a temporary file, one of a ticket that came meanwhile: not ours to find.
        return
    elif is_copy(desk, path, names.digests):
        said = "left of a mail that was taken in again under another number"
        yield Finding("stray", path, said, "`desk fsck --repair` removes it.", repairable=True)
    else:
        yield Finding(
            "stray", path, "a file that no ticket names", "Commit it if you put it there, or remove it."
        )


def unknown_entries(desk: Desk, path: str, data: bytes) -> list[str]:
    """The entries of a ticket file that git has not: of a command that was killed before it queued them.

    The operation is not known any more; named as a commit's, they can be undone as one.
    """
    if not path.endswith(".md"):
        return []
    known = history.blob(desk.layout, "HEAD", path)
    try:
        before = read_ticket_file(known, place=path).ticket.entries if known else ()
        ids = {entry.id for entry in before}
        return [
            entry.id for entry in read_ticket_file(data, place=path).ticket.entries if entry.id not in ids
        ]
    except DeskError:
        return []
