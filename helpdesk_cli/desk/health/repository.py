"""git as this desk needs it: the merge driver, the role of this clone, what is not committed and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.desk.checks.commits import obstacle
from helpdesk_cli.desk.checks.repository import check_branch, check_clone, check_leftovers
from helpdesk_cli.desk.health.diagnosis import Diagnosis, counted, ok
from helpdesk_cli.desk.indexing import open_index
from helpdesk_cli.storage import git, history, pending, setup

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpdesk_cli.desk.checks.finding import Finding
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.health.diagnosis import Level, Patient

_ERRORS = {"driver-missing", "other-branch"}


def check(patient: Patient) -> Iterator[Diagnosis]:
    """The repository, without reading every ticket: that is `desk fsck`."""
    desk = patient.desk
    layout = desk.layout
    here = setup.settings(layout)
    role = here.get("desk.role", "")
    if role == "server":
        yield ok("role", "this clone is the desk's server: mail comes in here")
    else:
        yield ok("role", "this is a clone: mail comes in elsewhere (`git config desk.role` says so)")
    code, _, said = git.Running(layout, ["rev-parse", "--verify", "--quiet", "HEAD^{tree}"]).result()
    if code != 0:
        yield Diagnosis(
            "error", "no-commit", f"HEAD cannot be read: {said or 'there is no commit yet'}", "`git fsck`."
        )
    found = [*check_branch(layout), *check_clone(desk), *check_leftovers(layout)]
    yield from map(_diagnosis, found)
    if not any(finding.code == "driver-missing" for finding in found):
        yield ok("driver", "git merges ticket files by desk's driver")
    yield from _sharing(desk, here.get("core.sharedrepository", ""))
    yield from _not_in_git(desk)
    yield from _broken(desk)


def _sharing(desk: Desk, sharing: str) -> Iterator[Diagnosis]:
    is_shared = desk.layout.modes.file & 0o060 != 0
    if is_shared and sharing not in {"group", "1", "true", "all", "2", "world", "everybody", "0660"}:
        yield Diagnosis(
            "error",
            "sharing-unset",
            "the desk is shared with a group, but git does not know: what it writes locks the others out",
            "`desk init --shared GROUP` sets core.sharedRepository.",
        )


def _not_in_git(desk: Desk) -> Iterator[Diagnosis]:
    queue = pending.Queue(desk.layout)
    aside = queue.aside()
    if aside:
        yield Diagnosis(
            "warning",
            "pending-aside",
            f"git did not take {counted(len(aside), 'change')}: {aside[0][1]}",
            f"`desk fsck --repair` commits what the files hold; then remove {aside[0][0].parent}.",
        )
    waiting = queue.count()
    if waiting:
        why = obstacle(desk.layout) or "the next command that writes tries again"
        yield Diagnosis(
            "warning",
            "pending",
            f"{counted(waiting, 'change')} not in git yet: {why}",
            "Finish or abort what is under way; `desk fsck --repair` commits the rest.",
        )
    edited = [] if waiting else [name for name in history.uncommitted(desk.layout) if name]
    if edited:
        more = f" and {len(edited) - 1} more" if len(edited) > 1 else ""
        yield Diagnosis(
            "note",
            "uncommitted",
            f"not committed, by somebody's hand: {edited[0]}{more}",
            "`git diff` shows it, `git commit` keeps it; desk never commits what it did not write.",
        )
    if not (aside or waiting or edited):
        yield ok("committed", "everything is in git")


def _broken(desk: Desk) -> Iterator[Diagnosis]:
    # Full: a file that was edited in place leaves its folder's time as it was.
    index = open_index(desk, full=True)
    try:
        problems = index.problems()
        count = index.count()
    finally:
        index.close()
    for _, problem in problems:
        yield Diagnosis("error", "ticket-broken", problem, "Mend it by hand (`desk edit`), then `desk fsck`.")
    if not problems:
        yield ok("tickets", f"{counted(count, 'ticket')}, all readable")


def _diagnosis(finding: Finding) -> Diagnosis:
    place = f"{finding.path}: " if finding.path else ""
    level: Level = "error" if finding.code in _ERRORS else "warning"
    return Diagnosis(level, finding.code, f"{place}{finding.problem}", finding.remedy)
