"""How long something took, as people type it: `8m`, `1h30m`."""

from __future__ import annotations

import re

from helpdesk_cli.errors import UsageError

_LENGTH = re.compile(r"(?:(\d{1,4})h)?\s*(?:(\d{1,5})m)?\s*(?:(\d{1,6})s)?", re.IGNORECASE)


def read_length(text: str, *, place: str) -> int:
    """The seconds of `8m`, `1h30m`, `45s`; 0 for "". Raises UsageError."""
    match = _LENGTH.fullmatch(text.strip())
    if match is None or (text.strip() and not any(match.groups())):
        raise UsageError(f'"{text}" is not a length of time', place, "Write it as 8m or 1h30m.")
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + seconds
