"""The desk's secret, outside the repository: it signs our Message-IDs and reply addresses. DECISIONS 14."""

from __future__ import annotations

import os
from hashlib import sha256
from typing import TYPE_CHECKING

from helpdesk_cli.storage import durable
from helpdesk_cli.storage.folder import read_file
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from helpdesk_cli.storage.layout import Layout

KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Key:
    """The secret, and a public name for this desk derived from it (what X-Desk-Loop carries)."""

    secret: bytes = b""

    @property
    def instance(self) -> str:
        """The desk's public name; "" without a key."""
        return sha256(b"desk instance\0" + self.secret).hexdigest()[:16] if self.secret else ""


def read_key(layout: Layout) -> Key:
    """The desk's key; an empty one, which signs and believes nothing, where there is none."""
    try:
        data, _ = read_file(layout.state / "key", within=layout.state, limit=1000)
    except FileNotFoundError:
        return Key()
    return Key(data) if len(data) == KEY_BYTES else Key()


def make_key(layout: Layout) -> bool:
    """Make the key where there is none; whether one was made."""
    try:
        durable.write_new(
            layout.state / "key", os.urandom(KEY_BYTES), within=layout.state, modes=layout.modes
        )
    except FileExistsError:
        return False
    return True
