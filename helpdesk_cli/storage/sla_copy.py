"""Which policies there are, in a copy that spares a mail on its way in the YAML of sla.yaml."""

from __future__ import annotations

import importlib
import marshal
import os
from typing import TYPE_CHECKING

import helpdesk_cli
from helpdesk_cli.errors import DeskError
from helpdesk_cli.storage import durable
from helpdesk_cli.storage.folder import Stat
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from helpdesk_cli.storage.layout import Layout
    from helpdesk_cli.storage.settings import Settings


@dataclass(frozen=True, slots=True)
class Choices:
    """The version of sla.yaml, and (name, condition) of the policies that can be chosen, in order.

    `version` "": there is none, or it cannot be read.
    """

    version: str = ""
    policies: tuple[tuple[str, str], ...] = ()


def load_choices(layout: Layout, settings: Settings) -> Choices:
    """What can be chosen from now. A broken sla.yaml stops no mail: nothing can be, and doctors say why."""
    path = layout.root / "sla.yaml"
    try:
        stat, words = Stat.of(os.lstat(path)), Stat.of(os.lstat(layout.config))
    except OSError:
        return Choices()
    key = [
        helpdesk_cli.__version__,
        *(getattr(each, name) for each in (stat, words) for name in Stat.__slots__),
    ]
    found = _read(layout, key)
    if found is None:
        found = _from_file(layout, settings)
        _write(layout, key, found)
    return found


def _from_file(layout: Layout, settings: Settings) -> Choices:
    # YAML is imported only when there is no copy.
    file = importlib.import_module("helpdesk_cli.storage.sla_file")
    versions = importlib.import_module("helpdesk_cli.storage.sla_versions")
    try:
        data = file.read_bytes(layout)
        if data is None:
            return Choices()
        holidays = importlib.import_module("helpdesk_cli.storage.public_holidays").PublicHolidays(layout)
        sla = file.read_sla(file.text_of(data), settings, holidays=holidays)
    except DeskError:
        return Choices()
    return Choices(versions.version_name(data), tuple((policy.name, policy.when) for policy in sla.policies))


def _read(layout: Layout, key: list[object]) -> Choices | None:
    try:
        found = marshal.loads((layout.state / "sla.copy").read_bytes())  # noqa: S302 - written by desk itself, as settings.copy
        return Choices(found[1], tuple(found[2])) if found[0] == key else None
    except (OSError, ValueError, EOFError, TypeError, IndexError):
        return None


def _write(layout: Layout, key: list[object], choices: Choices) -> None:
    if not layout.state.is_dir():
        return
    data = marshal.dumps([key, choices.version, choices.policies])
    try:
        durable.replace(layout.state / "sla.copy", data, within=layout.state, modes=layout.modes, sync=False)
    except DeskError:
        # Somebody without write permission reads the YAML each time.
        return
