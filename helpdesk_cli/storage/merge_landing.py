"""How a merge that was put together off to the side becomes the branch, git's index and the files.

Everything is compared first: where a person has something else in a file or in the index than the branch
has, nothing at all is touched (or the file is merged, where the caller can). Then come files, index, branch,
in this order (DECISIONS 10). The merge stands under a name of its own (`refs/desk/sync`) from before the
first file is written until the branch has it: killed anywhere in between, the next sync knows from there
which files are half-way and no person's.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from helpdesk_cli.errors import InvalidFileError
from helpdesk_cli.storage import durable, fast_import, folder, git, landing, refs, space, trees
from helpdesk_cli.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from helpdesk_cli.storage.layout import Layout
    from helpdesk_cli.storage.pending import Commit
    from helpdesk_cli.storage.trees import Change, Leaf

    MergeFile = Callable[[str, bytes, bytes, bytes], bytes | None]

REF = "refs/desk/sync"
# Seconds. A person's git holds the index for moments; where they sit in its editor it may be long.
_INDEX_PATIENCE = 5.0
_INDEX_LOOK = 0.05


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What keeps a path from being brought up to date: why, and what a person can do."""

    path: str
    why: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Write:
    """A file to write: `data`, or what the merge has; `stat` is that of what lies there (None: nothing)."""

    change: Change
    stat: folder.Stat | None
    data: bytes | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done to the working tree; with `obstacles` nothing is."""

    changes: dict[str, Change]
    writes: list[Write] = field(default_factory=list)
    removals: list[str] = field(default_factory=list)
    edited: set[str] = field(default_factory=set)  # what a person has changed and not committed
    obstacles: list[Obstacle] = field(default_factory=list)


def make_commit(
    layout: Layout,
    parents: Sequence[str],
    commit: Commit,
    changes: Mapping[str, tuple[str, str | bytes] | None],
    *,
    committer: tuple[str, str],
) -> str:
    """A commit of these parents, under no branch; its name. `changes` are against the first of them."""
    stream = fast_import.merge_stream(f"{REF}-new", parents, commit, changes, committer)
    args = ["fast-import", "--quiet", "--force", "--done", "--date-format=raw"]
    running = git.Running(layout, args, stdin=stream, settings=["core.fsync=all"])
    return landing.ended(layout, running).decode().strip()


def interrupted(layout: Layout) -> str:
    """The merge of a sync that was killed before it ended; "" where none was."""
    code, out, _ = git.Running(layout, ["rev-parse", "--verify", "--quiet", f"{REF}^{{commit}}"]).result()
    return out.decode().strip() if code == 0 else ""


def examine(layout: Layout, tip: str, merge: str, merge_file: MergeFile) -> Plan:
    """What has to be done to bring the working tree from `tip`, the branch, to `merge`. Writes nothing.

    `merge_file(path, the branch's bytes, the file's, those to come)` gives the bytes of a file that a person
    has changed and not committed, or None where only they can.
    """
    plan = Plan(trees.compare(layout, tip, merge))
    plan.obstacles.extend(leading_out(plan.changes))
    if plan.obstacles:
        return plan
    half_way = interrupted(layout)
    before = trees.leaves(layout, half_way, plan.changes) if half_way else {}
    index = trees.staged(layout, plan.changes)
    edited: list[tuple[Change, bytes, folder.Stat]] = []
    for path, change in plan.changes.items():
        expected = [change.old, change.new, *([before.get(path)] if half_way else [])]
        why = _refused(change)
        if not why and index.get(path) not in expected:
            why = ("you have staged another version", "Commit it, or unstage it: git restore --staged PATH")
        if why:
            plan.obstacles.append(Obstacle(path, *why))
            continue
        _examine_file(layout, plan, change, expected, edited)
    _merge_edited(layout, plan, edited, merge_file)
    return plan


def land(layout: Layout, tip: str, merge: str, plan: Plan, *, outlive: int) -> None:
    """Do what the plan says, then move the branch. Called with the desk's lock and that of its commits held.

    `outlive`: the descriptor of the latter. Raises ConflictError where a file changed since, LaterError and
    MovedError where git is not free or the branch moved; done again, it gets there.
    """
    _wait_for_index(layout)
    git.run(layout, ["update-ref", "--no-deref", REF, merge])
    _write_files(layout, plan)
    space.sync_filesystem(layout.top)
    _finish(_stage(layout, plan, tip=tip, outlive=outlive))
    head = refs.head(layout)
    lines = f"update {head.branch} {merge} {tip}\ndelete {REF}\ndelete {REF}-new\n".encode()
    args = ["update-ref", "-m", "desk sync", "--stdin"]
    landing.ended(layout, git.Running(layout, args, stdin=[lines], outlive=outlive))


def leading_out(paths: Iterable[str]) -> list[Obstacle]:
    """The paths that no honest commit has: they lead out of the working tree, or into git's own folder."""
    remedy = "somebody means harm, or made a mistake: look at the commit"
    return [
        Obstacle(path, "no path that desk writes to", remedy) for path in sorted(paths) if _leads_out(path)
    ]


def _leads_out(path: str) -> bool:
    # As git's own check (fsck's hasDotgit and hasDotdot), with the spellings of other file systems.
    return any(name.casefold().rstrip(" .") in {".git", "git~1", ""} for name in path.split("/"))


def _refused(change: Change) -> tuple[str, str] | None:
    """Why desk does not write there, whatever comes, and the remedy."""
    for leaf in (change.old, change.new):
        if leaf is not None and not leaf.is_file:
            what = "a link" if leaf.mode == trees.LINK else "another repository"
            return f"{what}, which desk neither writes nor follows", ""
    return None


def _examine_file(
    layout: Layout,
    plan: Plan,
    change: Change,
    expected: list[Leaf | None],
    edited: list[tuple[Change, bytes, folder.Stat]],
) -> None:
    """Note what has to be done about one file."""
    like = next(leaf.blob for leaf in (change.old, change.new) if leaf)
    try:
        data, stat = folder.read_file(layout.top / change.path, within=layout.top)
    except FileNotFoundError:
        if None in expected:
            if change.new:
                plan.writes.append(Write(change, None))
        else:
            said = "you have removed it, and it was changed elsewhere"
            plan.obstacles.append(Obstacle(change.path, said, "Bring it back: git restore PATH"))
        return
    except InvalidFileError as error:
        plan.obstacles.append(Obstacle(change.path, error.message, "Move it away."))
        return
    name = landing.blob_name(data, like)
    if change.new and name == change.new.blob:
        if change.old is None or change.old.mode != change.new.mode:
            plan.writes.append(Write(change, stat))
    elif name in {leaf.blob for leaf in expected if leaf}:
        if change.new:
            plan.writes.append(Write(change, stat))
        else:
            plan.removals.append(change.path)
    else:
        edited.append((change, data, stat))


def _merge_edited(
    layout: Layout,
    plan: Plan,
    edited: list[tuple[Change, bytes, folder.Stat]],
    merge_file: MergeFile,
) -> None:
    """What a person has changed and not committed, merged with what comes, or told."""
    wanted = {leaf.blob for change, _, _ in edited for leaf in (change.old, change.new) if leaf}
    blobs = dict(trees.contents(layout, sorted(wanted)))
    for change, data, stat in edited:
        plan.edited.add(change.path)
        merged = None
        if change.new:
            base = blobs[change.old.blob] if change.old else b""
            merged = merge_file(change.path, base, data, blobs[change.new.blob])
        if merged is None:
            if change.old is None:
                said, remedy = "a file of yours stands where another one comes", "Move it away."
            else:
                what = "changed" if change.new else "removed"
                said = f"you have changed it and not committed, and it was {what} elsewhere"
                remedy = "Commit yours: git commit PATH"
            plan.obstacles.append(Obstacle(change.path, said, remedy))
        elif merged != data:
            plan.writes.append(Write(change, stat, merged))


def _write_files(layout: Layout, plan: Plan) -> None:
    """All files, attachments before the tickets that name them; what goes, last."""
    writes = sorted(plan.writes, key=lambda write: (write.change.path.endswith(".md"), write.change.path))
    blobs = [write.change.new.blob for write in writes if write.data is None and write.change.new]
    came = trees.contents(layout, blobs)
    with folder.kept_open():
        for write in writes:
            data = next(came)[1] if write.data is None else write.data
            _write(layout, write, data)
        for path in sorted(plan.removals):
            durable.remove(layout.top / path, within=layout.top, sync=False)


def _write(layout: Layout, write: Write, data: bytes) -> None:
    target, new = layout.top / write.change.path, write.change.new
    modes = _modes(layout, target, is_program=new is not None and new.mode == trees.PROGRAM)
    if write.stat is not None:
        durable.replace(
            target, data, within=layout.top, modes=modes, expect=write.stat, tmp=layout.tmp, sync=False
        )
        if not modes.file & 0o100 and target.stat().st_mode & 0o111:
            target.chmod(target.stat().st_mode & 0o666)
        return
    if not target.parent.is_dir():
        durable.make_dirs(target.parent, within=layout.top, modes=modes, sync=False)
    try:
        durable.write_new(target, data, within=layout.top, modes=modes, tmp=layout.tmp, sync=False)
    except FileExistsError:
        raise InvalidFileError(
            "something appeared there just now", str(target), "Run `desk sync` again."
        ) from None


def _modes(layout: Layout, target: Path, *, is_program: bool) -> durable.Modes:
    """As open as the desk; a file elsewhere in a larger repository is as open as the repository's top."""
    modes = layout.modes
    if not target.is_relative_to(layout.root) and layout.top.stat().st_mode & 0o004:
        modes = durable.Modes(0o644, 0o755)
    return durable.Modes(modes.file | (modes.file & 0o444) >> 2, modes.folder) if is_program else modes


def _stage(layout: Layout, plan: Plan, *, tip: str, outlive: int) -> Generator[git.Running]:
    """Bring git's index to the merge for these paths and no others; where files agree, with their times."""
    zeros = "0" * len(tip)
    lines, same = [], []
    for path, change in plan.changes.items():
        name = fast_import.as_bytes(path)
        leaf = f"{change.new.mode} {change.new.blob}" if change.new else f"0 {zeros}"
        lines.append(b"%s\t%s\0" % (leaf.encode(), name))
        # git would convert other files as .gitattributes says (eol, filters); these it takes as they are.
        if change.new and path not in plan.edited and path.startswith(f"{layout.prefix}tickets/"):
            same.append(name + b"\0")
    # What goes comes first, as in the commit.
    lines.sort(key=lambda line: not line.startswith(b"0 "))
    if lines:
        yield from landing.update_index(layout, ["--replace", "-z", "--index-info"], lines, outlive=outlive)
    if same:
        yield from landing.update_index(layout, ["-z", "--stdin"], same, outlive=outlive)


def _finish(steps: Iterator[git.Running]) -> None:
    for running in steps:
        running.wait()


def _wait_for_index(layout: Layout) -> None:
    """Nothing is begun while another git holds the index."""
    lock = layout.git_dir / "index.lock"
    end = time.monotonic() + _INDEX_PATIENCE
    while lock.exists():
        if time.monotonic() > end:
            hint = "Where none is, one was killed: `desk fsck --repair` removes its lock."
            raise landing.LaterError("another git is at work in this repository", str(lock), hint)
        time.sleep(_INDEX_LOOK)
