"""Whether this process could take in a mail now: what `desk-ingest --check` asks. Nothing is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.storage import access, git
from helpdesk_cli.storage.layout import is_ours
from helpdesk_cli.storage.space import require_space

if TYPE_CHECKING:
    from helpdesk_cli.desk.desk import Desk


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
    require_space(layout.state, 0, floor=desk.settings.free_space)
    git.program()
    return found
