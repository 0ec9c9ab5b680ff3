"""What git knows of a conflict: the versions of a file that it could not merge, while and after a merge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.storage import git, history
from helpdesk_cli.storage.line_merge import read_both
from helpdesk_cli.values import dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from helpdesk_cli.storage.layout import Layout

_PARENTS = 2


@dataclass(frozen=True, slots=True)
class Sides:
    """The versions of a file: what both sides come from, and each side's; None where it is not there."""

    base: bytes | None = None
    ours: bytes | None = None
    theirs: bytes | None = None


def unmerged(layout: Layout, under: str) -> dict[str, Sides]:
    """The files below the folder `under` of the desk that a merge could not settle, by path from the desk."""
    place = f"{layout.prefix}{under}"
    found: dict[str, Sides] = {}
    for line in git.run(layout, ["ls-files", "-u", "-z", "--", place]).split(b"\0")[:-1]:
        facts, _, name = line.partition(b"\t")
        mode, blob, stage = facts.decode().split(" ")
        if not mode.startswith("100"):
            continue
        path = name.decode("utf-8", "surrogateescape").removeprefix(layout.prefix)
        content = git.run(layout, ["cat-file", "blob", blob])
        sides = found.get(path, Sides())
        match stage:
            case "1":
                found[path] = replace(sides, base=content)
            case "2":
                found[path] = replace(sides, ours=content)
            case _:
                found[path] = replace(sides, theirs=content)
    return found


def marked(layout: Layout, under: str) -> list[str]:
    """The files below `under` with a line like git's conflict marker in them; a mail may hold one, too."""
    args = ["grep", "-lzI", "--untracked", "-e", "^<<<<<<<", "--", f"{layout.prefix}{under}"]
    code, out, _ = git.Running(layout, args).result()
    names = out.decode("utf-8", "surrogateescape").split("\0")[:-1]
    return [name.removeprefix(layout.prefix) for name in names] if code == 0 else []


def committed(layout: Layout, path: str, data: bytes) -> Sides | None:
    """The sides of the merge whose markers were committed, as long as nobody has changed the file since.

    None where `data`, the file as it lies there, does not come from such a merge.
    """
    both = read_both(data.decode("utf-8", "surrogateescape"))
    if both is not None:
        ours, theirs = (text.encode("utf-8", "surrogateescape") for text in both)
        return Sides(None, ours, theirs)
    inside = layout.prefix + path
    said = git.run(layout, ["log", "-1", "--format=%H %P", "HEAD", "--", inside]).decode().split()
    if len(said) != 1 + _PARENTS or history.blob(layout, said[0], path) != data:
        return None
    code, out, _ = git.Running(layout, ["merge-base", said[1], said[2]]).result()
    base = history.blob(layout, out.decode().split()[0], path) if code == 0 else None
    return Sides(base, history.blob(layout, said[1], path), history.blob(layout, said[2], path))


def settle(layout: Layout, present: Iterable[str], *, gone: Iterable[str] = ()) -> None:
    """Tell git's index, at one stroke, that some paths are as they lie there, and that others are no more."""
    there, away = ([f"./{layout.prefix}{path}" for path in sorted(paths)] for paths in (present, gone))
    if there or away:
        git.run(layout, ["update-index", "--add", *there, "--force-remove", "--", *away])
