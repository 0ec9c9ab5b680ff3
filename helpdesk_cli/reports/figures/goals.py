"""Goals: what a desk wants of its figures, as `goals:` in desk.yaml says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

_LENGTH = re.compile(r"(\d{1,4})\s*(m|h)")
_SHARE = re.compile(r"(\d{1,3})(?:\s*(?:-|\.\.|to)\s*(\d{1,3}))?\s*%")
_UNITS = {"m": 60_000, "h": 3_600_000}
_WHOLE = 100
Shape = Literal["length", "share"]

# Each goal, what it is written as, and whether more or less of it is better.
GOALS: Mapping[str, tuple[Shape, bool]] = {
    "first-response": ("length", False),
    "next-response": ("length", False),
    "resolution": ("length", False),
    "handle-time": ("length", False),
    "first-contact-resolution": ("share", True),
    "resolved-in-one-day": ("share", True),
    "promises-kept": ("share", True),
    "csat": ("share", True),
    "reopened": ("share", False),
}


@dataclass(frozen=True, slots=True)
class Goal:
    """A goal: lengths in milliseconds, shares from 0 to 1. `high` is where a range ends, else `low`."""

    key: str
    text: str
    low: float
    high: float

    @property
    def wants_more(self) -> bool:
        """Whether more is better."""
        return GOALS[self.key][1]

    @property
    def is_working_time(self) -> bool:
        """Whether it is of working time; how long somebody worked at an answer is by the wall, always."""
        return GOALS[self.key][0] == "length" and self.key != "handle-time"

    def is_met(self, value: float | None) -> bool | None:
        """Whether that value is as wanted; None where there is none."""
        if value is None:
            return None
        return value >= self.low if self.wants_more else value <= self.high

    def __str__(self) -> str:
        """`min 80%`, `max 4h`, `70-79%`."""
        if self.low != self.high:
            return self.text
        return f"{'min' if self.wants_more else 'max'} {self.text}"


def read_goal(key: str, text: str) -> Goal:
    """The goal that a text means. Raises ValueError with what to write."""
    shape = GOALS[key][0]
    said = text.strip()
    if shape == "length":
        match = _LENGTH.fullmatch(said)
        if match is None or not int(match[1]):
            raise ValueError("Write working hours or minutes: 4h, 30m.")
        length = float(int(match[1]) * _UNITS[match[2]])
        return Goal(key, said.replace(" ", ""), length, length)
    match = _SHARE.fullmatch(said)
    if match is None:
        raise ValueError("Write a share or a range: 80%, 70-79%.")
    low, high = int(match[1]), int(match[2] or match[1])
    if high < low or high > _WHOLE:
        raise ValueError("A share is from 0% to 100%, the smaller end first.")
    written = f"{low}%" if low == high else f"{low}-{high}%"
    return Goal(key, written, low / _WHOLE, high / _WHOLE)
