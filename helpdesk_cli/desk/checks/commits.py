"""How far git has got: what is not committed and why, the merge driver, locks that were left behind."""

from __future__ import annotations

import os
from hashlib import sha256
from typing import TYPE_CHECKING

from helpdesk_cli.desk.checks.files import named_files
from helpdesk_cli.desk.checks.finding import Finding
from helpdesk_cli.desk.checks.survey import is_ticket_place
from helpdesk_cli.desk.clock import filesystem_now_ns
from helpdesk_cli.errors import DeskError
from helpdesk_cli.storage import git, history, pending, refs, setup, stale
from helpdesk_cli.storage.folder import read_file
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from helpdesk_cli.desk.checks.survey import Survey
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.storage.layout import Layout

LOCK_AGE = 60.0
TMP_AGE = 36 * 3600.0
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
    queued: set[str] = set()
    if not queue.is_empty:
        entries = queue.take(entries=_MANY, size=_MUCH)
        queued = {path for entry in entries for path, _ in entry.commit.paths}
        if entries:
            why = obstacle(desk.layout) or "the next command that writes tries again"
            said = f"{len(entries)} changes are not in git yet: {why}"
            remedy = "`desk fsck --repair` commits them once nothing stands in the way."
            yield Finding("pending", str(desk.layout.pending), said, remedy, repairable=True)
    names = Names.of(survey)
    for name in history.uncommitted(desk.layout, "tickets"):
        if f"{desk.layout.prefix}{name}" not in queued:
            yield from _uncommitted(desk, name, names)


def obstacle(layout: Layout) -> str:
    """What keeps changes out of git just now; "" when nothing does."""
    try:
        if why := refs.obstacle(layout):
            return why
        if not refs.head(layout).branch:
            return "HEAD is detached: no branch is checked out"
    except git.GitError as error:
        return str(error)
    return "git's index is locked" if (layout.git_dir / "index.lock").exists() else ""


def check_branch(layout: Layout) -> Iterator[Finding]:
    """Whether the files here are those that desk last committed; another branch may have fewer."""
    try:
        head, reached = refs.head(layout), pending.read_reached(layout)
        if not head.branch:
            said = "HEAD is detached: these may not be the tickets as they are now"
        elif not (reached.tip and head.tip) or _contains(layout, head.tip, reached.tip):
            return
        else:
            said = f"the branch checked out does not hold desk's last commit, {reached.tip[:12]}"
    except git.GitError as error:
        said = error.message
    remedy = "Check out the desk's branch. Until then mails without a ticket here are not looked for."
    yield Finding("other-branch", "", said, remedy)


def _contains(layout: Layout, tip: str, commit: str) -> bool:
    code, _, _ = git.Running(layout, ["merge-base", "--is-ancestor", commit, tip]).result()
    return code == 0


def check_clone(desk: Desk) -> Iterator[Finding]:
    """Whether this clone knows how to merge tickets, and whether git may run in it."""
    driver = setup.settings(desk.layout).get("merge.desk.driver", "")
    if not driver:
        said = "git does not know desk's merge driver here: a pull may leave conflicts in ticket files"
        yield Finding("driver-missing", "", said, "`desk init`, or `desk fsck --repair`.", repairable=True)
    path = desk.layout.root / ".gitattributes"
    present = path.read_text("utf-8", "replace").splitlines() if path.is_file() else []
    missing = [line for line in setup.ATTRIBUTES.splitlines() if line not in present]
    if missing:
        said = f"the line `{missing[-1]}` is missing: git merges ticket files as any text"
        yield Finding("attributes-missing", path.name, said, "`desk init` adds it.")


def check_leftovers(
    layout: Layout, *, lock_age: float = LOCK_AGE, tmp_age: float = TMP_AGE
) -> Iterator[Finding]:
    """Lock files of a git that was killed, temporary files of a desk that was. Ages in seconds."""
    for path in stale.git_locks(layout):
        if _age(path) > lock_age:
            yield Finding(
                "stale-lock",
                str(path),
                "a git that was ended left its lock, or one has been running for long",
                "`desk fsck --repair` removes it when no git runs here.",
                repairable=True,
            )
    for path in left_tmp(layout, older_than=tmp_age):
        said = "a temporary file that a crash left behind"
        yield Finding("tmp-old", str(path), said, "`desk fsck --repair` removes it.", repairable=True)


def left_tmp(layout: Layout, *, older_than: float = TMP_AGE) -> list[Path]:
    """The temporary files older than so many seconds, wherever desk writes."""
    own = layout.git_dir / "desk"
    places = [layout.tmp, layout.state, own, layout.pending, layout.pending / "aside", layout.root]
    places += [path for path in layout.tickets.glob("**/") if not path.is_symlink()]
    found = {path for place in places for path in place.glob(".desk-*.tmp")}
    return sorted(path for path in found if _age(path) > older_than)


def is_copy(desk: Desk, path: str, digests: frozenset[str]) -> bool:
    """Whether a file that no ticket names is an attachment that one has elsewhere.

    A kill between an attachment and its ticket file leaves it; the mail was then filed under another number.
    """
    try:
        digest = sha256(read_file(desk.path(path), within=desk.layout.root)[0]).hexdigest()
    except (DeskError, FileNotFoundError):
        return False
    return digest in digests and path.rpartition("/")[2].startswith(f"{digest[:8]}-")


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
    elif is_ticket_place(path) or path.endswith(".tmp"):
        # A broken ticket file, a temporary file: found by other checks.
        return
    elif is_copy(desk, path, names.digests):
        said = "left of a mail that was taken in again under another number"
        yield Finding("stray", path, said, "`desk fsck --repair` removes it.", repairable=True)
    else:
        yield Finding(
            "stray", path, "a file that no ticket names", "Commit it if you put it there, or remove it."
        )


def _age(path: Path) -> float:
    try:
        return (filesystem_now_ns() - path.lstat().st_mtime_ns) / 1e9
    except FileNotFoundError:
        return -1.0
