"""RELIABILITY G20, G21: random days of three clones end in the same files, with nothing lost.

A few with real git each time; `make clones` lives 5,000, and as many in memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from clones import days

if TYPE_CHECKING:
    from pathlib import Path

PARTS = 2
DAYS = 6


@pytest.fixture(scope="module")
def morning(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return days.make_template(tmp_path_factory.mktemp("days") / "template")


@pytest.mark.parametrize("part", range(PARTS))
def test_days_of_three_clones_end_alike(morning: Path, tmp_path: Path, part: int) -> None:
    went_well: set[str] = set()
    for number in range(part * DAYS, (part + 1) * DAYS):
        said, done = days.live(morning, number, tmp_path)
        assert said == "", said
        went_well |= done.keys()
    # Days on which nothing is done would prove nothing.
    assert len(went_well) >= len(days.VERBS) // 2, went_well
