"""What the operating system refuses, said as a DeskError with its remedy (RELIABILITY G6)."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from helpdesk_cli.errors import fault

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def translated(place: Path | str) -> Iterator[None]:
    """OSErrors inside become DeskErrors; "exists" and "does not exist" stay, for callers decide on them."""
    try:
        yield
    except (FileExistsError, FileNotFoundError):
        raise
    except OSError as error:
        raise fault(error, place) from error
