"""Reports that are pages rather than tables: which they are, and where they are written."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.report import Report

# Each with the form that it has where nobody says otherwise.
PAGES = {"html": "html"}
_MAKERS = {"html": "dashboard:page_of"}
_IN_A_FOLDER = "index.html"


def file_in(place: str) -> str:
    """The file to write: the page's usual name where the place is a folder."""
    return str(Path(place, _IN_A_FOLDER)) if place and Path(place).is_dir() else place


def page_of(desk: Desk, found: Report) -> Iterator[str]:
    """The page in HTML. By name: Jinja2 is loaded by who wants one."""
    module, _, name = _MAKERS[found.name].partition(":")
    yield getattr(importlib.import_module(f"helpdesk_cli.desk.{module}"), name)(desk, found)
