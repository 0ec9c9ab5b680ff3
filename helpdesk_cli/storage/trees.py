"""What commits hold, compared and read from git's objects in bulk; nothing here touches a file."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from helpdesk_cli.storage import git
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from helpdesk_cli.storage.layout import Layout

PLAIN, PROGRAM, LINK, MODULE = "100644", "100755", "120000", "160000"
_BLOBS_A_CALL = 500
_BYTES_A_CALL = 16_000_000
_PATHS_A_CALL = 500
_MOST_MERGES = 300
_ABSENT = "000000"


@dataclass(frozen=True, slots=True)
class Leaf:
    """What a path is in a commit: its mode as git writes it, and the name of the object."""

    mode: str
    blob: str

    @property
    def is_file(self) -> bool:
        """Whether it is a file: not a link, not another repository."""
        return self.mode in {PLAIN, PROGRAM}


@dataclass(frozen=True, slots=True)
class Change:
    """A path (from the top of the working tree) before and after; None where it is not there."""

    path: str
    old: Leaf | None
    new: Leaf | None


def compare(layout: Layout, before: str, after: str) -> dict[str, Change]:
    """The paths by which two commits differ. A file under another name is one gone and one new."""
    args = ["diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev", before, after]
    fields = git.run(layout, args).split(b"\0")[:-1]
    found = {}
    for facts, name in zip(fields[::2], fields[1::2], strict=True):
        path = name.decode("utf-8", "surrogateescape")
        old_mode, new_mode, old, new, _ = facts.decode().removeprefix(":").split(" ")
        found[path] = Change(path, _leaf(old_mode, old), _leaf(new_mode, new))
    return found


def leaves(layout: Layout, commit: str, paths: Iterable[str]) -> dict[str, Leaf]:
    """What these paths are in the commit; those that are no leaves of it are left out."""
    found: dict[str, Leaf] = {}
    ordered = iter(sorted(set(paths)))
    while some := list(islice(ordered, _PATHS_A_CALL)):
        for line in git.run(layout, ["ls-tree", "-z", "--full-tree", commit, "--", *some]).split(b"\0")[:-1]:
            facts, _, name = line.partition(b"\t")
            mode, kind, blob = facts.decode().split(" ")
            if kind != "tree":
                found[name.decode("utf-8", "surrogateescape")] = Leaf(mode, blob)
    return found


def staged(layout: Layout, paths: Iterable[str]) -> dict[str, Leaf]:
    """What git's index has for these paths; what is in conflict there is left out."""
    found: dict[str, Leaf] = {}
    ordered = iter(sorted(set(paths)))
    while some := list(islice(ordered, _PATHS_A_CALL)):
        for line in git.run(layout, ["ls-files", "-s", "-z", "--", *some]).split(b"\0")[:-1]:
            facts, _, name = line.partition(b"\t")
            mode, blob, stage = facts.decode().split(" ")
            if stage == "0":
                found[name.decode("utf-8", "surrogateescape")] = Leaf(mode, blob)
    return found


def contents(
    layout: Layout, blobs: Iterable[str], *, environment: Mapping[str, str | None] | None = None
) -> Iterator[tuple[str, bytes]]:
    """Each of these blobs with its bytes, in order; as many at a time as fit into some memory.

    `environment`: for a clone that fetches old objects only when they are asked for (git-clone --filter).
    """
    wanted = iter(blobs)
    while some := list(islice(wanted, _BLOBS_A_CALL)):
        batch, held = list[str](), 0
        for name, size in _sizes(layout, some, environment):
            if batch and held + size > _BYTES_A_CALL:
                yield from _read(layout, batch, environment)
                batch, held = [], 0
            batch.append(name)
            held += size
        yield from _read(layout, batch, environment)


def _sizes(
    layout: Layout, names: list[str], environment: Mapping[str, str | None] | None
) -> Iterator[tuple[str, int]]:
    lines = [f"{name}\n".encode() for name in names]
    out = git.Running(layout, ["cat-file", "--batch-check"], stdin=lines, environment=environment).output()
    for name, line in zip(names, out.decode().splitlines(), strict=True):
        facts = line.split(" ")
        if len(facts) != 3 or facts[1] != "blob":  # noqa: PLR2004 (NAME blob SIZE; else "missing")
            raise git.GitError(
                f"git does not have the object {name}", str(layout.top), "`git fsck` says more."
            )
        yield name, int(facts[2])


def _read(
    layout: Layout, names: list[str], environment: Mapping[str, str | None] | None
) -> Iterator[tuple[str, bytes]]:
    lines = [f"{name}\n".encode() for name in names]
    out = git.Running(layout, ["cat-file", "--batch"], stdin=lines, environment=environment).output()
    at = 0
    for name in names:
        end = out.index(b"\n", at)
        size = int(out[at:end].rpartition(b" ")[2])
        yield name, out[end + 1 : end + 1 + size]
        at = end + 1 + size + 1


def merge_bases(layout: Layout, one: str, other: str) -> list[str]:
    """The newest commits that both come from; none for histories that have nothing in common."""
    code, out, said = git.Running(layout, ["merge-base", "--all", one, other]).result()
    if code not in {0, 1}:
        raise git.failure(layout, ["merge-base"], code, said)
    return sorted(out.decode().split())


def is_ancestor(layout: Layout, commit: str, of: str) -> bool:
    """Whether that commit is part of the history of the other; False too where git does not know it."""
    return git.Running(layout, ["merge-base", "--is-ancestor", commit, of]).result()[0] == 0


def merges_since(layout: Layout, known: str, tip: str) -> list[tuple[str, Sequence[str]]]:
    """(commit, parents) of the merges of two that `tip` has and `known` has not, oldest first.

    Those that desk made itself (they say `Desk-Op`) are left out. Where `known` is "", or gone from git,
    these are the newest few hundred.
    """
    args = ["rev-list", "--merges", "--topo-order", "--parents", "--invert-grep", "--grep=^Desk-Op: "]
    if known and is_ancestor(layout, known, known):
        args += [tip, f"^{known}"]
    else:
        args += [f"--max-count={_MOST_MERGES}", tip]
    found = [line.split() for line in git.run(layout, args).decode().splitlines()]
    found.reverse()
    return [(name, parents) for name, *parents in found if len(parents) == 2]  # noqa: PLR2004 - git makes no octopus of a conflict


def _leaf(mode: str, blob: str) -> Leaf | None:
    return None if mode == _ABSENT else Leaf(mode, blob)
