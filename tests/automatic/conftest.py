"""A desk that answers by itself, for each test, copied from one that was made once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from automatic_world import Automatic
from care.world import World

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def fresh_desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk as `desk init` leaves it; not to be changed."""
    root = tmp_path_factory.mktemp("fresh") / "desk"
    World.make(root)
    return root


@pytest.fixture
def world(fresh_desk: Path, tmp_path: Path) -> Automatic:
    """The desk of this test."""
    return Automatic.settle(fresh_desk, tmp_path / "desk")
