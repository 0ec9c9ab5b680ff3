"""Lengths and clocks in words: `1h 03m`, `2h 05m left`, `rests: pending`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.sla.calendar import HOUR
from helpdesk_cli.sla.policies import TARGETS

if TYPE_CHECKING:
    from helpdesk_cli.sla.clocks import Clock
    from helpdesk_cli.table import Tone

_MINUTE = 60_000
_SOON = 80  # percent
# From so many hours on minutes say nothing to who plans a day.
_MANY_HOURS = 10


def length_text(milliseconds: int, *, seconds: bool = False) -> str:
    """`3m`, `1h 03m`, `52h 00m`; with `seconds`, `1h 03m 20s`. Parts of the smallest unit are left out."""
    hours, rest = divmod(max(0, milliseconds), HOUR)
    minutes, rest = divmod(rest, _MINUTE)
    tail = f" {rest // 1000:02d}s" if seconds else ""
    return f"{hours}h {minutes:02d}m{tail}" if hours else f"{minutes}m{tail}"


def left_length(clock: Clock) -> int:
    """What is left, in whole minutes rounded up, so that it adds up with what is used, rounded down."""
    return -(-clock.left // _MINUTE) * _MINUTE


def short_text(milliseconds: int) -> str:
    """The same in as few words as a list has room for: `3m`, `1h 03m`, `52h`."""
    hours = milliseconds // HOUR
    return f"{hours}h" if hours >= _MANY_HOURS else length_text(milliseconds)


def left_text(clock: Clock) -> str:
    """`18m left`, `2h 05m over`, `rests`: of working time, where its calendar closes."""
    if clock.is_overdue:
        return f"{short_text(clock.over)} over"
    return "rests" if clock.state == "resting" else f"{short_text(left_length(clock))} left"


def outcome_text(clock: Clock) -> str:
    """Of a clock that has stopped: `met`, `20m late`, `none`."""
    return f"{short_text(clock.over)} late" if clock.state == "breached" else clock.state


def due_text(clock: Clock) -> str:
    """`first answer due in 18m`, `first answer 2h 05m late`."""
    what = TARGETS[clock.target]
    if clock.is_overdue:
        return f"{what} {short_text(clock.over)} late"
    return f"{what} due in {short_text(left_length(clock))}"


def state_text(clock: Clock) -> str:
    """How the clock stands: `met after 1h 03m`, `1h 03m used, rests: pending`, `late by 2h 00m`."""
    used = length_text(clock.used)
    if clock.state == "met":
        return f"met after {used}"
    if clock.state == "none":
        return f"done after {used}, nobody answered"
    if clock.state == "resting":
        return f"{used} used, {length_text(left_length(clock))} left, rests: {clock.rests}"
    if clock.state == "breached":
        told = f"late by {length_text(clock.over)}"
        resting = f", rests: {clock.rests}" if clock.rests else ""
        return told if clock.stopped is not None else f"{told} so far{resting}"
    return f"{used} used, {length_text(left_length(clock))} left"


def tone_of(clock: Clock | None) -> Tone:
    """Red for what is over, yellow for what is four fifths through, grey for what rests."""
    if clock is None or clock.state == "resting":
        return "faint"
    if clock.is_overdue:
        return "alarm"
    return "notice" if clock.has_used(_SOON) else "plain"
