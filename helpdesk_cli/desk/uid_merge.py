"""Tickets that two commits have in different places, merged by uid: numbers that changed or clash.

Each ticket goes where the merged id belongs, with its attachments. Where two have one number the older one
has the path, as in `tickets/clashes`, and the younger a passing name beside it, which healing takes away.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from helpdesk_cli.errors import InvalidFileError
from helpdesk_cli.storage import trees
from helpdesk_cli.storage.merge_landing import Obstacle
from helpdesk_cli.storage.ticket_file import read_ticket_file
from helpdesk_cli.storage.ticket_merge import merge_ticket_files
from helpdesk_cli.tickets.entries import Message, Note
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from helpdesk_cli.desk.tree_merge import Side, TreeMerge
    from helpdesk_cli.storage.ticket_file import TicketFile
    from helpdesk_cli.storage.trees import Leaf
    from helpdesk_cli.tickets.ticket import Ticket


@dataclass(frozen=True, slots=True)
class Found:
    """A ticket as one commit has it."""

    path: str
    file: TicketFile
    data: bytes


@dataclass(frozen=True, slots=True)
class Placed:
    """A ticket as the merge has it, on its way to `path`."""

    path: str
    ticket: Ticket
    data: bytes
    sources: tuple[Found, ...]

    @property
    def rank(self) -> tuple[datetime, str]:
        """Of two tickets with one number, the smaller keeps it (tickets/clashes)."""
        return self.ticket.created_at, self.ticket.uid


def place(
    merge: TreeMerge, puzzles: Iterable[str], *, sides: tuple[Side, Side, Side], standing: Side
) -> None:
    """Settle the paths that hold different tickets, or one on one side only.

    `sides`: what the paths that changed are in the common ancestor, in ours and in theirs, mended;
    `standing`: in ours as it stands.
    """
    base_found, ours_found, theirs_found = (_tickets(merge, side) for side in sides)
    uids = _involved(puzzles, base_found, ours_found, theirs_found)
    placed: list[Placed] = []
    sources: set[str] = set(puzzles)
    for uid in sorted(uids):
        base, here, there = base_found.get(uid), ours_found.get(uid), theirs_found.get(uid)
        sources |= {found.path for found in (here, there) if found}
        one = _merged(merge, base, here, there)
        if one:
            placed.append(one)
    targets = _targets(placed)
    for path in sources:
        one = targets.get(path)
        _set(merge, path, trees.Leaf(trees.PLAIN, merge.keep(one.data)) if one else None, standing.get(path))
    for path, one in targets.items():
        if path not in sources:
            _set(merge, path, trees.Leaf(trees.PLAIN, merge.keep(one.data)), standing.get(path))
    _bring_attachments(merge, list(targets.values()))


def _tickets(merge: TreeMerge, side: Side) -> dict[str, Found]:
    """The tickets by uid that a side has in these paths; where two files hold one, the first."""
    leaves = {path: leaf for path, leaf in side.items() if leaf and path.endswith(".md")}
    leaves = {
        path: leaf for path, leaf in leaves.items() if path.startswith(f"{merge.layout.prefix}tickets/")
    }
    merge.read(leaves.values())
    found: dict[str, Found] = {}
    for path, leaf in sorted(leaves.items()):
        data = merge.content(leaf)
        try:
            file = read_ticket_file(data or b"", place=path)
        except InvalidFileError:
            continue
        found.setdefault(file.ticket.uid, Found(path, file, data or b""))
    return found


def _involved(puzzles: Iterable[str], *sides: Mapping[str, Found]) -> set[str]:
    """The tickets in these paths, and those in the paths where they are elsewhere, to the end."""
    paths, uids = set(puzzles), set[str]()
    while True:
        more = {uid for side in sides for uid, found in side.items() if found.path in paths} - uids
        if not more:
            return uids
        uids |= more
        paths |= {side[uid].path for side in sides for uid in more if uid in side}


def _merged(merge: TreeMerge, base: Found | None, ours: Found | None, theirs: Found | None) -> Placed | None:
    """One ticket of what there is of it; None where one side has removed it and the other let it be."""
    if ours and theirs:
        merged = merge_ticket_files(base.file if base else None, ours.file, theirs.file)
        if merged.conflicts:
            said = f"changed by hand on both sides: {', '.join(merged.conflicts)}"
            merge.obstacles.append(Obstacle(ours.path, said, ""))
        home = next((side for side in (ours, theirs) if side.file.ticket.id == merged.ticket.id), ours)
        return Placed(home.path, merged.ticket, merged.to_bytes(), (ours, theirs))
    only = ours or theirs
    if only is None or (base is not None and base.data == only.data):
        return None
    return Placed(only.path, only.file.ticket, only.data, (only,))


def _targets(placed: list[Placed]) -> dict[str, Placed]:
    """Where each goes: the oldest has the path, the others a passing name beside it."""
    targets: dict[str, Placed] = {}
    for one in sorted(placed, key=lambda each: each.rank):
        path = one.path
        if path in targets:
            number = int.from_bytes(sha256(one.ticket.uid.encode()).digest()[:3], "big") + 1
            path = f"{path.removesuffix('.md')}-clash-{number}.md"
        targets[path] = one
    return targets


def _set(merge: TreeMerge, path: str, leaf: Leaf | None, standing: Leaf | None) -> None:
    if leaf == standing:
        merge.changes.pop(path, None)
    else:
        merge.changes[path] = leaf


def _bring_attachments(merge: TreeMerge, placed: list[Placed]) -> None:
    """Each attachment where its ticket says that it lies, and no longer where it was."""
    named: set[str] = set()
    wanted: dict[str, list[str]] = {}
    for one in placed:
        folder = _folder(one.path)
        for file in _files(one.ticket):
            home = f"{folder}/{file}"
            named.add(home)
            places = [
                f"{_folder(each.path)}/{other}" for each in one.sources for other in _files(each.file.ticket)
            ]
            wanted[home] = [path for path in places if path.rpartition("/")[2] == home.rpartition("/")[2]]
    paths = {path for places in wanted.values() for path in places} | named
    here, there = (trees.leaves(merge.layout, tip, paths) for tip in (merge.ours, merge.theirs))
    for home, places in wanted.items():
        if home in here and home not in merge.changes:
            continue
        if merge.changes.get(home) is None:
            leaf = next(
                (side[path] for path in (home, *places) for side in (here, there) if path in side), None
            )
            if leaf is not None:
                _set(merge, home, leaf, here.get(home))
    for path in {path for places in wanted.values() for path in places} - named:
        _set(merge, path, None, here.get(path))


def _files(ticket: Ticket) -> Iterator[str]:
    said = (entry for entry in ticket.entries if isinstance(entry, Message | Note))
    return (file.path for entry in said for file in entry.attachments if file.path)


def _folder(path: str) -> str:
    return path.rpartition("/")[0]
