"""Two commits of a desk merged off to the side: no file, index or branch is touched.

Tickets are merged by meaning, as the merge driver does it, but in this process and by uid: a ticket that
got another number on one side is still the ticket that the other side changed. Two tickets that clones gave
one number both live; the younger waits under a passing name for `desk/heal`. All other files are merged by
line; what both sides changed in the same place is left to a person and `git merge`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.desk.checks.survey import is_ticket_place
from helpdesk_cli.desk.merge_driver import merge_bytes
from helpdesk_cli.desk.uid_merge import place
from helpdesk_cli.errors import InvalidFileError
from helpdesk_cli.storage import landing, trees
from helpdesk_cli.storage.customer_merge import customer_place, merge_customer_files
from helpdesk_cli.storage.line_merge import merge_lines
from helpdesk_cli.storage.merge_landing import Obstacle, leading_out
from helpdesk_cli.storage.ticket_file import read_ticket_file
from helpdesk_cli.tickets.merge import three_way
from helpdesk_cli.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from helpdesk_cli.storage.layout import Layout
    from helpdesk_cli.storage.trees import Leaf

Side = dict[str, "Leaf | None"]
_AT_ONCE = 200
_SAME_PLACE = "changed on both sides in the same place"
# Stands for "both sides"; no path is one.
_BOTH = trees.Leaf("", "")


@dataclass(slots=True)
class TreeMerge:
    """The merge of two commits: how it differs from ours, and what only a person can settle."""

    layout: Layout
    ours: str
    theirs: str
    environment: Mapping[str, str | None] | None = None
    changes: dict[str, Leaf | None] = field(default_factory=dict)
    obstacles: list[Obstacle] = field(default_factory=list)
    made: dict[str, bytes] = field(default_factory=dict)  # contents that git has not, by their name
    _read: dict[str, bytes] = field(default_factory=dict)

    def keep(self, data: bytes) -> str:
        """The name of these bytes, which are kept for the commit."""
        name = landing.blob_name(data, self.ours)
        self.made[name] = data
        return name

    def read(self, leaves: Iterable[Leaf | None]) -> None:
        """Have the contents of these at hand."""
        known = self.made.keys() | self._read.keys()
        wanted = {leaf.blob for leaf in leaves if leaf and leaf.is_file} - known
        self._read |= trees.contents(self.layout, sorted(wanted), environment=self.environment)

    def forget(self) -> None:
        """Have nothing at hand that git has as well."""
        self._read.clear()

    def content(self, leaf: Leaf | None) -> bytes | None:
        """The bytes of a file; None where there is none."""
        if leaf is None or not leaf.is_file:
            return None
        if leaf.blob not in self.made and leaf.blob not in self._read:
            self.read([leaf])
        return self.made[leaf.blob] if leaf.blob in self.made else self._read[leaf.blob]

    def written(self) -> dict[str, tuple[str, str | bytes] | None]:
        """The changes as a commit is told them: mode, and name or bytes."""
        return {
            path: (leaf.mode, self.made.get(leaf.blob, leaf.blob)) if leaf else None
            for path, leaf in self.changes.items()
        }


@dataclass(frozen=True, slots=True)
class Contested:
    """A path that both sides have otherwise than what they come from (or there are several such)."""

    path: str
    base: Leaf | None
    ours: Leaf | None
    theirs: Leaf | None
    is_odd: bool = False  # their newest common ancestors do not agree about it


def merge_trees(
    merge: TreeMerge,
    bases: list[str],
    *,
    ours_mended: Mapping[str, bytes],
    theirs_mended: Mapping[str, bytes],
) -> None:
    """Fill in what merging gives. `bases`: the newest commits that both come from, one at least.

    `ours_mended` and `theirs_mended`: what takes the place of files that a merge without desk has spoilt.
    """
    layout = merge.layout
    base, *others = bases
    diffs = [trees.compare(layout, base, tip) for tip in (merge.ours, merge.theirs)]
    odd = {path for other in others for path in trees.compare(layout, base, other)}
    changed = diffs[0].keys() | diffs[1].keys()
    paths = changed | odd | ours_mended.keys() | theirs_mended.keys()
    merge.obstacles.extend(leading_out(paths))
    if merge.obstacles:
        return
    before: Side = dict.fromkeys(paths) | trees.leaves(layout, base, paths - changed)
    before |= {path: change.old for diff in diffs for path, change in diff.items()}
    ours, theirs = (before | {path: change.new for path, change in diff.items()} for diff in diffs)
    # What a merge without desk made of ours is mended first: that is a change of ours.
    standing = dict(ours)
    for side, mended in ((ours, ours_mended), (theirs, theirs_mended)):
        for path, data in mended.items():
            side[path] = trees.Leaf(trees.PLAIN, merge.keep(data))
    contested = []
    for path in sorted(paths):
        each = Contested(path, before[path], ours[path], theirs[path], path in odd)
        chosen = _plain_choice(each)
        if chosen is _BOTH:
            contested.append(each)
        elif chosen != standing[path]:
            merge.changes[path] = chosen
    puzzles = []
    for start in range(0, len(contested), _AT_ONCE):
        some = contested[start : start + _AT_ONCE]
        merge.read(leaf for each in some for leaf in (each.base, each.ours, each.theirs))
        puzzles += [each.path for each in some if not _settle(merge, each)]
        merge.forget()
    if puzzles:
        place(merge, puzzles, sides=(before, ours, theirs), standing=standing)


def _plain_choice(each: Contested) -> Leaf | None:
    """What the path is where only one side changed it; _BOTH where both did."""
    if each.ours == each.theirs:
        return each.ours
    if not each.is_odd and each.ours == each.base:
        return each.theirs
    return each.ours if not each.is_odd and each.theirs == each.base else _BOTH


def is_ticket(layout: Layout, path: str) -> bool:
    """Whether a ticket file lies at that path of the repository."""
    inside = path.removeprefix(layout.prefix)
    return path.startswith(layout.prefix) and inside.startswith("tickets/") and is_ticket_place(inside)


def _settle(merge: TreeMerge, each: Contested) -> bool:
    """Merge one path; False for a ticket file that is not the same ticket on both sides."""
    leaves = [leaf for leaf in (each.ours, each.theirs) if leaf]
    if any(not leaf.is_file for leaf in leaves):
        merge.obstacles.append(Obstacle(each.path, "a link or another repository, changed on both sides", ""))
        return True
    if is_ticket(merge.layout, each.path):
        return _settle_ticket(merge, each)
    if each.ours is None or each.theirs is None:
        if each.path.startswith(f"{merge.layout.prefix}tickets/"):
            # An attachment: never altered, and needed wherever a ticket still names it.
            if each.ours is None:
                merge.changes[each.path] = each.theirs
        else:
            done = "removed here and changed there" if each.ours is None else "changed here and removed there"
            merge.obstacles.append(Obstacle(each.path, done, ""))
        return True
    mode = three_way(each.base.mode if each.base else each.ours.mode, each.ours.mode, each.theirs.mode)
    base, ours, theirs = (merge.content(leaf) or b"" for leaf in (each.base, each.ours, each.theirs))
    merged, left = merge_other(merge.layout, base, ours, theirs, path=each.path)
    if left or each.is_odd or mode is None:
        merge.obstacles.append(Obstacle(each.path, left or _SAME_PLACE, ""))
        return True
    _put(merge, each, mode, merged)
    return True


def merge_other(layout: Layout, base: bytes, ours: bytes, theirs: bytes, *, path: str) -> tuple[bytes, str]:
    """A file that is no ticket, merged; and what is left to a person ("" for nothing).

    A kind of file that has a merge of its own by meaning is one line here.
    """
    if place := customer_place(path, prefix=layout.prefix):
        return merge_customer_files(base, ours, theirs, place=place)
    merged, is_clean = merge_lines(
        *(data.decode("utf-8", "surrogateescape") for data in (base, ours, theirs))
    )
    return merged.encode("utf-8", "surrogateescape"), "" if is_clean else _SAME_PLACE


def _settle_ticket(merge: TreeMerge, each: Contested) -> bool:
    base, ours, theirs = (merge.content(leaf) for leaf in (each.base, each.ours, each.theirs))
    if ours is None or theirs is None or _uid(ours, each.path) != _uid(theirs, each.path):
        if (
            ours is not None
            and theirs is not None
            and not (_uid(ours, each.path) and _uid(theirs, each.path))
        ):
            merged, left = merge_bytes(base or b"", ours, theirs, path=each.path)
            if left:
                merge.obstacles.append(Obstacle(each.path, left, ""))
            else:
                _put(merge, each, trees.PLAIN, merged)
            return True
        return False
    merged, left = merge_bytes(b"" if each.is_odd or base is None else base, ours, theirs, path=each.path)
    if left:
        merge.obstacles.append(Obstacle(each.path, left, ""))
    else:
        _put(merge, each, trees.PLAIN, merged)
    return True


def _put(merge: TreeMerge, each: Contested, mode: str, data: bytes) -> None:
    leaf = trees.Leaf(mode, merge.keep(data))
    if leaf != each.ours:
        merge.changes[each.path] = leaf


def _uid(data: bytes, path: str) -> str:
    try:
        return read_ticket_file(data, place=path).ticket.uid
    except InvalidFileError:
        return ""
