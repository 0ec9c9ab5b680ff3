"""What in git still holds something: every object is read, reachable or not, loose or packed."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from helpdesk_cli.storage import git, refs
from helpdesk_cli.storage.arrivals import ENTRY
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from helpdesk_cli.storage.layout import Layout

_LARGEST = 64_000_000
_FILES_A_CALL = 200
_BYTES_A_CALL = 64_000_000
_MOST_REFS = 200
_LONG = 3600.0


@dataclass(frozen=True, slots=True)
class Holding:
    """The names of the objects, and the branches, tags and the like from which they are reached.

    `in_use` are paths of the present commit that are such an object: something else needs it.
    """

    objects: tuple[str, ...] = ()
    refs: tuple[str, ...] = ()
    in_use: tuple[str, ...] = ()


def find_holding(
    layout: Layout,
    holds: Callable[[bytes], bool],
    *,
    known: Collection[str] = (),
    progress: Callable[[int, int], None] | None = None,
) -> Holding:
    """Where in git is a content for which `holds` is true, or one of the `known` names.

    `progress` gets (objects read, of how many).
    """
    blobs = _blobs(layout)
    found: list[str] = []
    seen = 0
    for some in _in_pieces(blobs):
        found += [name for name, data in _contents(layout, some) if name in known or holds(data)]
        seen += len(some)
        if progress:
            progress(seen, len(blobs))
    used = _in_use(layout, set(found))
    left = {name for name in found if name not in used}
    paths = tuple(sorted(path for some in used.values() for path in some))
    return Holding(tuple(sorted(left)), tuple(_refs_with(layout, left)) if left else (), paths)


def holds_entry(data: bytes, ids: Iterable[str]) -> bool:
    """Whether a ticket file's bytes have a message or note that has, or first had, one of these ids."""
    wanted = {name.encode() for name in ids}
    if not any(name in data for name in wanted):
        return False
    for match in ENTRY.finditer(data):
        if match["kind"] not in {b"message", b"note"}:
            continue
        first = re.search(rb"^moved-from: \S+ (\S+?)\r?$", match["header"], re.MULTILINE)
        if match["id"] in wanted or (first and first[1] in wanted):
            return True
    return False


def remotes(layout: Layout) -> list[tuple[str, str]]:
    """(name, address) of each remote."""
    said = git.run(layout, ["remote", "-v"]).decode("utf-8", "replace")
    found = dict.fromkeys(
        tuple(line.split("\t")[:2]) for line in said.splitlines() if line.endswith("(fetch)")
    )
    return [(name, address.removesuffix(" (fetch)")) for name, address in found]


def _blobs(layout: Layout) -> list[tuple[str, int]]:
    """(name, size) of every content that git has."""
    args = ["cat-file", "--batch-all-objects", "--batch-check=%(objecttype) %(objectname) %(objectsize)"]
    lines = git.run(layout, args).decode("ascii").splitlines()
    fields = (line.split(" ") for line in lines)
    return [(name, int(size)) for kind, name, size in fields if kind == "blob" and int(size) <= _LARGEST]


def _in_pieces(blobs: Iterable[tuple[str, int]]) -> Iterator[list[str]]:
    some: list[str] = []
    room = _BYTES_A_CALL
    for name, size in blobs:
        if some and (len(some) == _FILES_A_CALL or size > room):
            yield some
            some, room = [], _BYTES_A_CALL
        some.append(name)
        room -= size
    if some:
        yield some


def _contents(layout: Layout, names: list[str]) -> Iterator[tuple[str, bytes]]:
    out = git.run(layout, ["cat-file", "--batch"], stdin=[f"{name}\n".encode() for name in names])
    at = 0
    while at < len(out):
        end = out.index(b"\n", at)
        name, _, size = out[at:end].decode("ascii").split(" ")
        yield name, out[end + 1 : end + 1 + int(size)]
        at = end + 1 + int(size) + 1


def _in_use(layout: Layout, objects: set[str]) -> dict[str, list[str]]:
    """Those of the objects that the present commit has, with the paths that are it."""
    found: dict[str, list[str]] = {}
    if not objects or not refs.head(layout).tip:
        return found
    for line in git.run(layout, ["ls-tree", "-r", "-z", "--full-tree", "HEAD"]).split(b"\0")[:-1]:
        facts, _, path = line.partition(b"\t")
        name = facts.split(b" ")[2].decode("ascii")
        if name in objects:
            found.setdefault(name, []).append(path.decode("utf-8", "replace"))
    return found


def _refs_with(layout: Layout, objects: set[str]) -> Iterator[str]:
    """The references from which one of these objects is reached."""
    said = git.run(layout, ["for-each-ref", "--format=%(objectname) %(refname)"]).decode("utf-8", "replace")
    pairs = [line.split(" ", 1) for line in said.splitlines()]
    known: dict[str, bool] = {}
    for tip, name in islice(pairs, _MOST_REFS):
        if tip not in known:
            running = git.Running(layout, ["rev-list", "--objects", "--no-object-names", tip])
            running.wait(_LONG)
            known[tip] = bool(objects & set(running.output().decode("ascii", "replace").split()))
        if known[tip]:
            yield name
