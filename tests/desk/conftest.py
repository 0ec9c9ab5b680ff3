"""A desk for each test, copied from one that was made once."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from care.world import World

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = """\
inboxes:
  support: support@example.com
  billing: {address: billing@example.com, team: billing}
agents:
  dana: {name: Dana Davis, email: dana@example.com, teams: [billing]}
teams:
  billing: {}
forms:
  website: {sender: form@www.example.com}
  shop: {sender: shop@example.com, requester: "E-mail:"}
mail:
  authserv-id: mx.example.com
  keep-headers: [x-priority]
limits:
  attachment: 1 kB
"""


@pytest.fixture(scope="session")
def settled_desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk with settings of its own; not to be changed."""
    root = tmp_path_factory.mktemp("settled") / "desk"
    world = World.make(root)
    (root / "desk.yaml").write_text(SETTINGS)
    world.git("commit", "-q", "-a", "-m", "Settle")
    return root


@pytest.fixture
def world(settled_desk: Path, tmp_path: Path) -> World:
    """The desk of this test."""
    root = tmp_path / "desk"
    shutil.copytree(settled_desk, root, symlinks=True)
    return World(root)
