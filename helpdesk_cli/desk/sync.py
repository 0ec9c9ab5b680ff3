"""`desk sync`: what others did comes, what was done here goes, and no file is ever between two states.

Fetch; merge off to the side (`desk/tree_merge`); bring the merge in under the desk's lock, or nothing of it
(`storage/merge_landing`); heal numbers that were given out twice; push. Where somebody else pushed first, all
of that again, after a moment. No lock is held while another host is talked to.
"""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

from helpdesk_cli.desk.chance import draw_id
from helpdesk_cli.desk.heal import heal
from helpdesk_cli.desk.indexing import open_index
from helpdesk_cli.desk.merge_driver import merge_bytes
from helpdesk_cli.desk.plain_merges import mended
from helpdesk_cli.desk.record import LOCK_TIMEOUT, commit_message, commit_pending, committer_of
from helpdesk_cli.desk.sync_report import Tally, count
from helpdesk_cli.desk.tree_merge import TreeMerge, is_ticket, merge_trees
from helpdesk_cli.errors import ConflictError, InvalidFileError, NotFoundError, TryAgainError
from helpdesk_cli.storage import landing, lock, merge_landing, pending, refs, remotes, setup, space, trees
from helpdesk_cli.storage.layout import prepare
from helpdesk_cli.storage.line_merge import merge_lines
from helpdesk_cli.storage.records import Records
from helpdesk_cli.storage.settings_file import read_settings
from helpdesk_cli.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from helpdesk_cli.desk.actor import Actor
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.rehome import Healed
    from helpdesk_cli.storage.layout import Layout
    from helpdesk_cli.storage.merge_landing import Obstacle
    from helpdesk_cli.storage.remotes import Upstream

KIND = "sync"
# Seconds that a remote may take for one fetch or push: a first one over a slow line takes long, and one that
# stands still is ended sooner (storage/remotes).
PATIENCE = 1800.0
ATTEMPTS = 5
# After a lost race: between this and twice of it, growing with each.
_PAUSE = 0.2
_LANDINGS = 5
_MOST_NAMED = 10
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
        _commit_all(desk)
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
            _take(desk, actor, upstream, theirs)
            healing = _heal(desk, actor)
            healed += healing[0]
            done.left = healing[1]
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


def _commit_all(desk: Desk) -> None:
    """Bring what waits into git. Raises TryAgainError where that cannot be."""
    why = commit_pending(desk)
    if why:
        raise TryAgainError(
            f"changes of yours wait to be committed: {why}", "", "Then run `desk sync` again."
        )


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


def _take(desk: Desk, actor: Actor, upstream: Upstream, theirs: str) -> None:
    """Bring the remote's commit into the branch and the files; again where the branch moved meanwhile."""
    for _ in range(_LANDINGS):
        ours = refs.head(desk.layout).tip
        merge = _merge(desk, actor, upstream, ours, theirs)
        if merge == ours or _land(desk, upstream, ours, merge):
            return
        _commit_all(desk)
    raise TryAgainError(
        "so much happens here that no merge could be brought in", "", "Run `desk sync` again."
    )


def _merge(desk: Desk, actor: Actor, upstream: Upstream, ours: str, theirs: str) -> str:
    """The commit that brings both together; it is on no branch yet. Raises ConflictError."""
    layout = desk.layout
    merge = _merge_trees(layout, upstream, ours, theirs)
    _check(layout, upstream, merge)
    changes = merge.written()
    if merge.ours == merge.theirs:
        # One has all of the other: there is only what was merged without desk.
        parents: tuple[str, ...] = (merge.ours,)
        words = f"Heal what was merged without desk on {upstream}"
        if not changes:
            return merge.ours
    else:
        parents, words = (ours, theirs), f"Merge what came from {upstream}"
    message = commit_message(words, op=draw_id("sync"))
    commit = pending.Commit((), (actor.name, actor.email), message, desk.now)
    return merge_landing.make_commit(layout, parents, commit, changes, committer=committer_of(desk))


def _merge_trees(layout: Layout, upstream: Upstream, ours: str, theirs: str) -> TreeMerge:
    """The merge; where one has all of the other, that one with itself. Raises ConflictError."""
    bases = trees.merge_bases(layout, ours, theirs)
    if not bases:
        is_shallow = (layout.common_dir / "shallow").exists()
        remedy = "Is it the right remote? `git remote -v` shows it."
        if is_shallow:
            remedy = (
                f"This clone is shallow, so that git does not know: git fetch --unshallow {upstream.remote}"
            )
        raise ConflictError(f"this clone and {upstream} have no commit in common", str(layout.top), remedy)
    environment = _environment(layout)
    known = _remembered(layout, upstream)
    if bases == [ours]:
        ours = theirs
    elif bases == [theirs]:
        theirs = ours
    merge = TreeMerge(layout, ours, theirs, environment)
    own = mended(layout, known, ours, environment=environment)
    spoilt = own if ours == theirs else mended(layout, known, theirs, environment=environment)
    merge_trees(merge, bases if ours != theirs else [ours], ours_mended=own, theirs_mended=spoilt)
    return merge


def _check(layout: Layout, upstream: Upstream, merge: TreeMerge) -> None:
    """Raises ConflictError for what needs a person, InvalidFileError for settings that nobody can read."""
    if merge.obstacles:
        raise _conflict(
            merge.obstacles,
            f"Nothing was touched. `git merge {upstream}` leaves it to you and your editor; "
            "then `git commit` and `desk sync`.",
        )
    path = f"{layout.prefix}desk.yaml"
    if path in merge.changes:
        data = merge.content(merge.changes[path])
    else:
        data = merge.content(trees.leaves(layout, merge.ours, [path]).get(path))
    if data is None:
        raise InvalidFileError(
            f"what comes from {upstream} has no desk.yaml", path, "Nothing was touched. Bring it back there."
        )
    try:
        read_settings(data.decode("utf-8-sig", "replace"), place="desk.yaml")
    except InvalidFileError as error:
        raise InvalidFileError(
            f"what comes from {upstream} would stop this desk: {error.message}",
            error.place,
            f"Nothing was touched. Mend it there, or here: git merge {upstream}",
        ) from None


def _land(desk: Desk, upstream: Upstream, ours: str, merge: str) -> bool:
    """Bring the merge in; False where the branch moved meanwhile. Raises ConflictError, nothing touched."""
    layout = desk.layout
    with lock.hold(layout.lock, timeout=LOCK_TIMEOUT, modes=layout.modes):
        if not pending.Queue(layout).is_empty:
            return False
        with lock.hold(layout.commit_lock, timeout=LOCK_TIMEOUT, modes=layout.modes) as commits:
            if refs.head(layout).tip != ours:
                return False
            for _ in range(_LANDINGS):
                plan = merge_landing.examine(layout, ours, merge, _merge_edited(layout))
                if plan.obstacles:
                    raise _conflict(plan.obstacles, _in_the_way(layout, upstream))
                try:
                    merge_landing.land(layout, ours, merge, plan, outlive=commits.descriptor)
                except ConflictError:
                    # An editor saved a file between the look and the write: look again.
                    continue
                except landing.MovedError:
                    return False
                return True
    raise TryAgainError("somebody keeps saving files that come", str(layout.top), "Run `desk sync` again.")


def _in_the_way(layout: Layout, upstream: Upstream) -> str:
    if merge_landing.interrupted(layout):
        # Killed, or outrun by an editor, a while ago or just now.
        return "Some of what comes is in the files already; `desk sync` completes it after that."
    return f"Nothing was touched. Then `desk sync` again, or `git merge {upstream}`."


def _merge_edited(layout: Layout) -> merge_landing.MergeFile:
    """How a file that a person has changed and not committed takes in what comes."""

    def merged(path: str, base: bytes, lying: bytes, coming: bytes) -> bytes | None:
        if is_ticket(layout, path):
            data, left = merge_bytes(base, lying, coming, path=path)
            return None if left else data
        texts = [data.decode("utf-8", "surrogateescape") for data in (base, lying, coming)]
        text, is_clean = merge_lines(*texts)
        return text.encode("utf-8", "surrogateescape") if is_clean and base else None

    return merged


def _conflict(obstacles: Sequence[Obstacle], hint: str) -> ConflictError:
    """All of them in one, the first ones by name."""
    said = [f"{each.path}: {each.why}{f' ({each.remedy})' if each.remedy else ''}" for each in obstacles]
    more = f"; and {len(said) - _MOST_NAMED} more" if len(said) > _MOST_NAMED else ""
    return ConflictError("; ".join(said[:_MOST_NAMED]) + more, "", hint)


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
    _commit_all(desk)
    return healing.done, healing.left


def _environment(layout: Layout) -> Mapping[str, str | None] | None:
    """In a clone that fetches old objects only when they are asked for, reading needs the network."""
    is_partial = any(key.endswith(".promisor") for key in setup.settings(layout))
    return remotes.network(layout) if is_partial else None


def _foretell(desk: Desk, actor: Actor, done: Synced, start: str, theirs: str) -> Synced:
    """What would come and go, and what would be in the way; nothing is written but what git fetched."""
    if theirs:
        _check(desk.layout, done.upstream, _merge_trees(desk.layout, done.upstream, start, theirs))
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
