"""sla.yaml as it was when a ticket was opened: by the beginning of the name that git gives its bytes."""

from __future__ import annotations

import importlib
import re
from typing import TYPE_CHECKING

from helpdesk_cli.errors import DeskError
from helpdesk_cli.storage import durable, git
from helpdesk_cli.storage.public_holidays import PublicHolidays
from helpdesk_cli.storage.sla_file import read_bytes, read_sla, text_of

if TYPE_CHECKING:
    from helpdesk_cli.sla.policies import Sla
    from helpdesk_cli.storage.layout import Layout

_LENGTH = 12
_NAME = re.compile(rf"[0-9a-f]{{{_LENGTH}}}")
_FOLDER = "sla"


def version_name(data: bytes) -> str:
    """The name of these bytes as a version: what `git hash-object` begins with."""
    blob = b"blob %d\0%s" % (len(data), data)
    # OpenSSL takes 3 ms to load: `desk show` has the name from the copy beside it.
    digest: str = importlib.import_module("hashlib").sha1(blob, usedforsecurity=False).hexdigest()
    return digest[:_LENGTH]


def read_version(layout: Layout, name: str) -> Sla | None:
    """What sla.yaml said in that version; None where neither git nor this host has it any more.

    The desk's words of today are not asked: a status that is no more still rested clocks then.
    """
    data = _find(layout, name)
    if data is None:
        return None
    try:
        text = text_of(data)
        return read_sla(text, None, place=f"sla.yaml@{name}", holidays=PublicHolidays(layout))
    except DeskError:
        return None


def keep_version(layout: Layout, data: bytes) -> None:
    """Keep a copy on this host of a version that git does not have: nobody may ever commit it."""
    name = version_name(data)
    path = layout.state / _FOLDER / name
    if path.exists() or _from_git(layout, name) is not None:
        return
    durable.make_dirs(path.parent, within=layout.state, modes=layout.modes)
    durable.write_new(path, data, within=layout.state, modes=layout.modes, tmp=layout.tmp)


def is_in_git(layout: Layout, data: bytes) -> bool:
    """Whether git has these bytes."""
    return _from_git(layout, version_name(data)) is not None


def _find(layout: Layout, name: str) -> bytes | None:
    if not _NAME.fullmatch(name):
        return None
    present = read_bytes(layout)
    if present is not None and version_name(present) == name:
        return present
    try:
        return (layout.state / _FOLDER / name).read_bytes()
    except OSError:
        return _from_git(layout, name)


def _from_git(layout: Layout, name: str) -> bytes | None:
    try:
        return git.run(layout, ["cat-file", "blob", name])
    except DeskError:
        return None
