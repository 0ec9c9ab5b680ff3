"""Every ticket file read once, and of each what the checks need: not the texts, so that any desk fits."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from helpdesk_cli.desk.by_hand import hand_changes
from helpdesk_cli.desk.record import LARGEST_TICKET
from helpdesk_cli.errors import DeskError
from helpdesk_cli.storage.folder import read_file
from helpdesk_cli.storage.index import is_ticket_name, is_utf8
from helpdesk_cli.storage.ticket_file import read_ticket_file
from helpdesk_cli.storage.ticket_text import has_conflict
from helpdesk_cli.tickets.entries import Message, Note, Tombstone
from helpdesk_cli.tickets.links import linked_ids
from helpdesk_cli.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.storage.folder import Stat
    from helpdesk_cli.tickets.changes import FieldChange
    from helpdesk_cli.tickets.entries import Attachment
    from helpdesk_cli.tickets.ticket import Ticket


# tickets, year, month: where the index looks.
_DEEPEST = 3


@dataclass(frozen=True, slots=True)
class Surveyed:
    """What the checks need of one ticket."""

    path: str
    id: str
    uid: str
    created_at: datetime
    last_at: datetime | None
    values: tuple[tuple[str, str], ...]
    tags: tuple[str, ...]
    links: tuple[str, ...]
    merged_into: str
    entries: tuple[str, ...]
    covered: tuple[str, ...]
    originals: tuple[tuple[int, str], ...]
    files: tuple[Attachment, ...]
    hand: tuple[FieldChange, ...]

    @property
    def number(self) -> int:
        """42 of TICKET-42."""
        return int(self.id.rpartition("-")[2])

    @property
    def folder(self) -> str:
        """The folder that the ticket file lies in."""
        return self.path.rpartition("/")[0]


@dataclass(frozen=True, slots=True)
class Broken:
    """A ticket file that cannot be read."""

    path: str
    error: DeskError
    has_conflict: bool = False
    is_closed: bool = False  # not even its text can be had


@dataclass(frozen=True, slots=True)
class Survey:
    """The desk's ticket files, and every name below `tickets/` that is neither a folder nor a plain file."""

    tickets: list[Surveyed] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)
    odd: list[tuple[str, str]] = field(default_factory=list)  # (path, what it is)
    files: list[str] = field(default_factory=list)  # plain files that are no ticket files

    @property
    def unread(self) -> list[str]:
        """Where tickets may be that were not read at all: behind links, closed folders, a failing disk."""
        closed = [broken.path for broken in self.broken if broken.is_closed]
        return [path for path, _ in self.odd] + closed


def survey(
    desk: Desk,
    *,
    seen: Callable[[str, Ticket, Stat], None] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Survey:
    """Read every ticket file; `seen` is given each ticket that can be read, with its path."""
    result = Survey()
    names: list[str] = []
    for path, what in walk(desk.layout.root, "tickets"):
        if what:
            result.odd.append((path, what))
        elif is_ticket_place(path):
            names.append(path)
        else:
            result.files.append(path)
    for count, path in enumerate(sorted(names), start=1):
        data = b""
        try:
            data, stat_ = read_file(desk.path(path), within=desk.layout.root, limit=LARGEST_TICKET)
            ticket = read_ticket_file(data, place=path).ticket
        except FileNotFoundError:
            continue
        except DeskError as error:
            markers = has_conflict(data.decode("utf-8", "replace"))
            result.broken.append(Broken(path, error, markers, is_closed=not data))
        else:
            if seen:
                seen(path, ticket, stat_)
            result.tickets.append(_surveyed(path, ticket))
        if progress:
            progress(count, len(names))
    return result


def walk(root: os.PathLike[str], folder: str) -> Iterator[tuple[str, str]]:
    """(path from `root`, what it is) of everything below a folder, links not followed; "" = a plain file."""
    top = os.path.join(root, folder)  # noqa: PTH118 - scandir's own strings: a Path a file costs twice the time
    if os.path.islink(top):  # noqa: PTH114 - as above
        yield folder, "a symbolic link"
        return
    try:
        found = sorted(os.scandir(top), key=lambda entry: entry.name)
    except FileNotFoundError:
        return
    except NotADirectoryError:
        yield folder, "no folder"
        return
    except PermissionError:
        yield folder, "a folder that you may not read"
        return
    except OSError as error:
        yield folder, f"a folder that cannot be read: {(error.strerror or str(error)).lower()}"
        return
    for entry in found:
        path = f"{folder}/{entry.name}"
        if entry.is_dir(follow_symlinks=False):
            yield from walk(root, path)
            continue
        if not is_utf8(path):
            yield path, "a name that is not UTF-8"
            continue
        try:
            mode = entry.stat(follow_symlinks=False).st_mode
        except FileNotFoundError:
            continue
        yield path, "" if stat.S_ISREG(mode) else _KINDS.get(stat.S_IFMT(mode), "no plain file")


def is_ticket_place(path: str) -> bool:
    """Whether a ticket file lies there: a ticket's name in `tickets`, in a year or in a month of it."""
    *folders, name = path.split("/")
    return is_ticket_name(name) and all(part.isdecimal() for part in folders[1:]) and len(folders) <= _DEEPEST


_KINDS = {
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFBLK: "a device",
    stat.S_IFCHR: "a device",
}


def _surveyed(path: str, ticket: Ticket) -> Surveyed:
    words = ("status", "priority", "category", "type", "product", "team", "assignee", "inbox")
    return Surveyed(
        path=path,
        id=ticket.id,
        uid=ticket.uid,
        created_at=ticket.created_at,
        last_at=ticket.last_at,
        values=tuple((word, value) for word in words if (value := str(getattr(ticket, word)))),
        tags=ticket.tags,
        links=tuple(sorted(linked_ids(ticket))),
        merged_into=ticket.merged_into,
        entries=tuple(entry.id for entry in ticket.entries),
        covered=tuple(entry.covers for entry in ticket.entries if isinstance(entry, Tombstone)),
        originals=tuple(
            (number, entry.raw)
            for number, entry in ticket.numbered
            if isinstance(entry, Message) and entry.raw
        ),
        files=tuple(
            file
            for entry in ticket.entries
            if isinstance(entry, Message | Note)
            for file in entry.attachments
        ),
        hand=tuple(hand_changes(ticket)),
    )
