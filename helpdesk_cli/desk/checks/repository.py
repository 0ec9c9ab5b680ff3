"""The repository itself: whether the desk's branch is here and git can merge it, and what crashes left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.desk.checks.finding import Finding
from helpdesk_cli.desk.clock import filesystem_now_ns
from helpdesk_cli.storage import git, pending, refs, setup, stale

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.storage.layout import Layout

LOCK_AGE = 60.0
TMP_AGE = 36 * 3600.0


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


def _age(path: Path) -> float:
    try:
        return (filesystem_now_ns() - path.lstat().st_mtime_ns) / 1e9
    except FileNotFoundError:
        return -1.0
