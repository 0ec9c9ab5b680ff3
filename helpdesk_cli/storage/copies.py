"""Which entry an original is, where no ticket names that original: a further copy of a mail that was filed.

A mail that is delivered twice has other trace lines the second time and so another sha256; the ticket names
the first. One line a copy, `SHA256 ENTRY`, added without a flush: what is lost is found out again by reading
the mail, which `desk fsck` does. Remembered nevertheless, because reading may one day be done better and the
entry's id stays what it was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.errors import DeskError
from helpdesk_cli.storage import durable
from helpdesk_cli.storage.folder import read_file

if TYPE_CHECKING:
    from collections.abc import Mapping

    from helpdesk_cli.storage.layout import Layout

_NAME = "copies"


def read_copies(layout: Layout) -> dict[str, str]:
    """The entry's id for the sha256 of each copy that is known."""
    try:
        data, _ = read_file(layout.state / _NAME, within=layout.state)
    except (FileNotFoundError, DeskError):
        return {}
    pairs = (line.split(" ") for line in data.decode("ascii", "replace").splitlines())
    return {pair[0]: pair[1] for pair in pairs if len(pair) == len(("sha256", "entry"))}


def note_copies(layout: Layout, entries: Mapping[str, str]) -> None:
    """Remember these; where it fails nothing is lost."""
    text = "".join(f"{sha256} {entry}\n" for sha256, entry in entries.items())
    if not text:
        return
    try:
        durable.append(
            layout.state / _NAME, text.encode(), within=layout.state, modes=layout.modes, sync=False
        )
    except DeskError:
        return
