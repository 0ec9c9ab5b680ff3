"""Figures as Markdown tables: medians, least and most, ratios against their targets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from measure import Summary

__all__ = ["Target", "rate", "table", "time_rows", "verdict"]


@dataclass(frozen=True, slots=True)
class Target:
    """A figure with its bound: `most` or `least`, in whatever unit the words name."""

    words: str
    value: float
    most: float | None = None
    least: float | None = None

    @property
    def is_met(self) -> bool:
        """Whether the bound holds."""
        return (self.most is None or self.value <= self.most) and (
            self.least is None or self.value >= self.least
        )


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; every column but the first is aligned right."""
    rule = ["---", *("---:" for _ in heads[1:])]
    return "\n".join("| " + " | ".join(row) + " |" for row in (heads, rule, *rows)) + "\n"


def time_rows(summaries: dict[str, Summary], *, against: str) -> list[list[str]]:
    """A row a program: median, least, most, processor time, and the ratio to `against`."""
    base = summaries[against].median
    return [
        [
            name,
            f"{each.median:.1f}",
            f"{each.low:.1f}-{each.high:.1f}",
            f"{each.cpu:.1f}",
            f"{each.median / base:.2f}",
            str(each.runs),
        ]
        for name, each in summaries.items()
    ]


def rate(count: int, milliseconds: float) -> float:
    """Things a second."""
    return count / milliseconds * 1000


def verdict(targets: Iterable[Target]) -> str:
    """The targets as a table, each met or missed."""
    return table(
        ("target", "bound", "measured", ""),
        (
            (
                each.words,
                f"≤ {each.most:g}" if each.most is not None else f"≥ {each.least:g}",
                f"{each.value:.2f}" if each.value < 100 else f"{each.value:.0f}",  # noqa: PLR2004 -- reads better
                "met" if each.is_met else "**missed**",
            )
            for each in targets
        ),
    )
