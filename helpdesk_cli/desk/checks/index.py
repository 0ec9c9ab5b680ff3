"""Whether the index says what the files say: bit rot, or a program that wrote into it (DECISIONS 36)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.desk.asking import done_words
from helpdesk_cli.desk.checks.finding import Finding
from helpdesk_cli.desk.indexing import open_index
from helpdesk_cli.errors import DeskError
from helpdesk_cli.storage.folder import read_file
from helpdesk_cli.storage.ticket_file import read_ticket_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.storage.folder import Stat
    from helpdesk_cli.tickets.ticket import Ticket


class IndexCheck:
    """Compares each ticket with its rows while the files are read; `findings` once all were."""

    def __init__(self, desk: Desk) -> None:
        """Open the index, brought up to date with what the file system says has changed."""
        self._desk = desk
        self._done = done_words(desk.settings)
        self._index = open_index(desk, full=True, done=self._done)
        self._odd: list[str] = []
        self._seen: set[str] = set()

    def see(self, path: str, ticket: Ticket, _: Stat) -> None:
        """Take a ticket just read."""
        self._seen.add(path)
        if not self._index.says(path, ticket, done=self._done):
            self._odd.append(path)

    def findings(self) -> Iterator[Finding]:
        """What is wrong with the index; closes it."""
        damage = self._index.damage()
        # A file may have changed while the others were read: those are looked at again.
        self._index.refresh(full=True, done=self._done)
        odd = [path for path in self._odd if not self._agrees(path)]
        odd += [path for path in self._index.paths() if path not in self._seen and not self._agrees(path)]
        self._index.close()
        where = str(self._desk.layout.index)
        remedy = "`desk fsck --repair` makes it anew from the files."
        if damage:
            yield Finding("index-damaged", where, f"SQLite says: {damage}", remedy, repairable=True)
        elif odd:
            said = f"says something else than the files of {len(odd)} tickets, {odd[0]} first"
            yield Finding("index-damaged", where, said, remedy, repairable=True)

    def _agrees(self, path: str) -> bool:
        try:
            data, _ = read_file(self._desk.path(path), within=self._desk.layout.root)
            ticket = read_ticket_file(data, place=path).ticket
            return self._index.says(path, ticket, done=self._done)
        except (DeskError, FileNotFoundError):
            # Broken or gone meanwhile: other checks' business.
            return path not in self._index.paths()
