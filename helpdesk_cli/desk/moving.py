"""Messages and notes carried from one ticket file to another: with their attachments, new things first.

Attachments are copied and left where they were: git has each content once, and where one clone takes a file
away while another adds one beside it or copies it elsewhere, git sees renames and leaves conflicts.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from helpdesk_cli.errors import DeskError
from helpdesk_cli.storage.folder import read_file
from helpdesk_cli.tickets.changes import EntryAdded
from helpdesk_cli.tickets.entries import Message, Note, Tombstone
from helpdesk_cli.tickets.moves import MOVE, Away, moved, moved_files, said_in, stone_for, went_to
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from helpdesk_cli.desk.record import Door, Held
    from helpdesk_cli.tickets.changes import Change, FieldChange
    from helpdesk_cli.tickets.entries import Attachment
    from helpdesk_cli.tickets.moves import Kind, Said
    from helpdesk_cli.tickets.ticket import Ticket

_MOST_STEPS = 100


@dataclass(frozen=True, slots=True)
class Telling:
    """What else a change of one of the two tickets says: its summary, changes of fields, facts."""

    summary: str
    changes: Sequence[FieldChange] = ()
    facts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Move:
    """A move: why and of which kind, and what is said in the ticket that takes and in the one that gives."""

    why: str
    kind: Kind
    taking: Telling
    giving: Telling


def move(door: Door, target: Held, source: Held, said: Sequence[Said], how: Move) -> tuple[Held, Held]:
    """Carry these entries from the source to the target; (the target, the source) afterwards."""
    copies = _copies(said, source.ticket, target.ticket)
    files = read_files(door, source, target.path, pairs=(said, copies))
    added: list[Change] = [*how.taking.changes, *(EntryAdded(copy) for copy in copies)]
    target = door.change(target, added, summary=how.taking.summary, facts=how.taking.facts, files=files)
    return target, leave(door, source, target.ticket, said, how)


def leave(door: Door, source: Held, target: Ticket, said: Sequence[Said], how: Move) -> Held:
    """Put tombstones in the place of what is in the target now. The source afterwards."""
    ticket = source.ticket
    away = Away(target.uid, door.actor.key, door.next_at(ticket), how.why, how.kind)
    copies = zip(said, _copies(said, ticket, target), strict=True)
    stones = [stone_for(entry, ticket, away, copy_id=copy.id) for entry, copy in copies]
    changes: list[Change] = [*how.giving.changes, *(EntryAdded(stone) for stone in stones)]
    return door.change(source, changes, summary=how.giving.summary, facts=how.giving.facts)


def bring_back(
    door: Door, source: Held, chain: Sequence[Held], *, taking: Telling, giving: Callable[[Ticket], Telling]
) -> dict[str, Held]:
    """Take back what merges took from this ticket, as far as it is in what it was merged into (`chain`).

    What was split off there, or taken back by whose it was before, stays where it is. `giving`: what is said
    in a ticket that it is taken from. Those tickets by path, afterwards.
    """
    holders = {held.path for held in chain} - {source.path}
    by_path: dict[str, tuple[Held, dict[str, Said]]] = {}
    for stone in source.ticket.entries:
        if isinstance(stone, Tombstone) and dict(stone.facts).get(MOVE) == "merge":
            place = follow(door, stone)
            if place is not None and place[0].path in holders:
                held, entry = place
                by_path.setdefault(held.path, (held, {}))[1][entry.id] = entry
    added: list[Change] = [*taking.changes]
    files: list[tuple[str, bytes]] = []
    for held, found in by_path.values():
        said = list(found.values())
        copies = _copies(said, held.ticket, source.ticket)
        files += read_files(door, held, source.path, pairs=(said, copies))
        added += [EntryAdded(copy) for copy in copies]
    source = door.change(source, added, summary=taking.summary, facts=taking.facts, files=files)
    after: dict[str, Held] = {}
    for path, (held, found) in by_path.items():
        how = Move(f"back in {source.ticket.id}", "back", taking, giving(held.ticket))
        after[path] = leave(door, held, source.ticket, list(found.values()), how)
    return after


def follow(door: Door, stone: Tombstone) -> tuple[Held, Said] | None:
    """The ticket and the entry that a tombstone's entry is now; None for what is gone or cannot be found."""
    place = went_to(stone)
    for _ in range(_MOST_STEPS):
        if place is None:
            return None
        uid, name = place
        held = next((door.read(path) for path, _ in door.index.paths_named(uid, "uid")), None)
        if held is None:
            return None
        entry = next((each for each in held.ticket.entries if each.id == name), None)
        if isinstance(entry, (Message, Note)):
            return held, entry
        stones = (each for each in held.ticket.entries if isinstance(each, Tombstone) and each.covers == name)
        place = next((went_to(each) for each in stones), None)
    return None


def read_files(
    door: Door, source: Held, target_path: str, *, pairs: tuple[Sequence[Said], Sequence[Said]]
) -> list[tuple[str, bytes]]:
    """(path from the desk's root, bytes) of the attachments, as the copies (second) name them."""
    here, there = folder_of(source.path), folder_of(target_path)
    found: list[tuple[str, bytes]] = []
    for old, new in moved_files(*pairs).items():
        try:
            data, _ = read_file(door.desk.path(f"{here}/{old}"), within=door.desk.layout.root)
        except (FileNotFoundError, DeskError):
            # `desk fsck` says that it is missing, here as there.
            continue
        found.append((f"{there}/{new}", data))
    return found


def files_of(
    door: Door, held: Held, said: Iterable[Said], *, only: Iterable[Attachment] | None = None
) -> list[str]:
    """The files that are to go with these entries, or `only` these of theirs: paths from the desk's root.

    Wherever the content lies, for a move leaves it where it was; not where another message or note of that
    ticket names it.
    """
    leaving = {entry.id: entry for entry in said}
    files = [file for entry in leaving.values() for file in entry.attachments] if only is None else [*only]
    root = door.desk.layout.root
    found: set[str] = set()
    for file in files:
        for place in root.glob(f"tickets/*/*/*/{file.sha256[:8]}-*"):
            path = place.relative_to(root).as_posix()
            owner = f"{folder_of(path)}.md"
            ticket = held.ticket if owner == held.path else _ticket(door, owner)
            others = [entry for entry in said_in(ticket) if entry.id not in leaving] if ticket else []
            is_named = any(each.sha256 == file.sha256 for entry in others for each in entry.attachments)
            if not is_named and _digest(door, path) == file.sha256:
                found.add(path)
    return sorted(found)


def _ticket(door: Door, path: str) -> Ticket | None:
    try:
        return door.read(path).ticket
    except DeskError:
        return None


def _digest(door: Door, path: str) -> str:
    try:
        return sha256(read_file(door.desk.path(path), within=door.desk.layout.root)[0]).hexdigest()
    except (FileNotFoundError, DeskError):
        return ""


def folder_of(path: str) -> str:
    """The folder of a ticket file, from the desk's root."""
    return path.rpartition("/")[0]


def _copies(said: Sequence[Said], source: Ticket, target: Ticket) -> list[Said]:
    return [moved(entry, source, uid=target.uid, ticket_id=target.id) for entry in said]
