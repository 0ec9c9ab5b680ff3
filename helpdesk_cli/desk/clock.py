"""The one place that reads the clock. Everything else is told what time it is."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from helpdesk_cli.errors import UsageError
from helpdesk_cli.tickets.times import read_time


def read_clock(said: str = "") -> datetime:
    """Now in UTC, or the moment that `--now` or DESK_NOW says. Raises UsageError for what is no time."""
    if not said:
        return datetime.now(UTC)  # noqa: TID251 - this is the place
    try:
        return read_time(said)
    except ValueError:
        raise UsageError(f'"{said}" is not a time', "--now", "Write it as 2026-11-20T09:12:41Z.") from None


def filesystem_now_ns() -> int:
    """The real time in ns since 1970, for comparison with file times only: `--now` does not move files."""
    return time.time_ns()  # noqa: TID251 - this is the place
