"""What came over is merged with what is here and brought in: all of it, or nothing is touched.

The merge is put together without a lock (`desk/tree_merge`) and lands under the desk's lock and that of its
commits (`storage/merge_landing`); where the branch moved meanwhile, it is put together anew.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from helpdesk_cli.desk.chance import draw_id
from helpdesk_cli.desk.merge_driver import merge_bytes
from helpdesk_cli.desk.plain_merges import mended
from helpdesk_cli.desk.record import LOCK_TIMEOUT, commit_message, commit_pending, committer_of
from helpdesk_cli.desk.tree_merge import TreeMerge, is_ticket, merge_other, merge_trees
from helpdesk_cli.errors import ConflictError, InvalidFileError, TryAgainError
from helpdesk_cli.storage import landing, lock, merge_landing, pending, refs, remotes, setup, trees
from helpdesk_cli.storage.settings_file import read_settings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from helpdesk_cli.desk.actor import Actor
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.storage.layout import Layout
    from helpdesk_cli.storage.merge_landing import Obstacle
    from helpdesk_cli.storage.remotes import Upstream

# How often the branch, or a file, may move under a merge that lands.
_LANDINGS = 5
_MOST_NAMED = 10


def take_in(desk: Desk, actor: Actor, upstream: Upstream, theirs: str, *, known: str) -> None:
    """Bring the remote's commit into the branch and the files.

    `known`: the commit that an earlier call brought in last ("": none); merges before it are not looked at.
    Raises ConflictError for what a person has to settle, InvalidFileError for settings that nobody can read.
    """
    for _ in range(_LANDINGS):
        ours = refs.head(desk.layout).tip
        merge = _merge(desk, actor, upstream, (ours, theirs, known))
        if merge == ours or _land(desk, upstream, ours, merge):
            return
        commit_all(desk)
    raise TryAgainError(
        "so much happens here that no merge could be brought in", "", "Run `desk sync` again."
    )


def _merge(desk: Desk, actor: Actor, upstream: Upstream, commits: tuple[str, str, str]) -> str:
    """The commit that brings both together; it is on no branch yet. Raises ConflictError."""
    layout = desk.layout
    ours, theirs, known = commits
    merge = foresee(layout, upstream, ours, theirs, known=known)
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


def foresee(layout: Layout, upstream: Upstream, ours: str, theirs: str, *, known: str) -> TreeMerge:
    """The merge, on no branch and in no file; where one has all of the other, that one with itself.

    Raises as `take_in` does.
    """
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
    if bases == [ours]:
        ours = theirs
    elif bases == [theirs]:
        theirs = ours
    merge = TreeMerge(layout, ours, theirs, environment)
    own = mended(layout, known, ours, environment=environment)
    spoilt = own if ours == theirs else mended(layout, known, theirs, environment=environment)
    merge_trees(merge, bases if ours != theirs else [ours], ours_mended=own, theirs_mended=spoilt)
    _check(layout, upstream, merge)
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
        if not base and not is_ticket(layout, path):
            return None
        merge = merge_bytes if is_ticket(layout, path) else partial(merge_other, layout)
        data, left = merge(base, lying, coming, path=path)
        return None if left else data

    return merged


def _conflict(obstacles: Sequence[Obstacle], hint: str) -> ConflictError:
    """All of them in one, the first ones by name."""
    said = [f"{each.path}: {each.why}{f' ({each.remedy})' if each.remedy else ''}" for each in obstacles]
    more = f"; and {len(said) - _MOST_NAMED} more" if len(said) > _MOST_NAMED else ""
    return ConflictError("; ".join(said[:_MOST_NAMED]) + more, "", hint)


def _environment(layout: Layout) -> Mapping[str, str | None] | None:
    """In a clone that fetches old objects only when they are asked for, reading needs the network."""
    is_partial = any(key.endswith(".promisor") for key in setup.settings(layout))
    return remotes.network(layout) if is_partial else None


def commit_all(desk: Desk) -> None:
    """Bring what waits into git. Raises TryAgainError where that cannot be."""
    why = commit_pending(desk)
    if why:
        raise TryAgainError(
            f"changes of yours wait to be committed: {why}", "", "Then run `desk sync` again."
        )
