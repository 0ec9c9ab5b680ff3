"""Times as tickets write them: UTC, RFC 3339 with `Z`, whole seconds unless order needs more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

# A clock that was wrong by more than this does not drag later entries along (RELIABILITY G18).
FURTHEST_AHEAD = timedelta(days=1)
# From 48 hours on days say more than hours do, from two years on years do.
_UNITS = (
    (730 * 86400, 365 * 86400, "y"),
    (2 * 86400, 86400, "d"),
    (3600, 3600, "h"),
    (60, 60, "m"),
    (0, 1, "s"),
)


def write_time(moment: datetime) -> str:
    """`2026-11-20T09:12:41Z`, with milliseconds only where there are any."""
    moment = moment.astimezone(UTC)
    text = moment.strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0")
    return f"{text}.{moment.microsecond // 1000:03d}Z" if moment.microsecond >= 1000 else f"{text}Z"  # noqa: PLR2004 - microseconds in a millisecond


def read_time(text: str) -> datetime:
    """The moment that `text` names, in UTC; a time without a zone is UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text.strip())
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(text) from error


def next_time(now: datetime, last: datetime | None) -> datetime:
    """When the next entry of a ticket is said to happen: now, but after `last`, so that order holds.

    Entries of one second are told apart by milliseconds; a clock that stepped back does not
    reorder a ticket, and a last entry from the far future does not carry the ticket there.
    """
    moment = now.astimezone(UTC).replace(microsecond=0)
    if last is not None and moment <= last <= moment + FURTHEST_AHEAD:
        return last + timedelta(milliseconds=1)
    return moment


def short_length(length: timedelta) -> str:
    """One number and one unit: `12m`, `21h`, `3d`; a minus sign before what lies behind us."""
    seconds = int(length.total_seconds())
    size = abs(seconds)
    _, unit, name = next(each for each in _UNITS if size >= each[0])
    return f"{'-' if seconds < 0 else ''}{size // unit}{name}"
