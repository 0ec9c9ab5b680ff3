"""The files a new desk begins with: those at the top of this repository, packed into the wheel from there."""

from __future__ import annotations

from pathlib import Path

import helpdesk_cli
from helpdesk_cli.errors import NotFoundError

NAMES = ("desk.yaml", "rules.yaml", "sla.yaml", "rules", "templates")


def samples_folder() -> Path:
    """Where the samples lie: inside an installed package, or beside it in a checkout (editable install)."""
    package = Path(helpdesk_cli.__file__).parent
    for folder in (package / "sample", package.parent):
        if all((folder / name).exists() for name in NAMES):
            return folder
    raise NotFoundError(
        "the sample files of desk are missing", str(package / "sample"), "Install desk again."
    )


def mapping_files() -> dict[str, Path]:
    """The mappings for imports that come with desk, by name; they stay here, no desk gets a copy."""
    return {path.stem: path for path in sorted((samples_folder() / "mappings").glob("*.yaml"))}


def sample_files() -> list[tuple[str, bytes]]:
    """(path from the desk's root, content) of every sample file."""
    top = samples_folder()
    found: list[tuple[str, bytes]] = []
    for name in NAMES:
        path = top / name
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        found += [(file.relative_to(top).as_posix(), file.read_bytes()) for file in files if file.is_file()]
    return found
