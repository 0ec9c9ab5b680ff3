"""Two clones that know the same ticket."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from care.world import World, write_mail
from clones.fleet import Fleet
from clones.meeting import DRIVER, Clone

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The two clones as they are copied for each test."""
    root = tmp_path_factory.mktemp("clones")
    world = World.make(root / "kim")
    world.take(write_mail(1, attachment=b"%PDF one"))
    Clone.of(World(root / "kim", world.now), root / "lee", "lee")
    return root


@pytest.fixture
def clones(made: Path, tmp_path: Path) -> tuple[Clone, Clone]:
    """Kim's and Lee's clone, an hour after the ticket came in."""
    root = tmp_path / "clones"
    shutil.copytree(made, root, symlinks=True)
    kim, lee = Clone(World(root / "kim"), "kim"), Clone(World(root / "lee"), "lee")
    kim.configure(DRIVER)
    return kim.later(hours=1), lee.later(hours=1)


@pytest.fixture(scope="session")
def made_fleet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The fleet as it is copied for each test."""
    root = tmp_path_factory.mktemp("fleet") / "fleet"
    Fleet.make(root)
    return root


@pytest.fixture
def fleet(made_fleet: Path, tmp_path: Path) -> Fleet:
    """The fleet an hour after the first ticket came."""
    root = tmp_path / "fleet"
    shutil.copytree(made_fleet, root, symlinks=True)
    return Fleet.at(root)
