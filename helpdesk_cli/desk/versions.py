"""Every version of every ticket in this clone: its files, and both sides of what git could not merge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.desk.checks.survey import is_ticket_place, survey
from helpdesk_cli.desk.record import LARGEST_TICKET
from helpdesk_cli.errors import DeskError, InvalidFileError
from helpdesk_cli.storage import conflicts, refs
from helpdesk_cli.storage.folder import read_file
from helpdesk_cli.storage.ticket_file import TicketFile, read_ticket_file
from helpdesk_cli.storage.ticket_text import has_conflict
from helpdesk_cli.tickets.changes import without_covered
from helpdesk_cli.tickets.clashes import Claim, number_of
from helpdesk_cli.values import dataclass, field

if TYPE_CHECKING:
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.storage.conflicts import Sides
    from helpdesk_cli.storage.folder import Stat
    from helpdesk_cli.tickets.ticket import Ticket


@dataclass(frozen=True, slots=True)
class Version:
    """A ticket file as one side has it. `base`: what it was before that side changed it, where git knows."""

    path: str
    file: TicketFile
    base: TicketFile | None = None


@dataclass(frozen=True, slots=True)
class Versions:
    """What there is to heal. Tickets that lie in one readable file are in `claims` and `paths` only."""

    claims: dict[str, Claim] = field(default_factory=dict)  # by uid
    paths: dict[str, list[str]] = field(default_factory=dict)  # the readable files of each uid
    sides: dict[str, list[Version]] = field(default_factory=dict)  # by uid: from conflicts
    conflicted: dict[str, Stat | None] = field(default_factory=dict)  # files that a settled conflict replaces
    left: dict[str, str] = field(default_factory=dict)  # by path: what only a person can settle
    taken: set[int] = field(default_factory=set)  # numbers of files that cannot be read
    is_merging: bool = False

    def add(self, version: Version) -> None:
        """Take in a side of a conflict."""
        self.sides.setdefault(version.file.ticket.uid, []).append(version)


def read_version(desk: Desk, path: str) -> tuple[TicketFile, Stat]:
    """The ticket file at that path of the desk, and the Stat it had."""
    data, stat = read_file(desk.path(path), within=desk.layout.root, limit=LARGEST_TICKET)
    return read_ticket_file(data, place=path), stat


def gather(desk: Desk) -> Versions:
    """Read all ticket files, and the sides of each conflict. Raises GitError where git cannot be asked."""
    unmerged = conflicts.unmerged(desk.layout, "tickets")
    found = Versions(is_merging=bool(unmerged or refs.obstacle(desk.layout)))
    marked = {path for path in conflicts.marked(desk.layout, "tickets") if is_ticket_place(path)}
    marked = {path for path in marked - unmerged.keys() if _has_markers_between(desk, path)}

    def see(path: str, ticket: Ticket, _: Stat) -> None:
        if path not in unmerged and path not in marked:
            found.paths.setdefault(ticket.uid, []).append(path)
            found.claims[ticket.uid] = Claim.of(ticket)

    for broken in survey(desk, seen=see).broken:
        if broken.path not in unmerged and broken.path not in marked:
            found.taken.add(number_of(broken.path.removesuffix(".md")))
    for path, sides in unmerged.items():
        if is_ticket_place(path):
            _take_open(desk, found, path, sides)
    for path in sorted(marked):
        _take_committed(desk, found, path)
    return found


def _has_markers_between(desk: Desk, path: str) -> bool:
    """Whether conflict markers stand where no mail can have put them: outside of the entries' bodies."""
    data, _ = _lying(desk, path)
    try:
        chunks = read_ticket_file(data, place=path).chunks
    except InvalidFileError:
        return True
    return any(has_conflict(chunk.text) for chunk in chunks if chunk.entry is None)


def _take_open(desk: Desk, found: Versions, path: str, sides: Sides) -> None:
    """A conflict of the merge that is going on; what a person made of it meanwhile is a version, too."""
    lying, stat = _lying(desk, path)
    try:
        versions = _versions(path, sides)
    except InvalidFileError as error:
        found.left[path] = f"one side cannot be read: {error.message}"
        return
    if stat and lying != sides.ours and not _has_markers_between(desk, path):
        present = read_ticket_file(lying, place=path)
        if _holds_all(present, versions):
            versions = [Version(path, present)]
        else:
            versions.append(Version(path, present, versions[0].file if versions else None))
    found.conflicted[path] = stat
    for version in versions:
        found.add(version)


def _take_committed(desk: Desk, found: Versions, path: str) -> None:
    lying, stat = _lying(desk, path)
    sides = conflicts.committed(desk.layout, path, lying)
    if sides is None:
        found.taken.add(number_of(path.removesuffix(".md")))
        found.left[path] = "git's markers stand in it, and it was edited since: settle it by hand"
        return
    try:
        versions = _versions(path, sides)
    except InvalidFileError as error:
        found.left[path] = f"one side cannot be read: {error.message}"
        return
    found.conflicted[path] = stat
    for version in versions:
        found.add(version)


def _versions(path: str, sides: Sides) -> list[Version]:
    """The sides that are there. What one side deleted and the other changed stays."""
    base = None
    if sides.base is not None:
        try:
            base = read_ticket_file(sides.base, place=path)
        except InvalidFileError:
            base = None
    files = [read_ticket_file(data, place=path) for data in (sides.ours, sides.theirs) if data is not None]
    return [
        Version(path, file, base if base and base.ticket.uid == file.ticket.uid else None) for file in files
    ]


def _holds_all(present: TicketFile, versions: list[Version]) -> bool:
    """Whether a person has already made one ticket of all sides."""
    if any(version.file.ticket.uid != present.ticket.uid for version in versions):
        return False
    entries = [entry for version in versions for entry in version.file.ticket.entries]
    wanted = {entry.id for entry in without_covered(entries)}
    return len(versions) > 1 and wanted <= {entry.id for entry in present.ticket.entries}


def _lying(desk: Desk, path: str) -> tuple[bytes, Stat | None]:
    try:
        return read_file(desk.path(path), within=desk.layout.root, limit=LARGEST_TICKET)
    except (FileNotFoundError, DeskError):
        return b"", None
