"""Whether the office was open: the calendar `office` in sla.yaml. Reads YAML and time zones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.errors import InvalidFileError
from helpdesk_cli.sla.calendar import is_open
from helpdesk_cli.storage.sla_file import NAME, load_sla

if TYPE_CHECKING:
    from datetime import datetime

    from helpdesk_cli.desk.desk import Desk

OFFICE = "office"


def is_office_open(desk: Desk, at: datetime) -> bool:
    """Whether the calendar `office` was open then. Raises InvalidFileError where there is none."""
    calendars = load_sla(desk.layout, desk.settings).calendars
    office = next((calendar for calendar in calendars if calendar.name == OFFICE), None)
    if office is None:
        raise InvalidFileError(
            'there is no calendar "office", and `acknowledge:` in desk.yaml asks for its hours',
            NAME,
            "Write one under `calendars:`, or say `when: always`.",
        )
    return is_open(office, at)
