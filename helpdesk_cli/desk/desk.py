"""A desk: where it lies, what its settings say, what time it is. Three plain values."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from helpdesk_cli.storage import layout as layouts
from helpdesk_cli.storage.settings_cache import load_settings
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
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
