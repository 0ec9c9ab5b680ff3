"""What notes and messages said that were taken back: from git's history, or from what is on its way there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.desk.operations import ENTRY, OP, all_of, read_commits, waiting_content
from helpdesk_cli.errors import DeskError
from helpdesk_cli.storage import history
from helpdesk_cli.storage.ticket_file import read_ticket_file
from helpdesk_cli.tickets.entries import Message, Note

if TYPE_CHECKING:
    from helpdesk_cli.desk.desk import Desk


class Originals:
    """The notes and messages that an operation added, as git's history or the queue have them."""

    def __init__(self, desk: Desk, op: str) -> None:
        """Nothing is read before the first is asked for."""
        self._desk = desk
        self._op = op
        self._commits: dict[str, str] | None = None

    def find(self, entry: str) -> Note | Message | None:
        """The entry of that id; None where no commit that is here added it."""
        if self._commits is None:
            known = read_commits(self._desk, trailer=(OP, self._op)) if self._op else []
            self._commits = {each: commit.hash for commit in known for each in all_of(commit, ENTRY)}
        commit = self._commits.get(entry, "") or self._look_for(entry)
        if not commit:
            waiting = waiting_content(self._desk, entry)
            return _entry_in(*waiting, entry) if waiting else None
        for path in history.paths_of(self._desk.layout, commit):
            data = history.blob(self._desk.layout, commit, path) if path.endswith(".md") else None
            if data is not None and (found := _entry_in(path, data, entry)):
                return found
        return None

    def _look_for(self, entry: str) -> str:
        found = read_commits(self._desk, trailer=(ENTRY, entry))
        return next((each.hash for each in reversed(found) if entry in all_of(each, ENTRY)), "")


def _entry_in(path: str, data: bytes, entry: str) -> Note | Message | None:
    try:
        entries = read_ticket_file(data, place=path).ticket.entries
    except DeskError:
        return None
    return next((each for each in entries if each.id == entry and isinstance(each, (Note, Message))), None)
