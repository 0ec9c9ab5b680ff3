"""A desk with one ticket, from which each run of a sweep begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from faults.scenarios import make_template

if TYPE_CHECKING:
    from care.world import World


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Not to be changed: each run takes a copy."""
    return make_template(tmp_path_factory.mktemp("template") / "desk")
