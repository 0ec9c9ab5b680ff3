"""A desk for each test, copied from one that was made once: `init` takes longer than most of the tests."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from care.world import World, write_mail

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def fresh_desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk as `desk init` leaves it; not to be changed."""
    root = tmp_path_factory.mktemp("fresh") / "desk"
    World.make(root)
    return root


@pytest.fixture
def world(fresh_desk: Path, tmp_path: Path) -> World:
    """A new desk of this test's own."""
    root = tmp_path / "desk"
    shutil.copytree(fresh_desk, root, symlinks=True)
    return World(root)


@pytest.fixture(scope="session")
def used_desk(fresh_desk: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk with three tickets: one with a reply, one with an attachment; not to be changed."""
    root = tmp_path_factory.mktemp("used") / "desk"
    shutil.copytree(fresh_desk, root, symlinks=True)
    world = World(root)
    mails = [write_mail(1), write_mail(2, answers=1), write_mail(3, attachment=b"%PDF small"), write_mail(4)]
    for mail in mails:
        world.take(mail)
    return root


@pytest.fixture
def used(used_desk: Path, tmp_path: Path) -> World:
    """A copy of that desk for this test."""
    root = tmp_path / "desk"
    shutil.copytree(used_desk, root, symlinks=True)
    return World(root)
