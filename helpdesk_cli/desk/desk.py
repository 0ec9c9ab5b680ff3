"""A desk: where it lies, what its settings say, what time it is. Three plain values."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from helpdesk_cli.desk.clock import filesystem_now_ns
from helpdesk_cli.storage import layout as layouts
from helpdesk_cli.storage.index import Index
from helpdesk_cli.storage.settings_cache import load_settings
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from helpdesk_cli.storage.layout import Layout
    from helpdesk_cli.storage.settings import Settings


@dataclass(frozen=True, slots=True)
class Desk:
    """An opened desk."""

    layout: Layout
    settings: Settings
    now: datetime

    def path(self, relative: str) -> Path:
        """A file of the desk by its path from the desk's root."""
        return self.layout.root / relative


def open_desk(start: Path | str, *, now: datetime) -> Desk:
    """The desk that `start` lies in. Raises NotFoundError, and InvalidFileError for a broken desk.yaml."""
    layout = layouts.find(Path(start))
    return Desk(layout, load_settings(layout), now)


def open_index(desk: Desk, *, full: bool, progress: Callable[[int, int], None] | None = None) -> Index:
    """The desk's index, brought up to date: with `full` every file is looked at, else every folder."""
    index = Index(desk.layout.index, desk.layout.root, now_ns=filesystem_now_ns())
    index.refresh(full=full, progress=progress)
    return index
