"""Which commands of desk.yaml a person has approved on this host. In no clone and in no backup (T50).

Whoever may push may write desk.yaml; only who owns the desk on this host, or root, says which commands of it
run here. On a desk that a group shares its members may write almost everything in the state's folder, so the
record is believed only if it is the owner's or root's file, and nobody else may write it.
"""

from __future__ import annotations

import json
import os
import stat
from typing import TYPE_CHECKING

from helpdesk_cli.errors import ConflictError, InvalidFileError, TryAgainError
from helpdesk_cli.storage import durable
from helpdesk_cli.storage.folder import Stat, read_file
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from helpdesk_cli.storage.layout import Layout

_LARGEST = 1_000_000
_OF_OTHERS = stat.S_IWGRP | stat.S_IWOTH
_AGAIN = "`desk setup commands` asks again."


@dataclass(frozen=True, slots=True)
class Approval:
    """What was approved: the text of a command, and who is given what it prints; by whom, and when."""

    text: str
    to: str
    by: str = ""
    at: str = ""


def owner_of(layout: Layout) -> int:
    """The number of the user who owns the desk on this host."""
    return layout.common_dir.stat().st_uid


def may_approve(layout: Layout) -> bool:
    """Whether who runs this may say what runs here: the desk's owner, and root."""
    return os.geteuid() in {0, owner_of(layout)}


def read_approvals(layout: Layout) -> dict[str, Approval]:
    """What was approved, by its place in desk.yaml; nothing where there is no record.

    Raises InvalidFileError for a record that is damaged, or that others than the owner could have written.
    """
    path = layout.approvals
    try:
        data, read = read_file(path, within=layout.state, limit=_LARGEST)
    except FileNotFoundError:
        return {}
    _require_owned(layout, path, read)
    try:
        found = {place: Approval(**said) for place, said in json.loads(data)["approved"].items()}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise InvalidFileError("is not a record of approved commands", str(path), _AGAIN) from error
    return found


def write_approvals(layout: Layout, approved: Mapping[str, Approval]) -> None:
    """Put the record in the place of the one that is there; killed in between, nothing is approved.

    Raises InvalidFileError where what was written cannot be believed: on a file system without permissions.
    """
    path = layout.approvals
    document = {
        place: {"text": each.text, "to": each.to, "by": each.by, "at": each.at}
        for place, each in approved.items()
    }
    data = json.dumps({"approved": document}, indent=1, sort_keys=True).encode() + b"\n"
    shared = layout.modes == durable.SHARED
    modes = durable.Modes(0o640 if shared else 0o600, layout.modes.folder)
    # Not `replace`: that keeps permissions which somebody widened.
    durable.remove(path, within=layout.state)
    try:
        durable.write_new(path, data, within=layout.state, modes=modes)
    except FileExistsError:
        raise ConflictError("somebody else approves commands", str(path), "Look, then repeat.") from None
    read_approvals(layout)


def _require_owned(layout: Layout, path: Path, read: Stat) -> None:
    try:
        status = path.lstat()
    except FileNotFoundError:
        status = None
    # The very file whose bytes were read: somebody in the group could put another one there in between.
    if status is None or Stat.of(status) != read:
        raise TryAgainError("was replaced while it was read", str(path))
    if status.st_uid not in {0, owner_of(layout)}:
        said = "is not the file of the desk's owner, nor root's"
        raise InvalidFileError(said, str(path), f"{_AGAIN} {path.parent} must be the owner's, too.")
    if status.st_mode & _OF_OTHERS:
        said = "others than the desk's owner could have written it"
        raise InvalidFileError(said, str(path), f"{_AGAIN} It takes a file system that keeps permissions.")
