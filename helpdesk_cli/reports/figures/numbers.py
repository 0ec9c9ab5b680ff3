"""Of many values a few: median, nine tenths, mean, shares."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def median(values: Sequence[int]) -> int | None:
    """The middle one, of an even number halfway between the middle two; None of none."""
    if not values:
        return None
    found = sorted(values)
    half = len(found) // 2
    return found[half] if len(found) % 2 else (found[half - 1] + found[half]) // 2


def ninetieth(values: Sequence[int]) -> int | None:
    """The smallest that nine tenths of them do not exceed; None of none."""
    if not values:
        return None
    found = sorted(values)
    return found[(len(found) * 9 + 9) // 10 - 1]


def mean(values: Sequence[int]) -> int | None:
    """The mean, whole; None of none."""
    return sum(values) // len(values) if values else None


def share(part: int, whole: int) -> float | None:
    """The part as a share of the whole, to four digits; None of nothing."""
    return round(part / whole, 4) if whole else None


def as_length(milliseconds: int | None) -> timedelta | None:
    """A length of time in whole seconds; None stays None."""
    return None if milliseconds is None else timedelta(seconds=milliseconds // 1000)
