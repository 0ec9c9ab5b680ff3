"""The settings of a desk; a copy of what was read spares the next call YAML (DECISIONS 47).

The copy is believed only for the very desk.yaml it was made from (inode, size, mtime, ctime) and
for this version of the program; it is written in marshal, which needs no import, by and for the
people who may write the desk anyway.
"""

from __future__ import annotations

import importlib
import marshal
import os
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import helpdesk_cli
from helpdesk_cli.errors import DeskError, InvalidFileError
from helpdesk_cli.routing.away import Away
from helpdesk_cli.routing.path import Step
from helpdesk_cli.storage import durable
from helpdesk_cli.storage.folder import Stat, read_file
from helpdesk_cli.storage.settings import Agent, Form, Inbox, Settings, Word
from helpdesk_cli.storage.settings_mail import (
    Account,
    Acknowledge,
    AgentMail,
    Csat,
    Digest,
    Notify,
    Outgoing,
    Smtp,
)
from helpdesk_cli.values import fields, is_dataclass

if TYPE_CHECKING:
    from helpdesk_cli.storage.layout import Layout

_MAIL = (Outgoing, Smtp, Account, Acknowledge, Csat, Notify, Digest, AgentMail)
_CLASSES = {cls.__name__: cls for cls in (Settings, Inbox, Agent, Away, Step, Form, Word, *_MAIL)}
# A copy has values without their names: one that was written for other names is not believed.
_SHAPE = ",".join(field.name for cls in _CLASSES.values() for field in fields(cls))
_LARGEST = 1_000_000


def load_settings(layout: Layout) -> Settings:
    """What desk.yaml says. Raises InvalidFileError with line and likely word."""
    stat = Stat.of(os.lstat(layout.config))
    key = [helpdesk_cli.__version__, _SHAPE, stat.inode, stat.size, stat.mtime_ns, stat.ctime_ns]
    cached = _read_copy(layout, key)
    if cached is not None:
        return cached
    text = read_text(layout)
    # YAML costs 20 ms to import: only when there is no copy.
    reader = importlib.import_module("helpdesk_cli.storage.settings_file")
    settings: Settings = reader.read_settings(text, place=layout.config.name)
    _write_copy(layout, key, settings)
    return settings


def read_text(layout: Layout) -> str:
    """The text of desk.yaml. Raises InvalidFileError with the line that is no text."""
    data, _ = read_file(layout.config, within=layout.root, limit=_LARGEST)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InvalidFileError(
            "not UTF-8", f"{layout.config.name}:{line}", "Save the file as UTF-8."
        ) from None


def _read_copy(layout: Layout, key: list[object]) -> Settings | None:
    try:
        data = (layout.state / "settings.copy").read_bytes()
        found = marshal.loads(data)  # noqa: S302 - written by desk itself in a folder that only its people write
        if found[0] != key:
            return None
        settings = _unpack(found[1])
    except (OSError, ValueError, EOFError, TypeError, KeyError, IndexError):
        return None
    return settings if isinstance(settings, Settings) else None


def _write_copy(layout: Layout, key: list[object], settings: Settings) -> None:
    if not layout.state.is_dir():
        return
    path = layout.state / "settings.copy"
    try:
        durable.replace(
            path, marshal.dumps([key, _pack(settings)]), within=layout.state, modes=layout.modes, sync=False
        )
    except DeskError:
        # A reader without write permission reads the YAML each time.
        return


def _pack(value: Any) -> Any:  # noqa: ANN401 - any plain value of the settings
    if is_dataclass(value):
        return ("@", type(value).__name__, [_pack(getattr(value, field.name)) for field in fields(value)])
    if isinstance(value, timedelta):
        return ("s", int(value.total_seconds()))
    if isinstance(value, tuple):
        return ("t", [_pack(item) for item in value])
    return value


def _unpack(value: Any) -> Any:  # noqa: ANN401 - any plain value of the settings
    if not isinstance(value, tuple):
        return value
    if value[0] == "@":
        return _CLASSES[value[1]](*[_unpack(item) for item in value[2]])
    if value[0] == "s":
        return timedelta(seconds=value[1])
    return tuple(_unpack(item) for item in value[1])
