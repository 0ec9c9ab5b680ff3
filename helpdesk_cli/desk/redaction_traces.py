"""Where else the words of a message stand: quoted in tickets, in drafts, in what this host keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.desk.checks.survey import walk
from helpdesk_cli.errors import DeskError
from helpdesk_cli.storage.folder import read_file
from helpdesk_cli.tickets.entries import Message
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.tickets.moves import Said

# A line that is so long, and has so many words, is nobody else's by chance.
_SHORTEST, _FEWEST_WORDS, _MOST_LINES = 16, 3, 500
_LARGEST = 64_000_000
_FOLDERS = ("tickets", "kb", "templates")
_STATE = ("drafts", "outbox", "pending", "tmp", "set-aside", "waiting")


@dataclass(frozen=True, slots=True)
class Needles:
    """The lines by which a text is known again, and the sha256 of its files."""

    lines: tuple[bytes, ...]
    files: tuple[bytes, ...]

    def count(self, data: bytes) -> int:
        """How many of the lines the bytes have."""
        return sum(line in data for line in self.lines)


def needles_of(entry: Said) -> Needles:
    """What to look for: lines that are long enough, of what its author newly wrote."""
    text = entry.new_text if isinstance(entry, Message) else entry.text
    lines = (line.strip() for line in text.split("\n"))
    long = (line for line in lines if len(line) >= _SHORTEST and len(line.split()) >= _FEWEST_WORDS)
    unique = list(dict.fromkeys(long))[:_MOST_LINES]
    encoded = tuple(line.encode("utf-8", "surrogateescape") for line in unique)
    return Needles(encoded, tuple(file.sha256.encode() for file in entry.attachments))


def find_traces(desk: Desk, needles: Needles) -> Iterator[str]:
    """What holds some of it still, a sentence each. Reads every ticket file: a redaction is a rare thing."""
    for folder in _FOLDERS:
        for path, odd in walk(desk.layout.root, folder):
            if odd or not path.endswith(".md"):
                continue
            data = _read(desk.path(path), desk.layout.root)
            if count := needles.count(data):
                lines = f"{count} line{'' if count == 1 else 's'}"
                yield f"{path} has {lines} of it (quoted?): redact that message, too."
            if any(b"sha256:" + digest in data for digest in needles.files):
                yield f"{path} has the same attachment."
    for folder in _STATE:
        for path, odd in walk(desk.layout.state, folder):
            if not odd and needles.count(_read(desk.layout.state / path, desk.layout.state)):
                yield f"{desk.layout.state / path} has some of it."


def _read(path: Path, within: Path) -> bytes:
    try:
        return read_file(path, within=within, limit=_LARGEST)[0]
    except (OSError, DeskError):
        return b""
