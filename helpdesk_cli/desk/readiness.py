"""Whether this process could take in a mail now: what `desk-ingest --check` asks. Nothing is changed."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from helpdesk_cli.storage import access, git
from helpdesk_cli.storage.layout import is_ours
from helpdesk_cli.storage.space import require_space

if TYPE_CHECKING:
    from helpdesk_cli.desk.desk import Desk

# What reading a mail may load, some of it only for some mails.
_PIECES = ("helpdesk_cli.desk.ingest", "mailparser", "lxml.etree", "compressed_rtf", "yaml")


def obstacles(desk: Desk) -> list[str]:
    """What would keep a mail from being taken in or committed, each with its remedy; empty when all is well.

    Raises TryAgainError where the disk is too full.
    """
    layout = desk.layout
    who = access.running_user().name
    found = [f"{who} may not {denied.what} {denied.path}" for denied in access.denied(layout)]
    if not is_ours(layout):
        found.append(
            f"{who} is neither the owner of {layout.common_dir} nor in a group that shares it:"
            " `desk init --shared GROUP`"
        )
    found += [f"{name} is missing: install desk again" for name in _PIECES if not _loads(name)]
    require_space(layout.state, 0, floor=desk.settings.free_space)
    git.program()
    return found


def _loads(name: str) -> bool:
    try:
        importlib.import_module(name)
    except ImportError:
        return False
    return True
