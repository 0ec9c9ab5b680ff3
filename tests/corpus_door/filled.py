"""What the desk that took in every mail is, as a value: of a module with a name, so that it pickles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from corpus_door.front import Ended, Front


@dataclass(frozen=True, slots=True)
class Filled:
    """The desk, the folder that was taken in, each file's bytes, and what the command said of it."""

    front: Front
    folder: Path
    mails: dict[str, bytes]
    ended: Ended

    def told(self) -> dict[str, dict[str, Any]]:
        """What `desk ingest --json` said, by file."""
        return {document["file"]: document for document in self.ended.documents()}
