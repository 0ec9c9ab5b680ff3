"""The period of a report, in whole days of the desk's own clock, and the one before it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from helpdesk_cli.errors import UsageError
from helpdesk_cli.query.dates import is_length, read_period
from helpdesk_cli.tickets.times import write_time
from helpdesk_cli.values import dataclass

USUAL = "30d"


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` up to `end`, in UTC, and as it was written. `before`: as long, right before it."""

    text: str
    start: datetime
    end: datetime
    before: Period | None = None

    def json(self) -> dict[str, Any]:
        """As `desk report --json` has it."""
        return {"text": self.text, "start_at": write_time(self.start), "end_at": write_time(self.end)}


def read_report_period(text: str, now: datetime, zone: tzinfo) -> Period:
    """The period of a text as `query.dates.read_period` reads it; a mere length, `30d`, begins at midnight.

    The one before has as many months, if it is whole months, else as many days, or it is as long. Raises
    UsageError.
    """
    said = text.strip() or USUAL
    try:
        span = read_period(said, now, zone)
        start, end = span.start, span.end
        if is_length(said):
            local = start.astimezone(zone).replace(
                hour=0, minute=0, second=0, microsecond=0, tzinfo=None, fold=0
            )
            start = local.replace(tzinfo=zone).astimezone(UTC)
        earlier = _before(start, end, zone)
    except (ValueError, OverflowError) as error:
        raise UsageError(str(error), "--period") from error
    if start >= now:
        raise UsageError(f'"{said}" has not begun yet', "--period", "A report is of what has happened.")
    return Period(said, start, end, Period("previous", earlier, start))


def _before(start: datetime, end: datetime, zone: tzinfo) -> datetime:
    """When the period before begins; it ends where this one begins."""
    first, last = (each.astimezone(zone).replace(tzinfo=None, fold=0) for each in (start, end))
    midnight = datetime.min.time()
    if first.time() != midnight or last.time() != midnight:
        return start - (end - start)
    if first.day == last.day == 1:
        months = (last.year - first.year) * 12 + last.month - first.month
        number = first.year * 12 + first.month - 1 - months
        earlier = first.replace(year=number // 12, month=number % 12 + 1)
    else:
        earlier = first - timedelta(days=(last - first).days)
    return earlier.replace(tzinfo=zone).astimezone(UTC)
