"""Tickets put where they belong after healing, with their attachments: new things first, old ones go last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.desk.record import ticket_path
from helpdesk_cli.desk.versions import Version, Versions, read_version
from helpdesk_cli.errors import ConflictError
from helpdesk_cli.storage import durable, pending
from helpdesk_cli.storage.folder import read_file
from helpdesk_cli.tickets.entries import Message, Note
from helpdesk_cli.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.storage.folder import Stat
    from helpdesk_cli.storage.ticket_file import TicketFile
    from helpdesk_cli.tickets.entries import Attachment
    from helpdesk_cli.tickets.ticket import Ticket


@dataclass(frozen=True, slots=True)
class Healed:
    """One thing that was healed, or that only a person can: the code that fsck gives it, where, what."""

    code: str
    path: str
    what: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What the desk shall hold: tickets to write by uid, and where each came from."""

    desk: Desk
    found: Versions
    tickets: dict[str, TicketFile] = field(default_factory=dict)
    sources: dict[str, list[Version]] = field(default_factory=dict)
    stats: dict[str, Stat | None] = field(default_factory=dict)
    done: list[Healed] = field(default_factory=list)
    left: dict[str, Healed] = field(default_factory=dict)


def lying(plan: Plan, uid: str) -> Iterator[Version]:
    """The readable files of a ticket."""
    for path in plan.found.paths.get(uid, []):
        file, plan.stats[path] = read_version(plan.desk, path)
        yield Version(path, file)


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: paths for git, all paths of healed tickets, and those that are to go."""

    changed: list[tuple[str, pending.Content]]
    present: set[str]
    gone: list[str]


def write(plan: Plan) -> Written:
    """Put everything where it belongs: files that were not there first, so that nothing is nowhere."""
    desk = plan.desk
    changed: list[tuple[str, pending.Content]] = []
    homes = {uid: _home(plan, uid) for uid in plan.tickets}
    old_files, present = set(), set(homes.values())
    for uid, home in homes.items():
        for source, target in _attachments(plan, uid, home):
            present |= {target} if desk.path(target).is_file() else set()
            if source == target or not desk.path(source).is_file():
                continue
            old_files.add(source)
            present.add(target)
            # Told to git also where it is there: whoever wrote it may have been killed before they said so.
            _create(desk, target, read_file(desk.path(source), within=desk.layout.root)[0])
            changed.append((target, pending.AS_IT_LIES))
    for uid, home in sorted(homes.items(), key=lambda item: desk.path(item[1]).exists()):
        data = plan.tickets[uid].to_bytes()
        _put(plan, home, data)
        changed.append((home, data))
    sources = {version.path for uid in homes for version in plan.sources[uid]} | plan.found.conflicted.keys()
    # By the folders of the attachments as well: a file may have a passing name (desk/uid_merge).
    places = sources | {f"{_folder(path)}.md" for path in old_files}
    old = (sources | old_files) - present - plan.left.keys() - _attachments_of_others(plan, places)
    gone = (path for path in old if path in plan.found.conflicted or desk.path(path).is_file())
    # Ticket files go last: as long as one is there, healing again knows what belonged to it.
    return Written(changed, present, sorted(gone, key=lambda path: (path.endswith(".md"), path)))


def clear(desk: Desk, written: Written) -> None:
    """Remove what is to go; only when git has been told, so that a kill before leaves a second copy only."""
    for path in written.gone:
        durable.remove(desk.path(path), within=desk.layout.root)


def _home(plan: Plan, uid: str) -> str:
    """Where the ticket belongs: where a file of that id lies already, else by its month."""
    ticket = plan.tickets[uid].ticket
    name = f"/{ticket.id}.md"
    lying = [version.path for version in plan.sources[uid] if version.path.endswith(name)]
    return min(lying, default=ticket_path(ticket))


def _attachments(plan: Plan, uid: str, home: str) -> Iterator[tuple[str, str]]:
    """Where each attachment of the ticket may lie, and where it belongs; from the desk's root."""
    wanted = {_name(file.path): f"{_folder(home)}/{file.path}" for file in _files(plan.tickets[uid].ticket)}
    for version in plan.sources[uid]:
        for file in _files(version.file.ticket):
            if _name(file.path) in wanted:
                yield f"{_folder(version.path)}/{file.path}", wanted[_name(file.path)]


def _attachments_of_others(plan: Plan, paths: set[str]) -> set[str]:
    """The attachments of tickets that stay as they are, in the folders that something leaves."""
    names = set(map(_name, paths))
    needed = set()
    for uid, lying in plan.found.paths.items():
        for path in lying:
            if uid not in plan.tickets and _name(path) in names:
                file, _ = read_version(plan.desk, path)
                needed |= {f"{_folder(path)}/{each.path}" for each in _files(file.ticket)}
    return needed


def _files(ticket: Ticket) -> list[Attachment]:
    said = [entry for entry in ticket.entries if isinstance(entry, Message | Note)]
    return [file for entry in said for file in entry.attachments if file.path]


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def _create(desk: Desk, path: str, data: bytes) -> None:
    """Write a file, unless it is there with these bytes."""
    layout, target = desk.layout, desk.path(path)
    durable.make_dirs(target.parent, within=layout.root, modes=layout.modes)
    try:
        durable.write_new(target, data, within=layout.root, modes=layout.modes, tmp=layout.tmp)
    except FileExistsError:
        if read_file(target, within=layout.root)[0] != data:
            raise ConflictError("another file stands where this belongs", path, "Move it away.") from None


def _put(plan: Plan, path: str, data: bytes) -> None:
    """Write a ticket file, unless it is these bytes already."""
    desk = plan.desk
    stat = plan.stats.get(path) or plan.found.conflicted.get(path)
    if stat is None:
        _create(desk, path, data)
        return
    if read_file(desk.path(path), within=desk.layout.root)[0] == data:
        return
    layout = desk.layout
    durable.replace(
        desk.path(path), data, within=layout.root, modes=layout.modes, expect=stat, tmp=layout.tmp
    )
