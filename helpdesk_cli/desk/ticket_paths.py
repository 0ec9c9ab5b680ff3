"""Which file a word means: `42`, `TICKET-42`, the beginning of a uid, a name it had elsewhere. Reads only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.errors import InvalidFileError, NotFoundError
from helpdesk_cli.storage.folder import read_file
from helpdesk_cli.storage.index import number_of
from helpdesk_cli.storage.ticket_file import read_ticket_file
from helpdesk_cli.tickets.ids import read_number, ticket_id

if TYPE_CHECKING:
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.storage.index import Index

LARGEST_TICKET = 64_000_000


def find_path(desk: Desk, index: Index, word: str) -> str:
    """The path of the ticket that `word` names. Raises NotFoundError; InvalidFileError for a broken file."""
    number = read_number(word, desk.settings.prefix)
    if number is not None:
        paths = index.paths_numbered(number) or index.paths_formerly(number)
        if not paths:
            name = ticket_id(desk.settings.prefix, number)
            if broken := find_broken(index, name):
                raise InvalidFileError(broken[1], "", "Mend it, or run `desk fsck`.")
            raise NotFoundError(f"there is no {name}", "", "`desk list` shows what there is.")
    else:
        least = 4
        paths = index.paths_of_id(word.strip()) if word.isascii() else []
        paths = paths or (index.paths_of_uid(word.casefold()) if len(word) >= least else [])
        paths = paths or _paths_called(desk, index, word.strip())
        if not paths:
            raise NotFoundError(f'"{word}" names no ticket', "", "Say its number, for example 42.")
    if len(paths) > 1:
        raise NotFoundError(
            f'"{word}" names {len(paths)} tickets: {", ".join(paths)}',
            "",
            "`desk fsck --repair` mends a clash of numbers.",
        )
    return paths[0]


def _paths_called(desk: Desk, index: Index, word: str) -> list[str]:
    """The files of the tickets that were called so elsewhere: ZD-4711."""
    number = number_of(word)
    found = []
    for path in index.paths_formerly(number) if number else ():
        try:
            data, _ = read_file(desk.path(path), within=desk.layout.root, limit=LARGEST_TICKET)
        except FileNotFoundError:
            continue
        names = read_ticket_file(data, place=path).ticket.formerly
        found += [path] if _plain(word) in map(_plain, names) else []
    return found


def _plain(name: str) -> str:
    """`ost-123` of `OST-000123`, as some helpdesks write it."""
    prefix, dash, digits = name.strip().casefold().rpartition("-")
    return f"{prefix}{dash}{digits.lstrip('0')}"


def find_broken(index: Index, ticket_id: str) -> tuple[str, str] | None:
    """(path, what is wrong) of the file of that name, where it cannot be read."""
    return next((found for found in index.problems() if found[0].endswith(f"/{ticket_id}.md")), None)
