"""What the tests of the edges share: a small desk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from small_desk import SmallDesk

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def desk(tmp_path: Path) -> SmallDesk:
    """A new desk with real git."""
    return SmallDesk.make(tmp_path / "desk")
