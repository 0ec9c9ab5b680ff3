"""Mails that wait beside a ticket file that cannot be read, so that no mail is lost to a slip of the pen.

Each is a record named `NUMBER.SHA256`: that of the ticket and that of the original. So one look at the
folder says for which tickets mail waits, however much of it there is.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from helpdesk_cli.storage import records
from helpdesk_cli.storage.index import number_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from helpdesk_cli.storage.layout import Layout


def put(layout: Layout, path: str, sha256: str, record: dict[str, object]) -> None:
    """Let the mail wait for the ticket file at `path`; durable when it returns. Twice is once."""
    name = f"{number_of(path)}.{sha256}"
    if records.waiting(layout).peek(name) is None:
        records.waiting(layout).put(name, {"path": path, **record})


def digest_of(name: str) -> str:
    """The sha256 of the original that the record of that name stands for."""
    return name.rpartition(".")[2]


def is_any(layout: Layout) -> bool:
    """Whether any mail waits: one look at a folder, for every writing command asks."""
    try:
        return bool(os.listdir(layout.state / "waiting"))  # noqa: PTH208 (names are all it needs)
    except (FileNotFoundError, NotADirectoryError):
        return False


def numbers(layout: Layout) -> set[int]:
    """The numbers of the tickets for which mail waits."""
    return {int(name.partition(".")[0]) for name in _names(layout)}


def names_ready(layout: Layout, broken: Iterable[str]) -> list[str]:
    """The records whose ticket is not among the paths of `broken`, in order."""
    numbers = {str(number_of(path)) for path in broken}
    return [name for name in _names(layout) if name.partition(".")[0] not in numbers]


def _names(layout: Layout) -> list[str]:
    return [name for name in records.waiting(layout).names() if name.partition(".")[0].isdecimal()]
