"""`desk sync`: what others did comes, what was done here goes, and no file is ever between two states.

Fetch; merge off to the side and bring the merge in, or nothing of it (`desk/sync_merge`); heal numbers that
were given out twice; bring what was said in merged tickets to where it belongs; push. Where somebody else
pushed first, all of that again, after a moment. No lock is held while another host is talked to.
"""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

from helpdesk_cli.desk.heal import heal
from helpdesk_cli.desk.indexing import open_index
from helpdesk_cli.desk.merge_settle import settle_merges
from helpdesk_cli.desk.rehome import Healed
from helpdesk_cli.desk.sync_merge import commit_all, foresee, take_in
from helpdesk_cli.desk.sync_report import Tally, count
from helpdesk_cli.errors import ConflictError, NotFoundError, TryAgainError
from helpdesk_cli.storage import lock, refs, remotes, space, trees
from helpdesk_cli.storage.layout import prepare
from helpdesk_cli.storage.records import Records
from helpdesk_cli.values import dataclass, field

if TYPE_CHECKING:
    from helpdesk_cli.desk.actor import Actor
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.storage.layout import Layout
    from helpdesk_cli.storage.remotes import Upstream

KIND = "sync"
# Seconds that a remote may take for one fetch or push: a first one over a slow line takes long, and one that
# stands still is ended sooner (storage/remotes).
PATIENCE = 1800.0
ATTEMPTS = 5
# After a lost race: between this and twice of it, growing with each.
_PAUSE = 0.2
_REMEDIES = {
    "a merge is going on": "Finish it with `git commit`, or give it up: git merge --abort",
    "a rebase is going on": "Finish it (git rebase --continue), or give it up: git rebase --abort",
}


@dataclass(slots=True)
class Synced:
    """What a sync did. `tip`: the commit that both have now (for a dry run: would come); `tries`: of pushing.

    `left`: what healing found and only a person can settle.
    """

    upstream: Upstream
    came: Tally = field(default_factory=Tally)
    went: Tally = field(default_factory=Tally)
    healed: tuple[Healed, ...] = ()
    left: tuple[Healed, ...] = ()
    tip: str = ""
    tries: int = 0
    is_dry: bool = False
    begins: bool = False  # the branch was not there yet


def sync(
    desk: Desk, actor: Actor, *, remote: str = "", dry_run: bool = False, patience: float = PATIENCE
) -> Synced:
    """Bring this clone and the remote's branch together.

    Raises ConflictError where a person has to settle something, with nothing touched; NotFoundError where
    there is no remote; TryAgainError where it does not answer or git is not free.
    """
    layout = desk.layout
    prepare(layout)
    held = lock.try_hold(layout.state / "sync.lock", modes=layout.modes)
    if held is None:
        raise TryAgainError("another `desk sync` is at work here", "", "It does what this one would.")
    try:
        return _sync(desk, actor, _Wishes(remote, patience, is_dry=dry_run))
    finally:
        held.release()


@dataclass(frozen=True, slots=True)
class _Wishes:
    remote: str
    patience: float
    is_dry: bool


def _sync(desk: Desk, actor: Actor, wishes: _Wishes) -> Synced:
    layout = desk.layout
    branch = _branch(layout)
    upstream = remotes.find_upstream(layout, branch, wishes.remote)
    if not wishes.is_dry:
        space.require_space(layout.state, 0)
        commit_all(desk)
    start = refs.head(layout).tip
    if not start:
        raise NotFoundError(
            "nothing is committed in this desk yet", str(layout.top), "`desk init` begins it."
        )
    done = Synced(upstream, is_dry=wishes.is_dry)
    healed: list[Healed] = []
    for attempt in range(1, ATTEMPTS + 1):
        theirs = _fetch(layout, upstream, wishes.patience)
        done.begins = not theirs
        if wishes.is_dry:
            return _foretell(desk, actor, done, start, theirs)
        if theirs:
            take_in(desk, actor, upstream, theirs, known=_remembered(layout, upstream))
            healing = _heal(desk, actor)
            settled = _settle(desk, actor) if refs.head(layout).tip != start else ((), ())
            healed += (*healing[0], *settled[0])
            done.left = (*healing[1], *settled[1])
        done.tip = refs.head(layout).tip
        done.tries = attempt
        if done.tip == theirs or remotes.push(layout, upstream, done.tip, patience=wishes.patience):
            break
        time.sleep(_PAUSE * attempt * random.uniform(1, 2))  # noqa: S311 - spreads those who race, guards nothing
    else:
        raise TryAgainError(
            f"others pushed to {upstream} {ATTEMPTS} times while this merged; what came is here",
            "",
            "What is yours goes with the next `desk sync`.",
        )
    done.healed = tuple(healed)
    _remember(layout, upstream, done.tip)
    _report(layout, actor, done, start, theirs)
    return done


def _branch(layout: Layout) -> str:
    """The branch that is checked out. Raises ConflictError where a person is in the middle of something."""
    obstacle = refs.obstacle(layout)
    if obstacle:
        remedy = _REMEDIES.get(obstacle, "Finish it, or give it up: `git status` says how.")
        raise ConflictError(f"{obstacle} here, and desk does not mix with it", str(layout.top), remedy)
    head = refs.head(layout)
    if not head.branch:
        raise ConflictError(
            "HEAD is detached: no branch is checked out",
            str(layout.top),
            "Go back to the desk's branch, for example: git checkout main",
        )
    return head.branch


def _fetch(layout: Layout, upstream: Upstream, patience: float) -> str:
    """The remote's commit; "" for a branch that is to begin. Raises ConflictError for a rewritten history."""
    theirs = remotes.fetch(layout, upstream, patience=patience)
    known = _remembered(layout, upstream)
    if not theirs and known:
        raise ConflictError(
            f"{upstream.remote} has no branch {upstream.branch} any more: somebody removed or renamed it",
            "",
            "Nothing is lost here. To begin it again: "
            f"git push {upstream.remote} {known}:refs/heads/{upstream.branch}",
        )
    ours = refs.head(layout).tip
    if (
        theirs
        and known
        and not trees.is_ancestor(layout, known, theirs)
        and not trees.is_ancestor(layout, theirs, ours)
    ):
        raise ConflictError(
            f"the history of {upstream} was rewritten: it lacks {known[:12]}, which was there",
            "",
            "Ask why. If something was purged on purpose, take a new clone: this one would bring it back. "
            f"Else nothing is lost: `git merge {upstream}`, then `desk sync`.",
        )
    return theirs


def _heal(desk: Desk, actor: Actor) -> tuple[tuple[Healed, ...], tuple[Healed, ...]]:
    """Give tickets that share a number one each, fold those that lie in two files: where there are such."""
    index = open_index(desk, full=True)
    try:
        rows = list(index.rows())
        broken = index.problems()
    finally:
        index.close()
    clash = len({row.number for row in rows}) < len(rows) or len({row.uid for row in rows}) < len(rows)
    if not clash and not broken:
        return (), ()
    healing = heal(desk, actor)
    commit_all(desk)
    return healing.done, healing.left


def _settle(desk: Desk, actor: Actor) -> tuple[tuple[Healed, ...], tuple[Healed, ...]]:
    """Bring what was said in tickets that were merged elsewhere meanwhile to where they are now."""
    settled = settle_merges(desk, actor=actor)
    if settled.recorded:
        commit_all(desk)
    return (
        tuple(Healed("unmoved", each.path, each.summary) for each in settled.recorded),
        tuple(Healed("unmoved", path, str(error)) for path, error in settled.errors),
    )


def _foretell(desk: Desk, actor: Actor, done: Synced, start: str, theirs: str) -> Synced:
    """What would come and go, and what would be in the way; nothing is written but what git fetched."""
    if theirs:
        foresee(desk.layout, done.upstream, start, theirs, known=_remembered(desk.layout, done.upstream))
    done.tip = theirs
    _report(desk.layout, actor, done, start, theirs, end=start)
    return done


def _report(layout: Layout, actor: Actor, done: Synced, start: str, theirs: str, *, end: str = "") -> None:
    """Count what came since `start` and what went that `theirs`, the remote before the push, had not."""
    end = end or done.tip
    bases = trees.merge_bases(layout, start, theirs) if theirs else []
    base = bases[0] if bases else ""
    if theirs and start != theirs:
        done.came = count(layout, start, theirs, base=base, agent=actor.key)
    if end != theirs:
        done.went = count(layout, theirs, start, base=base)


def _remembered(layout: Layout, upstream: Upstream) -> str:
    """The commit that the remote's branch had at the end of the last sync; "" for none."""
    record = Records(layout.state, KIND).peek("reached") or {}
    return str(record.get(str(upstream), ""))


def _remember(layout: Layout, upstream: Upstream, tip: str) -> None:
    """Not as a reference of git's: it would keep alive what somebody purges."""
    records = Records(layout.state, KIND)
    before = records.peek("reached") or {}
    if before.get(str(upstream)) != tip:
        records.put("reached", before | {str(upstream): tip})
