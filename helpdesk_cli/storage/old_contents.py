"""Every content that git has of certain files, but for those that the branch has now."""

from __future__ import annotations

from hashlib import sha1, sha256
from typing import TYPE_CHECKING

from helpdesk_cli.storage import git, refs

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from helpdesk_cli.storage.layout import Layout

_AT_ONCE = 200
_LONG = 3600.0
_NOTHING = "0" * 40
_EVERY_VERSION = ("log", "--all", "--reflog", "-m", "--format=", "--raw", "--no-abbrev", "--no-renames", "--")
_NOW = ("ls-tree", "-r", "--full-tree", "HEAD", "--")


def old_contents(layout: Layout, paths: Sequence[str]) -> frozenset[str]:
    """The names of the objects that these files (paths from the desk's root) were, on any branch or tag."""
    found: set[str] = set()
    now: set[str] = set()
    tip = refs.head(layout).tip
    for start in range(0, len(paths), _AT_ONCE):
        some = [f"{layout.prefix}{path}" for path in paths[start : start + _AT_ONCE]]
        for line in _lines(layout, [*_EVERY_VERSION, *some]):
            # `:100644 100644 OLD NEW M<tab>PATH`
            found |= set(line.partition("\t")[0].split(" ")[2:4])
        # `100644 blob NAME<tab>PATH`
        if tip:
            now |= {line.partition("\t")[0].split(" ")[2] for line in _lines(layout, [*_NOW, *some])}
    return frozenset(found - now - {_NOTHING})


def is_among(data: bytes, objects: Collection[str]) -> bool:
    """Whether these bytes are one of those objects: under either hash that git names a content by."""
    whole = b"blob %d\0" % len(data) + data
    names = (sha1(whole, usedforsecurity=False).hexdigest(), sha256(whole).hexdigest())
    return any(name in objects for name in names)


def _lines(layout: Layout, args: Sequence[str]) -> list[str]:
    running = git.Running(layout, args)
    running.wait(_LONG)
    return running.output().decode("utf-8", "replace").splitlines()
